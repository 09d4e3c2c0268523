"""Tests of the published streams as others receive them."""

from __future__ import annotations

import math
import time

import pylsl
import pytest

from foveaview.gaze import Sample, now
from foveaview.gaze.lsl import EventOutlet, GazeOutlet, LslSource, StreamDescription, list_streams, propose

LONG_S = 20.0


def listed(uid: str) -> StreamDescription:
    """Return a stream as soon as it is found, which may take long on shared machines."""
    limit = now() + LONG_S
    while now() < limit:
        for each in list_streams(0.3):
            if each.uid == uid:
                return each
    raise TimeoutError(f"no stream {uid}")


@pytest.mark.slow
def test_gaze_outlet_samples_are_received_unchanged() -> None:
    outlet = GazeOutlet("mine")
    try:
        assert outlet.uid not in [each.uid for each in list_streams(0.3, without=[outlet.uid])]
        description = listed(outlet.uid)
        assert (description.screen, description.rate_hz, description.maker) == (
            None,
            0.0,
            "foveaview",
        )
        assert [(each.kind, each.coordinates) for each in description.channels[:2]] == [
            ("ImageX", "image"),
            ("ImageY", "image"),
        ]
        source = LslSource(description, propose(description).mapping)
        sent, taken = now(), list[Sample]()
        try:
            while len(taken) < 2 and now() - sent < 20:
                outlet.push([Sample(now(), 0.25, 0.75), Sample.missing(now())])
                time.sleep(0.01)
                taken += source.take(now())
        finally:
            source.close()
            source.wait(20.0)
    finally:
        outlet.close()
    (seen, blink) = taken[:2]
    assert (seen.x, seen.y, seen.valid, seen.unit) == (0.25, 0.75, True, "image")
    assert (math.isnan(blink.x), blink.valid) == (True, False)
    assert sent - 0.001 < seen.t < now()
    outlet.push([seen])  # without a receiver, nothing happens


def test_event_outlet_wait_reports_end_after_close() -> None:
    outlet = EventOutlet("ends")
    assert not outlet.wait(0.0)
    outlet.close()
    assert outlet.wait(20.0)


def test_gaze_outlet_other_units_are_refused() -> None:
    outlet = GazeOutlet("mine")
    with pytest.raises(ValueError, match="carries image coordinates, got 'px': map it to the image first"):
        outlet.push([Sample(0.0, 900.0, 500.0, unit="px")])
    outlet.close()


def test_event_outlet_sends_markers_at_their_times() -> None:
    outlet = EventOutlet("mine events")
    (info,) = pylsl.resolve_byprop("name", "mine events", 1, LONG_S)
    inlet = pylsl.StreamInlet(info, recover=False)
    inlet.open_stream(LONG_S)
    t = now() - 0.25
    outlet.push("opened astronaut.png", t)
    (text,), at = inlet.pull_sample(LONG_S)
    assert (info.type(), text) == ("Markers", "opened astronaut.png")
    assert at == pytest.approx(pylsl.local_clock() - (now() - t), abs=0.01)
    outlet.close()
