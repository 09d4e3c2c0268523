"""Tests of remembering the streams that were followed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import JsonValue

from foveaview.gaze.lsl import Channel, KeptStream, Mapping, StreamDescription, known_mapping, remembered

EYE = StreamDescription(
    "eye", "Gaze", "eye-1", "lab", "uid", 500.0, 2, (Channel("x", unit="px"), Channel("y")), (1920, 1080)
)
PIXELS, SHARES = Mapping(unit="px"), Mapping(unit="screen")


def test_kept_stream_reads_back_from_json() -> None:
    kept = KeptStream(EYE, Mapping(x=1, y=0, confidence=1, origin="bottom-left", scale_x=0.01))
    assert KeptStream.from_json(json.loads(json.dumps(kept.to_json()))) == kept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, "invalid description of a stream"),
        ({"stream": {"name": "eye"}, "mapping": {}}, "invalid description of a stream: kind: Field required"),
        (
            {"stream": {"name": "eye", "kind": "Gaze", "count": 2}, "mapping": 3},
            "invalid mapping of channels: 3",
        ),
        ({"stream": {"name": "eye", "kind": "Gaze", "count": 2}, "mapping": {"x": "one"}}, "x"),
        (
            {"stream": {"name": "eye", "kind": "Gaze", "count": 2}, "mapping": {"x": 7}},
            "reads channel 7, but eye has 2",
        ),
        (
            {"stream": {"name": "eye", "kind": "Gaze", "count": 2, "source_id": "\ud800"}, "mapping": {}},
            r"source_id is '\\ud800', which no stream can have",
        ),
        (
            {"stream": {"name": "eye", "kind": "Gaze", "count": 2, "hostname": "h" * 100_000}, "mapping": {}},
            "hostname has 100000 characters, over 200",
        ),
        (
            {
                "stream": {"name": "eye", "kind": "Gaze", "count": 2, "channels": [{"unit": "u" * 201}]},
                "mapping": {},
            },
            "unit has 201 characters",
        ),
        ({"stream": {"name": "eye", "kind": "Gaze", "count": 10**9}, "mapping": {}}, "count is 1000000000"),
    ],
)
def test_kept_stream_invalid_json_is_refused(wrong: JsonValue, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KeptStream.from_json(wrong)


def test_known_mapping_prefers_same_source_id() -> None:
    other = replace(EYE, source_id="eye-2")
    kept = [KeptStream(other, SHARES), KeptStream(EYE, PIXELS)]
    assert known_mapping(kept, replace(EYE, uid="another start", hostname="elsewhere")) == PIXELS
    assert known_mapping(kept, replace(EYE, source_id="eye-3")) == SHARES


@pytest.mark.parametrize(
    "changes", [{"name": "another"}, {"count": 3}, {"channels": (Channel("y"), Channel("x"))}]
)
def test_known_mapping_of_other_channels_is_none(changes: dict[str, object]) -> None:
    assert known_mapping([KeptStream(EYE, PIXELS)], StreamDescription(**{**vars(EYE), **changes})) is None


def test_remembered_keeps_newest_streams_once() -> None:
    kept = remembered([], KeptStream(EYE, PIXELS))
    kept = remembered(kept, KeptStream(EYE, SHARES))
    assert kept == [KeptStream(EYE, SHARES)]
    for number in range(50):
        kept = remembered(kept, KeptStream(replace(EYE, name=f"eye {number}"), PIXELS))
    assert len(kept) == 40
    assert kept[0].stream.name == "eye 49"
