"""Runs on their own, for the tests that stop them.

python -m tests.synthesis.resume stop|resume FOLDER adam|lbfgs, or kill PATH TIMES.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import warnings
from pathlib import Path

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from foveaview import Metamer

LBFGS = torch.optim.LBFGS
STEPS, STOPS = 60, (0, 1, 7, 50)


def image() -> torch.Tensor:
    return torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(5))


def model() -> nn.Module:
    layers = nn.Sequential(nn.Conv2d(1, 4, 5, bias=False), nn.Tanh(), nn.AvgPool2d(2))
    taps = torch.randn(4, 1, 5, 5, generator=torch.Generator().manual_seed(6))
    layers.load_state_dict({"0.weight": taps})
    return layers.requires_grad_(False).eval()


def begun(kind: str, path: Path | None = None) -> Metamer:
    """The run of a kind from its beginning, or from a checkpoint."""
    metamer = Metamer(image(), model())
    if path is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # setup is called below
            metamer.load(path)
    adam = kind == "adam"
    optimizer = torch.optim.Adam if adam else LBFGS
    scheduler = CosineAnnealingLR if adam else None
    if path is not None:
        metamer.setup(optimizer=optimizer, scheduler=scheduler)
        return metamer
    arguments = {"amsgrad": True} if adam else {"max_iter": 3}
    schedule = {"T_max": 30} if adam else None
    seeded = torch.Generator().manual_seed(7)
    metamer.setup(None, optimizer, arguments, scheduler, schedule, generator=seeded)
    return metamer


def finished(metamer: Metamer, steps: int, path: Path) -> None:
    metamer.synthesize(steps, store_progress=10, stop_criterion=0, progress_bar=False)
    metamer.save(path)


def stopped(kind: str, folder: Path) -> None:
    """A whole run, and runs stopped after each of `STOPS`."""
    for steps in (STEPS, *STOPS):
        finished(begun(kind), steps, folder / f"{steps}.pt")


def resumed(kind: str, folder: Path) -> None:
    """The stopped runs, taken to the end."""
    for steps in STOPS:
        finished(begun(kind, folder / f"{steps}.pt"), STEPS - steps, folder / f"{steps}-resumed.pt")


def forked(path: Path) -> int:
    """A child that checkpoints every step until it is killed."""
    child = os.fork()
    if child == 0:
        metamer = begun("adam")
        metamer.synthesize(
            10**6, stop_criterion=0, progress_bar=False, on_step=lambda _step: metamer.save(path)
        )
        os._exit(0)
    return child


def killed(path: Path, times: int) -> None:
    """Kill children at random moments and load what each left; prints the iterations that were there."""
    torch.set_num_threads(1)
    moments = torch.rand(times, generator=torch.Generator().manual_seed(8)).tolist()
    begun("adam").save(path)
    found = []
    for moment in moments:
        child = forked(path)
        time.sleep(0.02 + 0.1 * moment)
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        found.append(begun("adam", path).iteration)
    sys.stdout.write(" ".join(map(str, found)))


if __name__ == "__main__":
    what, place, how = sys.argv[1:]
    torch.set_num_threads(1)
    if what == "kill":
        killed(Path(place), int(how))
    else:
        {"stop": stopped, "resume": resumed}[what](how, Path(place))
