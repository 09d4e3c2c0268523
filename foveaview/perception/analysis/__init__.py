"""The loss decomposed: by part, by pixel, by statistic and along a scanpath."""
