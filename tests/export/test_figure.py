"""Heatmaps as figures."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from PIL import Image

from foveaview import LossSettings
from foveaview.export import export_figure
from foveaview.files import read_png_settings
from foveaview.io.colormaps import Scale, colormap

ABOUT = {"gaze": [0.3, 0.4], "name": "é"}
GAZE = (0.3, 0.4)
NEAR = LossSettings(real_image_width=0.4, real_viewing_distance=0.5)
HEATMAP = torch.linspace(0, 4, 48 * 64).reshape(1, 1, 48, 64)


def export(path: Path, heatmap: torch.Tensor = HEATMAP, **options: Any) -> Path:
    export_figure(path, heatmap, ABOUT, GAZE, NEAR, **options)
    return path


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were written."""
    figures: list[Figure] = []
    save = Figure.savefig

    def note(self: Figure, *arguments: Any, **options: Any) -> None:
        figures.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", note)
    return figures


def contours(axes: Axes) -> QuadContourSet:
    (found,) = [child for child in axes.get_children() if isinstance(child, QuadContourSet)]
    return found


@pytest.mark.slow
def test_a_png_with_its_settings(tmp_path: Path) -> None:
    path = export(tmp_path / "a.png")
    with Image.open(path) as image:
        assert image.width > image.height > 600
        colors = np.asarray(image.convert("RGB")).reshape(-1, 3)
    ends = colormap()[[0, 255]]
    assert all((colors == end).all(axis=1).any() for end in ends)
    about = read_png_settings(path)
    assert {name: about[name] for name in ABOUT} == ABOUT
    assert (about["range"], about["rings_deg"], about["content"]) == (
        [0, 4],
        [2, 5, 10, 20],
        "heatmap figure",
    )
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_an_svg_with_its_settings(tmp_path: Path) -> None:
    root = ET.parse(export(tmp_path / "a.svg")).getroot()
    (description,) = root.iter("{http://purl.org/dc/elements/1.1/}description")
    assert description.text is not None
    assert json.loads(description.text)["gaze"] == [0.3, 0.4]
    assert not list(root.iter("{http://purl.org/dc/elements/1.1/}date"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_the_same_values_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    first = export(tmp_path / name).read_bytes()
    assert export(tmp_path / name).read_bytes() == first


def test_rings_lie_at_their_eccentricities(tmp_path: Path, saved: list[Figure]) -> None:
    export(tmp_path / "a.png", rings_deg=(5, 2, 10, 20, 80))
    rings = contours(saved[0].axes[0])
    assert np.asarray(rings.levels).tolist() == [2, 5, 10, 20]
    # directions of the eye to the screen, in its own units
    gaze = np.array([(0.3 - 0.5) * 0.4, (0.4 - 0.5) * 0.4 * 48 / 64, 0.5])
    for level, path in zip(rings.levels, rings.get_paths(), strict=True):
        points = np.asarray(path.vertices)
        x, y = points[len(points) // 3]
        at = np.array([(x / 63 - 0.5) * 0.4, (y / 47 - 0.5) * 0.4 * 48 / 64, 0.5])
        cosine = at @ gaze / np.linalg.norm(at) / np.linalg.norm(gaze)
        assert math.degrees(math.acos(cosine)) == pytest.approx(level, abs=0.1)
    labels = {text.get_text() for text in saved[0].axes[0].texts}
    assert labels <= {"2°", "5°", "10°", "20°"}
    assert len(labels) >= 3


@pytest.mark.slow
def test_rings_of_a_large_map_are_of_the_same_place(tmp_path: Path, saved: list[Figure]) -> None:
    for size in ((60, 80), (1500, 2000)):
        export(tmp_path / "a.png", torch.rand(1, 1, *size), rings_deg=(5,), dpi=50)
    small, large = (np.asarray(contours(figure.axes[0]).get_paths()[0].vertices) for figure in saved)
    for axis, (few, many) in enumerate(((79, 1999), (59, 1499))):
        assert small[:, axis].max() / few == pytest.approx(large[:, axis].max() / many, abs=0.005)


def test_no_ring_lies_inside(tmp_path: Path) -> None:
    far = LossSettings(real_image_width=0.01, real_viewing_distance=9.0)
    export_figure(tmp_path / "a.png", HEATMAP, ABOUT, GAZE, far)
    assert (tmp_path / "a.png").exists()


def test_the_bar_shows_unit_and_range(tmp_path: Path, saved: list[Figure]) -> None:
    export(tmp_path / "a.png", scale=Scale("magma", 1.0, 2.0, "bits"))
    axes, bar = saved[0].axes
    assert bar.get_ylabel() == "bits"
    assert axes.images[0].get_clim() == (1, 2)
    assert axes.images[0].colorbar is not None
    assert axes.images[0].colorbar.extend == "both"
    assert np.allclose(axes.images[0].cmap(1.0)[:3], colormap("magma")[255] / 255)


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, 1.0, float("nan")])
def test_a_map_of_one_value(tmp_path: Path, value: float) -> None:
    assert export(tmp_path / "a.png", torch.full((1, 1, 20, 30), value)).exists()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(16, 400), (400, 16)])
def test_a_strip(tmp_path: Path, size: tuple[int, int]) -> None:
    with Image.open(export(tmp_path / "a.png", torch.rand(1, 1, *size))) as image:
        assert min(image.size) > 200


def test_any_thread_can_draw(tmp_path: Path) -> None:
    thread = threading.Thread(target=export, args=(tmp_path / "a.svg",))
    thread.start()
    thread.join()
    assert (tmp_path / "a.svg").exists()


@pytest.mark.slow
def test_pyplot_is_not_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, torch; from pathlib import Path; from foveaview import LossSettings\n"
        "from foveaview.export import export_figure\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"path = Path({str(tmp_path / 'a.png')!r})\n"
        "export_figure(path, torch.rand(1, 1, 9, 9), {}, (0.5, 0.5), LossSettings())\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "scale", "said"),
    [
        ("a.pdf", Scale(), r"written as \.png or \.svg, got '\.pdf'"),
        ("a.png", Scale("jet"), "no colormap 'jet'"),
        ("a.png", Scale(smallest=2.0, largest=1.0), "must not end below"),
    ],
)
def test_what_cannot_be_drawn_leaves_nothing(tmp_path: Path, name: str, scale: Scale, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        export(tmp_path / name, scale=scale)
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'foveaview\[plot\]'"):
        export(tmp_path / "a.png")
