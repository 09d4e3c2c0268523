"""Rate and distortion: codecs, curves and the loss."""
