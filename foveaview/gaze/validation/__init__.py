"""The validation of gaze: the procedure, the accuracy that it finds, and its record."""
