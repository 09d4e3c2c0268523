"""Tests of reading stream headers."""

from __future__ import annotations

import pylsl
import pytest

from foveaview.gaze.lsl import Channel
from foveaview.gaze.lsl.stream_info import described


def info(channels: int = 2, form: str = "float32") -> pylsl.StreamInfo:
    return pylsl.StreamInfo("eye", "Gaze", channels, 120.0, form, "id-1")


def test_described_header_with_type_or_metatype_is_read() -> None:
    sent = info()
    listed = sent.desc().append_child("channels")
    fields = ("label", "unit", "eye", "coordinate_system")
    for kind, axis in (("type", "X"), ("metatype", "Y")):
        channel = listed.append_child("channel").append_child_value(kind, f"Screen{axis}")
        for field in fields:
            channel.append_child_value(field, f"{field} {axis}")
    description = described(sent)
    assert description.channels == tuple(
        Channel(f"label {axis}", f"Screen{axis}", f"unit {axis}", f"eye {axis}", f"coordinate_system {axis}")
        for axis in "XY"
    )
    assert (description.rate_hz, description.count, description.numeric) == (120.0, 2, True)


def test_described_stream_without_header_has_no_channels() -> None:
    description = described(info(5))
    assert (description.count, description.channels, description.screen) == (5, (), None)


def test_described_header_with_more_channels_is_cut() -> None:
    sent = info(2)
    listed = sent.desc().append_child("channels")
    for label in "abcd":
        listed.append_child("channel").append_child_value("label", label)
    assert [channel.label for channel in described(sent).channels] == ["a", "b"]


@pytest.mark.parametrize(
    ("path", "sides", "size"),
    [
        ("screen", ("width", "height"), ("1920", "1080")),
        ("setup/display", ("resolution_x", "resolution_y"), ("2560", "1440")),
        ("encoding/resolution", ("X", "Y"), ("800", "600")),
    ],
)
def test_described_finds_screen_in_each_place(
    path: str, sides: tuple[str, str], size: tuple[str, str]
) -> None:
    sent = info()
    element = sent.desc()
    for name in path.split("/"):
        element = element.append_child(name)
    for side, value in zip(sides, size, strict=True):
        element.append_child_value(side, value)
    assert described(sent).screen == (int(size[0]), int(size[1]))


def test_described_invalid_screen_size_is_left_out() -> None:
    sent = info()
    sent.desc().append_child("screen").append_child_value("width", "wide").append_child_value("height", "-1")
    assert described(sent).screen is None


def test_described_text_stream_is_not_numeric() -> None:
    assert not described(info(form="string")).numeric


@pytest.mark.parametrize("number", [5000 * "9", "1e3", "-3", "\u0663", "1234567", "0", ""])
def test_described_impossible_screen_is_left_out(number: str) -> None:
    sent = info()
    screen = sent.desc().append_child("screen")
    screen.append_child_value("width", number).append_child_value("height", "1080")
    assert described(sent).screen is None
