"""Texts of PNG and TIFF, read without the image."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from foveaview.io.embedded_text import png_text, tiff_description

PIXELS = np.zeros((4, 5, 3), np.uint8)


@pytest.mark.parametrize("kind", ["tEXt", "zTXt", "iTXt", "packed iTXt"])
@pytest.mark.parametrize("text", ["words", "", "x" * 100_000])
def test_png_text_is_found_in_each_kind_of_chunk(tmp_path: Path, kind: str, text: str) -> None:
    information = PngImagePlugin.PngInfo()
    information.add_text("other", "no")
    if kind.endswith("iTXt"):
        information.add_itxt("key", text, zip=kind.startswith("packed"))
    else:
        information.add_text("key", text, zip=kind == "zTXt")
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=information)
    assert png_text(tmp_path / "a.png", "key") == text
    assert png_text(tmp_path / "a.png", "none") == ""
    assert tiff_description(tmp_path / "a.png") == ""


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("text", ["words", "é 你", "x" * 100_000])
def test_tiff_description_is_found(tmp_path: Path, order: str, text: str) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif", byteorder=order) as file:  # type: ignore[arg-type]
        file.write(PIXELS, photometric="rgb", description=text.encode(), metadata=None)
    assert tiff_description(tmp_path / "a.tif") == text
    assert png_text(tmp_path / "a.tif", "key") == ""


@pytest.mark.slow
@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_damage_crashes(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    tifffile.imwrite(folder / "a.tif", PIXELS, photometric="rgb", description="words", metadata=None)
    information = PngImagePlugin.PngInfo()
    information.add_text("key", "words")
    Image.fromarray(PIXELS).save(folder / "a.png", pnginfo=information)
    for name in ("a.tif", "a.png"):
        content = bytearray((folder / name).read_bytes())
        content[at : at + len(noise)] = noise
        (folder / name).write_bytes(content)
    assert isinstance(tiff_description(folder / "a.tif"), str)
    assert isinstance(png_text(folder / "a.png", "key"), str)


def test_a_size_that_lies_takes_no_memory(tmp_path: Path) -> None:
    entry = struct.pack("<HHII", 270, 2, 0xFFFFFFFF, 8)
    (tmp_path / "a.tif").write_bytes(b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4))
    assert tiff_description(tmp_path / "a.tif") == ""
