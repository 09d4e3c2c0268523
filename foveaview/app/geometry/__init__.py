"""The display and its distance: sizes in degrees, rings and calibration."""
