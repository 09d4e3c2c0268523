"""The loss taken apart: by part, by pixel, by statistic and along a scanpath."""
