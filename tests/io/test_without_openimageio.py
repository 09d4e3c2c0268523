"""Where OpenImageIO is not installed, Pillow reads what it can, and the lost depth is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveaview.io import decoding
from foveaview.io.decoding import decode_file
from tests.io.profiles import p3_as_srgb, rgb_profile
from tests.io.writers import chunk, exif, pfm, png, tiff, turned

RNG = np.random.default_rng(0)
RGB8 = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
RGB16 = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)
GRAY16 = RNG.integers(0, 65536, (6, 9), dtype=np.uint16)


@pytest.fixture(autouse=True)
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "is_available", lambda: False)


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jp2"])
def test_8_bits_are_read_whole(tmp_path: Path, name: str) -> None:
    Image.fromarray(RGB8).save(tmp_path / name)
    found = decode_file(tmp_path / name)
    assert np.array_equal(found.pixels, RGB8)
    assert found.notes == ()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_gray_of_16_bits_is_read_whole(tmp_path: Path, name: str) -> None:
    Image.fromarray(GRAY16).save(tmp_path / name)
    assert np.array_equal(decode_file(tmp_path / name).pixels, GRAY16)


def test_colour_of_16_bits_is_read_at_8_and_that_is_said(tmp_path: Path) -> None:
    found = decode_file(png(tmp_path / "a.png", RGB16))
    assert np.abs(found.pixels.astype(float) / 255 - RGB16 / 65535).max() < 1 / 255
    assert found.notes == ("8 of 16 bits read: OpenImageIO, which reads all, is not installed",)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_comes_upright(
    tmp_path: Path, orientation: int, kind: type[np.uint8 | np.uint16]
) -> None:
    pixels = GRAY16.astype(kind)
    path = tiff(tmp_path / "a.tif", turned(pixels, orientation), orientation, photometric="minisblack")
    assert np.array_equal(decode_file(path).pixels, pixels)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_turned_png_with_a_profile(tmp_path: Path, orientation: int) -> None:
    image = Image.fromarray(turned(RGB8, orientation))
    image.save(tmp_path / "a.png", icc_profile=rgb_profile(), exif=exif(orientation))
    found = decode_file(tmp_path / "a.png")
    assert np.abs(found.pixels - p3_as_srgb(RGB8 / 255)).max() < 5e-4


def test_png_of_gamma_is_converted(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", RGB8, chunk(b"gAMA", (100_000).to_bytes(4, "big")))
    assert "gamma 1 converted to sRGB" in decode_file(path).notes


@pytest.mark.parametrize(
    ("mark", "kind"),
    [(b"v/1\x01", "EXR"), (b"#?RADIANCE\n", "HDR"), (b"\xff\x0a", "JPEG XL"), (b"SDPX", "DPX")],
)
def test_what_it_alone_reads_is_refused_with_what_to_install(tmp_path: Path, mark: bytes, kind: str) -> None:
    (tmp_path / "a.bin").write_bytes(mark)
    with pytest.raises(ValueError, match=rf"a\.bin: {kind} is not read without OpenImageIO: pip install"):
        decode_file(tmp_path / "a.bin")


def test_pfm_needs_no_library(tmp_path: Path) -> None:
    path = pfm(tmp_path / "a.pfm", np.full((4, 5, 3), 1, np.float32))
    assert (decode_file(path).pixels == 1).all()
