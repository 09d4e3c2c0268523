"""Proposal of a mapping from a stream's header: a mapping, a question, or a reason for refusal.

Sources, for facts only:

- https://github.com/sccn/xdf/wiki/Gaze-Meta-Data: the fields of a header.
- github.com/labstreaminglayer/App-PupilLabs, pupil_capture: norm_pos in the image of the scene camera, 0 at
  its bottom left, coordinate_system "world", and a confidence.
- github.com/pupil-labs/lsl-relay: Companion, Invisible and Neon, pixels of the scene camera, "world" too.
- github.com/labstreaminglayer/App-TobiiPro: type Eyetracker, left and right in shares of the screen, 0 at the
  top left, unit "screencoords", NaN if an eye is not seen.
- github.com/labstreaminglayer/App-EyeLink: leftEyeX and so on in pixels, without a unit; 0, 0 for an
  untracked eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from foveaview.gaze.lsl.channel_detection import GazeChannels, confidence_channel, gaze_channels
from foveaview.gaze.lsl.mapping import Mapping
from foveaview.gaze.lsl.stream_info import Channel, StreamDescription
from foveaview.settings.recording import Origin

__all__ = ["IMAGE_COORDINATES", "StreamProposal", "propose"]

IMAGE_COORDINATES = "image"
"""Coordinate system of the gaze that foveaview itself streams."""

_PIXELS = ("pixels", "pixel", "px")
_SHARES = ("normalized", "normalised", "norm", "screencoords", "relative")
_PERCENT = ("percent", "%")
_HEAD_MOUNTED = ("pupil_capture", "pupil capture", "pupil labs", "neon", "invisible", "companion")
_HEAD_REASON = (
    "its gaze is in the image of a scene camera, which moves with the head, so positions on the screen are"
    " unknown. Map the gaze onto the screen first (markers around it, and the Surface"
    " Tracker of Pupil Capture or the Marker Mapper for Neon), and stream that"
)


@dataclass(frozen=True)
class StreamProposal:
    """Proposal of how to handle a stream.

    Attributes:
        verdict: "ready" to follow it as it is; "ask" if the header does not say enough; "refused" if the
            stream gives no gaze on a screen or its header is unreadable.
        mapping: mapping to use, or to start from if the user decides; None if nothing is known.
        reason: text for the user: why it is asked or refused, or the detected format if it is ready.
        asks: fields of the mapping that the user must choose.
    """

    verdict: Literal["ready", "ask", "refused"]
    mapping: Mapping | None
    reason: str
    asks: tuple[str, ...] = ()


def propose(description: StreamDescription) -> StreamProposal:
    """Propose a mapping from a stream's header.

    >>> channels = (Channel("leftEyeX"), Channel("leftEyeY"), Channel("rightEyeX"), Channel("rightEyeY"))
    >>> proposal = propose(StreamDescription("EyeLink", "Gaze", count=4, channels=channels))
    >>> proposal.verdict, proposal.mapping.unit
    ('ready', 'px')
    """
    if description.problem:
        return StreamProposal("refused", None, description.problem)
    if not description.numeric:
        return StreamProposal("refused", None, "it carries text, not numbers: choose a gaze stream")
    if description.count < 2:
        return StreamProposal("refused", None, f"it has {description.count} channel, but x and y need two")
    found = gaze_channels(description.channels)
    if not found:
        reason = "no channel is marked as x or y of gaze: choose them"
        return StreamProposal("ask", None, reason, ("x", "y", "unit"))
    proposal = _by_header(description, found[0])
    if proposal.verdict == "ready" and len([each for each in found if each.typed == found[0].typed]) > 1:
        return StreamProposal(
            "ask", proposal.mapping, "several channels may be gaze: choose x and y", ("x", "y")
        )
    return proposal


def _by_header(description: StreamDescription, found: GazeChannels) -> StreamProposal:
    first = description.channels[found.eyes[0][0]]
    base: dict[str, Any] = {"x": found.eyes[0][0], "y": found.eyes[0][1]}
    if len(found.eyes) == 2:
        base |= {"x_right": found.eyes[1][0], "y_right": found.eyes[1][1]}
    base["confidence"] = confidence_channel(description.channels)
    for rule in (_own, _scene_camera, _surface, _tobii, _eyelink):
        proposal = rule(description, first, base)
        if proposal is not None:
            return proposal
    return _by_unit(first, base)


def _called(description: StreamDescription, *names: str) -> bool:
    text = f"{description.name} {description.maker}".lower()
    return any(name in text for name in names)


def _on_surface(description: StreamDescription, channel: Channel) -> bool:
    return "surface" in f"{description.name} {channel.label} {channel.coordinates}".lower()


def _own(description: StreamDescription, channel: Channel, base: dict[str, Any]) -> StreamProposal | None:
    if channel.coordinates != IMAGE_COORDINATES:
        return None
    return StreamProposal("ready", Mapping(**base, unit="image"), "image coordinates")


def _scene_camera(
    description: StreamDescription, channel: Channel, base: dict[str, Any]
) -> StreamProposal | None:
    place = channel.coordinates.lower()
    seen = any(word in place for word in ("world", "scene", "camera"))
    if _on_surface(description, channel) or not (seen or _called(description, *_HEAD_MOUNTED)):
        return None
    pixels = channel.unit.lower() in _PIXELS
    origin: Origin = "top-left" if pixels else "bottom-left"
    mapping = Mapping(**base, unit="px" if pixels else "screen", origin=origin)
    return StreamProposal("refused", mapping, f"{description.title}: {_HEAD_REASON}")


def _surface(description: StreamDescription, channel: Channel, base: dict[str, Any]) -> StreamProposal | None:
    if not _on_surface(description, channel) or channel.unit.lower() in _PIXELS:
        return None
    reason = "gaze on a surface, 0 at its bottom left: the surface must be the whole screen"
    return StreamProposal("ready", Mapping(**base, unit="screen", origin="bottom-left"), reason)


def _tobii(description: StreamDescription, channel: Channel, base: dict[str, Any]) -> StreamProposal | None:
    unit = channel.unit.lower()
    displayed = "displayarea" in channel.label.lower().replace("_", "")
    known = unit == "screencoords" or displayed or _called(description, "tobii")
    if not known or unit not in ("", *_SHARES):
        return None
    return StreamProposal(
        "ready", Mapping(**base, unit="screen"), "Tobii: shares of the screen, 0 at its top left"
    )


def _eyelink(description: StreamDescription, channel: Channel, base: dict[str, Any]) -> StreamProposal | None:
    if not _called(description, "eyelink") or channel.unit.lower() not in ("", *_PIXELS):
        return None
    return StreamProposal(
        "ready", Mapping(**base, unit="px", zero_is_missing=True), "EyeLink: pixels of the screen"
    )


def _by_unit(channel: Channel, base: dict[str, Any]) -> StreamProposal:
    unit = channel.unit.lower()
    if unit in _PIXELS:
        return StreamProposal("ready", Mapping(**base, unit="px"), "pixels of the screen")
    if unit in _SHARES or unit in _PERCENT:
        scale = 0.01 if unit in _PERCENT else 1.0
        mapping = Mapping(**base, unit="screen", scale_x=scale, scale_y=scale)
        reason = "its origin and the direction of y are unknown: look at the screen and choose"
        return StreamProposal("ask", mapping, reason, ("origin",))
    if unit:
        reason = f"its unit is {channel.unit}: give the scale that converts it to shares of the screen"
        return StreamProposal("ask", Mapping(**base, unit="screen"), reason, ("scale_x", "scale_y"))
    reason = "its unit is unknown: choose it"
    return StreamProposal("ask", Mapping(**base, unit="px"), reason, ("unit",))
