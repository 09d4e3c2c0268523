"""Recordings of gaze: reading, mapping, placing, playing and the timeline."""
