"""PNG at its own depth, its colours by its chunks, and damage beside the pixels."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from foveaview.files import load_image
from foveaview.io.images import read_image
from tests.io.profiles import DISPLAY_P3, gray_profile, p3_as_srgb, rgb_profile, sampled, srgb_encoded
from tests.io.profiles import SRGB as SRGB_D50
from tests.io.writers import Pixels, chunk, exif, png, read, turned

RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 65536, (6, 9, 3), dtype=np.uint16)
GRAY = RNG.integers(0, 65536, (6, 9), dtype=np.uint16)
BYTES = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)


def text(kind: bytes, key: bytes, content: bytes) -> bytes:
    return chunk(kind, key + content)


@pytest.mark.parametrize("pixels", [GRAY, DEEP, BYTES, BYTES[..., 0]])
def test_png_keeps_every_bit(tmp_path: Path, pixels: Pixels) -> None:
    top = np.iinfo(pixels.dtype).max
    values = read(png(tmp_path / "a.png", pixels))
    assert np.array_equal((values.astype(np.float64) * top).round(), pixels)


@pytest.mark.parametrize("channels", [2, 4])
def test_png_of_16_bits_with_alpha_lies_over_white(tmp_path: Path, channels: int) -> None:
    pixels = RNG.integers(0, 65536, (6, 9, channels), dtype=np.uint16)
    values, alpha = pixels[..., :-1] / 65535, pixels[..., -1:] / 65535
    expected = (values * alpha + 1 - alpha).squeeze()
    assert np.abs(read(png(tmp_path / "a.png", pixels)) - expected).max() < 1e-6


def test_png_of_16_bit_gray_with_a_key_is_white_at_the_key_alone(tmp_path: Path) -> None:
    pixels = np.array([[0, 256, 511, 512, 65535]], np.uint16)
    path = png(tmp_path / "a.png", pixels, chunk(b"tRNS", struct.pack(">H", 256)))
    assert np.abs(read(path) - [[0, 1, 511 / 65535, 512 / 65535, 1]]).max() < 1e-7


def test_png_of_16_bit_rgb_with_a_key_compares_both_bytes(tmp_path: Path) -> None:
    pixels = np.array([[[0, 0, 0], [256, 0, 0], [0, 1, 2], [0, 1, 3]]], np.uint16)
    path = png(tmp_path / "a.png", pixels, chunk(b"tRNS", struct.pack(">3H", 0, 1, 2)))
    expected = pixels / 65535
    expected[0, 2] = 1
    assert np.abs(read(path) - expected).max() < 1e-7


def test_png_of_8_bits_with_a_key(tmp_path: Path) -> None:
    pixels = np.array([[0, 7, 255]], np.uint8)
    path = png(tmp_path / "a.png", pixels, chunk(b"tRNS", struct.pack(">H", 7)))
    assert np.abs(read(path) - [[0, 1, 1]]).max() < 1e-7


# colours


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


def primaries(*places: float) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *(round(place * 100_000) for place in places)))


P3 = primaries(0.3127, 0.329, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
SRGB = primaries(0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)


@pytest.mark.parametrize("value", [1.0, 0.55, 0.25])
def test_png_gamma_is_converted(tmp_path: Path, value: float) -> None:
    path = png(tmp_path / "a.png", GRAY, gamma(value))
    assert np.abs(read(path) - srgb_encoded((GRAY / 65535) ** (1 / value))).max() < 2e-6
    assert read_image(path).notes == (f"gamma {1 / value:.3g} converted to sRGB",)


@pytest.mark.parametrize("chunks", [(gamma(0.45455),), (gamma(0.45455), SRGB), (SRGB,)])
def test_png_gamma_of_displays_is_taken_as_srgb(tmp_path: Path, chunks: tuple[bytes, ...]) -> None:
    path = png(tmp_path / "a.png", BYTES, *chunks)
    assert np.abs(read(path) - BYTES / 255).max() < 1e-7
    assert read_image(path).notes == ()


def test_png_primaries_with_gamma_are_converted(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", DEEP, gamma(0.5), P3)
    light = ((DEEP / 65535) ** 2) @ np.array(DISPLAY_P3) @ np.linalg.inv(np.array(SRGB_D50))
    assert np.abs(read(path) - srgb_encoded(light)).max() < 2e-3


def test_png_cicp_of_display_p3_is_converted(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", DEEP, chunk(b"cICP", bytes([12, 13, 0, 1])))
    assert np.abs(read(path) - p3_as_srgb(DEEP / 65535)).max() < 2e-3
    assert "Display P3 converted to sRGB" in read_image(path).notes


@pytest.mark.parametrize(
    ("chunks", "name"),
    [
        ((gamma(1.0), chunk(b"cICP", bytes([12, 13, 0, 1]))), "Display P3"),
        ((gamma(1.0), chunk(b"sRGB", b"\0")), None),
        ((chunk(b"iCCP", b"p\0\0" + zlib.compress(rgb_profile())), chunk(b"sRGB", b"\0")), "test"),
        (
            (chunk(b"iCCP", b"p\0\0" + zlib.compress(rgb_profile())), chunk(b"cICP", bytes([1, 13, 0, 1]))),
            None,
        ),
    ],
)
def test_png_colours_go_by_the_most_explicit_chunk(
    tmp_path: Path, chunks: tuple[bytes, ...], name: str | None
) -> None:
    notes = read_image(png(tmp_path / "a.png", BYTES, *chunks)).notes
    assert notes == (() if name is None else (f"{name} converted to sRGB",))


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_png_of_hdr_is_tone_mapped_and_says_how(tmp_path: Path, transfer: int, name: str) -> None:
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)[None]
    path = png(tmp_path / "a.png", ramp, chunk(b"cICP", bytes([9, transfer, 0, 1])))
    values = read(path)[0]
    assert (np.diff(values) >= 0).all()
    assert (values[0], values[-1]) == (0, 1)
    loaded = read_image(path)
    assert loaded.is_light
    assert f"BT.2020 {name} tone-mapped from 1000 to 203 cd/m2 for white (BT.2390)" in loaded.notes


@pytest.mark.parametrize(
    "cicp", [bytes([12, 13, 0, 0]), bytes([1, 1, 1, 1]), bytes([99, 13, 0, 1]), bytes([1, 99, 0, 1])]
)
def test_png_cicp_that_is_not_read_is_refused(tmp_path: Path, cicp: bytes) -> None:
    with pytest.raises(ValueError, match=r"a\.png: its (cICP|primaries|transfer)"):
        load_image(png(tmp_path / "a.png", BYTES, chunk(b"cICP", cicp)))


def test_png_profile_is_applied_at_16_bits(tmp_path: Path) -> None:
    dark = np.repeat(np.arange(300, dtype=np.uint16).reshape(10, 30)[..., None], 3, axis=-1)
    path = png(
        tmp_path / "a.png", dark, chunk(b"iCCP", b"p\0\0" + zlib.compress(rgb_profile(curve=sampled())))
    )
    assert np.abs(read(path) - srgb_encoded(dark / 65535)).max() < 2e-5


def test_png_gray_profile_keeps_gray(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", GRAY, chunk(b"iCCP", b"p\0\0" + zlib.compress(gray_profile(sampled()))))
    assert np.abs(read(path) - srgb_encoded(GRAY / 65535)).max() < 1e-6


# orientation, and damage beside the pixels


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_png_turned_comes_upright(tmp_path: Path, orientation: int, order: str) -> None:
    path = png(tmp_path / "a.png", turned(DEEP, orientation), chunk(b"eXIf", exif(orientation, order)))
    assert np.abs(read(path) - DEEP / 65535).max() < 1e-7


@pytest.mark.parametrize("way", ["imagemagick", "xmp", "packed"])
def test_png_turned_by_a_text_comes_upright(tmp_path: Path, way: str) -> None:
    xmp = b"\0\0\0\0\0<x tiff:Orientation='6'/>"
    digits = b"\nexif\n      32\n" + exif(6).hex().encode() + b"\n"
    texts = {
        "imagemagick": text(b"zTXt", b"Raw profile type exif\0", b"\0" + zlib.compress(digits)),
        "xmp": text(b"iTXt", b"XML:com.adobe.xmp", xmp),
        "packed": text(b"iTXt", b"XML:com.adobe.xmp", b"\0\1\0\0\0" + zlib.compress(xmp[5:])),
    }
    path = png(tmp_path / "a.png", turned(BYTES, 6), texts[way])
    assert np.abs(read(path) - BYTES / 255).max() < 1e-7


@pytest.mark.parametrize(
    "damage",
    [
        chunk(b"eXIf", b""),
        chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"),
        chunk(b"eXIf", exif(6)[:-9]),
        chunk(b"eXIf", exif(9)),
        chunk(b"zTXt", b"key\0\0not packed"),
        chunk(b"iTXt", b"key\0\1\0\0\0not packed"),
        chunk(b"tEXt", b"\xff\xfe no key"),
        chunk(b"tEXt", b"Raw profile type exif\0\nexif\n  9\nnot hexadecimal"),
        chunk(b"iCCP", b"p\0\0not packed"),
        chunk(b"gAMA", b"\0"),
        chunk(b"cHRM", bytes(32)),
        chunk(b"tIME", bytes(9)),
        chunk(b"pHYs", b"?"),
        chunk(b"tEXt", b"key\0text")[:-1] + b"?",
    ],
)
def test_png_damaged_beside_its_pixels_is_read(tmp_path: Path, damage: bytes) -> None:
    path = png(tmp_path / "a.png", BYTES, damage)
    assert np.abs(read(path) - BYTES / 255).max() < 1e-7


def test_png_with_damaged_pixels_is_refused(tmp_path: Path) -> None:
    path = png(tmp_path / "a.png", BYTES)
    content = bytearray(path.read_bytes())
    content[-25] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.png: PNG read error"):
        load_image(path)
