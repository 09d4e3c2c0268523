"""Vision mathematics on torch tensors: geometry, pooling, the steerable pyramid, and the metameric loss."""

from foveaview.perception.analysis.geometry_overlays import (
    eccentricity_ring,
    pixels_per_degree,
    pooling_region,
)
from foveaview.perception.analysis.loss_breakdown import LossPart, is_selected, parts_of, summed
from foveaview.perception.analysis.pooled_statistics import BandStatistics, PooledStatistics
from foveaview.perception.geometry import eccentricity_map, geometry_at, level_of_detail, pooling_size_map
from foveaview.perception.metameric import MetamericLoss
from foveaview.perception.pooling.pooling import PoolingOperator
from foveaview.perception.prepared import PreparedBatch, PreparedTarget
from foveaview.perception.pyramid.pyramid import Pyramid, SteerablePyramid
from foveaview.perception.ventral import ventral_metamer

__all__ = [
    "BandStatistics",
    "LossPart",
    "MetamericLoss",
    "PooledStatistics",
    "PoolingOperator",
    "PreparedBatch",
    "PreparedTarget",
    "Pyramid",
    "SteerablePyramid",
    "eccentricity_map",
    "eccentricity_ring",
    "geometry_at",
    "is_selected",
    "level_of_detail",
    "parts_of",
    "pixels_per_degree",
    "pooling_region",
    "pooling_size_map",
    "summed",
    "ventral_metamer",
]
