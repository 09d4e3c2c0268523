"""Image files of every kind in and out."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from foveaview.files import (
    load_image,
    read_png_settings,
    resource,
    save_losses,
    save_png,
    to_uint8,
)

RAMP = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
COLOR = np.stack([RAMP, RAMP[::-1], RAMP.T.reshape(6, 8)], axis=-1)


def saved(image: Image.Image, path: Path, **options: Any) -> Path:
    image.save(path, **options)
    return path


def test_rgb(tmp_path: Path) -> None:
    image = load_image(saved(Image.fromarray(COLOR), tmp_path / "a.png"))
    assert image.dtype == torch.float32
    assert np.array_equal(to_uint8(image), COLOR)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif"])
def test_grayscale_stays_one_channel(tmp_path: Path, name: str) -> None:
    image = load_image(saved(Image.fromarray(RAMP), tmp_path / name))
    assert image.shape == (1, 1, 6, 8)
    assert np.array_equal(to_uint8(image), RAMP)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_keep_their_precision(tmp_path: Path, name: str) -> None:
    deep = np.array([[0, 1, 256], [40000, 65534, 65535]], dtype=np.uint16)
    image = load_image(saved(Image.fromarray(deep), tmp_path / name))
    assert np.array_equal(np.round(image[0, 0].numpy() * 65535).astype(np.uint16), deep)


def test_floats_in_range(tmp_path: Path) -> None:
    field = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    assert np.array_equal(load_image(saved(Image.fromarray(field), tmp_path / "a.tif"))[0, 0].numpy(), field)


@pytest.mark.parametrize("value", [1.5, -0.5, float("nan")])
def test_floats_out_of_range(tmp_path: Path, value: float) -> None:
    path = saved(Image.fromarray(np.full((3, 4), value, dtype=np.float32)), tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif: it"):
        load_image(path)


def test_a_palette_becomes_rgb(tmp_path: Path) -> None:
    image = Image.fromarray(COLOR).quantize(256)
    assert np.array_equal(
        to_uint8(load_image(saved(image, tmp_path / "a.png"))), np.array(image.convert("RGB"))
    )


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    rgba = Image.new("RGBA", (4, 3), (0, 0, 0, 0))
    rgba.putpixel((0, 0), (10, 20, 30, 255))
    pixels = to_uint8(load_image(saved(rgba, tmp_path / "a.png")))
    assert pixels[0, 0].tolist() == [10, 20, 30]
    assert pixels[1, 1].tolist() == [255, 255, 255]


def test_gray_transparency_stays_gray(tmp_path: Path) -> None:
    image = load_image(saved(Image.new("LA", (4, 3), (0, 0)), tmp_path / "a.png"))
    assert image.shape == (1, 1, 3, 4)
    assert (image == 1).all()


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    image = load_image(saved(Image.new("CMYK", (4, 3), (0, 255, 255, 0)), tmp_path / "a.tif"))
    assert image.shape == (1, 3, 3, 4)
    assert image[0, 0].min() > 0.9
    assert image[0, 1].max() < 0.3


def test_black_and_white(tmp_path: Path) -> None:
    image = load_image(saved(Image.fromarray(RAMP).convert("1"), tmp_path / "a.png"))
    assert set(image.unique().tolist()) <= {0.0, 1.0}


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # a quarter turn clockwise
    image = load_image(saved(Image.fromarray(COLOR), tmp_path / "a.png", exif=exif))
    assert np.array_equal(to_uint8(image), np.rot90(COLOR, -1))


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    path = saved(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert to_uint8(load_image(path))[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("size", [(1, 1), (20000, 20)])
def test_odd_sizes_load(tmp_path: Path, size: tuple[int, int]) -> None:
    assert load_image(saved(Image.new("RGB", size), tmp_path / "a.png")).shape == (1, 3, size[1], size[0])


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(12_000, 12_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(*size))
    with pytest.raises(ValueError, match="100 million"):
        load_image(path)


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_an_image_without_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "none.png"
    path.write_bytes(png_header(*size))
    with pytest.raises(ValueError, match=r"none\.png"):
        load_image(path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(ValueError, match="is empty"):
        load_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.gif", "a.bmp", "a.webp"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file(tmp_path: Path, name: str, part: float) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    path = saved(Image.fromarray(pixels), tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ValueError, match=name):
        load_image(path)


def test_not_an_image(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("these are words")
    with pytest.raises(ValueError, match="not an image"):
        load_image(path)


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_image(tmp_path / "none.png")
    with pytest.raises(ValueError, match="a folder"):
        load_image(tmp_path)


def test_every_sample_loads() -> None:
    names = {path.name: tuple(load_image(path).shape[-2:]) for path in resource("samples").glob("*.??g")}
    assert names == {
        "astronaut.png": (512, 512),
        "coffee.png": (400, 600),
        "macaque.jpg": (1500, 1085),
        "rocket.jpg": (427, 640),
    }


def test_a_png_carries_its_settings(tmp_path: Path) -> None:
    settings = {"gaze": [0.3, 0.4], "mode": "linear", "name": "é"}
    save_png(tmp_path / "a.png", COLOR, settings)
    assert read_png_settings(tmp_path / "a.png") == settings
    assert np.array_equal(to_uint8(load_image(tmp_path / "a.png")), COLOR)


def test_a_png_of_another_program_carries_none(tmp_path: Path) -> None:
    assert read_png_settings(saved(Image.fromarray(COLOR), tmp_path / "a.png")) == {}


def test_losses_come_back_exactly(tmp_path: Path) -> None:
    losses = [1 / 3, 1e-17]
    save_losses(tmp_path / "a.csv", losses)
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert rows[0] == "iteration,loss"
    assert [float(row.split(",")[1]) for row in rows[1:]] == losses
