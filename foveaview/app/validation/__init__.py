"""The validation of gaze: its screen, pages and report."""
