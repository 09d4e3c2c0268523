"""Values under a point, and histograms of an image."""
