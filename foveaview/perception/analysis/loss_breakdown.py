"""The parts that sum to the metameric loss, by level, band, channel and statistic."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from foveaview.perception import statistic
from foveaview.perception.pyramid.padding import band_levels
from foveaview.settings import LossSettings

__all__ = [
    "Attribute",
    "Chosen",
    "LossPart",
    "Selection",
    "check_selection",
    "compared_maps",
    "described",
    "grouped",
    "is_selected",
    "part_names",
    "parts_of",
    "selection_mask",
    "summed",
]

Attribute = Literal["level", "band", "channel", "statistic"]

Selection = frozenset[tuple[str, str]]
"""Pairs of an attribute and a value, as text. A part is selected if each attribute that is named has one of
the values named for it. A selection can be hashed, compared and sent to another process."""


@dataclass(frozen=True)
class LossPart:
    """Name of one of the numbers that sum to the loss.

    Attributes:
        level: pyramid level; 0 is the finest, and the lowpass has the last level.
        band: "highpass", a direction such as "90°", "lowpass", or "pixels" for the foveal term. A direction
            is the one in which brightness changes, counter-clockwise from the x axis: 0° responds to vertical
            edges. A pyramid of one orientation responds to all, as "bandpass".
        channel: "Y", "Cr" or "Cb"; "gray" for an image of one channel.
        statistic: the name of one of `STATISTICS`, "mean" or "standard deviation", if it is pooled; "value"
            for lowpass and pixels.
    """

    level: int
    band: str
    channel: str
    statistic: str


Chosen = Collection[LossPart] | Callable[[LossPart], bool]
"""Some of the parts: a collection of them, or a predicate that selects them."""

_ATTRIBUTES: tuple[Attribute, ...] = get_args(Attribute)


def _directions(n_orientations: int) -> list[str]:
    if n_orientations == 1:
        return ["bandpass"]
    return [f"{180 // n_orientations * i}°" for i in range(n_orientations)]


def part_names(settings: LossSettings, channels: int) -> list[list[LossPart]]:
    """The parts of each comparison of the loss, in the order of its numbers.

    Returns:
        Groups for the highpass and for the bands of each level, with the first statistic of all maps, then
        the second; a group for the lowpass; and one for the pixels, if there is a foveal term.
    """
    names = ["gray"] if channels == 1 else ["Y", "Cr", "Cb"]
    last = band_levels(settings.n_pyramid_levels)
    maps = [(0, ["highpass"]), *((level, _directions(settings.n_orientations)) for level in range(last))]
    groups = [
        [
            LossPart(level, band, name, kind.name)
            for kind in statistic.STATISTICS
            for band in bands
            for name in names
        ]
        for level, bands in maps
    ]
    groups.append([LossPart(last, "lowpass", name, "value") for name in names])
    if settings.use_l2_foveal_loss:
        groups.append([LossPart(0, "pixels", name, "value") for name in names])
    return groups


def compared_maps(settings: LossSettings) -> int:
    """Number of maps that are compared for each channel; the loss is the mean over them.

    >>> compared_maps(LossSettings(n_pyramid_levels=2))  # highpass and 2 bands, twice; the lowpass
    7
    """
    bands = settings.n_orientations * band_levels(settings.n_pyramid_levels)
    return len(statistic.STATISTICS) * (1 + bands) + 1


def parts_of(settings: LossSettings, channels: int) -> list[LossPart]:
    """List all parts of the loss with these settings, for images of 1 or 3 channels.

    >>> parts = parts_of(LossSettings(n_pyramid_levels=2), 3)
    >>> len(parts), parts[0]
    (24, LossPart(level=0, band='highpass', channel='Y', statistic='mean'))
    >>> list(dict.fromkeys(part.band for part in parts))
    ['highpass', '0°', '90°', 'lowpass', 'pixels']
    """
    return [part for group in part_names(settings, channels) for part in group]


def selection_mask(parts: Sequence[LossPart], chosen: Chosen) -> list[bool]:
    """Return True for each part that is chosen, False for each other.

    Raises:
        ValueError: if a chosen part is not among the parts.
    """
    if callable(chosen):
        return [bool(chosen(part)) for part in parts]
    own = set(chosen)
    unknown = own.difference(parts)
    if unknown:
        raise ValueError(
            f"the loss has no part {next(iter(unknown))}: take parts from those that it names, for these "
            "settings and channels"
        )
    return [part in own for part in parts]


def check_selection(selection: Selection) -> Selection:
    """Return the selection; raise `ValueError` if it names an attribute that parts do not have.

    >>> check_selection(frozenset({("colour", "Y")}))
    Traceback (most recent call last):
    ...
    ValueError: parts have no 'colour': choose by level, band, channel or statistic
    """
    for attribute, _ in selection:
        if attribute not in _ATTRIBUTES:
            raise ValueError(
                f"parts have no {attribute!r}: choose by {', '.join(_ATTRIBUTES[:-1])} or {_ATTRIBUTES[-1]}"
            )
    return selection


def _values(selection: Selection) -> Iterator[tuple[Attribute, list[str]]]:
    for attribute in _ATTRIBUTES:
        values = sorted(value for name, value in selection if name == attribute)
        if values:
            yield attribute, values


def is_selected(part: LossPart, selection: Selection | None) -> bool:
    """Return True if a part is in a selection; None selects all.

    >>> is_selected(LossPart(2, "0°", "Y", "mean"), frozenset({("level", "2"), ("level", "3")}))
    True
    >>> is_selected(LossPart(2, "0°", "Y", "mean"), frozenset({("level", "2"), ("channel", "Cr")}))
    False
    """
    return all(str(getattr(part, name)) in values for name, values in _values(selection or frozenset()))


def described(selection: Selection | None) -> str:
    """Describe a selection in words.

    >>> described(None), described(frozenset({("level", "2"), ("channel", "Cr"), ("channel", "Cb")}))
    ('whole', 'level 2, channel Cb or Cr')
    """
    texts = [f"{name} {' or '.join(values)}" for name, values in _values(selection or frozenset())]
    return ", ".join(texts) or "whole"


def grouped(parts: Sequence[LossPart], by: Attribute) -> dict[str, list[int]]:
    """Positions of the parts that share a value of an attribute, by value in order of first appearance.

    Raises:
        ValueError: if parts have no such attribute.

    >>> {name: len(own) for name, own in grouped(parts_of(LossSettings(), 1), "level").items()}
    {'0': 7, '1': 4, '2': 4, '3': 4, '4': 1}
    """
    check_selection(frozenset({(by, "")}))
    groups: dict[str, list[int]] = {}
    for index, part in enumerate(parts):
        groups.setdefault(str(getattr(part, by)), []).append(index)
    return groups


def summed(parts: Sequence[LossPart], values: Sequence[float] | Tensor, by: Attribute) -> dict[str, float]:
    """Sum the values of the parts that share a value of an attribute.

    Args:
        parts: names of the parts.
        values: one value for each part.
        by: "level", "band", "channel" or "statistic".

    Raises:
        ValueError: if there is not one value for each part, or parts have no such attribute.

    >>> summed([LossPart(0, "0°", "Y", "mean"), LossPart(1, "0°", "Y", "mean")], [0.5, 0.25], "band")
    {'0°': 0.75}
    """
    numbers = [float(value) for value in values]
    if len(numbers) != len(parts):
        raise ValueError(f"there must be one value for each of {len(parts)} parts, got {len(numbers)}")
    return {name: sum(numbers[i] for i in own) for name, own in grouped(parts, by).items()}
