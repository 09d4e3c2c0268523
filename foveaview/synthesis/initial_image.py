"""The initial image of a search."""

from __future__ import annotations

import torch
from torch import Tensor

from foveaview.perception.ventral import ventral_metamer
from foveaview.settings import LossSettings, SynthesisSettings

__all__ = ["start_image"]


def start_image(
    target: Tensor,
    gaze: tuple[float, float],
    loss_settings: LossSettings,
    settings: SynthesisSettings,
    image: Tensor | None = None,
) -> Tensor:
    """Make the initial image of a search for a metamer.

    Args:
        target: (N, C, H, W) in [0, 1].
        gaze: (x, y) in image coordinates.
        loss_settings: of the ventral metamer.
        settings: kind of start, its seed and noise.
        image: (N, C, H, W), the start if settings.start is "image".

    Returns:
        (N, C, H, W) in [0, 1], like the target. The same seed gives the same image on every device.

    Raises:
        ValueError: if the image is required and missing, or of another shape.

    >>> noise = SynthesisSettings(start="noise")
    >>> start_image(torch.zeros(1, 1, 32, 32), (0.5, 0.5), LossSettings(), noise).mean() > 0.4
    tensor(True)
    """
    generator = torch.Generator().manual_seed(settings.seed)
    if settings.start == "ventral":
        return ventral_metamer(target, gaze, loss_settings, settings.seed, settings.ventral_color)
    if settings.start == "noise":
        return torch.rand(target.shape, generator=generator).to(target)
    if settings.start == "target+noise":
        noise = torch.randn(target.shape, generator=generator).to(target)
        return (target + settings.noise_sd * noise).clamp(0, 1)
    if image is None:
        raise ValueError("start 'image' needs an image to start from")
    if image.shape != target.shape:
        raise ValueError(
            f"the start image is {tuple(image.shape)}, the target {tuple(target.shape)}: "
            "they must have one size and one number of channels"
        )
    return image.to(target).clamp(0, 1)
