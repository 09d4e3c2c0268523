"""Figures of a synthesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from foveaview import Metamer, plot


def made(channels: int = 3, model: nn.Module | None = None, store: int = 2) -> Metamer:
    image = torch.rand(1, channels, 16, 24, generator=torch.Generator().manual_seed(0))
    metamer = Metamer(image, model or nn.AvgPool2d(4).eval())
    metamer.setup(generator=torch.Generator().manual_seed(1))
    metamer.synthesize(5, store_progress=store, progress_bar=False)
    return metamer


@pytest.mark.parametrize("channels", [1, 3])
def test_the_image_is_the_metamer(channels: int) -> None:
    metamer = made(channels)
    drawn = np.asarray(plot.image(metamer, 2).images[0].get_array())
    expected = metamer.saved_metamer[1, 0].detach()
    assert np.allclose(drawn, expected.clamp(0, 1).permute(1, 2, 0) if channels == 3 else expected[0])
    assert plot.image(metamer).get_title() == "Metamer, iteration 5"


def test_the_loss_has_a_dot_at_the_iteration() -> None:
    metamer = made()
    line, dot = plot.loss(metamer, 3).lines
    assert np.allclose(np.asarray(line.get_ydata()), metamer.losses)
    assert np.asarray(dot.get_xdata()).tolist() == [3]
    assert np.allclose(np.asarray(dot.get_ydata()), metamer.losses[3])


def test_the_representation_error() -> None:
    metamer = made()
    drawn = np.asarray(plot.representation_error(metamer).images[0].get_array())
    with torch.no_grad():
        error = (metamer.model(metamer.metamer) - metamer.target_representation)[0]
    assert np.allclose(drawn, np.concatenate(list(error), axis=-1))
    flat = made(model=nn.Sequential(nn.AvgPool2d(4), nn.Flatten()).eval())
    (line,) = plot.representation_error(flat).lines
    assert len(np.asarray(line.get_ydata())) == 3 * 4 * 6


def test_the_status_is_a_figure(tmp_path: Path) -> None:
    figure = plot.synthesis_status(made(), -2)
    assert isinstance(figure, Figure)
    assert [axes.get_title() for axes in figure.axes] == [
        "Metamer, iteration 4",
        "Loss",
        "Representation error, iteration 4",
    ]
    figure.savefig(tmp_path / "status.png")
    assert (tmp_path / "status.png").stat().st_size > 1000


def test_an_iteration_that_was_not_kept() -> None:
    metamer = made(store=0)
    plot.synthesis_status(metamer)
    with pytest.raises(ValueError, match="iteration 1 was not kept"):
        plot.image(metamer, 1)
    with pytest.raises(IndexError, match="out of bounds"):
        plot.loss(metamer, 9)
    with pytest.raises(ValueError, match="no progress to animate"):
        plot.synthesis_animate(metamer)


@pytest.mark.slow
def test_an_animation_as_gif(tmp_path: Path) -> None:
    plot.save_animation(plot.synthesis_animate(made()), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert getattr(image, "n_frames", 1) == 4
        assert image.width > image.height > 100
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.slow
def test_an_animation_as_mp4(tmp_path: Path) -> None:
    plot.save_animation(plot.synthesis_animate(made()), tmp_path / "a.mp4")
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[0] == 4
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.slow
def test_an_animation_as_something_else(tmp_path: Path) -> None:
    animation = plot.synthesis_animate(made())
    (tmp_path / "a.avi").write_bytes(b"before")
    with pytest.raises(ValueError, match=r"written as \.gif or \.mp4, got '\.avi'"):
        plot.save_animation(animation, tmp_path / "a.avi")
    assert (tmp_path / "a.avi").read_bytes() == b"before"
    plot.save_animation(animation, tmp_path / "a.gif")


@pytest.mark.slow
def test_matplotlib_is_loaded_with_the_first_figure() -> None:
    code = "import sys, foveaview, foveaview.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'foveaview\[plot\]'"):
        plot.synthesis_status(made())
