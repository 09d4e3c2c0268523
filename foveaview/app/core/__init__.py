"""The state of the window, its one writer, and the worker that computes."""
