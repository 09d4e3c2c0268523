"""Session files: what goes in comes out, and what is damaged is said."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveaview.sessions.file_references import ImageFile, places
from foveaview.sessions.model import (
    RunRecord,
    Session,
    TargetRecord,
    read_session,
    write_session,
)
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings
from foveaview.settings.view import ViewSettings
from foveaview.synthesis import Outcome

unit = st.floats(0, 1)
images = st.builds(
    ImageFile,
    path=st.text(string.ascii_letters + "äé 日/.", min_size=1).map(lambda name: f"/data/{name}"),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
)
runs = st.builds(
    RunRecord,
    iteration=st.integers(0, 10**6),
    unsaved=st.booleans(),
    outcome=st.none() | st.sampled_from(Outcome),
    checkpoint=st.none() | st.just("a.files/run-1.pt"),
)
pixels = st.tuples(st.integers(0, 5000), st.integers(0, 5000))
targets = st.builds(
    TargetRecord,
    image=images,
    halvings=st.integers(0, 3),
    gaze=st.tuples(unit, unit),
    loss_settings=st.builds(LossSettings, alpha=st.floats(0.01, 10), n_pyramid_levels=st.integers(1, 8)),
    settings=st.builds(SynthesisSettings, learning_rate=st.floats(1e-6, 1), seed=st.integers(0, 2**31 - 1)),
    objective=st.builds(ObjectiveSettings, pixel=st.floats(0, 1e6), trunk_weights=st.text(max_size=9)),
    candidate=st.sampled_from(["ventral", "metamer", "file"]),
    file=st.none() | images,
    start=st.none() | images,
    heatmap_of=st.sampled_from(["metameric", "pixel"]),
    heatmap_parts=st.none()
    | st.frozensets(st.tuples(st.sampled_from(["level", "band"]), st.text(max_size=3))),
    pins=st.lists(pixels, max_size=8).map(tuple),
    phase=st.sampled_from(["ready", "paused", "stopped", "done"]),
    run=st.none() | runs,
)
views = st.builds(ViewSettings, rings=st.booleans(), divider=unit, offset=st.tuples(unit, unit))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    listed = draw(st.lists(targets, max_size=3))
    current = draw(st.sampled_from(range(len(listed)))) if listed else None
    extras = draw(st.dictionaries(st.text(max_size=5), json_values, max_size=2))
    return Session(
        targets=tuple(listed),
        current=current,
        view=draw(views),
        follow=draw(st.booleans()),
        extras=extras,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sessions")


@pytest.mark.slow
@given(session=sessions())
@settings(max_examples=60)
def test_what_is_written_is_read(folder: Path, session: Session) -> None:
    written = write_session(folder / "a.foveaview", session)
    assert read_session(folder / "a.foveaview") == written
    assert written.bare == session.bare


def whole_file(path: Path) -> str:
    image = ImageFile(path="/data/a.png", sha256=64 * "0")
    target = TargetRecord(image=image, run=RunRecord(iteration=3, checkpoint="a.files/run-1.pt"))
    write_session(path, Session(targets=(target,), current=0, extras={"more": [1, None]}))
    return path.read_text()


def check_read(path: Path) -> None:
    """It is a session, or else the file is named; no other error comes out."""
    complaint = ""
    try:
        read_session(path)
    except ValueError as error:
        complaint = str(error)
    assert complaint == "" or complaint.startswith(f"{path}: ")


@pytest.mark.parametrize("seed", range(300))
def test_a_damaged_file_is_refused_in_words_or_read(folder: Path, seed: int) -> None:
    chance, path = random.Random(seed), folder / "damaged.foveaview"
    raw = bytearray(whole_file(path).encode())
    if seed % 3 == 0:
        del raw[chance.randrange(len(raw)) :]
    for _ in range(chance.randrange(1, 6) if seed % 3 else 0):
        place = chance.randrange(len(raw))
        raw[place : place + chance.randrange(3)] = bytes(
            chance.randrange(256) for _ in range(chance.randrange(3))
        )
    path.write_bytes(bytes(raw))
    check_read(path)


WRONG: list[Any] = [None, True, -1, 10**400, 0.5, "", "x", "\ud800", "a\0b", [], [[]], {}, {"a": 1}]


def places_in(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(content, dict | list):
        keys = list(content) if isinstance(content, dict) else range(len(content))
        for key in keys:
            found += places_in(content[key], (*at, key))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_value_anywhere_is_refused_in_words_or_read(folder: Path, wrong: Any) -> None:
    path = folder / "wrong.foveaview"
    text = whole_file(path)
    for place in places_in(json.loads(text)):
        content = json.loads(text)
        inner = content
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = wrong
        path.write_text(json.dumps(content))
        check_read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "this is no foveaview session"),
        ({"version": 2}, "written by a newer foveaview"),
        ({"version": "1"}, "damaged"),
        ({"colour": 1}, "unknown setting 'colour'"),
        ({"current": 4}, "there is no target 4"),
        ({"targets": [{"image": {"path": "", "sha256": ""}}]}, "targets.0: image"),
        ({"view": {"blink_hz": 50}}, "view: blink_hz"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, change: dict[str, Any], words: str) -> None:
    path = folder / "named.foveaview"
    path.write_text(json.dumps({**json.loads(whole_file(path)), **change}))
    with pytest.raises(ValueError, match=words):
        read_session(path)


@pytest.mark.parametrize("name", ["../run-1.pt", "/run-1.pt", "a/../../run-1.pt", "C:/run.pt", ""])
def test_a_checkpoint_lies_beside_its_session(name: str) -> None:
    with pytest.raises(ValueError, match="checkpoint"):
        RunRecord(checkpoint=name)


def test_text_that_is_nested_too_deep_is_refused(folder: Path) -> None:
    path = folder / "deep.foveaview"
    path.write_text('{"extras": ' + 100_000 * "[" + 100_000 * "]" + "}")
    with pytest.raises(ValueError, match="damaged"):
        read_session(path)


def test_nan_is_refused(folder: Path) -> None:
    path = folder / "nan.foveaview"
    path.write_text(whole_file(path).replace("null", "NaN", 1))
    with pytest.raises(ValueError, match="NaN"):
        read_session(path)


def test_an_image_is_looked_for_beside_the_session_first(tmp_path: Path) -> None:
    image = ImageFile(path=str(tmp_path / "here" / "a.png"), sha256=64 * "0")
    session = Session(targets=(TargetRecord(image=image),))
    (tmp_path / "here").mkdir()
    written = write_session(tmp_path / "here" / "a.foveaview", session)
    moved = tmp_path / "there" / "a.foveaview"
    assert places(written.targets[0].image, moved) == [
        tmp_path / "there" / "a.png",
        tmp_path / "here" / "a.png",
    ]


def test_session_with_chosen_parts_saves_them_in_one_order() -> None:
    chosen = [("level", str(level)) for level in range(8)] + [("band", "highpass")]
    record = TargetRecord(image=ImageFile(path="/a.png", sha256="0" * 64), heatmap_parts=frozenset(chosen))
    assert json.loads(record.model_dump_json())["heatmap_parts"] == sorted(map(list, chosen))


def test_session_of_an_older_window_opens_without_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "old.foveaview"
    write_session(path, Session(follow=True))
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "layout": {"geometry": "AAEC", "state": "", "seal": ""}}))
    assert read_session(path) == Session(follow=True)
