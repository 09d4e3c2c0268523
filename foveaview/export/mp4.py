"""MP4 files by ffmpeg, which runs as a separate program under its own licence (GPL 3)."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

__all__ = ["Pixels", "mp4"]

Pixels = npt.NDArray[np.uint8]


def _program() -> str:
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise ImportError("an MP4 needs imageio-ffmpeg: pip install 'foveaview[plot]'") from error


def _even(frame: Pixels) -> Pixels:
    """Make the sides even, as the codec requires: repeat the last pixels of an odd one."""
    sides = [(0, side % 2) for side in frame.shape[:2]]
    return np.pad(frame, sides + [(0, 0)] * (frame.ndim - 2), mode="edge")


class _Ffmpeg:
    """A run of ffmpeg that begins with the first frame and takes its size."""

    def __init__(self, program: str, output: list[str], fps: float, log: IO[bytes]) -> None:
        self._program, self._output, self._fps, self._log = program, output, fps, log
        self._process: subprocess.Popen[bytes] | None = None

    def _started(self, frame: Pixels) -> subprocess.Popen[bytes]:
        if self._process is None:
            kind = "gray" if frame.ndim == 2 else "rgb24"
            size = f"{frame.shape[1]}x{frame.shape[0]}"
            source = ["-f", "rawvideo", "-pix_fmt", kind, "-s", size, "-r", f"{self._fps:g}", "-i", "-"]
            self._process = subprocess.Popen(
                [self._program, "-y", "-loglevel", "error", *source, *self._output],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
            )
        return self._process

    def add(self, frame: Pixels) -> None:
        frame = _even(frame)
        process = self._started(frame)
        assert process.stdin is not None
        try:
            process.stdin.write(frame.tobytes())
        except OSError:  # it has ended: the reason is in its log
            self._check(process)
            raise

    def finish(self) -> None:
        assert self._process is not None
        self._check(self._process)

    def _check(self, process: subprocess.Popen[bytes]) -> None:
        process.communicate()
        if process.returncode != 0:
            self._log.seek(0)
            lines = self._log.read().decode(errors="replace").strip().splitlines()
            raise OSError(f"ffmpeg could not write the MP4: {lines[0] if lines else 'it was ended'}")

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@contextmanager
def mp4(part: Path, fps: float, comment: str) -> Iterator[Callable[[Pixels], None]]:
    """Give a function that takes frames; at the end the MP4 is complete, and an error ends ffmpeg.

    Args:
        part: the file to write.
        fps: frames a second.
        comment: kept in the file.

    Raises:
        ImportError: if ffmpeg is missing.
        OSError: if ffmpeg ends early, with the first words of its message.
    """
    # the frames themselves must be tagged: their tags override those of the output
    said = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
    color = ["-vf", f"scale=out_color_matrix=bt709:out_range=tv,{said}", "-pix_fmt", "yuv420p"]
    color += [
        "-colorspace",
        "bt709",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-color_range",
        "tv",
    ]
    coding = ["-an", "-c:v", "libx264", "-crf", "14", *color, "-movflags", "+faststart"]
    program = _program()
    with tempfile.TemporaryFile() as log:
        output = [*coding, "-metadata", f"comment={comment}", "-f", "mp4", str(part)]
        ffmpeg = _Ffmpeg(program, output, fps, log)
        try:
            yield ffmpeg.add
            ffmpeg.finish()
        finally:
            ffmpeg.end()
