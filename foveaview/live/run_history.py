"""The images of a run on disk, as it goes: what the user goes back through."""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, features

from foveaview.live.jobs import Key

__all__ = ["RunHistory"]

_MOST = 1000  # more than can be told apart on the loss curve
_LARGEST_WEBP_SIDE_PX = 16383
_Content = bytes  # a trail has bytes of its own


def _encoded(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Without loss. WebP at its fastest takes a third of the time of PNG, and no more room."""
    content = io.BytesIO()
    image = Image.fromarray(pixels)
    if max(image.size) <= _LARGEST_WEBP_SIDE_PX and features.check("webp"):
        image.save(content, "WEBP", lossless=True, quality=0, method=0)
    else:
        image.save(content, "PNG", compress_level=1)
    return content.getvalue()


@dataclass(frozen=True)
class _Stored:
    path: Path
    bytes: int
    is_gray: bool
    key: Key | None


class RunHistory:
    """Images of one run by iteration, in a folder of its own, within a budget.

    If the budget is full, the first and the last image stay, and those between are thinned
    to an even spread in the square root of the iteration. An even spread in the iteration would lose the
    start, when most changes; one in its logarithm would keep half of the images from the first dozens of
    steps, and leave little to find in the rest of the curve.

    Args:
        folder: created with the first image; nothing else may be in it.
        budget: in bytes; at most one image goes beyond it.
        most: largest number of images.

    Attributes:
        problem: why storing has stopped; empty if it has not.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trail = RunHistory(Path(folder) / "run", budget=10_000_000)
    ...     for iteration in range(0, 50, 10):
    ...         trail.store(iteration, np.full((2, 3, 3), iteration, np.uint8))
    ...     trail.iterations, trail.nearest(28), int(trail.read(30)[0, 0, 0])
    ((0, 10, 20, 30, 40), 30, 30)
    """

    def __init__(self, folder: Path, budget: int, most: int = _MOST) -> None:
        self.problem = ""
        self._folder, self._budget, self._most = folder, budget, most
        self._stored: dict[int, _Stored] = {}  # in the order of the iterations
        self._iterations: tuple[int, ...] = ()
        self._last_read: tuple[_Stored, npt.NDArray[np.uint8]] | None = None

    @property
    def iterations(self) -> tuple[int, ...]:
        """Those of which there is an image, rising."""
        return self._iterations

    @property
    def bytes(self) -> int:
        """Disk space of the images."""
        return sum(stored.bytes for stored in self._stored.values())

    @property
    def budget(self) -> int:
        """Bytes that the images may take; another budget is kept to at once, and is another attempt."""
        return self._budget

    @budget.setter
    def budget(self, budget: int) -> None:
        if budget == self._budget:
            return
        self._budget, self.problem = budget, ""
        if any(stored.bytes > budget for stored in self._stored.values()):
            self.clear()
        self._thin()

    def store(self, iteration: int, pixels: npt.NDArray[np.uint8], key: Key | None = None) -> None:
        """Store the image of an iteration; a run that went back forgets later images.

        If the disk is full or not writable, `problem` says so, and storing stops.

        Args:
            iteration: steps done.
            pixels: (H, W) or (H, W, 3) bytes.
            key: of the image.
        """
        for later in self._iterations[bisect_left(self._iterations, iteration) :]:
            self._remove(later)
        if not self.problem:
            self._write(iteration, _encoded(pixels), pixels.ndim == 2, key)
        self._thin()

    def _write(self, iteration: int, content: _Content, is_gray: bool, key: Key | None) -> None:
        if len(content) > self._budget:
            self.problem = (
                f"the history is not kept: one image takes {len(content) / 1e6:.1f} MB, "
                f"the history may take {self._budget / 1e6:g} MB"
            )
            return
        path = self._folder / str(iteration)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)  # nobody needs it after a crash: no waiting for the disk
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            self.problem = f"the history is not stored any more: {error.strerror or error}"
            return
        self._stored[iteration] = _Stored(path, len(content), is_gray, key)
        self._iterations = tuple(self._stored)

    def _remove(self, iteration: int) -> None:
        with suppress(OSError):  # what cannot be removed goes with the folder
            self._stored.pop(iteration).path.unlink()
        self._iterations = tuple(self._stored)

    def _thin(self) -> None:
        """While the budget is exceeded, remove the image with the nearest neighbours."""
        excess = self.bytes - self._budget
        while len(self._stored) > 2 and (excess > 0 or len(self._stored) > self._most):
            places = np.sqrt(self._iterations)
            between = self._iterations[1 + int(np.argmin(places[2:] - places[:-2]))]
            excess -= self._stored[between].bytes
            self._remove(between)

    def nearest(self, iteration: int) -> int:
        """The nearest iteration of which there is an image, the earlier of two; `ValueError` for none."""
        if not self._iterations:
            raise ValueError("no image of this run was kept: give the history some room")
        return min(self._iterations, key=lambda stored: (abs(stored - iteration), stored))

    def key_of(self, iteration: int) -> Key | None:
        """Return the key of a stored image."""
        return self._stored[iteration].key

    def read(self, iteration: int) -> npt.NDArray[np.uint8]:
        """Read a stored image.

        Raises:
            ValueError: if there is none, or if it is unreadable.
        """
        stored = self._stored.get(iteration)
        if stored is None:
            raise ValueError(f"no image of iteration {iteration} was kept")
        if self._last_read is None or self._last_read[0] is not stored:
            self._last_read = (stored, self._decoded(iteration, stored))
        return self._last_read[1]

    def _decoded(self, iteration: int, stored: _Stored) -> npt.NDArray[np.uint8]:
        try:
            with Image.open(stored.path, formats=("WEBP", "PNG")) as image:
                pixels = np.asarray(image)
        except (OSError, SyntaxError) as error:
            raise ValueError(f"the image of iteration {iteration} cannot be read: {error}") from error
        return np.ascontiguousarray(pixels[..., 0]) if stored.is_gray and pixels.ndim == 3 else pixels

    def frames(self) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """Read iteration and image of each stored image, one by one; skip those removed in the meantime."""
        for iteration in self._iterations:
            if iteration in self._stored:
                yield iteration, self.read(iteration)

    def clear(self) -> None:
        """Forget every image."""
        for iteration in self._iterations:
            self._remove(iteration)
        self._last_read = None
