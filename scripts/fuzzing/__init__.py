"""Reads files that were mutated, of every kind that the program opens."""
