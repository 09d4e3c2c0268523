"""Measures of finished images: how good a metamer looks beside its loss."""

from foveaview.evaluation.quality import Quality, color_error, grain, measure_quality, seam

__all__ = ["Quality", "color_error", "grain", "measure_quality", "seam"]
