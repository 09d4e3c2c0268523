"""File input and output: bounded reads, atomic writes."""
