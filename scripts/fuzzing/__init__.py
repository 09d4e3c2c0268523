"""Fuzzing of the readers of every kind of file that the program opens."""
