"""Animations, frame by frame."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from foveaview.export import animation_writer, export_animation
from foveaview.export.animation import Pixels


def frames(count: int = 4, shape: tuple[int, ...] = (32, 48, 3)) -> list[Pixels]:
    """Smooth pictures, each brighter than the one before."""
    ramp = np.broadcast_to(np.linspace(0, 100, shape[1])[None, :], shape[:2])
    colors = np.stack([ramp, ramp[:, ::-1], ramp], axis=-1) if len(shape) == 3 else ramp
    return [(colors + 40 * i).astype(np.uint8) for i in range(count)]


def decoded(path: Path) -> list[Pixels]:
    """The frames of an animation, by ffmpeg, which writes them as PNGs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
        subprocess.run([*command, "-pix_fmt", "rgb24", f"{folder}/%04d.png"], check=True)
        return [np.array(Image.open(BytesIO(one.read_bytes()))) for one in sorted(Path(folder).iterdir())]


def test_a_gif(tmp_path: Path) -> None:
    export_animation(tmp_path / "a.gif", frames(), 20, {"gaze": [0.3, 0.4]})
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.size, getattr(image, "n_frames", 1)) == ((48, 32), 4)
        assert json.loads(image.info["comment"]) == {"gaze": [0.3, 0.4]}
        assert (image.info["duration"], image.info["loop"]) == (50, 0)
        for i, frame in enumerate(frames()):
            image.seek(i)
            assert np.abs(np.asarray(image.convert("RGB")).astype(int) - frame).max() < 12


def test_a_gray_gif_is_exact(tmp_path: Path) -> None:
    export_animation(tmp_path / "a.gif", frames(2, (8, 9)))
    with Image.open(tmp_path / "a.gif") as image:
        image.seek(1)
        assert np.array_equal(np.asarray(image.convert("L")), frames(2, (8, 9))[1])


@pytest.mark.parametrize(("fps", "duration_ms"), [(1000, 20), (33, 30), (0.5, 2000)])
def test_a_gif_takes_steps_of_10_ms(tmp_path: Path, fps: float, duration_ms: int) -> None:
    export_animation(tmp_path / "a.gif", frames(2), fps)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["duration"] == duration_ms


def test_an_mp4_in_the_colours_of_its_frames(tmp_path: Path) -> None:
    export_animation(tmp_path / "a.mp4", frames(5), 10)
    read = decoded(tmp_path / "a.mp4")
    assert len(read) == 5
    for frame, wanted in zip(read, frames(5), strict=True):
        assert np.abs(frame.astype(int) - wanted).mean() < 4
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[1] == pytest.approx(0.5, abs=0.05)


def test_an_mp4_carries_its_settings(tmp_path: Path) -> None:
    export_animation(tmp_path / "a.mp4", frames(), 10, {"name": "é = 1; #"})
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(tmp_path / "a.mp4")]
    done = subprocess.run([*command, "-f", "ffmetadata", "-"], capture_output=True, check=True)
    (comment,) = [line for line in done.stdout.decode().splitlines() if line.startswith("comment=")]
    text = re.sub(r"\\(.)", r"\1", comment.removeprefix("comment="))
    assert json.loads(text) == {"name": "é = 1; #"}


@pytest.mark.parametrize("shape", [(31, 47, 3), (31, 48, 3), (33, 16), (1, 1, 3)])
def test_odd_sides_of_an_mp4_get_their_last_pixels_once_more(tmp_path: Path, shape: tuple[int, ...]) -> None:
    export_animation(tmp_path / "a.mp4", [np.full(shape, 200, np.uint8)] * 2)
    for frame in decoded(tmp_path / "a.mp4"):
        assert frame.shape[:2] == (shape[0] + shape[0] % 2, shape[1] + shape[1] % 2)
        assert np.abs(frame.astype(int) - 200).max() < 6


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_frames_are_taken_as_they_come(tmp_path: Path, name: str) -> None:
    with animation_writer(tmp_path / name) as add:
        for frame in frames():
            add(frame)
            frame[:] = 0  # the caller may use it again
    brightest = max(frame.max() for frame in decoded(tmp_path / name))
    assert brightest > 150


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((8, 8, 3), np.uint8), r"after \(32, 48, 3\) came \(8, 8, 3\)"),
        (np.zeros((32, 48), np.uint8), "one size"),
        (np.zeros((32, 48, 3), np.float32), "bytes, got"),
        (np.zeros((32, 48, 4), np.uint8), "bytes, got"),
        (None, "no more"),
    ],
)
def test_an_error_midway_leaves_what_was_there(
    tmp_path: Path, name: str, wrong: Pixels | None, said: str
) -> None:
    (tmp_path / name).write_bytes(b"before")

    def broken() -> Iterator[Pixels]:
        yield from frames()
        if wrong is None:
            raise ValueError("no more")
        yield wrong

    with pytest.raises(ValueError, match=said):
        export_animation(tmp_path / name, broken())
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"before"


@pytest.mark.parametrize("name", ["a.gif", "a.mp4"])
def test_no_frames(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no frames to write"):
        export_animation(tmp_path / name, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "fps"), [("a.avi", 10), ("a", 10), ("a.gif", 0), ("a.mp4", float("nan"))])
def test_what_cannot_be_written(tmp_path: Path, name: str, fps: float) -> None:
    with pytest.raises(ValueError, match=r"written as \.gif or \.mp4|must be positive"):
        export_animation(tmp_path / name, frames(), fps)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every run of ffmpeg."""
    runs: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def noted(command: list[str], *, stdin: int, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
        runs.append(popen(command, stdin=stdin, stdout=stdout, stderr=stderr))
        return runs[-1]

    monkeypatch.setattr("foveaview.export.mp4.subprocess.Popen", noted)
    return runs


def test_an_ffmpeg_that_is_killed_leaves_nothing(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    def endless() -> Iterator[Pixels]:
        while True:
            yield from frames()
            started[0].kill()

    with pytest.raises(OSError, match="ffmpeg could not write the MP4: it was ended"):
        export_animation(tmp_path / "a.mp4", endless())
    assert not list(tmp_path.iterdir())


def test_what_ffmpeg_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'Unknown encoder libx264' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(OSError, match="Unknown encoder libx264"):
        export_animation(tmp_path / "a.mp4", frames())
    assert [path.name for path in tmp_path.iterdir()] == ["ffmpeg"]


def test_no_ffmpeg_outlives_an_error(tmp_path: Path, started: list[subprocess.Popen[bytes]]) -> None:
    def broken() -> Iterator[Pixels]:
        yield frames()[0]
        raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        export_animation(tmp_path / "a.mp4", broken())
    assert started[0].returncode is not None


def test_without_ffmpeg_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ImportError, match=r"pip install 'foveaview\[plot\]'"):
        export_animation(tmp_path / "a.mp4", frames())
    assert not list(tmp_path.iterdir())
