"""Detection of the gaze channels of a stream by their types and labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from foveaview.gaze.lsl.stream_info import Channel

__all__ = ["GazeChannels", "confidence_channel", "gaze_channels", "names_eyes"]

Axis = Literal["x", "y"]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SHORT = {"lx": ("l", "x"), "ly": ("l", "y"), "rx": ("r", "x"), "ry": ("r", "y")}
_PLACES = ("screenx", "screeny", "intersectionx", "intersectiony", "imagex", "imagey")  # image*: our own
_EYES = {"left": "left", "l": "left", "right": "right", "r": "right"}
# Types of the specification that are not positions on a plane, and label words with the same meaning.
_OTHER_KINDS = ("direction", "position", "head", "pupil", "reflex", "radius", "diameter", "confidence")
_MORE_WORDS = {"pupils", "center", "centre", "normal", "degree", "origin", "size", "vector", "user", "3"}
_OTHER_WORDS = (set(_OTHER_KINDS) - {"position"}) | _MORE_WORDS


@dataclass(frozen=True)
class GazeChannels:
    """Gaze channels of one eye, of each eye, or of both eyes combined.

    Attributes:
        eyes: channels of x and y, the left eye first.
        typed: True if their types in the header say that they are positions.
    """

    eyes: tuple[tuple[int, int], ...]
    typed: bool


def _words(label: str) -> list[str]:
    found = [word.lower() for word in _WORD.findall(label)]
    return [part for word in found for part in _SHORT.get(word, (word,))]


def _read(channel: Channel) -> tuple[Axis, str, tuple[str, ...], bool] | None:
    """Return axis, eye, other words and whether the header types the channel; None if it is not gaze."""
    kind, words = channel.kind.lower(), _words(channel.label)
    typed = kind in _PLACES
    if not typed and (kind.startswith(_OTHER_KINDS) or _OTHER_WORDS & set(words)):
        return None
    axes = [kind[-1]] if typed else [word for word in words if word in ("x", "y")]
    if len(axes) != 1:
        return None
    named = [_EYES[word] for word in words if word in _EYES]
    eye = channel.eye.lower() if channel.eye.lower() in ("left", "right") else (named or ["both"])[0]
    rest = tuple(word for word in words if word not in _EYES and word not in ("x", "y"))
    return ("x" if axes[0] == "x" else "y"), eye, rest, typed


def gaze_channels(channels: Sequence[Channel]) -> list[GazeChannels]:
    """List every set of channels that may be gaze, those typed by the header first.

    >>> gaze_channels([Channel("leftEyeX"), Channel("leftEyeY"), Channel("leftPupilArea")])
    [GazeChannels(eyes=((0, 1),), typed=False)]
    """
    found: dict[tuple[tuple[str, ...], bool], dict[tuple[str, Axis], int]] = {}
    for index, channel in enumerate(channels):
        read = _read(channel)
        if read is not None:
            axis, eye, rest, typed = read
            found.setdefault((rest, typed), {}).setdefault((eye, axis), index)
    sets = [GazeChannels(_pairs(places), typed) for (_, typed), places in found.items()]
    return sorted((each for each in sets if each.eyes), key=lambda each: not each.typed)


def _pairs(places: dict[tuple[str, Axis], int]) -> tuple[tuple[int, int], ...]:
    eyes = ("both",) if ("both", "x") in places and ("both", "y") in places else ("left", "right")
    there = [eye for eye in eyes if (eye, "x") in places and (eye, "y") in places]
    return tuple((places[eye, "x"], places[eye, "y"]) for eye in there)


def names_eyes(channels: Sequence[Channel]) -> bool:
    """Return True if any channel names the left or right eye.

    >>> names_eyes([Channel("leftEyeX"), Channel("y")]), names_eyes([Channel("x")])
    (True, False)
    """
    sides = ("left", "right")
    return any(
        channel.eye.lower() in sides or any(_EYES.get(word) in sides for word in _words(channel.label))
        for channel in channels
    )


def confidence_channel(channels: Sequence[Channel]) -> int | None:
    """Return the index of the confidence channel, None if there is none.

    >>> confidence_channel([Channel("x"), Channel("c", kind="Confidence")])
    1
    """
    for index, channel in enumerate(channels):
        if channel.kind.lower() == "confidence" or "confidence" in _words(channel.label):
            return index
    return None
