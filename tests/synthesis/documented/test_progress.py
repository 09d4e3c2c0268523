"""What the documentation of plenoptic's Metamer promises of get_progress and what is kept, of ours."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from foveaview import Metamer
from tests.synthesis.documented.blurred import ran


def test_progress_without_a_store(metamer: Metamer) -> None:
    ran(metamer)
    first, last, now = (metamer.get_progress(i) for i in (0, -2, -1))
    assert list(first) == ["losses", "iteration", "penalties", "pixel_change_norm", "gradient_norm"]
    assert (first["iteration"], last["iteration"], now["iteration"]) == (0, 4, 5)
    assert torch.equal(first["losses"], metamer.losses[0])
    assert torch.equal(last["gradient_norm"], metamer.gradient_norm[4])
    assert now["pixel_change_norm"] is now["gradient_norm"] is None
    assert metamer.get_progress(None)["iteration"] == metamer.get_progress(5)["iteration"] == 5


def test_progress_with_every_step_kept(metamer: Metamer) -> None:
    ran(metamer, store_progress=True)
    assert metamer.store_progress == 1
    assert metamer.saved_metamer.shape == (6, 1, 1, 32, 32)
    assert torch.equal(metamer.objective_function(metamer.saved_metamer[2]), metamer.losses[2])
    now = metamer.get_progress(-1)
    assert now["store_progress_iteration"] == 5
    assert torch.equal(metamer.saved_metamer[-1], now["saved_metamer"])
    assert torch.equal(metamer.saved_metamer[2], metamer.get_progress(2)["saved_metamer"])


def test_without_a_store_saved_metamer_is_the_metamer(metamer: Metamer) -> None:
    ran(metamer)
    assert metamer.saved_metamer.shape == (1, 1, 1, 32, 32)
    assert torch.equal(metamer.saved_metamer[0], metamer.metamer)


@pytest.mark.parametrize(
    ("iteration", "selection", "kept"),
    [(-3, "round", 4), (-3, "floor", 2), (-3, "ceiling", 4), (1, "round", 0), (1, "ceiling", 2)],
)
def test_progress_with_some_steps_kept(metamer: Metamer, iteration: int, selection: Any, kept: int) -> None:
    ran(metamer, store_progress=2)
    assert metamer.saved_metamer.shape == (4, 1, 1, 32, 32)
    assert metamer.get_progress(4)["store_progress_iteration"] == 4
    with pytest.warns(UserWarning, match="loss iteration and iteration of saved_metamer are not the same"):
        progress = metamer.get_progress(iteration, selection)
    assert progress["store_progress_iteration"] == kept
    assert torch.equal(progress["saved_metamer"], metamer.saved_metamer[kept // 2])


@pytest.mark.parametrize("selection", ["floor", "round", "ceiling"])
def test_the_newest_is_always_kept(metamer: Metamer, selection: Any) -> None:
    ran(metamer, store_progress=2)
    progress = metamer.get_progress(-1, selection)
    assert progress["store_progress_iteration"] == 5
    assert torch.equal(progress["saved_metamer"], metamer.metamer)


@pytest.mark.parametrize("iteration", [6, -7])
def test_an_iteration_that_was_not(metamer: Metamer, iteration: int) -> None:
    ran(metamer)
    with pytest.raises(IndexError, match=f"iteration={iteration}"):
        metamer.get_progress(iteration)


@pytest.mark.parametrize("iteration", [0, -1, None])
def test_progress_before_synthesis(metamer: Metamer, iteration: int | None) -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        metamer.get_progress(iteration)


def test_an_unknown_selection(metamer: Metamer) -> None:
    ran(metamer, store_progress=2)
    unknown: Any = "nearest"
    with pytest.raises(ValueError, match="iteration_selection"):
        metamer.get_progress(1, unknown)


def test_another_store_progress(metamer: Metamer) -> None:
    ran(metamer, 1, store_progress=True)
    ran(metamer, 1, store_progress=1)
    with pytest.raises(ValueError, match="store_progress must be 1"):
        metamer.synthesize(1, store_progress=2, progress_bar=False)
