"""Planes of Y4M, against the samples that were written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from foveaview.io.planes import read_y4m
from foveaview.rate.distortion import loss_function

SIZES = {"420": (3, 4), "422": (5, 4), "444": (5, 8)}


def y4m(path: Path, chroma: str = "420", bits: int = 8, frames: int = 2) -> list[list[np.ndarray]]:
    """A file of 5 x 8 with random samples, which are returned for each frame and plane."""
    random = np.random.default_rng(0)
    kind = "u1" if bits == 8 else "<u2"
    tag = chroma + ("" if bits == 8 else f"p{bits}")
    content, written = f"YUV4MPEG2 W8 H5 F25:1 Ip A1:1 C{tag}\n".encode(), []
    for _ in range(frames):
        planes = [random.integers(0, 2**bits, size) for size in ((5, 8), SIZES[chroma], SIZES[chroma])]
        content += b"FRAME\n" + b"".join(plane.astype(kind).tobytes() for plane in planes)
        written.append(planes)
    path.write_bytes(content)
    return written


@pytest.mark.parametrize("chroma", ["420", "422", "444"])
@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("frame", [0, 1])
def test_planes_come_as_they_were_written(tmp_path: Path, chroma: str, bits: int, frame: int) -> None:
    written = y4m(tmp_path / "a.y4m", chroma, bits)[frame]
    planes = read_y4m(tmp_path / "a.y4m", frame)
    for name, samples in zip("yuv", written, strict=True):
        found = planes[name][0, 0].double().numpy() * (2**bits - 1)
        assert np.array_equal(found.round(), samples)
        assert np.abs(found - samples).max() < 0.01


def test_planes_are_what_rate_and_distortion_take(tmp_path: Path) -> None:
    (tmp_path / "a.y4m").write_bytes(b"YUV4MPEG2 W8 H4\nFRAME\n" + bytes(range(48)))
    planes = read_y4m(tmp_path / "a.y4m")
    assert planes["u"].shape == (1, 1, 2, 4)
    darker = {name: plane / 2 for name, plane in planes.items()}
    cost = loss_function(darker, torch.zeros(4), planes).loss
    samples = torch.arange(48) / 255
    assert cost is not None
    assert cost.item() == pytest.approx(float(((samples / 2) ** 2).mean()), rel=1e-5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"YUV4MPEG2 W8 H5", "header"),
        (b"YUV4MPEG2 W8\nFRAME\n", "no size"),
        (b"YUV4MPEG2 W8 H-5\nFRAME\n", "no size"),
        (b"YUV4MPEG2 W8 H5 Cmono\nFRAME\n", "chroma is 'mono'"),
        (b"YUV4MPEG2 W99999 H99999\nFRAME\n", "100 million"),
        (b"YUV4MPEG2 W8 H5\nFRAME\n" + bytes(9), "ends within frame 0"),
        (b"YUV4MPEG2 W8 H5\n\n", "0 whole frames"),
        (b"something else\n", "not a Y4M"),
    ],
)
def test_a_file_that_is_damaged_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.y4m").write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.y4m: .*{said}"):
        read_y4m(tmp_path / "a.y4m")


@pytest.mark.parametrize("frame", [2, 99])
def test_a_frame_that_is_not_there_is_refused(tmp_path: Path, frame: int) -> None:
    y4m(tmp_path / "a.y4m")
    with pytest.raises(ValueError, match=r"a\.y4m: "):
        read_y4m(tmp_path / "a.y4m", frame)
    with pytest.raises(ValueError, match="expected 0 or more"):
        read_y4m(tmp_path / "a.y4m", -1)
