"""Settings and versions that a result was made with, as plain values."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import torch

from foveaview.settings import LossSettings, SynthesisSettings

__all__ = ["provenance", "versions"]


def versions() -> dict[str, str]:
    """Return the versions of the program and of the packages that it computes with."""
    return {
        "foveaview": version("foveaview"),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
    }


def provenance(
    gaze: tuple[float, float],
    loss_settings: LossSettings,
    synthesis_settings: SynthesisSettings | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return gaze, settings and package versions, and other values to keep with a result.

    >>> sorted(provenance((0.5, 0.5), LossSettings(), loss=0.25))
    ['gaze', 'loss', 'loss_settings', 'packages']
    """
    about: dict[str, Any] = {"gaze": list(gaze), "loss_settings": loss_settings.model_dump()}
    if synthesis_settings is not None:
        about["synthesis_settings"] = synthesis_settings.model_dump()
    return {**about, **more, "packages": versions()}
