"""Numbers under a pixel, and their table."""

from __future__ import annotations

import csv
import locale
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from foveaview.app.core.state import Document
from foveaview.files import to_uint8
from foveaview.inspection.readout import Readout, points_csv, save_points, to_bytes, value_under, values_at
from foveaview.live import Heatmap, Key, MapImage, Picture
from foveaview.perception.geometry import eccentricity_map, pooling_size_map
from foveaview.settings import LossSettings

SIZE = (40, 60)
GAZE = (0.3, 0.7)


def document_of(size: tuple[int, int] = SIZE, channels: int = 3) -> Document:
    """A target of SIZE, and a candidate with maps of another size, as a preview has."""
    generator = np.random.default_rng(0)
    target = torch.from_numpy(generator.random((1, channels, *SIZE), np.float32))
    values = generator.random((channels, *size), np.float32)
    key = Key(GAZE, LossSettings(), 0, ventral_color="coupled")
    picture = Picture(to_uint8(torch.from_numpy(values)[None]), key, values)
    nothing = np.zeros((*size, 4), np.uint8)
    heatmap = Heatmap(nothing, 1.0, Key(GAZE, LossSettings()), generator.random(size, np.float32))
    shown = MapImage("absolute", nothing, 0.0, 1.0, key, generator.random(size, np.float32))
    document = Document(0, Path("a.png"), target, to_uint8(target), gaze=GAZE)
    return replace(document, picture=picture, heatmap=heatmap, map=shown)


@pytest.mark.parametrize("pixel", [(0, 0), (59, 39), (17, 23)])
def test_every_number_is_the_array_s(pixel: tuple[int, int]) -> None:
    document, (column, row) = document_of(), pixel
    assert document.picture is not None
    assert document.heatmap is not None
    assert document.map is not None
    readout = values_at(document, pixel)
    assert readout.target == tuple(document.target[0, :, row, column].tolist())
    assert readout.candidate == tuple(document.picture.values[:, row, column].tolist())
    assert readout.loss == document.heatmap.values[row, column]
    assert readout.map == ("absolute", document.map.values[row, column])
    assert readout.state == "full"


def test_the_geometry_is_that_of_the_maps() -> None:
    readout = values_at(document_of(), (50, 5))
    settings = LossSettings()
    width, distance = settings.real_image_width, settings.real_viewing_distance
    eccentricity = eccentricity_map(SIZE, GAZE, real_image_width=width, real_viewing_distance=distance)
    assert np.radians(readout.eccentricity_deg) == pytest.approx(float(eccentricity[5, 50]), rel=1e-6)
    assert readout.pooling_px == pytest.approx(float(pooling_size_map(SIZE, GAZE, settings)[5, 50]), rel=1e-6)


@pytest.mark.parametrize("size", [(20, 30), (13, 27)])
def test_a_preview_is_stretched_over_the_whole_picture(size: tuple[int, int]) -> None:
    document = replace(document_of(size), quality="preview")
    assert document.picture is not None
    for column, row in ((0, 0), (59, 39), (31, 17)):
        expected = document.picture.values[:, row * size[0] // 40, column * size[1] // 60]
        assert values_at(document, (column, row)).candidate == tuple(expected.tolist())
    assert values_at(document, (0, 0)).state == "preview"


@given(st.integers(1, 50), st.integers(1, 50), st.data())
def test_a_pixel_is_read_from_the_one_that_covers_it(width: int, fewer: int, data: st.DataObject) -> None:
    count = min(width, fewer)
    column = data.draw(st.integers(0, width - 1))
    (read,) = value_under(np.arange(count, dtype=np.float32)[None], (column, 0), (1, width))
    assert read / count <= (column + 0.5) / width <= (read + 1) / count + 0.5 / width


@pytest.mark.parametrize("pixel", [(-1, 0), (60, 0), (0, 40)])
def test_a_pixel_outside_is_refused(pixel: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside the picture of 60 x 40 px"):
        values_at(document_of(), pixel)


def test_bytes_are_those_on_screen() -> None:
    values = np.linspace(-0.1, 1.1, 9001, dtype=np.float32)
    shown = to_uint8(torch.from_numpy(values)[None, None, None])
    assert to_bytes(values.tolist()) == tuple(shown[0].tolist())


def test_what_is_not_a_number_has_bytes_too() -> None:
    assert to_bytes((float("nan"), float("inf"))) == (0, 255)


def test_the_term_is_that_of_the_heatmap_itself() -> None:
    document = document_of()
    assert document.heatmap is not None
    assert values_at(document, (0, 0)).term == "metameric"
    key = replace(document.heatmap.key, heatmap_parts=frozenset({("level", "2")}))
    document = replace(document, heatmap=replace(document.heatmap, key=key))
    assert values_at(document, (0, 0)).term == "metameric, level 2"


def test_what_is_stale_says_so() -> None:
    document = replace(document_of(), gaze=(0.5, 0.5))
    assert values_at(document, (0, 0)).state == "stale: gaze"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_file_holds_every_bit(tmp_path: Path, channels: int) -> None:
    document = document_of(channels=channels)
    points = [values_at(document, pixel) for pixel in ((0, 0), (59, 39), (17, 23))]
    save_points(tmp_path / "points.csv", points)
    rows = read(tmp_path / "points.csv")
    names = ("",) if channels == 1 else ("_red", "_green", "_blue")
    for number, (row, point) in enumerate(zip(rows, points, strict=True), start=1):
        assert (int(row["number"]), int(row["x_px"]), int(row["y_px"])) == (number, *point.pixel)
        assert (float(row["gaze_x"]), float(row["gaze_y"])) == GAZE
        assert float(row["eccentricity_deg"]) == point.eccentricity_deg
        assert float(row["pooling_px"]) == point.pooling_px
        assert float(row["loss_per_pixel"]) == point.loss
        for group in ("target", "candidate", "difference"):
            assert tuple(float(row[f"{group}{name}"]) for name in names) == getattr(point, group)


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    save_points(tmp_path / "points.csv", [Readout((1, 2), GAZE, 1.0, 2.0, (0.5,))])
    (row,) = read(tmp_path / "points.csv")
    assert (row["candidate"], row["difference"], row["loss_per_pixel"]) == ("", "", "")


def test_no_points_are_refused_and_no_file_is_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Alt\\+click"):
        save_points(tmp_path / "points.csv", [])
    assert not list(tmp_path.iterdir())


def test_a_comma_for_a_point_does_not_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "localeconv", lambda: {"decimal_point": ","})
    text = points_csv([Readout((1, 2), (0.5, 0.25), 1.5, 2.5, (0.125,))], "\t")
    assert text.splitlines()[1].split("\t")[:8] == ["1", "1", "2", "0.5", "0.25", "1.5", "2.5", "0.125"]
