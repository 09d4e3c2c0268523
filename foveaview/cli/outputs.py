"""Checks of the output files before the work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from foveaview.io.atomic_write import check_writable, destination

__all__ = ["check_outputs"]


def check_outputs(outputs: Sequence[Path], inputs: Sequence[Path | None], folder: Path | None = None) -> None:
    """Raise before the work if the outputs could not be written after it; make and change no file.

    Args:
        outputs: every file that will be written.
        inputs: every file that is read, None for one that is not given.
        folder: the folder of the outputs, made if it is missing, unless something is refused.

    Raises:
        OSError: if one cannot be written.
        ValueError: if one is read too, or would be written twice.
    """
    places: set[Path] = set()
    for output in outputs:
        place = destination(output)
        if place in places:
            raise ValueError(f"{output} would be written twice: give the files names that differ")
        places.add(place)
    for output in outputs:
        if any(path is not None and _is_same(output, path) for path in inputs):
            raise ValueError(f"{output} is read and would be written over: write somewhere else")
    with _made(folder):
        for output in outputs:
            check_writable(output)


@contextmanager
def _made(folder: Path | None) -> Iterator[None]:
    """Make the folder and its parents; on an error, remove those that were made."""
    missing = [] if folder is None else [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with suppress(OSError):
                path.rmdir()
        raise


def _is_same(output: Path, path: Path) -> bool:
    return output.exists() and path.exists() and output.samefile(path)
