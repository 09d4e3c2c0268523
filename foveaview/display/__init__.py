"""Displays: their geometry, its calibration, and a check of the image size."""
