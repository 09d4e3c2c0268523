"""Live streams of gaze: choosing one, and mapping its channels."""
