"""Weighted terms over (image, target, gaze)."""
