"""Pooling of features over regions that grow with eccentricity."""
