"""The loss of rate and distortion: the documented place of `foveaview.rate.distortion`."""

from foveaview.rate.distortion import *  # noqa: F403
from foveaview.rate.distortion import __all__ as __all__
