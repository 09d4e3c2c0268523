"""The images that a run keeps, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import Metamer
from tests.synthesis.models import Gives, begun, pool


@pytest.mark.parametrize("dtype", [None, torch.uint8, torch.float16])
@pytest.mark.parametrize("on_disk", [False, True])
def test_stores_hold_what_was(
    image: Tensor, tmp_path: Path, dtype: torch.dtype | None, on_disk: bool
) -> None:
    path = tmp_path / "frames.bin" if on_disk else None
    whole, small = begun(image), begun(image, store_dtype=dtype, store_path=path)
    for metamer in (whole, small):
        metamer.synthesize(5, store_progress=2, progress_bar=False)
        metamer.synthesize(4, store_progress=2, progress_bar=False)
    tolerance = {None: 0.0, torch.uint8: 0.5 / 255 + 1e-6, torch.float16: 1e-3}[dtype]
    kept = whole.saved_metamer.clamp(0, 1) if dtype is torch.uint8 else whole.saved_metamer
    stored = small.saved_metamer.clamp(0, 1) if dtype is torch.uint8 else small.saved_metamer
    assert torch.allclose(stored, kept, rtol=0, atol=tolerance)
    assert stored.dtype == kept.dtype
    assert torch.allclose(small.get_progress(4)["saved_metamer"], stored[2])
    if path is not None:
        each = image.numel() * (dtype or torch.float32).itemsize
        assert path.stat().st_size == 5 * each


def test_a_store_on_disk_survives_a_checkpoint(image: Tensor, tmp_path: Path) -> None:
    model, path = pool(), tmp_path / "frames.bin"
    first = begun(image, model, store_path=path)
    first.synthesize(4, store_progress=1, progress_bar=False)
    first.save(tmp_path / "a.pt")
    before = first.saved_metamer
    first.synthesize(3, store_progress=1, progress_bar=False)
    second = Metamer(image, model, store_path=path)
    second.load(tmp_path / "a.pt")
    assert torch.equal(second.saved_metamer, before)
    second.synthesize(3, store_progress=1, progress_bar=False)
    assert torch.equal(second.saved_metamer, first.saved_metamer)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="should hold 4 images"):
        Metamer(image, model, store_path=path).load(tmp_path / "a.pt")
    with pytest.raises(ValueError, match="give its path as store_path"):
        Metamer(image, model).load(tmp_path / "a.pt")


def test_a_store_of_another_dtype(image: Tensor) -> None:
    with pytest.raises(ValueError, match="store_dtype must be None or one of uint8"):
        Metamer(image, pool(), store_dtype=torch.int32)


def test_progress_does_not_go_into_a_file_that_is_there(image: Tensor, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("precious")
    metamer = Metamer(image, Gives(lambda x: x).eval(), store_path=precious)
    with pytest.raises(FileExistsError):
        metamer.synthesize(2, store_progress=1, progress_bar=False)
    assert precious.read_text() == "precious"


@pytest.fixture
def stored(image: Tensor, tmp_path: Path) -> tuple[Path, Path]:
    """A checkpoint, and the file of its images, which went on after it was saved."""
    checkpoint, path = tmp_path / "a.pt", tmp_path / "frames.bin"
    metamer = begun(image, pool(), store_path=path)
    metamer.synthesize(2, store_progress=1, progress_bar=False)
    metamer.save(checkpoint)
    metamer.synthesize(3, store_progress=1, progress_bar=False)
    return checkpoint, path


def test_load_leaves_the_file_of_images_as_it_is(image: Tensor, stored: tuple[Path, Path]) -> None:
    checkpoint, path = stored
    before = path.read_bytes()
    metamer = Metamer(image, pool(), store_path=path)
    metamer.load(checkpoint)
    assert path.read_bytes() == before
    assert len(metamer.saved_metamer) == 3


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c.update(_optimizer=3),
        lambda c: c.update(_losses=3),
        lambda c: c.update(_metamer=torch.zeros(1, 1, 2, 2, dtype=torch.float64)),
        lambda c: c.update(_penalty_lambda="much"),
        lambda c: c.update(_model=(*c["_model"][:2], torch.zeros(2, 2))),
        lambda c: c.pop("_penalty_function"),
    ],
)
def test_load_that_is_refused_leaves_the_file_of_images_as_it_is(
    image: Tensor, stored: tuple[Path, Path], edit: Callable[[dict[str, Any]], object]
) -> None:
    checkpoint, path = stored
    before = path.read_bytes()
    content = torch.load(checkpoint, weights_only=True)
    edit(content)
    torch.save(content, checkpoint)
    with pytest.raises(ValueError, match=r"a\.pt: "):
        Metamer(image, pool(), store_path=path).load(checkpoint)
    assert path.read_bytes() == before


def test_first_image_after_load_takes_the_place_of_later_ones(
    image: Tensor, stored: tuple[Path, Path]
) -> None:
    checkpoint, path = stored
    whole = path.read_bytes()
    metamer = Metamer(image, pool(), store_path=path)
    metamer.load(checkpoint)
    metamer.setup()
    metamer.synthesize(1, store_progress=1, progress_bar=False)
    each = 4 * image.numel()
    assert path.read_bytes()[: 3 * each] == whole[: 3 * each]
    assert path.stat().st_size == 3 * each


@pytest.mark.parametrize(
    "frames",
    [
        {"count": -1},
        {"count": 2.0},
        {"count": 2**62},
        {"shape": 3},
        {"shape": [1, "3"]},
        {"shape": [0]},
        {"like": 3},
        {"like": torch.empty(0, dtype=torch.complex64)},
        {"frames": None},
        {"frames": torch.zeros(2, 3)},
    ],
)
def test_load_wrong_images_are_refused(
    image: Tensor, stored: tuple[Path, Path], frames: dict[str, object]
) -> None:
    checkpoint, path = stored
    content = torch.load(checkpoint, weights_only=True)
    content["save_metadata"]["foveaview"]["frames"].update(frames)
    torch.save(content, checkpoint)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="image"):
        Metamer(image, pool(), store_path=path).load(checkpoint)
    assert path.read_bytes() == before


def test_append_to_a_file_that_shrank_is_refused(image: Tensor, stored: tuple[Path, Path]) -> None:
    checkpoint, path = stored
    metamer = Metamer(image, pool(), store_path=path)
    metamer.load(checkpoint)
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="should hold 2 images"):
        metamer.synthesize(1, store_progress=1, progress_bar=False)
    assert path.read_bytes() == b"short"
