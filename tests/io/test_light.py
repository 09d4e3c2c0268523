"""Linear light: OpenEXR, Radiance HDR and PFM, encoded as sRGB, with exposure and clipping said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveaview.files import load_image
from foveaview.io.images import read_image
from tests.io.profiles import DISPLAY_P3, SRGB, srgb_decoded, srgb_encoded
from tests.io.writers import exr, pfm, read, written_by_oiio

oiio = pytest.importorskip("OpenImageIO")

LIGHT = np.random.default_rng(0).random((6, 9, 3)).astype(np.float32)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pfm_is_linear_light_from_the_bottom_up(tmp_path: Path, order: str, channels: int) -> None:
    pixels = LIGHT if channels == 3 else LIGHT[..., 0]
    path = pfm(tmp_path / "a.pfm", pixels, order)
    assert np.abs(read(path) - srgb_encoded(pixels.astype(np.float64))).max() < 1e-6
    assert read_image(path).label == "PFM, 32 bits: linear light converted to sRGB"


@pytest.mark.parametrize(
    "header", [b"PF\n2 x\n-1\n", b"PF\n2 2\n0\n", b"PF\n2 2\nnan\n", b"PF\n-2 2\n-1\n", b"PF\n"]
)
def test_pfm_with_a_damaged_header_is_refused(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "a.pfm").write_bytes(header + bytes(48))
    with pytest.raises(ValueError, match=r"a\.pfm: its (header|scale)"):
        load_image(tmp_path / "a.pfm")


def test_pfm_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = pfm(tmp_path / "a.pfm", LIGHT)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="it ends after 644 of 648 bytes"):
        load_image(path)


@pytest.mark.parametrize(("kind", "error"), [("half", 4e-4), ("float", 1e-6)])
def test_exr_is_linear_light(tmp_path: Path, kind: str, error: float) -> None:
    path = exr(tmp_path / "a.exr", LIGHT, kind)
    assert np.abs(read(path) - srgb_encoded(LIGHT.astype(np.float64))).max() < error
    assert read_image(path).is_light


def test_exr_of_luminance_is_gray(tmp_path: Path) -> None:
    path = exr(tmp_path / "a.exr", LIGHT[..., 0], names=("Y",))
    assert np.abs(read(path) - srgb_encoded(LIGHT[..., 0].astype(np.float64))).max() < 1e-6


def test_exr_with_alpha_adds_white_light_behind_it(tmp_path: Path) -> None:
    pixels = np.array([[[0.25, 0.0, 0.5, 0.5], [0.1, 0.2, 0.3, 1.0], [0, 0, 0, 0]]], np.float32)
    path = exr(tmp_path / "a.exr", pixels, names=("R", "G", "B", "A"))
    expected = srgb_encoded(np.array([[[0.75, 0.5, 1.0], [0.1, 0.2, 0.3], [1, 1, 1]]]))
    assert np.abs(read(path) - expected).max() < 1e-6
    darker = srgb_encoded(np.array([[[0.625, 0.5, 0.75], [0.05, 0.1, 0.15], [1, 1, 1]]]))
    assert np.abs(read(path, exposure=-1.0) - darker).max() < 1e-6


def test_exr_channels_go_by_their_names(tmp_path: Path) -> None:
    pixels = np.concatenate([LIGHT, LIGHT[..., :1] * 9], axis=-1)
    path = exr(tmp_path / "a.exr", pixels, names=("B", "G", "R", "Z"))
    assert np.abs(read(path) - srgb_encoded(LIGHT[..., ::-1].astype(np.float64))).max() < 1e-6


def test_exr_of_one_layer_is_read_and_of_two_refused(tmp_path: Path) -> None:
    one = exr(tmp_path / "a.exr", LIGHT, names=("view.R", "view.G", "view.B"))
    assert np.abs(read(one) - srgb_encoded(LIGHT.astype(np.float64))).max() < 1e-6
    names = tuple(f"{layer}.{letter}" for layer in "ab" for letter in "RGB")
    two = exr(tmp_path / "b.exr", np.concatenate([LIGHT, LIGHT], axis=-1), names=names)
    with pytest.raises(ValueError, match=r"its channels are a\.R, .*: save one image"):
        load_image(two)


@pytest.mark.parametrize("names", [("Z",), ("U", "V")])
def test_exr_without_colours_is_refused_with_their_names(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = exr(tmp_path / "a.exr", LIGHT[..., : len(names)], names=names)
    with pytest.raises(ValueError, match=f"its channels are {', '.join(names)}: save one image"):
        load_image(path)


def test_exr_of_other_primaries_is_converted(tmp_path: Path) -> None:
    places = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
    path = exr(tmp_path / "a.exr", LIGHT, chromaticities=places)
    light = LIGHT.astype(np.float64) @ np.array(DISPLAY_P3) @ np.linalg.inv(np.array(SRGB))
    # where the curve is steepest, the rounding of profiles is 13 times larger
    assert np.abs(read(path) - srgb_encoded(light)).max() < 2e-3


def test_exr_fills_its_display_window(tmp_path: Path) -> None:
    window: dict[str, Any] = {"x": 2, "y": 1, "full_x": 0, "full_y": 0, "full_width": 12, "full_height": 7}
    path = exr(tmp_path / "a.exr", LIGHT, **window)
    values = read(path)
    assert values.shape == (7, 12, 3)
    assert np.abs(values[1:7, 2:11] - srgb_encoded(LIGHT.astype(np.float64))).max() < 1e-6
    assert values[0].max() == 0
    assert "black where its data do not fill the window" in read_image(path).notes


def test_exr_beyond_its_display_window_is_cut(tmp_path: Path) -> None:
    window: dict[str, Any] = {"x": -1, "y": -2, "full_x": 0, "full_y": 0, "full_width": 5, "full_height": 3}
    values = read(exr(tmp_path / "a.exr", LIGHT, **window))
    assert np.abs(values - srgb_encoded(LIGHT[2:5, 1:6].astype(np.float64))).max() < 1e-6


def test_light_above_white_is_clipped_and_said(tmp_path: Path) -> None:
    pixels = np.full((2, 5, 3), 0.5, np.float32)
    pixels[0, 0], pixels[1, 1, 2] = 8, 2
    path = pfm(tmp_path / "a.pfm", pixels)
    assert read(path)[0, 0].tolist() == [1, 1, 1]
    loaded = read_image(path)
    assert loaded.notes == (
        "linear light converted to sRGB",
        "20 % of the pixels are brighter than white and clipped",
    )
    darker = read_image(path, exposure=-3)
    assert darker.notes == ("linear light converted to sRGB", "exposure -3 stops")
    assert np.abs(read(path, exposure=-3.0)[0, 0] - 1).max() < 1e-6


@pytest.mark.parametrize("value", [float("inf"), 1e30])
def test_light_without_end_is_clipped(tmp_path: Path, value: float) -> None:
    path = pfm(tmp_path / "a.pfm", np.full((2, 2), value, np.float32))
    assert (read(path) == 1).all()


def test_light_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = pfm(tmp_path / "a.pfm", np.full((2, 2), np.nan, np.float32))
    with pytest.raises(ValueError, match="NaN"):
        load_image(path)


@pytest.mark.parametrize("exposure", [33, -40, float("nan")])
def test_an_exposure_that_is_impossible_is_refused(tmp_path: Path, exposure: float) -> None:
    path = pfm(tmp_path / "a.pfm", LIGHT)
    with pytest.raises(ValueError, match="exposure"):
        load_image(path, exposure)


def test_an_exposure_leaves_other_images_as_they_are(photograph_file: Path) -> None:
    assert np.array_equal(read(photograph_file, exposure=3.0), read(photograph_file))


def test_hdr_is_linear_light(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(9, 6, 3, "float")
    path = written_by_oiio(tmp_path / "a.hdr", spec, LIGHT)
    # a pixel has 8 bits a channel and one exponent
    error = np.abs(srgb_decoded(read(path).astype(np.float64)) - LIGHT)
    assert (error <= LIGHT.max(axis=-1, keepdims=True) / 128).all()
    assert read_image(path).label.startswith("Radiance HDR, 32 bits: linear light")


def test_hdr_of_xyz_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 1 +X 1\n" + bytes(4))
    with pytest.raises(ValueError, match="XYZ"):
        load_image(tmp_path / "a.hdr")
