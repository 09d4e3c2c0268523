"""All results in one folder."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from foveaview import LossSettings
from foveaview.export import KINDS, Results, export_all, obstacles
from foveaview.export.animation import Pixels
from foveaview.provenance import provenance

ABOUT = provenance((0.3, 0.4), LossSettings(), loss=0.25)


def frames() -> Iterator[Pixels]:
    """Taken once: a second pass finds none."""
    for i in range(3):
        yield np.full((16, 20, 3), 60 * i, np.uint8)


@pytest.fixture
def results() -> Results:
    image = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    return Results(
        ABOUT,
        (0.3, 0.4),
        LossSettings(),
        image,
        image[:, :1],
        "ventral metamer",
        losses=[2.0, 1.0],
        terms={"pixel": [0.5, 0.25]},
        frames=frames(),
    )


def manifest(path: Path) -> Any:
    return json.loads((path / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_everything(tmp_path: Path, results: Results) -> None:
    names = export_all(tmp_path / "new" / "out", results)
    assert names == [
        "ventral-metamer.png",
        "ventral-metamer-16bit.png",
        "ventral-metamer.tif",
        "heatmap.png",
        "heatmap.svg",
        "loss.csv",
        "animation.gif",
        "animation.mp4",
    ]
    assert {path.name for path in (tmp_path / "new" / "out").iterdir()} == {*names, "manifest.json"}
    with Image.open(tmp_path / "new" / "out" / "animation.gif") as image:
        assert getattr(image, "n_frames", 1) == 3
    assert (tmp_path / "new" / "out" / "loss.csv").read_text().splitlines()[1] == "0,2.0,0.5"


@pytest.mark.slow
def test_the_manifest_is_of_the_files(tmp_path: Path, results: Results) -> None:
    export_all(tmp_path, results)
    content = manifest(tmp_path)
    assert (content["format"], content["version"]) == ("foveaview results", 1)
    assert content["settings"] == json.loads(json.dumps(ABOUT))
    assert [entry["kind"] for entry in content["files"]] == list(KINDS)
    for entry in content["files"]:
        data = (tmp_path / entry["name"]).read_bytes()
        assert entry["bytes"] == len(data) > 0
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()


def test_only_what_is_chosen_and_other_files_stay(tmp_path: Path, results: Results) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "loss.csv").write_text("old")
    assert export_all(tmp_path, results, {"losses", "image"}) == ["ventral-metamer.png", "loss.csv"]
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "loss.csv").read_text().startswith("iteration,loss,pixel")
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.slow
def test_what_can_be_is_the_default(tmp_path: Path, results: Results) -> None:
    names = export_all(tmp_path, replace(results, losses=None, frames=None, terms={}))
    assert not {"loss.csv", "animation.gif", "animation.mp4"} & set(names)
    assert len(names) == 5


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"losses"}, "losses cannot be exported: start a run first"),
        ({"image", "mp4"}, "mp4 cannot be exported: start a run first"),
        ({"jpeg"}, "no kind of export 'jpeg': choose among image, image16"),
        (set(), "nothing was chosen"),
    ],
)
def test_what_cannot_be_exported(tmp_path: Path, results: Results, kinds: set[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        export_all(tmp_path / "out", replace(results, losses=None, frames=None), kinds)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_an_error_midway_leaves_the_folder_as_it_was(tmp_path: Path, results: Results, there: bool) -> None:
    out = tmp_path / "out"
    if there:
        export_all(out, results, {"image"})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def broken() -> Iterator[Pixels]:
        yield from frames()
        raise ValueError("midway")

    changed = replace(results, image=results.image / 2, frames=broken())
    with pytest.raises(ValueError, match="midway"):
        export_all(out, changed)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    assert out.exists() == there


def test_a_folder_in_the_place_of_a_file(tmp_path: Path, results: Results) -> None:
    (tmp_path / "loss.csv").mkdir()
    with pytest.raises(IsADirectoryError, match=r"loss\.csv"):
        export_all(tmp_path, results, {"image", "losses"})
    assert [path.name for path in tmp_path.iterdir()] == ["loss.csv"]


def test_a_file_in_the_place_of_the_folder(tmp_path: Path, results: Results) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OSError, match="out"):
        export_all(tmp_path / "out", results)
    assert (tmp_path / "out").read_text() == "mine"


def test_obstacles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert obstacles(run=True, frames=True) == {}
    assert obstacles(run=True, frames=False) == {
        "gif": "no images of the run were kept",
        "mp4": "no images of the run were kept",
    }
    for package in ("matplotlib", "imageio_ffmpeg"):
        monkeypatch.setitem(sys.modules, package, None)
    found = obstacles(run=True, frames=True)
    assert set(found) == {"figure_png", "figure_svg", "mp4"}
    assert all("pip install 'foveaview[plot]'" in why for why in found.values())
