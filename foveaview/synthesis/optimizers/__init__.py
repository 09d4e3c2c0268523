"""The optimizers of a search."""
