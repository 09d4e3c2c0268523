"""Vision mathematics on torch tensors: geometry, pooling, the steerable pyramid, and the metameric loss."""

from foveaview.perception.geometry import eccentricity_map, geometry_at, level_of_detail, pooling_size_map
from foveaview.perception.metameric import MetamericLoss, PreparedBatch, PreparedTarget
from foveaview.perception.pooling import PoolingOperator
from foveaview.perception.projection import eccentricity_ring, pixels_per_degree, pooling_region
from foveaview.perception.pyramid import Pyramid, SteerablePyramid
from foveaview.perception.ventral import ventral_metamer

__all__ = [
    "MetamericLoss",
    "PoolingOperator",
    "PreparedBatch",
    "PreparedTarget",
    "Pyramid",
    "SteerablePyramid",
    "eccentricity_map",
    "eccentricity_ring",
    "geometry_at",
    "level_of_detail",
    "pixels_per_degree",
    "pooling_region",
    "pooling_size_map",
    "ventral_metamer",
]
