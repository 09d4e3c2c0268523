"""Gaze validation: the procedure, the measured accuracy, and the record."""
