"""Looking closer: readings, histograms, points, loss breakdown and statistics."""
