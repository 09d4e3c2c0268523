"""Images as the bytes of files."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image, features
from torch import Tensor

from foveaview.rate import codecs as coding
from foveaview.rate.codecs import (
    FORMATS,
    Coder,
    Format,
    decode,
    left_out,
    pixels_of,
    qualities,
    usable_formats,
)

BY_NAME = {kind.name: kind for kind in FORMATS}


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_format_gives_back_the_picture(kind: Format, channels: int, photograph: Tensor) -> None:
    image = photograph[:, :channels]
    data = Coder().encode(pixels_of(image), kind, kind.highest)
    with Image.open(io.BytesIO(data)) as file:
        assert file.format == kind.name.upper()
        assert file.size == (64, 48)
    decoded = decode(data, channels)
    assert decoded.shape == image.shape
    assert float((decoded - image).square().mean()) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_a_higher_quality_takes_more_bytes_and_comes_closer(kind: Format, astronaut: Tensor) -> None:
    pixels = pixels_of(astronaut)
    files = [Coder().encode(pixels, kind, quality) for quality in qualities(kind, 3)]
    errors = [float((decode(data, 3) - astronaut).square().mean()) for data in files]
    assert [len(data) for data in files] == sorted(len(data) for data in files)
    assert errors == sorted(errors, reverse=True)


def test_png_is_lossless_at_8_bits_and_rounds_below(photograph: Tensor) -> None:
    pixels = pixels_of(photograph)
    whole, one = (Coder().encode(pixels, BY_NAME["PNG"], bits) for bits in (8, 1))
    assert np.array_equal(pixels_of(decode(whole, 3)), pixels)
    assert set(np.unique(pixels_of(decode(one, 3)))) <= {0, 255}


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_the_bytes_are_the_same_every_time(kind: Format, astronaut: Tensor) -> None:
    pixels = pixels_of(astronaut)
    assert Coder().encode(pixels, kind, kind.lowest) == Coder().encode(pixels, kind, kind.lowest)


def test_the_same_pixels_are_encoded_once(photograph: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    coder, jpeg = Coder(), BY_NAME["JPEG"]
    first = coder.encode(pixels_of(photograph), jpeg, 50)
    monkeypatch.setattr(coding, "_encoded", lambda *_: b"anew")
    assert coder.encode(pixels_of(photograph.clone()), jpeg, 50) is first
    assert coder.encode(pixels_of(photograph), jpeg, 51) == b"anew"
    assert coder.encode(pixels_of(photograph.flip(-1)), jpeg, 50) == b"anew"
    assert coder.encode(pixels_of(photograph).reshape(64, 48, 3), jpeg, 50) == b"anew"


def test_what_is_kept_is_bounded(photograph: Tensor) -> None:
    pixels, jpeg = pixels_of(photograph), BY_NAME["JPEG"]
    sizes = [len(Coder().encode(pixels, jpeg, quality)) for quality in (50, 60, 70)]
    coder = Coder(most_bytes=sizes[1] + sizes[2])
    files = [coder.encode(pixels, jpeg, quality) for quality in (50, 60, 70)]
    assert coder.held_bytes == sizes[1] + sizes[2]
    assert coder.encode(pixels, jpeg, 60) is files[1]
    assert coder.encode(pixels, jpeg, 50) is not files[0]
    assert coder.held_bytes <= coder.most_bytes


def test_a_format_that_is_not_built_in_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "get_supported", lambda: ["jpg", "zlib"])
    assert [kind.name for kind in usable_formats((48, 64))] == ["JPEG", "PNG"]
    assert left_out((48, 64)) == [
        f"{name} is left out: this Pillow was built without it" for name in ("WebP", "AVIF")
    ]


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(2, 3, 16, 16),
        torch.zeros(1, 2, 16, 16),
        torch.zeros(3, 16, 16),
        torch.zeros(1, 3, 16, 16, dtype=torch.uint8),
        torch.full((1, 3, 16, 16), torch.nan),
    ],
)
def test_what_cannot_be_coded(image: Tensor) -> None:
    with pytest.raises(ValueError, match="the image to code must be"):
        pixels_of(image)


@pytest.mark.parametrize(("name", "quality"), [("JPEG", 0), ("JPEG", 96), ("PNG", 9), ("PNG", 0)])
def test_a_quality_outside_the_range(name: str, quality: int, photograph: Tensor) -> None:
    with pytest.raises(ValueError, match=f"{name} takes"):
        Coder().encode(pixels_of(photograph), BY_NAME[name], quality)
