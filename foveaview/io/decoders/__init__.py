"""Decoders of image files; they return samples for `foveaview.io.developing` to convert to sRGB."""
