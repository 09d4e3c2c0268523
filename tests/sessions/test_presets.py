"""Presets in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.sessions.presets import Preset, check_name, read_presets, write_presets
from foveaview.settings import LossSettings, ObjectiveSettings

names = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=60)
presets = st.builds(
    Preset,
    loss_settings=st.builds(LossSettings, alpha=st.floats(0.01, 10)),
    objective=st.builds(ObjectiveSettings, pixel=st.floats(0, 1e6)),
)


@pytest.mark.slow
@given(kept=st.dictionaries(names, presets, max_size=4))
def test_what_is_written_is_read_in_its_order(
    tmp_path_factory: pytest.TempPathFactory, kept: dict[str, Preset]
) -> None:
    path = tmp_path_factory.mktemp("presets") / "presets.json"
    write_presets(path, kept)
    assert list(read_presets(path).items()) == list(kept.items())


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_presets(tmp_path / "presets.json") == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "damaged"),
        ("[]", "no foveaview presets"),
        ({"format": "foveaview presets", "version": 9, "presets": {}}, "newer foveaview"),
        ({"format": "foveaview presets", "version": 1}, "damaged"),
        ({"format": "foveaview presets", "version": 1, "presets": []}, "damaged"),
        ({"format": "foveaview presets", "version": 1, "presets": {"a": 3}}, "damaged"),
        ({"format": "foveaview presets", "version": 1, "presets": {"": {}}}, "needs a name"),
        (
            {"format": "foveaview presets", "version": 1, "presets": {"a": {"loss_settings": {"alpha": -1}}}},
            "loss_settings: alpha",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, words: str) -> None:
    path = tmp_path / "presets.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ValueError, match=words):
        read_presets(path)


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 61])
def test_a_name_that_cannot_be(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        check_name(name)
