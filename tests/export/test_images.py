"""Images of 8, 16 and 32 bits, read back by other programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Literal

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from foveaview.export import export_heatmap, export_image
from foveaview.export.deep_png import save_deep_png
from foveaview.files import load_image, read_png_settings
from foveaview.io.colormaps import DIVERGING, Scale

ABOUT = {"gaze": [0.3, 0.4], "name": "é"}


def picture(channels: int, size: tuple[int, int] = (7, 5)) -> Tensor:
    return torch.rand(2, channels, *size, generator=torch.Generator().manual_seed(0))


def expected_deep(image: Tensor) -> npt.NDArray[np.float64]:
    return np.round(image[0].double().permute(1, 2, 0).numpy() * 65535)


def read_by_ffmpeg(path: Path, kind: Literal["rgb48le", "gray16le"]) -> npt.NDArray[np.uint16]:
    """A reader of PNG that shares no code with the writer."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    done = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", kind, "-"], capture_output=True, check=True
    )
    return np.frombuffer(done.stdout, "<u2")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_png_of_8_bits(tmp_path: Path, channels: int) -> None:
    image = picture(channels)
    export_image(tmp_path / "a.png", image, ABOUT, "ventral metamer")
    assert (load_image(tmp_path / "a.png") - image[:1]).abs().max() <= 0.5 / 255 + 1e-6
    assert read_png_settings(tmp_path / "a.png") == {**ABOUT, "content": "ventral metamer"}


@pytest.mark.parametrize(("channels", "kind"), [(1, "gray16le"), (3, "rgb48le")])
def test_a_png_of_16_bits(tmp_path: Path, channels: int, kind: Literal["rgb48le", "gray16le"]) -> None:
    image = picture(channels)
    export_image(tmp_path / "a.png", image, ABOUT, bits=16)
    assert np.array_equal(read_by_ffmpeg(tmp_path / "a.png", kind), expected_deep(image).flatten())
    assert read_png_settings(tmp_path / "a.png") == {**ABOUT, "content": "metamer"}


def test_gray_of_16_bits_comes_back_as_it_was(tmp_path: Path) -> None:
    image = picture(1)
    export_image(tmp_path / "a.png", image, ABOUT, bits=16)
    read = (load_image(tmp_path / "a.png")[0, 0].double() * 65535).round().numpy()
    assert np.array_equal(read, expected_deep(image)[..., 0])


def test_what_lies_outside_the_range_is_clipped(tmp_path: Path) -> None:
    export_image(tmp_path / "a.png", torch.tensor([[[[-0.5, 1.5]]]]), ABOUT, bits=16)
    assert read_by_ffmpeg(tmp_path / "a.png", "gray16le").tolist() == [0, 65535]


@pytest.mark.slow
@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 99))
def test_any_size_of_16_bits_is_read_by_pillow(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int, gray: bool, seed: int
) -> None:
    shape = (height, width) if gray else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, 65536, shape, dtype=np.uint16)
    path = tmp_path_factory.mktemp("png") / "a.png"
    save_deep_png(path, pixels, {})
    with Image.open(path) as image:
        image.verify()
    with Image.open(path) as image:
        read = np.asarray(image)
    assert np.array_equal(read, pixels if gray else pixels >> 8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["a.tif", "a.TIFF"])
def test_a_tiff_keeps_every_bit(tmp_path: Path, channels: int, name: str) -> None:
    image = picture(channels)
    export_image(tmp_path / name, image, ABOUT)
    with tifffile.TiffFile(tmp_path / name) as file:
        (page,) = file.pages
        read = page.asarray()
        assert isinstance(page, tifffile.TiffPage)
        assert json.loads(page.description) == {**ABOUT, "content": "metamer"}
    assert read.dtype == np.float32
    assert np.array_equal(read.reshape(7, 5, channels), image[0].permute(1, 2, 0).numpy())


@pytest.mark.parametrize("channels", [1, 3])
def test_a_float_tiff_can_be_opened_again(tmp_path: Path, channels: int) -> None:
    image = picture(channels)
    export_image(tmp_path / "a.tif", image, ABOUT)
    assert torch.equal(load_image(tmp_path / "a.tif"), image[:1])


@pytest.mark.parametrize(
    ("name", "bits", "said"),
    [
        ("a.jpg", None, r"a\.jpg: an image is written as \.png or \.tif, got '\.jpg'"),
        ("a", None, "written as"),
        ("a.png", 32, r"\.png is written with 8 or 16 bits a channel, got 32"),
        ("a.tif", 8, r"\.tif is written with 32 bits"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, name: str, bits: Literal[8, 32] | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        export_image(tmp_path / name, picture(3), ABOUT, bits=bits)
    assert not list(tmp_path.iterdir())


def test_a_heatmap_says_what_its_colours_stand_for(tmp_path: Path) -> None:
    heatmap = torch.tensor([[[[0.0, 0.25], [0.5, 2.0]]]])
    export_heatmap(tmp_path / "a.png", heatmap, ABOUT)
    about = read_png_settings(tmp_path / "a.png")
    assert (about["colormap"], about["range"], about["unit"]) == ("cividis", [0, 2], "loss per pixel")
    export_heatmap(tmp_path / "b.png", heatmap - 1, ABOUT, Scale(DIVERGING, -1.0, 1.0, "difference"))
    assert read_png_settings(tmp_path / "b.png")["range"] == [-1, 1]
    assert (load_image(tmp_path / "b.png")[0, :, 0, 0] * 255).round().tolist() == [59, 76, 192]


@pytest.mark.parametrize("name", ["a.jpg", "a"])
def test_a_heatmap_of_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"written as \.png"):
        export_heatmap(tmp_path / name, torch.zeros(1, 1, 2, 2), ABOUT)
    assert not list(tmp_path.iterdir())
