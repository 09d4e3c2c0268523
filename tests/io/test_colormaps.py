"""Values as colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from foveaview import files
from foveaview.io.colormaps import DIVERGING, colorize, colormap, colormap_names


def lightness(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Luminance of sRGB, which lightness follows."""
    return (colors / 255) ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])


def test_the_names() -> None:
    assert colormap_names() == ("cividis", "viridis", "magma", "inferno", "plasma", "gray")
    assert files.colormap_names() == colormap_names()


@pytest.mark.parametrize("name", colormap_names())
def test_every_colormap_gets_brighter_from_end_to_end(name: str) -> None:
    table = colormap(name)
    assert table.shape == (256, 3)
    assert (np.diff(lightness(table)) > -0.002).all()
    assert lightness(table)[0] < 0.05
    assert lightness(table)[-1] > 0.5


def test_the_diverging_one_is_light_in_the_middle_and_alike_on_both_sides() -> None:
    light = lightness(colormap(DIVERGING))
    assert abs(int(light.argmax()) - 127.5) <= 1
    assert (np.diff(light[:128]) > -0.002).all()
    assert (np.diff(light[128:]) < 0.002).all()


def test_no_caller_can_change_a_colormap() -> None:
    with pytest.raises(ValueError, match="read-only"):
        colormap()[0] = 0


@pytest.mark.parametrize("name", ["jet", "../samples/astronaut"])
def test_a_colormap_that_is_not_there(name: str) -> None:
    with pytest.raises(ValueError, match=r"no colormap '.*': choose among cividis, viridis"):
        colormap(name)


def test_the_largest_value_is_the_brightest() -> None:
    pixels = colorize(torch.tensor([[[[0.0, 1.0], [2.0, 4.0]]]]))
    assert pixels.shape == (2, 2, 3)
    assert pixels.astype(int).sum(axis=-1).argmax() == 3


def test_a_map_of_zeros_is_dark() -> None:
    assert (colorize(torch.zeros(1, 1, 2, 2)) == colorize(torch.ones(1, 1, 2, 2), 1e9)).all()


def test_a_range_takes_the_ends_of_another_colormap() -> None:
    field = torch.tensor([[[[-9.0, 2.0, 3.0, 4.0, 9.0]]]])
    pixels = colorize(field, 4.0, "gray", 2.0)
    assert pixels[0, :, 0].tolist() == [0, 0, 128, 255, 255]


def test_zero_of_a_signed_range_is_the_middle_of_the_diverging_one() -> None:
    pixels = colorize(torch.tensor([[[[-1.0, 0.0, 1.0]]]]), 1.0, DIVERGING, -1.0)
    assert (pixels[0] == colormap(DIVERGING)[[0, 128, 255]]).all()


def test_what_is_no_number_is_drawn_at_the_lower_end() -> None:
    field = torch.tensor([[[[float("nan"), float("-inf"), 1.0, 2.0, float("inf")]]]])
    assert colorize(field, name="gray")[0, :, 0].tolist() == [0, 0, 128, 255, 255]


def test_a_range_that_ends_below_its_start() -> None:
    with pytest.raises(ValueError, match="colours from 2 to 1"):
        colorize(torch.zeros(1, 1, 2, 2), 1.0, smallest=2.0)
