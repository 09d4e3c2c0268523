"""Displays: their geometry, how it is calibrated, and whether a picture has its size."""
