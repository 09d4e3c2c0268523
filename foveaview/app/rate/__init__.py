"""The panel of rate and distortion."""
