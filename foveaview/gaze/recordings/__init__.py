"""Recordings of gaze in the formats that trackers and laboratories write."""
