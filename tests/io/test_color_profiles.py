"""Colour profiles in files, against the colour mathematics."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from foveaview.files import load_image, to_uint8
from foveaview.io.color_profiles import ProfileError, encoding_of_profile, profile_name
from foveaview.io.developing import develop
from foveaview.io.images import read_image
from foveaview.io.samples import ColorTags, Samples
from tests.io.profiles import (
    SRGB_CURVE,
    gray_profile,
    p3_as_srgb,
    parametric,
    profile,
    rgb_profile,
    sampled,
    srgb_encoded,
    text,
)

Values = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

COLORS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
GRAYS = np.arange(256, dtype=np.uint8).reshape(8, 32)
LINEAR = gray_profile(sampled())


def read(image: Image.Image, path: Path, embedded: bytes) -> npt.NDArray[np.float32]:
    image.save(path, icc_profile=embedded)
    return load_image(path)[0].numpy()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_a_wide_gamut_is_converted_by_the_mathematics(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"lossless": True} if name == "a.webp" else {}
    Image.fromarray(COLORS).save(tmp_path / name, icc_profile=rgb_profile(), **options)
    expected = p3_as_srgb(COLORS / 255)
    difference = np.abs(load_image(tmp_path / name)[0].permute(1, 2, 0).numpy() - expected)
    assert difference.max() < 1.6 / 255
    assert np.abs(COLORS / 255 - expected).max() > 0.1


def test_red_of_display_p3_is_the_red_of_srgb_and_gray_stays(tmp_path: Path) -> None:
    pixels = np.array([[[255, 0, 0], [128, 128, 128], [255, 255, 255], [0, 0, 0]]], dtype=np.uint8)
    values = read(Image.fromarray(pixels), tmp_path / "a.png", rgb_profile())
    assert np.round(values[:, 0].T * 255).tolist() == pixels[0].tolist()


def test_a_file_in_srgb_stays_as_it_is(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(COLORS).save(tmp_path / "a.png", icc_profile=srgb)
    difference = to_uint8(load_image(tmp_path / "a.png")).astype(int) - COLORS
    assert np.abs(difference).max() <= 1


def test_what_is_transparent_is_converted_before_it_lies_over_white(tmp_path: Path) -> None:
    rgba = np.full((2, 2, 4), (0, 200, 0, 255), dtype=np.uint8)
    rgba[0, 0, 3] = 0
    values = read(Image.fromarray(rgba), tmp_path / "a.png", rgb_profile())
    assert values[:, 0, 0].tolist() == [1, 1, 1]
    assert np.abs(values[:, 1, 1] - p3_as_srgb(np.array([0, 200 / 255, 0]))).max() < 1.6 / 255


def test_a_transparent_colour_is_found_before_it_is_converted(tmp_path: Path) -> None:
    pixels = np.full((2, 2, 3), (0, 200, 0), dtype=np.uint8)
    pixels[0, 0] = (200, 0, 0)
    image = Image.fromarray(pixels)
    image.save(tmp_path / "a.png", icc_profile=rgb_profile(), transparency=(0, 200, 0))
    values = load_image(tmp_path / "a.png")[0].numpy()
    assert (values[:, 1, 1] == 1).all()
    assert values[1, 0, 0] < 0.1


def test_a_palette_is_converted(tmp_path: Path) -> None:
    image = Image.fromarray(COLORS).quantize(16)
    values = read(image, tmp_path / "a.png", rgb_profile())
    expected = p3_as_srgb(np.asarray(image.convert("RGB")) / 255)
    assert np.abs(values.transpose(1, 2, 0) - expected).max() < 1.6 / 255


@pytest.mark.parametrize(
    ("curve", "light"),
    [
        (sampled(), lambda x: x),
        (sampled(round(1.8 * 256)), lambda x: x ** (round(1.8 * 256) / 256)),
        (sampled(0, 16384, 65535), lambda x: np.interp(x, [0, 0.5, 1], [0, 16384 / 65535, 1])),
        (parametric(0, 2.2), lambda x: x**2.2),
        (parametric(1, 2.0, 1.25, -0.25), lambda x: np.maximum(1.25 * x - 0.25, 0) ** 2),
        (
            parametric(2, 2.0, 1.25, -0.25, 0.125),
            lambda x: (np.maximum(1.25 * x - 0.25, 0) ** 2 + 0.125).clip(0, 1),
        ),
        (
            parametric(4, 2.0, 1.0, 0.0, 0.5, 0.25, 0.0625, 0.03125),
            lambda x: np.where(x >= 0.25, x**2 + 0.0625, 0.5 * x + 0.03125).clip(0, 1),
        ),
    ],
)
def test_gray_by_every_kind_of_curve(tmp_path: Path, curve: bytes, light: Callable[[Values], Values]) -> None:
    values = read(Image.fromarray(GRAYS), tmp_path / "a.png", gray_profile(curve))
    assert values.shape == (1, 8, 32)
    assert np.abs(values[0] - srgb_encoded(light(GRAYS / 255))).max() < 1 / 255


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_gray_of_16_bits_keeps_its_precision(tmp_path: Path, name: str) -> None:
    deep = np.linspace(0, 65535, 4096).round().astype(np.uint16).reshape(64, 64)
    values = read(Image.fromarray(deep), tmp_path / name, LINEAR)
    assert np.abs(values[0] - srgb_encoded(deep / 65535)).max() < 1e-6
    assert len(np.unique(values)) == 4096


def test_gray_by_the_curve_of_srgb_stays_as_it_is(tmp_path: Path) -> None:
    same = gray_profile(parametric(3, *SRGB_CURVE))
    values = read(Image.fromarray(GRAYS), tmp_path / "a.png", same)
    assert np.array_equal(np.round(values[0] * 255), GRAYS)


def test_gray_with_alpha(tmp_path: Path) -> None:
    image = Image.merge("LA", [Image.fromarray(GRAYS), Image.new("L", (32, 8), 255)])
    image.putpixel((3, 0), (10, 0))
    values = read(image, tmp_path / "a.png", LINEAR)
    assert values.shape == (1, 8, 32)
    assert values[0, 0, 3] == 1
    assert abs(values[0, 4, 0] - srgb_encoded(np.array(GRAYS[4, 0] / 255))) < 1 / 255


def lab_table_profile() -> bytes:
    """CMYK to Lab by a table of two points a side: paper is white, and black ink black."""
    entries = []
    for i in range(16):
        c, m, y, k = ((i >> shift) & 1 for shift in (3, 2, 1, 0))
        light = (1 - k) * (1 - (c + m + y) / 6)
        entries += [round(light * 65280), 32768 + 8192 * (m - c) * (1 - k), 32768]
    head = b"mft2" + struct.pack(">I4B", 0, 4, 3, 2, 0)
    head += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536) + struct.pack(">2H", 2, 2)
    straight = struct.pack(">2H", 0, 65535)
    table = head + straight * 4 + struct.pack(f">{len(entries)}H", *entries) + straight * 3
    content = bytearray(profile(b"CMYK", {b"A2B0": table + bytes(-len(table) % 4)}))
    content[8:12], content[12:16], content[20:24] = struct.pack(">I", 0x02400000), b"prtr", b"Lab "
    return bytes(content)


def test_cmyk_by_its_profile(tmp_path: Path) -> None:
    image = Image.new("CMYK", (4, 3), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 128))
    values = read(image, tmp_path / "a.tif", lab_table_profile())
    assert np.round(values[:, 1, 1] * 255).tolist() == [255, 255, 255]
    # half of black ink is L* 50 there, which is 119 in sRGB, and not the 127 of no profile
    assert np.abs(values[:, 0, 1] * 255 - 119).max() < 2


@pytest.mark.parametrize("part", [3, 40, 130, 200, 400])
@pytest.mark.parametrize(("pixels", "embedded"), [(COLORS, rgb_profile()), (GRAYS, LINEAR)])
def test_a_truncated_profile_is_passed_over(
    tmp_path: Path, pixels: Pixels, embedded: bytes, part: int
) -> None:
    cut = embedded[: min(part, len(embedded) - 16)]
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=cut)
    assert np.array_equal(to_uint8(load_image(tmp_path / "a.png")), pixels)


@pytest.mark.parametrize(("pixels", "embedded"), [(COLORS, LINEAR), (GRAYS, rgb_profile())])
def test_a_profile_of_other_channels_is_passed_over(tmp_path: Path, pixels: Pixels, embedded: bytes) -> None:
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=embedded)
    assert np.array_equal(to_uint8(load_image(tmp_path / "a.png")), pixels)


@pytest.mark.parametrize(
    "curve",
    [
        parametric(0, -1.0),
        parametric(1, 2.0, 0.0, 0.5),
        parametric(9, 1.0),
        sampled(5, 6, 7)[:-4],
        b"text" + bytes(20),
        b"",
    ],
)
def test_a_curve_that_cannot_be_is_refused(curve: bytes) -> None:
    with pytest.raises(ProfileError):
        encoding_of_profile(gray_profile(curve), "gray")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_damage_to_a_curve_crashes(noise: bytes, at: int) -> None:
    damaged = bytearray(gray_profile(parametric(3, *SRGB_CURVE)))
    damaged[at : at + len(noise)] = noise
    values = np.linspace(0, 1, 6).reshape(2, 3, 1)
    samples = Samples(values, "gray", 64, "TIFF", color=ColorTags(icc=bytes(damaged)))
    pixels = develop(samples).pixels
    assert pixels.shape == (2, 3)
    assert ((pixels >= 0) & (pixels <= 1)).all()


@pytest.mark.parametrize("channels", ["rgb", "gray", "cmyk"])
def test_a_profile_of_other_channels_is_noted(channels: str) -> None:
    profiles = {"rgb": rgb_profile(), "gray": LINEAR, "cmyk": lab_table_profile()}
    for name, embedded in profiles.items():
        if name != channels:
            with pytest.raises(ProfileError, match=f"it is for {name}, the image is {channels}"):
                encoding_of_profile(embedded, channels)


def test_a_profile_that_is_not_used_is_noted(tmp_path: Path) -> None:
    Image.fromarray(COLORS).save(tmp_path / "a.png", icc_profile=LINEAR)
    notes = read_image(tmp_path / "a.png").notes
    assert notes == ("its colour profile is not used: it is for gray, the image is rgb",)


def rgb_table_profile() -> bytes:
    """RGB to Lab by a table of two points a side: gray by the mean of the channels."""
    entries = []
    for i in range(8):
        light = sum((i >> shift) & 1 for shift in (2, 1, 0)) / 3
        entries += [round(light * 65280), 32768, 32768]
    head = b"mft2" + struct.pack(">I4B", 0, 3, 3, 2, 0)
    head += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536) + struct.pack(">2H", 2, 2)
    straight = struct.pack(">2H", 0, 65535)
    table = head + straight * 3 + struct.pack(f">{len(entries)}H", *entries) + straight * 3
    content = bytearray(profile(b"RGB ", {b"A2B0": table + bytes(-len(table) % 4)}))
    content[8:12], content[12:16], content[20:24] = struct.pack(">I", 0x02400000), b"scnr", b"Lab "
    return bytes(content)


def test_a_table_is_applied_at_8_bits_and_says_so(tmp_path: Path) -> None:
    pixels = np.array([[[0, 0, 0], [65535, 65535, 65535], [65535, 0, 0]]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", iccprofile=rgb_table_profile())
    loaded = read_image(tmp_path / "a.tif")
    values = loaded.image[0].permute(1, 2, 0).numpy()[0] * 255
    lightness = 100 / 3
    expected = srgb_encoded(np.array(((lightness + 16) / 116) ** 3)) * 255
    assert np.abs(values - [[0] * 3, [255] * 3, [expected] * 3]).max() < 2
    assert loaded.notes == ("test converted to sRGB by its table at 8 bits of 16",)


def test_a_table_keeps_alpha(tmp_path: Path) -> None:
    pixels = np.array([[[0, 0, 0, 255], [0, 0, 0, 0]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=rgb_table_profile())
    assert np.round(load_image(tmp_path / "a.png")[0, 0, 0].numpy() * 255).tolist() == [0, 255]


def test_gray_that_connects_by_lab_gives_lightness() -> None:
    content = bytearray(gray_profile(sampled()))
    content[20:24] = b"Lab "
    encoding = encoding_of_profile(bytes(content), "gray")
    assert encoding is not None
    light = encoding.to_light(np.array([0.0, 0.5, 1.0]))
    assert np.abs(light - [0, ((50 + 16) / 116) ** 3, 1]).max() < 1e-9


@pytest.mark.parametrize("transfer", [16, 18])
def test_a_profile_with_code_points_of_hdr_goes_by_them(transfer: int) -> None:
    tags = {b"cicp": b"cicp" + bytes(4) + bytes([9, transfer, 0, 1])}
    encoding = encoding_of_profile(profile(b"RGB ", tags), "rgb")
    assert encoding is not None
    assert encoding.kind == "hdr"


def test_the_name_of_a_profile_is_one_line() -> None:
    assert profile_name(rgb_profile()) == "test"
    assert profile_name(b"") == "a profile"
    long = profile(b"RGB ", {b"desc": text("a\nb" * 100)})
    assert len(profile_name(long)) <= 60
    assert profile_name(long).isprintable()
