"""TIFF of every depth and layout, against the pixels that were written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile

from foveaview.files import load_image
from foveaview.io.images import read_image
from tests.io.profiles import gray_profile, p3_as_srgb, rgb_profile, sampled, srgb_encoded
from tests.io.writers import packed_tiff, planar, read, tiff, turned

RNG = np.random.default_rng(0)
GRAY8 = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
GRAY16 = RNG.integers(0, 65536, (6, 9), dtype=np.uint16)
RGB8 = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
RGB16 = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)
RGBA16 = RNG.integers(0, 65536, (6, 9, 4), dtype=np.uint16)
CMYK8 = RNG.integers(0, 256, (6, 9, 4), dtype=np.uint8)
CMYK16 = RNG.integers(0, 65536, (6, 9, 4), dtype=np.uint16)


def over_white(rgba: Any) -> Any:
    values = rgba / 65535
    return values[..., :3] * values[..., 3:] + 1 - values[..., 3:]


def from_cmyk(values: Any) -> Any:
    return (1 - values[..., :3]) * (1 - values[..., 3:])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["gray8", "gray16", "rgb8", "rgba16", "cmyk8"])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_tiff_turned_comes_upright(
    tmp_path: Path, orientation: int, name: str, compression: str | None
) -> None:
    kinds: dict[str, tuple[Any, str, Any]] = {
        "gray8": (GRAY8, "minisblack", GRAY8 / 255),
        "gray16": (GRAY16, "minisblack", GRAY16 / 65535),
        "rgb8": (RGB8, "rgb", RGB8 / 255),
        "rgba16": (RGBA16, "rgb", over_white(RGBA16)),
        "cmyk8": (CMYK8, "separated", from_cmyk(CMYK8 / 255)),
    }
    pixels, kind, expected = kinds[name]
    extra: dict[str, Any] = {"extrasamples": ["unassalpha"]} if name == "rgba16" else {}
    path = tiff(
        tmp_path / "a.tif",
        turned(pixels, orientation),
        orientation,
        photometric=kind,
        compression=compression,
        planarconfig="contig" if pixels.ndim == 3 else None,
        **extra,
    )
    assert np.abs(read(path) - expected).max() < 1e-6


@pytest.mark.parametrize("orientation", [1, 6])
def test_tiff_planar_of_16_bits_keeps_its_pixels(tmp_path: Path, orientation: int) -> None:
    path = tiff(
        tmp_path / "a.tif",
        planar(turned(RGB16, orientation)),
        orientation,
        photometric="rgb",
        planarconfig="separate",
    )
    assert np.abs(read(path) - RGB16 / 65535).max() < 1e-7


@pytest.mark.parametrize("options", [{}, {"compression": "deflate"}, {"rowsperstrip": 4}, {"tile": (16, 16)}])
def test_tiff_planar_cmyk_of_16_bits(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tiff(
        tmp_path / "a.tif", planar(CMYK16), photometric="separated", planarconfig="separate", **options
    )
    assert np.abs(read(path) - from_cmyk(CMYK16 / 65535)).max() < 1e-6


def test_tiff_planar_with_alpha(tmp_path: Path) -> None:
    path = tiff(
        tmp_path / "a.tif",
        planar(RGBA16),
        photometric="rgb",
        planarconfig="separate",
        extrasamples=["unassalpha"],
    )
    assert np.abs(read(path) - over_white(RGBA16)).max() < 1e-6


def test_tiff_planar_with_a_profile(tmp_path: Path) -> None:
    path = tiff(
        tmp_path / "a.tif",
        planar(RGB16),
        photometric="rgb",
        planarconfig="separate",
        iccprofile=rgb_profile(),
    )
    assert np.abs(read(path) - p3_as_srgb(RGB16 / 65535)).max() < 3e-4


def test_tiff_premultiplied_alpha_is_laid_over_white(tmp_path: Path) -> None:
    pixels = np.array([[[32768, 0, 0, 32768], [65535, 65535, 0, 65535]]], np.uint16)
    path = tiff(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["assocalpha"])
    expected = np.array([[[1, 0.5, 0.5], [1, 1, 0]]])
    assert np.abs(read(path) - expected).max() < 1e-4


def test_tiff_gray_with_alpha_of_16_bits_stays_gray(tmp_path: Path) -> None:
    pixels = np.stack([GRAY16, np.full_like(GRAY16, 65535)], axis=-1)
    pixels[0, 0] = (1234, 0)
    path = tiff(
        tmp_path / "a.tif",
        pixels,
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"],
    )
    values = read(path)
    assert values.shape == (6, 9)
    assert values[0, 0] == 1
    assert np.abs(values - GRAY16 / 65535).flatten()[1:].max() < 1e-7


def test_tiff_channels_beside_the_colours_are_left_out_and_noted(tmp_path: Path) -> None:
    pixels = np.concatenate([RGB16, RGB16[..., :2]], axis=-1)
    path = tiff(
        tmp_path / "a.tif",
        pixels,
        photometric="rgb",
        planarconfig="contig",
        extrasamples=["unspecified", "unspecified"],
    )
    assert np.abs(read(path) - RGB16 / 65535).max() < 1e-7
    assert read_image(path).notes == ("2 channels beside the colours left out",)


@pytest.mark.parametrize("bits", [2, 4, 6, 10, 12, 14, 16, 24])
@pytest.mark.parametrize("photometric", [0, 1])
def test_tiff_of_any_bits_reaches_from_black_to_white(tmp_path: Path, bits: int, photometric: int) -> None:
    top = 2**bits - 1
    rows = [[0, 1, top // 2, top - 1, top], [top, top, 0, 0, 1]]
    path = packed_tiff(tmp_path / "a.tif", rows, bits, photometric)
    expected = np.array(rows) / top
    assert np.abs(read(path) - (1 - expected if photometric == 0 else expected)).max() < 1e-7
    assert read_image(path).bits == bits


def test_tiff_of_12_bits_all_white_is_white(tmp_path: Path) -> None:
    assert (read(packed_tiff(tmp_path / "a.tif", [[4095] * 4] * 3, 12)) == 1).all()


@pytest.mark.parametrize("kind", ["uint8", "uint16", "uint32"])
def test_tiff_whose_zero_is_white_is_inverted(tmp_path: Path, kind: str) -> None:
    top = np.iinfo(kind).max
    path = tiff(tmp_path / "a.tif", np.array([[0, top // 5, top]], kind), photometric="miniswhite")
    assert np.abs(read(path) - [[1, 1 - top // 5 / top, 0]]).max() < 1e-6


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_tiff_of_floats_whose_zero_is_white_is_inverted(tmp_path: Path, kind: str) -> None:
    path = tiff(tmp_path / "a.tif", np.array([[0, 0.25], [1, 0.5]], kind), photometric="miniswhite")
    assert read(path).tolist() == [[1, 0.75], [0, 0.5]]


@pytest.mark.parametrize("kind", ["uint32", "float16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("options", [{}, {"compression": "deflate"}, {"tile": (16, 16)}])
def test_tiff_of_wide_samples(tmp_path: Path, kind: str, channels: int, options: dict[str, Any]) -> None:
    unit = np.random.default_rng(1).random((20, 30, channels))
    unit[..., 3:] = 1
    integers = np.issubdtype(np.dtype(kind), np.integer)
    pixels = (unit * np.iinfo(np.uint32).max if integers else unit).astype(kind)
    expected = pixels.astype(np.float64) / (np.iinfo(np.uint32).max if integers else 1)
    extra: dict[str, Any] = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    shown = pixels[..., 0] if channels == 1 else pixels
    path = tiff(
        tmp_path / "a.tif", shown, photometric="rgb" if channels > 1 else "minisblack", **extra, **options
    )
    values = read(path).reshape(20, 30, -1)
    assert np.abs(values - expected[..., :3]).max() < 1e-7


@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (1, 1)])
def test_tiff_of_doubles_in_one_row(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).random(shape)
    assert np.array_equal(read(tiff(tmp_path / "a.tif", pixels)), pixels.astype(np.float32))


@pytest.mark.parametrize("kind", ["int8", "int16", "int32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiff_of_signed_integers_is_refused_by_name(tmp_path: Path, kind: str, channels: int) -> None:
    pixels = np.zeros((4, 5) if channels == 1 else (4, 5, 3), kind)
    path = tiff(tmp_path / "a.tif", pixels, photometric="minisblack" if channels == 1 else "rgb")
    with pytest.raises(
        ValueError, match=rf"a\.tif: its samples are signed integers \({kind}\).*: save it as"
    ):
        load_image(path)


@pytest.mark.parametrize(
    ("photometric", "name"), [("cielab", "CIELab"), ("cfa", "camera"), ("logluv", "LogLuv"), ("mask", "mask")]
)
def test_tiff_of_other_colours_is_refused_by_name(tmp_path: Path, photometric: str, name: str) -> None:
    channels = 1 if photometric in ("cfa", "mask") else 3
    pixels = np.zeros((4, 5, 3) if channels == 3 else (4, 5), np.uint8)
    path = tiff(tmp_path / "a.tif", pixels)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags[262].overwrite(int(tifffile.PHOTOMETRIC[photometric.upper()]))
    with pytest.raises(ValueError, match=name):
        load_image(path)


@pytest.mark.parametrize("factor", [256, 257])
def test_tiff_palette_keeps_its_bytes(tmp_path: Path, factor: int) -> None:
    colors = np.arange(768, dtype=np.uint16).reshape(3, 256) % 256 * np.uint16(factor)
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = tiff(tmp_path / "a.tif", pixels, photometric="palette", colormap=colors)
    assert np.abs(read(path) * 255 - pixels[..., None]).max() < 1e-4


def test_tiff_palette_and_palette_with_alpha(tmp_path: Path) -> None:
    colors = np.zeros((3, 256), np.uint16)
    colors[:, 1], colors[:, 2] = (65535, 0, 0), (0, 32896, 65535)
    pixels = np.array([[0, 1, 2]], np.uint8)
    path = tiff(tmp_path / "a.tif", pixels, photometric="palette", colormap=colors)
    expected = np.array([[[0, 0, 0], [1, 0, 0], [0, 128 / 255, 1]]])
    assert np.abs(read(path) - expected).max() < 1e-6
    both = np.stack([pixels, np.array([[255, 255, 0]], np.uint8)], axis=-1)
    with_map = tmp_path / "c.tif"
    tifffile.imwrite(
        with_map,
        both,
        photometric="minisblack",
        planarconfig="contig",
        metadata=None,
        extrasamples=["unassalpha"],
        extratags=[(320, 3, 768, colors.ravel().tolist(), True)],
    )
    with tifffile.TiffFile(with_map, mode="r+") as file:
        file.pages.first.tags[262].overwrite(3)
    expected[0, 2] = 1
    assert np.abs(read(with_map) - expected).max() < 1e-6


def test_tiff_thumbnail_is_passed_over(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(RGB8[:2, :3], photometric="rgb", subfiletype=1)
        file.write(RGB8, photometric="rgb", subfiletype=0)
    assert np.abs(read(tmp_path / "a.tif") - RGB8 / 255).max() < 1e-7


def test_tiff_with_a_thumbnail_before_raw_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nef"
    with tifffile.TiffWriter(path) as file:
        file.write(RGB8, photometric="rgb", subfiletype=1, subifds=1)
        file.write(GRAY16, photometric="minisblack")
    with pytest.raises(ValueError, match=r"a\.nef: it holds a thumbnail and a camera's raw values"):
        load_image(path)


@pytest.mark.parametrize("pages", [2, 3])
def test_tiff_of_several_pages_gives_the_first(tmp_path: Path, pages: int) -> None:
    path = tiff(
        tmp_path / "a.tif",
        np.stack([GRAY16] * pages) + np.arange(pages, dtype=np.uint16)[:, None, None],
        photometric="minisblack",
    )
    assert np.abs(read(path) - GRAY16 / 65535).max() < 1e-7


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_either_byte_order_and_size(tmp_path: Path, order: Literal["<", ">"], big: bool) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, RGB16, photometric="rgb", byteorder=order, bigtiff=big, metadata=None)
    assert np.abs(read(path) - RGB16 / 65535).max() < 1e-7


@pytest.mark.parametrize("channels", [1, 3])
def test_tiff_profile_is_applied_at_16_bits(tmp_path: Path, channels: int) -> None:
    dark = np.arange(3000, dtype=np.uint16).reshape(50, 60)
    pixels = dark if channels == 1 else np.stack([dark] * 3, axis=-1)
    profile = gray_profile(sampled()) if channels == 1 else rgb_profile(curve=sampled())
    path = tiff(
        tmp_path / "a.tif", pixels, photometric="minisblack" if channels == 1 else "rgb", iccprofile=profile
    )
    assert np.abs(read(path) - srgb_encoded(pixels / 65535)).max() < 2e-5


@pytest.mark.parametrize("value", [1.5, -0.5, float("nan"), float("inf")])
@pytest.mark.parametrize("channels", [1, 3])
def test_tiff_of_floats_out_of_range_is_refused(tmp_path: Path, value: float, channels: int) -> None:
    pixels = np.full((3, 4) if channels == 1 else (3, 4, 3), value, np.float32)
    path = tiff(tmp_path / "a.tif", pixels, photometric="minisblack" if channels == 1 else "rgb")
    with pytest.raises(ValueError, match=r"a\.tif: it"):
        load_image(path)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "float64"])
def test_tiff_truncated_is_refused(tmp_path: Path, kind: str, part: float) -> None:
    path = tiff(tmp_path / "a.tif", np.zeros((60, 80, 3), kind), photometric="rgb")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ValueError, match=r"a\.tif"):
        load_image(path)


def test_tiff_in_jpeg_of_cmyk(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.tif", compression="jpeg")
    values = read(tmp_path / "a.tif")
    assert np.abs(values - [1, 0, 0]).max() < 0.02
