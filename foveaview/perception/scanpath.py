"""The loss along a scanpath: the public import path of `foveaview.perception.analysis.scanpath`."""

from foveaview.perception.analysis.scanpath import *  # noqa: F403
from foveaview.perception.analysis.scanpath import __all__ as __all__
