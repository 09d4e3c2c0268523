"""Settings back from exported pictures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from foveaview.export.images import Bits, export_image
from foveaview.files import save_png
from foveaview.io.embedded_settings import read_recovered, recovered
from foveaview.provenance import provenance
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings

KEYS = ["gaze", "loss_settings", "synthesis_settings", "objective_settings", "seed", "packages"]
PIXELS = np.zeros((20, 20, 3), np.uint8)


def test_what_was_exported_comes_back(tmp_path: Path) -> None:
    loss, search = LossSettings(alpha=0.3, mode="linear"), SynthesisSettings(seed=4, start="ventral")
    objective = ObjectiveSettings(pixel=0.5)
    about = provenance((0.25, 0.75), loss, search, objective_settings=objective.model_dump())
    save_png(tmp_path / "a.png", PIXELS, about)
    found = read_recovered(tmp_path / "a.png")
    assert found is not None
    assert found.gaze == (0.25, 0.75)
    assert found.remarks == ()
    assert LossSettings(**found.groups["loss_settings"]) == loss
    assert SynthesisSettings(**found.groups["settings"]) == search
    assert ObjectiveSettings(**found.groups["objective"]) == objective


def test_settings_that_exclude_the_defaults_come_back() -> None:
    loss = LossSettings(use_fullres_l0=True, use_l2_foveal_loss=False)
    found = recovered(provenance((0.5, 0.5), loss))
    assert found.remarks == ()
    assert LossSettings(**found.groups["loss_settings"]) == loss


@pytest.mark.parametrize(("said", "color"), [({}, "independent"), ({"ventral_color": "coupled"}, "coupled")])
def test_a_ventral_metamer_gives_its_noise_and_no_more_of_the_search(
    said: dict[str, Any], color: str
) -> None:
    """Files of version 0.1 do not say how the channels were drawn: independently."""
    found = recovered(provenance((0.5, 0.5), LossSettings(), seed=9, **said))
    assert found.groups["settings"] == {"seed": 9, "ventral_color": color}
    assert "objective" not in found.groups


def test_what_belongs_to_a_machine_stays_there() -> None:
    search = SynthesisSettings(device="cuda")
    objective = ObjectiveSettings(trunk_weights="/theirs/weights.pth")
    about = provenance((0.5, 0.5), LossSettings(), search, objective_settings=objective.model_dump())
    found = recovered(about)
    assert "device" not in found.groups["settings"]
    assert "trunk_weights" not in found.groups["objective"]
    assert "/theirs/weights.pth" in found.remarks[0]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"loss_settings": {"alpha": -1, "mode": "linear"}}, "alpha cannot be -1"),
        ({"loss_settings": {"hue": 1}}, "no setting 'hue'"),
        ({"loss_settings": 3}, "its settings are 3"),
        ({"loss_settings": {"use_fullres_l0": True}}, "excludes"),
        ({"loss_settings": {}, "packages": {"foveaview": "9.9"}}, "made with foveaview '9.9'"),
        ({"gaze": [1, "x"]}, "its gaze is"),
        ({"objective_settings": {"metameric": 0}}, "none of its terms has a weight"),
    ],
)
def test_what_is_wrong_is_left_out_and_said(about: dict[str, Any], words: str) -> None:
    assert words in " ".join(recovered(about).remarks)


@pytest.mark.slow
@given(
    about=st.dictionaries(
        st.sampled_from(
            ["gaze", "loss_settings", "synthesis_settings", "objective_settings", "seed", "packages"]
        ),
        st.recursive(
            st.none() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["alpha", "seed", "mode", "pixel", "x"]), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
def test_anything_is_taken_or_said(about: dict[str, Any]) -> None:
    found = recovered(about)
    LossSettings(**found.groups.get("loss_settings", {}))
    SynthesisSettings(**found.groups.get("settings", {}))
    ObjectiveSettings(**found.groups.get("objective", {}))


@pytest.mark.parametrize(("name", "bits"), [("a.png", 8), ("a.png", 16), ("a.tif", 32)])
def test_every_kind_of_export_says_what_it_was_made_with(tmp_path: Path, name: str, bits: Bits) -> None:
    loss = LossSettings(alpha=0.3)
    export_image(tmp_path / name, torch.zeros(1, 3, 20, 20), provenance((0.25, 0.5), loss), bits=bits)
    found = read_recovered(tmp_path / name)
    assert found is not None
    assert found.gaze == (0.25, 0.5)
    assert LossSettings(**found.groups["loss_settings"]) == loss


def test_a_tiff_of_another_program_says_nothing(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", PIXELS)  # describes itself as {"shape": ...}
    assert read_recovered(tmp_path / "a.tif") is None
    (tmp_path / "b.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:60])
    assert read_recovered(tmp_path / "b.tif") is None


def with_text(path: Path, text: str) -> Path:
    information = PngImagePlugin.PngInfo()
    information.add_itxt("foveaview", text)
    Image.fromarray(PIXELS).save(path, pnginfo=information)
    return path


@pytest.mark.parametrize("text", ["{", '{"gaze": [9, 9]}', 100_000 * "["])
def test_damaged_settings_are_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.png: its settings are"):
        read_recovered(with_text(tmp_path / "a.png", text))


@pytest.mark.parametrize("text", ["{}", "[]", json.dumps("x")])
def test_a_picture_that_says_nothing(tmp_path: Path, text: str) -> None:
    assert read_recovered(with_text(tmp_path / "a.png", text)) is None


def test_a_file_that_is_no_picture_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert read_recovered(tmp_path / "a.png") is None


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_recovered(tmp_path / "none.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_read_recovered_named_pipe_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match="but a pipe"):
        read_recovered(tmp_path / name)
