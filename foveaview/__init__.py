"""The look of an image from a point of gaze: metameric loss, metamers and a live viewer.

Importing foveaview imports no Qt and no matplotlib; torch is imported with the first name used.
Its parts, such as foveaview.export, need no import of their own.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Make torch ask for large pages on Linux, which cost nothing: without them the system's work on fresh
# memory takes half the time of a step at 2048 x 2048. No effect if torch has already allocated.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

if TYPE_CHECKING:
    from foveaview import export as export
    from foveaview import gaze as gaze
    from foveaview import live as live
    from foveaview import plot as plot
    from foveaview import provenance as provenance
    from foveaview import rate_distortion as rate_distortion
    from foveaview.files import load_image
    from foveaview.objectives import Objective
    from foveaview.perception import MetamericLoss, ventral_metamer
    from foveaview.perception.analysis.foveal_statistics import FovealStatistics
    from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
    from foveaview.synthesis import (
        PRESETS,
        LoadWarning,
        Metamer,
        MetamerCTF,
        MetamerSearch,
        Outcome,
        Step,
        mse,
        penalize_range,
    )

__all__ = [
    "PRESETS",
    "FovealStatistics",
    "LoadWarning",
    "LossSettings",
    "Metamer",
    "MetamerCTF",
    "MetamerSearch",
    "MetamericLoss",
    "Objective",
    "ObjectiveSettings",
    "Outcome",
    "Step",
    "SynthesisSettings",
    "load_image",
    "mse",
    "penalize_range",
    "ventral_metamer",
]

# They are imported on first use, so that the program can take over Ctrl+C before that.
_STATISTICS = "perception.analysis.foveal_statistics"
_HOMES = ("settings", "files", "perception", _STATISTICS, "objectives", "synthesis")

_PARTS = (
    "export",
    "files",
    "gaze",
    "live",
    "objectives",
    "perception",
    "plot",
    "provenance",
    "rate_distortion",
    "settings",
    "synthesis",
)


if not TYPE_CHECKING:  # which would accept any name

    def __getattr__(name: str) -> Any:
        if name in _PARTS:
            return import_module(f"foveaview.{name}")
        if name not in __all__:
            raise AttributeError(f"module 'foveaview' has no attribute {name!r}")
        homes = (import_module(f"foveaview.{home}") for home in _HOMES)
        value = next(getattr(home, name) for home in homes if name in home.__all__)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PARTS})
