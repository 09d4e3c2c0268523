"""Measures of a finished metamer's quality, in addition to its loss."""

from foveaview.evaluation.quality import Quality, color_error, grain, measure_quality, seam

__all__ = ["Quality", "color_error", "grain", "measure_quality", "seam"]
