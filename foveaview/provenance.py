"""What a result was made with, as plain values."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import torch

from foveaview.settings import LossSettings, SynthesisSettings

__all__ = ["citation", "provenance", "versions"]


def versions() -> dict[str, str]:
    """Versions of the program and of what it computes with."""
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
    """Gaze, settings and package versions, and whatever else is to be kept with a result.

    >>> sorted(provenance((0.5, 0.5), LossSettings(), loss=0.25))
    ['gaze', 'loss', 'loss_settings', 'packages']
    """
    about: dict[str, Any] = {"gaze": list(gaze), "loss_settings": loss_settings.model_dump()}
    if synthesis_settings is not None:
        about["synthesis_settings"] = synthesis_settings.model_dump()
    return {**about, **more, "packages": versions()}


def citation(
    gaze: tuple[float, float],
    size: tuple[int, int],
    loss_settings: LossSettings,
    synthesis_settings: SynthesisSettings,
) -> str:
    """One line for a paper's methods: geometry, pixels per degree, model, pyramid, seed and versions.

    >>> citation((0.5, 0.5), (512, 512), LossSettings(), SynthesisSettings()).split(";")[1]
    ' image 512 x 512 px, 0.2 m wide at 0.7 m, gaze (0.5, 0.5)'
    """
    loss, packages = loss_settings, versions()
    orientations = f"{loss.n_orientations} orientation{'s' if loss.n_orientations > 1 else ''}"
    parts = (
        f"foveaview {packages['foveaview']}, torch {packages['torch']}",
        f"image {size[1]} x {size[0]} px, {loss.real_image_width:g} m wide "
        f"at {loss.real_viewing_distance:g} m, gaze ({gaze[0]:.4g}, {gaze[1]:.4g})",
        f"alpha {loss.alpha:g}, {loss.mode} pooling",
        f"steerable pyramid of {loss.n_pyramid_levels} levels, {orientations}, {loss.filter_type} filters",
        f"foveal L2 {'with weight ' + format(loss.fovea_weight, 'g') if loss.use_l2_foveal_loss else 'off'}",
        f"seed {synthesis_settings.seed}",
    )
    return "; ".join(parts)
