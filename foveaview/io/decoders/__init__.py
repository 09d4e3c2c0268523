"""Decoders of image files: what each format holds, before `foveaview.io.developing` brings it to sRGB."""
