"""What is kept of a run on disk: exact, within its budget, evenly spread, and gone with its program."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview import LossSettings
from foveaview.live import Key
from foveaview.live.private_folder import PrivateFolder, sweep
from foveaview.live.run_histories import RunHistories
from foveaview.live.run_history import RunHistory

KEY = Key((0.5, 0.5), LossSettings())


def noise(seed: int, size: tuple[int, ...] = (16, 20, 3)) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


@pytest.fixture
def trail(tmp_path: Path) -> RunHistory:
    return RunHistory(tmp_path / "run", 1_000_000)


@pytest.mark.slow
@given(size=st.tuples(st.integers(1, 40), st.integers(1, 40)), gray=st.booleans(), seed=st.integers(0, 9))
def test_an_image_comes_back_bit_for_bit(size: tuple[int, int], gray: bool, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trail = RunHistory(Path(folder) / "run", 1_000_000)
        pixels = noise(seed, size if gray else (*size, 3))
        trail.store(3, pixels)
        assert np.array_equal(trail.read(3), pixels)


def test_an_image_longer_than_webp_allows_comes_back_too(trail: RunHistory) -> None:
    pixels = noise(0, (2, 17_000, 3))
    trail.store(0, pixels)
    assert np.array_equal(trail.read(0), pixels)


def rising(most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, most), min_size=1, max_size=60, unique=True).map(sorted)


@pytest.mark.slow
@given(iterations=rising(10_000), budget=st.integers(1_500, 20_000))
def test_the_budget_is_kept_and_both_ends_stay(iterations: list[int], budget: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trail = RunHistory(Path(folder) / "run", budget)
        one = 0
        for iteration in iterations:
            trail.store(iteration, noise(iteration))
            one = max(one, (Path(folder) / "run" / str(iteration)).stat().st_size)
            assert trail.bytes <= budget + one
            assert trail.iterations[0] == iterations[0]
            assert trail.iterations[-1] == iteration
        files = {int(path.name): path.stat().st_size for path in Path(folder).glob("run/*")}
        assert sorted(files) == list(trail.iterations)
        assert sum(files.values()) == trail.bytes


@pytest.mark.slow
@given(iterations=rising(500), wanted=st.integers(-5, 600))
def test_the_nearest_is_the_nearest(iterations: list[int], wanted: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trail = RunHistory(Path(folder) / "run", 1_000_000)
        for iteration in iterations:
            trail.store(iteration, np.zeros((1, 1), np.uint8))
        distance = abs(trail.nearest(wanted) - wanted)
        assert all(distance <= abs(iteration - wanted) for iteration in iterations)


@pytest.mark.slow
@given(count=st.integers(20, 1500), most=st.integers(8, 60))
def test_what_is_left_is_spread_evenly_in_the_root_of_the_iteration(count: int, most: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trail = RunHistory(Path(folder) / "run", 10_000_000, most=most)
        for iteration in range(0, count, 5):
            trail.store(iteration, np.zeros((1, 1), np.uint8))
        assert len(trail.iterations) <= most
        if len(trail.iterations) == most:
            places = np.sqrt(trail.iterations)
            even = places[-1] / (most - 1)
            first_step = np.sqrt(5)  # there is nothing nearer to the start
            assert max(b - a for a, b in pairwise(places)) <= max(3 * even, first_step)


def test_a_smaller_budget_is_kept_to_at_once(trail: RunHistory) -> None:
    for iteration in range(10):
        trail.store(iteration, noise(iteration))
    one = trail.bytes // 10
    trail.budget = 5 * one
    assert trail.bytes <= 5 * one
    assert (trail.iterations[0], trail.iterations[-1]) == (0, 9)
    trail.budget = 0
    assert trail.iterations == ()


def test_a_run_that_went_back_forgets_what_came_after(trail: RunHistory) -> None:
    for iteration in (0, 10, 20):
        trail.store(iteration, noise(iteration))
    trail.store(10, noise(99))
    assert trail.iterations == (0, 10)
    assert np.array_equal(trail.read(10), noise(99))


def test_frames_are_read_one_by_one_and_those_thinned_meanwhile_are_left_out(trail: RunHistory) -> None:
    for iteration in range(4):
        trail.store(iteration, noise(iteration))
    frames = trail.frames()
    first, pixels = next(frames)
    assert first == 0
    assert np.array_equal(pixels, noise(0))
    trail.store(2, noise(2))
    assert [iteration for iteration, _ in frames] == [1, 2]


def test_an_image_larger_than_the_budget_is_not_kept_and_says_so(tmp_path: Path) -> None:
    trail = RunHistory(tmp_path / "run", 100)
    trail.store(0, noise(0))
    assert trail.iterations == ()
    assert "one image takes" in trail.problem
    trail.budget = 1_000_000
    trail.store(1, noise(1))
    assert (trail.iterations, trail.problem) == ((1,), "")


def test_a_full_disk_ends_storing_and_keeps_what_there_is(
    trail: RunHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail.store(0, noise(0))
    attempts: list[Path] = []

    def full(path: Path, content: bytes) -> int:
        attempts.append(path)
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    trail.store(5, noise(5))
    trail.store(10, noise(10))
    assert "No space left" in trail.problem
    assert len(attempts) == 1
    assert not attempts[0].exists()
    assert trail.iterations == (0,)
    assert np.array_equal(trail.read(0), noise(0))


def test_an_image_that_is_gone_is_said(trail: RunHistory, tmp_path: Path) -> None:
    trail.store(7, noise(7))
    (tmp_path / "run" / "7").unlink()
    with pytest.raises(ValueError, match="iteration 7 cannot be read"):
        trail.read(7)
    with pytest.raises(ValueError, match="no image of iteration 8"):
        trail.read(8)


def test_nothing_is_near_where_nothing_is(trail: RunHistory) -> None:
    with pytest.raises(ValueError, match="no image of this run"):
        trail.nearest(3)


@pytest.mark.slow
def test_a_folder_that_is_forgotten_is_removed_and_stays_until_then(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    path = folder.path
    (path / "1").mkdir()
    sweep(tmp_path)
    assert path.is_dir()
    del folder
    gc.collect()
    assert not path.exists()


PROGRAM = """
import sys
from pathlib import Path
from foveaview.live.private_folder import PrivateFolder
folder = PrivateFolder(Path(sys.argv[1]))
(folder.path / "image").write_bytes(b"1")
print(folder.path, flush=True)
sys.stdin.read()
"""


def program(root: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another program with a folder of its own."""
    command = [sys.executable, "-c", PROGRAM, str(root)]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    return started, Path(started.stdout.readline().strip())


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True])
def test_what_a_program_leaves_behind(tmp_path: Path, killed: bool) -> None:
    started, folder = program(tmp_path)
    with started:
        sweep(tmp_path)
        assert (folder / "image").exists()  # it lives
        if killed:
            started.send_signal(signal.SIGKILL)
        else:
            started.communicate("")
        started.wait(60)
    assert folder.exists() is killed
    sweep(tmp_path)
    assert not folder.exists()


def test_a_root_that_cannot_be_made_is_said_once_and_nothing_is_stored(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    trails = RunHistories(tmp_path / "file" / "history")
    trails.set_budget(1)
    trails.note(1, 0, lambda: noise(0), KEY, surely=True)
    assert "the history is not kept" in trails.problem(1)
    assert trails.trail(1) is None


def test_storing_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("foveaview.live.run_histories.time.monotonic", lambda: now[0])
    trails = RunHistories(tmp_path)
    trails.set_budget(100)
    spent = 0.0

    def slow() -> npt.NDArray[np.uint8]:
        nonlocal spent
        now[0] += 0.05
        spent += 0.05
        return noise(0)

    for step in range(10_000):
        now[0] += 0.01
        trails.note(1, step, slow, KEY)
    assert 0.01 * now[0] < spent < 0.021 * now[0] + 0.15


def test_a_dropped_run_leaves_nothing(tmp_path: Path) -> None:
    trails = RunHistories(tmp_path)
    trails.set_budget(100)
    for run in (1, 2):
        trails.note(run, 0, lambda: noise(0), KEY)
    trails.drop(1)
    trail = trails.trail(2)
    assert trails.trail(1) is None
    assert trail is not None
    assert [path.parent.name for path in tmp_path.glob("run-*/*/*")] == ["2"]
