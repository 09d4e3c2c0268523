"""Displays: their pixels, files of others and our own."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foveaview import LossSettings
from foveaview.display.models import Display, load_displays, read_display_models, save_displays, settings_for
from foveaview.perception import pixels_per_degree

DESK = Display("desk", (2560, 1440), 0.597, 0.6)
# entries of the shapes that occur in the two programs' files
MODELS: dict[str, Any] = {
    "monitor": {
        "name": "30-inch 4K monitor",
        "resolution": [3840, 2160],
        "viewing_distance_meters": 0.7472,
        "diagonal_size_inches": 30,
        "max_luminance": 200,
        "E_ambient": 250,
        "source": "none",
    },
    "phone": {"resolution": [2532, 1170], "viewing_distance_inches": 20, "diagonal_size_inches": 6.1},
    "wall": {"resolution": [100, 100], "viewing_distance_meters": 2, "diagonal_size_meters": 1.5},
    "headset": {"resolution": [1440, 1600], "fov_diagonal": 110.0, "viewing_distance_meters": 3},
    "angle only": {"resolution": [1440, 1600], "fov_diagonal": 110.0},
    "density": {"resolution": [1920, 1080], "pixels_per_degree": 46.8},
}


def write(folder: Path, content: Any) -> Path:
    path = folder / "display_models.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def read(folder: Path, content: Any) -> dict[str, Display]:
    return {display.name: display for display in read_display_models(write(folder, content))}


def test_models_are_taken_by_their_keys_in_order(tmp_path: Path) -> None:
    assert list(read(tmp_path, MODELS)) == list(MODELS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 1 / (2 atan(pitch / 2 / distance)) in degrees, as those programs print it
        ("monitor", 1 / math.degrees(2 * math.atan(0.5 * 0.762 / math.hypot(3840, 2160) / 0.7472))),
        ("density", 46.8),
    ],
)
def test_pixels_per_degree_are_those_of_the_programs(tmp_path: Path, name: str, expected: float) -> None:
    assert read(tmp_path, MODELS)[name].pixels_per_degree == pytest.approx(expected, rel=1e-4)


def test_units_of_length(tmp_path: Path) -> None:
    displays = read(tmp_path, MODELS)
    assert displays["phone"].viewing_distance_m == pytest.approx(0.508)
    assert displays["phone"].pitch_m == pytest.approx(6.1 * 0.0254 / math.hypot(2532, 1170))
    assert displays["wall"].width_m == pytest.approx(1.5 / math.sqrt(2))


@pytest.mark.parametrize("name", ["headset", "angle only"])
def test_the_diagonal_of_a_headset_spans_its_angle(tmp_path: Path, name: str) -> None:
    display = read(tmp_path, MODELS)[name]
    half_diagonal = display.pitch_m * math.hypot(1440, 1600) / 2
    assert math.degrees(2 * math.atan(half_diagonal / display.viewing_distance_m)) == pytest.approx(110)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resolution": None}, "'monitor': resolution"),
        ({"resolution": [10]}, "'monitor': resolution: width and height"),
        ({"resolution": [10, 0]}, "'monitor': resolution"),
        ({"resolution": [10.5, 3]}, "'monitor': resolution: whole"),
        ({"viewing_distance_meters": "near"}, "'monitor': viewing_distance_meters: a number"),
        ({"diagonal_size_inches": -3}, "'monitor': diagonal_size_inches: a number over 0"),
        ({"diagonal_size_inches": math.nan}, "'monitor': diagonal_size_inches"),
        ({"diagonal_size_inches": True}, "'monitor': diagonal_size_inches"),
        ({"fov_diagonal": 180}, "'monitor': fov_diagonal: an angle under 180"),
        ({"pixels_per_degree": 0}, "'monitor': pixels_per_degree"),
    ],
)
def test_a_wrong_field_is_named_with_its_entry(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, {"monitor": MODELS["monitor"] | change})


@pytest.mark.parametrize("field", ["resolution", "viewing_distance_meters", "diagonal_size_inches"])
def test_a_missing_field_is_named_with_its_entry(tmp_path: Path, field: str) -> None:
    entry = {name: value for name, value in MODELS["monitor"].items() if name != field}
    with pytest.raises(ValueError, match=f"'monitor': {field}: .*missing"):
        read(tmp_path, {"monitor": entry})


@pytest.mark.parametrize("content", ["", "{", "[1]", "3", '{"a": 3}', "[" * 100_000, '{"a": {}}'])
def test_what_is_no_list_of_models_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ValueError, match=r"display_models\.json"):
        read(tmp_path, content)


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xff\x00\xfe\x81")
    with pytest.raises(ValueError, match="not JSON"):
        read_display_models(path)


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(ValueError, match="too large"):
        read_display_models(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_displays(tmp_path / "none.json")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@given(
    entry=st.dictionaries(
        st.sampled_from([*MODELS["monitor"], "fov_diagonal", "pixels_per_degree"]), values | st.just([4, 3])
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_entry_is_a_display_or_a_value_error(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = write(tmp_path, {"any": entry})
    try:
        displays = read_display_models(path)
    except ValueError:  # any other error fails
        return
    assert 0 < displays[0].pixels_per_degree < math.inf


def test_presets_come_back(tmp_path: Path) -> None:
    path = tmp_path / "presets.json"
    presets = [DESK, Display("Büro", (1920, 1080), 0.531, 0.55)]
    save_displays(path, presets)
    assert load_displays(path) == presets
    save_displays(path, [])
    assert load_displays(path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"monitor": {}}, "this is no foveaview displays"),
        ({"version": 2}, "version 2"),
        ({"displays": 3}, "displays: a list"),
        ({"displays": [3]}, "display 1: fields"),
        ({"displays": [{"name": "a"}]}, "display 1: resolution: it is missing"),
        ({"displays": [{"name": 3, "resolution": [4, 3], "width_m": 1, "viewing_distance_m": 1}]}, "1: name"),
        (
            {"displays": [{"name": "a", "resolution": [4, 3], "width_m": "1", "viewing_distance_m": 1}]},
            "width_m",
        ),
    ],
)
def test_damaged_presets_say_where(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    start = {} if "monitor" in content else {"format": "foveaview displays", "version": 1}
    with pytest.raises(ValueError, match=message):
        load_displays(write(tmp_path, start | content))


def test_the_settings_of_an_image_on_a_display() -> None:
    changes = settings_for(DESK, (300, 400), zoom=1.5)
    assert changes == {
        "real_image_width": pytest.approx(0.597 / 2560 * 600),
        "real_viewing_distance": 0.6,
    }
    chosen = LossSettings().replace(**changes)
    assert pixels_per_degree((0.5, 0.5), (300, 400), chosen) == pytest.approx(DESK.pixels_per_degree / 1.5)


@pytest.mark.parametrize("zoom", [0.0, -1.0, math.nan])
def test_a_zoom_is_over_0(zoom: float) -> None:
    with pytest.raises(ValueError, match="zoom"):
        settings_for(DESK, (300, 400), zoom)
