"""TIFF in colour with more than 8 bits a channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from foveaview.files import load_image

DEEP = np.random.default_rng(0).integers(0, 65536, (6, 9, 3), dtype=np.uint16)
FLOATS = np.random.default_rng(0).random((6, 9, 3))


def written(path: Path, pixels: np.ndarray[Any, Any], **options: Any) -> Path:
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=None, **options)
    return path


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_16_bits_keep_their_precision(tmp_path: Path, compression: str | None) -> None:
    image = load_image(written(tmp_path / "a.tif", DEEP, compression=compression))
    assert image.shape == (1, 3, 6, 9)
    assert np.array_equal(np.round(image[0].double().permute(1, 2, 0).numpy() * 65535), DEEP)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats(tmp_path: Path, kind: str) -> None:
    image = load_image(written(tmp_path / "a.tiff", FLOATS.astype(kind)))
    assert np.array_equal(image[0].permute(1, 2, 0).numpy(), FLOATS.astype(kind).astype(np.float32))


def test_planes(tmp_path: Path) -> None:
    planes = np.moveaxis(FLOATS.astype(np.float32), -1, 0)
    image = load_image(written(tmp_path / "a.tif", planes, planarconfig="separate"))
    assert np.array_equal(image[0].numpy(), planes)


@pytest.mark.parametrize("value", [1.5, -0.5, float("nan")])
def test_floats_out_of_range(tmp_path: Path, value: float) -> None:
    path = written(tmp_path / "a.tif", np.full((3, 4, 3), value, np.float32))
    with pytest.raises(ValueError, match=r"a\.tif: it"):
        load_image(path)


def test_one_that_is_turned_is_not_taken_for_upright(tmp_path: Path) -> None:
    turned = [(274, 3, 1, 6, True)]
    assert load_image(written(tmp_path / "a.tif", DEEP, extratags=turned)).shape == (1, 3, 9, 6)
    with pytest.raises(ValueError, match="not an image that can be read"):
        load_image(written(tmp_path / "b.tif", FLOATS.astype(np.float32), extratags=turned))


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("pixels", [DEEP, FLOATS.astype(np.float32)])
def test_a_truncated_file(tmp_path: Path, pixels: np.ndarray[Any, Any], part: float) -> None:
    path = written(tmp_path / "a.tif", np.tile(pixels, (20, 20, 1)))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ValueError, match=r"a\.tif"):
        load_image(path)


def test_a_picture_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveaview.files._LARGEST_PIXELS", 50)
    with pytest.raises(ValueError, match="it has 9 x 6 px, over the limit"):
        load_image(written(tmp_path / "a.tif", FLOATS.astype(np.float32)))
