"""Fixtures that more than one module needs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings
from PIL import Image
from torch import Tensor

from foveaview.files import resource
from foveaview.gaze.lsl.loopback import write_loopback
from foveaview.perception import plausibility

# the same cases every time; no time limit on machines that are shared
settings.register_profile("foveaview", derandomize=True, deadline=None, database=None)
settings.load_profile("foveaview")

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session", autouse=True)
def threads() -> Iterator[None]:
    """Two for torch, or this process's share of the cores where tests run side by side."""
    before = torch.get_num_threads()
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, min(2, before // workers)))
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def loopback(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Streams of tests stay on this computer, and this run alone sees them; liblsl reads it at first use."""
    path = tmp_path_factory.mktemp("lsl") / "lsl_api.cfg"
    os.environ["LSLAPICFG"] = str(write_loopback(path, f"foveaview-{os.getpid()}"))


@pytest.fixture(autouse=True)
def warned(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is warned of once in a process is warned of once in each test."""
    monkeypatch.setattr(plausibility, "_warned", set())


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / "metameric_loss.json").read_text())
    return content


def _pixels(name: str, size: tuple[int, int]) -> Tensor:
    with Image.open(resource(f"samples/{name}")) as image:
        small = image.convert("RGB").resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="session")
def astronaut() -> Tensor:
    """The astronaut at 256 x 256."""
    return _pixels("astronaut.png", (256, 256))


@pytest.fixture(scope="session")
def photograph() -> Tensor:
    """A small landscape photograph, 48 x 64."""
    return _pixels("coffee.png", (48, 64))


@pytest.fixture
def noise(photograph: Tensor) -> Tensor:
    return torch.rand(photograph.shape, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def photograph_file(photograph: Tensor, tmp_path: Path) -> Path:
    """The small photograph as a PNG."""
    path = tmp_path / "photograph.png"
    pixels = (photograph[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    Image.fromarray(pixels).save(path)
    return path
