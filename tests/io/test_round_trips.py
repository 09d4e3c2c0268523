"""Every kind of image, written and read back at its depth, whatever way it lies in its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from foveaview.export import export_image
from foveaview.files import load_image
from foveaview.io.color_tags import srgb_profile
from tests.io.profiles import gray_profile, p3_as_srgb, rgb_profile, sampled, srgb_encoded
from tests.io.writers import chunk, exif, exr, pfm, planar, png, read, tiff, turned

KINDS = ("uint8", "uint16", "uint32", "float16", "float32", "float64")


def unit_values(seed: int, shape: tuple[int, ...], kind: str) -> tuple[Any, Any]:
    """Samples of a kind, and what they are in [0, 1]."""
    values = np.random.default_rng(seed).random(shape)
    top = np.iinfo(kind).max if np.dtype(kind).kind == "u" else 1
    pixels = (values * top).astype(kind)
    return pixels, pixels.astype(np.float64) / top


@pytest.mark.slow
@given(
    st.sampled_from(KINDS),
    st.integers(1, 8),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["no", "straight", "premultiplied"]),
    st.booleans(),
    st.sampled_from(["strips", "tiles", "one row a strip"]),
    st.sampled_from([None, "deflate"]),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(0, 99),
)
def test_tiff_comes_back_whatever_its_layout(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    orientation: int,
    is_gray: bool,
    is_planar: bool,
    alpha: str,
    has_profile: bool,
    layout: str,
    compression: str | None,
    size: tuple[int, int],
    seed: int,
) -> None:
    channels = (1 if is_gray else 3) + (alpha != "no")
    pixels, values = unit_values(seed, (*size, channels), kind)
    if alpha == "premultiplied":  # no colour is above its alpha
        pixels = np.minimum(pixels, pixels[..., -1:])
        values = np.minimum(values, values[..., -1:])
    stored = turned(pixels, orientation)
    is_planar = is_planar and channels > 1
    options: dict[str, Any] = {
        "planarconfig": ("separate" if is_planar else "contig") if channels > 1 else None
    }
    if alpha != "no":
        options["extrasamples"] = ["unassalpha" if alpha == "straight" else "assocalpha"]
    if has_profile:
        options["iccprofile"] = gray_profile(sampled()) if is_gray else rgb_profile()
    layouts: dict[str, dict[str, Any]] = {
        "tiles": {"tile": (16, 16)},
        "strips": {},
        "one row a strip": {"rowsperstrip": 1},
    }
    options |= layouts[layout]
    shown = planar(stored) if is_planar else stored[..., 0] if channels == 1 else stored
    path = tiff(
        tmp_path_factory.mktemp("tiff") / "a.tif",
        shown,
        orientation,
        photometric="minisblack" if is_gray else "rgb",
        compression=compression,
        **options,
    )
    colors, opacity = values, np.ones((*size, 1))
    if alpha != "no":
        colors, opacity = values[..., :-1], values[..., -1:]
    if alpha == "premultiplied":
        colors = np.divide(colors, opacity, out=np.zeros_like(colors), where=opacity > 0)
    if has_profile:
        colors = srgb_encoded(colors) if is_gray else p3_as_srgb(colors)
    expected = colors * opacity + (1 - opacity)
    found = read(path).reshape(expected.shape)
    # the matrix of the test is rounded as in a profile
    assert np.abs(found - expected).max() < (5e-4 if has_profile else 1e-6)


@pytest.mark.slow
@given(
    st.sampled_from(["uint8", "uint16"]),
    st.integers(1, 8),
    st.sampled_from([1, 2, 3, 4]),
    st.booleans(),
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.integers(0, 99),
)
def test_png_comes_back_whatever_its_chunks(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    orientation: int,
    channels: int,
    has_profile: bool,
    size: tuple[int, int],
    seed: int,
) -> None:
    pixels, values = unit_values(seed, (*size, channels), kind)
    stored = turned(pixels, orientation)
    chunks = [chunk(b"eXIf", exif(orientation))]
    if has_profile:
        import zlib

        profile = rgb_profile() if channels > 2 else gray_profile(sampled())
        chunks.append(chunk(b"iCCP", b"p\0\0" + zlib.compress(profile)))
    path = tmp_path_factory.mktemp("png") / "a.png"
    png(path, stored[..., 0] if channels == 1 else stored, *chunks)
    has_alpha = channels in (2, 4)
    colors = values[..., :-1] if has_alpha else values
    opacity = values[..., -1:] if has_alpha else np.ones((*size, 1))
    if has_profile:
        colors = p3_as_srgb(colors) if channels > 2 else srgb_encoded(colors)
    expected = colors * opacity + (1 - opacity)
    found = read(path).reshape(expected.shape)
    assert np.abs(found - expected).max() < (5e-4 if has_profile else 1e-6)


@pytest.mark.slow
@given(st.sampled_from([1, 3]), st.tuples(st.integers(1, 30), st.integers(1, 30)), st.integers(0, 99))
def test_light_comes_back(
    tmp_path_factory: pytest.TempPathFactory, channels: int, size: tuple[int, int], seed: int
) -> None:
    light = np.random.default_rng(seed).random((*size, channels)).astype(np.float32)
    folder = tmp_path_factory.mktemp("light")
    names = ("Y",) if channels == 1 else ("R", "G", "B")
    for path in (
        exr(folder / "a.exr", light, "float", names),
        pfm(folder / "a.pfm", light[..., 0] if channels == 1 else light),
    ):
        assert np.abs(read(path).reshape(light.shape) - srgb_encoded(light.astype(np.float64))).max() < 1e-6


@pytest.mark.slow
@given(
    st.sampled_from([1, 3]),
    st.sampled_from([("a.png", 8), ("a.png", 16), ("a.tif", 32)]),
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.integers(0, 99),
)
def test_an_export_comes_back_as_the_same_numbers(
    tmp_path_factory: pytest.TempPathFactory,
    channels: int,
    kind: tuple[str, Any],
    size: tuple[int, int],
    seed: int,
) -> None:
    import torch

    image = torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(seed))
    name, bits = kind
    path = tmp_path_factory.mktemp("export") / name
    export_image(path, image, {}, bits=bits)
    found = load_image(path)
    if bits == 32:
        assert torch.equal(found, image)
    else:
        top = 2**bits - 1
        assert torch.equal((found.double() * top).round(), (image.double() * top).round())
        export_image(path, found, {}, bits=bits)
        assert torch.equal(load_image(path), found)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_profile_of_exports_is_srgb(tmp_path: Path, channels: int) -> None:
    from foveaview.io.color_profiles import encoding_of_profile

    encoding = encoding_of_profile(srgb_profile(channels), "gray" if channels == 1 else "rgb")
    assert encoding is not None
    assert encoding.is_srgb
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(np.zeros((4, 5, 3), np.uint8), photometric="rgb", iccprofile=srgb_profile(3))
    assert srgb_profile(channels) == srgb_profile(channels)
