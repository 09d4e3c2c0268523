"""Analysis of the loss: by part, by pixel, by statistic and along a scanpath."""
