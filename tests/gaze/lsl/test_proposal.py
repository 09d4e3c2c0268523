"""Tests of the proposals for headers as programs send them; for their sources see proposal.py."""

from __future__ import annotations

import pytest

from foveaview.gaze.lsl import Channel, Mapping, StreamDescription, propose

PUPIL_CAPTURE = (
    Channel("confidence", "Confidence", "normalized", "both"),
    Channel("norm_pos_x", "ScreenX", "normalized", "both", "world"),
    Channel("norm_pos_y", "ScreenY", "normalized", "both", "world"),
    *(Channel(f"gaze_point_3d_{axis}", f"Direction{axis.upper()}", "mm", "both", "world") for axis in "xyz"),
    *(
        Channel(f"{what}_{axis}", f"Position{axis.upper()}", "mm", eye, "world")
        for what, eye in (("eye_center0_3d", "right"), ("eye_center1_3d", "left"), ("gaze_normal0", "right"))
        for axis in "xyz"
    ),
    Channel("diameter0_2d", "Diameter", "pixels", "right", "eye0"),
)
COMPANION = tuple(Channel(axis, f"Screen{axis.upper()}", "pixels", "both", "world") for axis in "xy")
TOBII = tuple(
    channel
    for eye in ("left", "right")
    for channel in (
        Channel(f"{eye}_x", "ScreenX", "screencoords", eye),
        Channel(f"{eye}_y", "ScreenY", "screencoords", eye),
        Channel(f"{eye}_pupil", "pupilsize", "", eye),
    )
)
EYELINK = tuple(
    Channel(label, "eyetracking")
    for label in [
        "leftEyeX",
        "leftEyeY",
        "rightEyeX",
        "rightEyeY",
        "leftPupilArea",
        "rightPupilArea",
        "pixelsPerDegreeX",
        "pixelsPerDegreeY",
        "eyelink_timestamp",
        "LSL_timestamp",
    ]
)
TITTA = tuple(
    Channel(f"{eye}_gazePoint_onDisplayArea_{axis}") for eye in ("left", "right") for axis in ("x", "y")
)
OWN = (
    Channel("gaze_x", "ImageX", "normalized", "both", "image"),
    Channel("gaze_y", "ImageY", "normalized", "both", "image"),
    Channel("confidence", "Confidence", "normalized", "both"),
)
SURFACE = (
    Channel("confidence", "Confidence", "normalized"),
    Channel("x", "ScreenX", "normalized", "both", "surface"),
    Channel("y", "ScreenY", "normalized", "both", "surface"),
)


def stream(
    name: str, channels: tuple[Channel, ...], kind: str = "Gaze", maker: str = ""
) -> StreamDescription:
    return StreamDescription(name, kind, count=len(channels), channels=channels, maker=maker)


@pytest.mark.parametrize(
    ("description", "verdict", "mapping"),
    [
        (
            stream("pupil_capture", PUPIL_CAPTURE),
            "refused",
            Mapping(x=1, y=2, confidence=0, unit="screen", origin="bottom-left"),
        ),
        (stream("Neon_Gaze", COMPANION, maker="Pupil Labs"), "refused", Mapping(x=0, y=1, unit="px")),
        (
            stream("Tobii", TOBII, "Eyetracker", "TobiiPro"),
            "ready",
            Mapping(x=0, y=1, x_right=3, y_right=4, unit="screen"),
        ),
        (stream("Tobii_Pro_Spectrum", TITTA), "ready", Mapping(x_right=2, y_right=3, unit="screen")),
        (
            stream("EyeLink", EYELINK),
            "ready",
            Mapping(x_right=2, y_right=3, unit="px", zero_is_missing=True),
        ),
        (stream("foveaview", OWN), "ready", Mapping(confidence=2, unit="image")),
        (
            stream("pupil_capture_surface", SURFACE),
            "ready",
            Mapping(x=1, y=2, confidence=0, unit="screen", origin="bottom-left"),
        ),
        (
            stream("any", (Channel("X", "ScreenX", "pixels"), Channel("Y", "ScreenY", "pixels"))),
            "ready",
            Mapping(unit="px"),
        ),
        (
            stream("any", (Channel("X", "ScreenX", "normalized"), Channel("Y", "ScreenY", "normalized"))),
            "ask",
            Mapping(unit="screen"),
        ),
        (
            stream("any", (Channel("x", unit="percent"), Channel("y", unit="percent"))),
            "ask",
            Mapping(unit="screen", scale_x=0.01, scale_y=0.01),
        ),
        (stream("any", (Channel("x", unit="mm"), Channel("y", unit="mm"))), "ask", Mapping(unit="screen")),
        (stream("any", (Channel("gaze_x"), Channel("gaze_y"))), "ask", Mapping(unit="px")),
        (
            stream("any", (Channel("LX"), Channel("LY"), Channel("RX"), Channel("RY"))),
            "ask",
            Mapping(x_right=2, y_right=3, unit="px"),
        ),
        (stream("any", (Channel("a"), Channel("b"))), "ask", None),
        (StreamDescription("no header", "Gaze", count=4), "ask", None),
        (StreamDescription("one", "Gaze", count=1), "refused", None),
        (StreamDescription("texts", "Gaze", count=2, numeric=False), "refused", None),
    ],
)
def test_propose_recognises_each_program(
    description: StreamDescription, verdict: str, mapping: Mapping | None
) -> None:
    proposal = propose(description)
    assert (proposal.verdict, proposal.mapping) == (verdict, mapping)
    assert proposal.reason


def test_propose_scene_camera_is_refused_with_remedy() -> None:
    reason = propose(stream("Neon_Gaze", COMPANION)).reason
    assert reason.startswith("Neon_Gaze: its gaze is in the image of a scene camera")
    assert "Marker Mapper" in reason


def test_propose_old_scene_camera_header_is_refused() -> None:
    channels = (Channel("x", "", "pixels"), Channel("y", "", "pixels"))
    assert propose(stream("gaze", channels, maker="Pupil Labs")).verdict == "refused"


def test_propose_several_screen_coordinates_asks() -> None:
    names = ("raw_x", "raw_y", "filtered_x", "filtered_y")
    channels = tuple(Channel(name, f"Screen{name[-1].upper()}", "pixels") for name in names)
    proposal = propose(stream("any", channels))
    assert (proposal.verdict, proposal.mapping) == ("ask", Mapping(unit="px"))


def test_propose_header_with_fewer_channels_is_used() -> None:
    channels = (Channel("x", "ScreenX", "pixels"), Channel("y", "ScreenY", "pixels"))
    proposal = propose(StreamDescription("any", "Gaze", count=6, channels=channels))
    assert (proposal.verdict, proposal.mapping) == ("ready", Mapping(unit="px"))
