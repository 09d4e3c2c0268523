"""The first search finds loaded what it needs."""

from __future__ import annotations

import subprocess
import sys

_FIRST_STEP = """
import sys
import torch
from foveaview.app.shell.preload import load_ahead

load_ahead().join()
before = set(sys.modules)
image = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.Adam([image])
image.sum().backward()
optimizer.step()
print([name for name in set(sys.modules) - before if name.startswith("torch._dynamo")])
"""


def test_the_first_step_of_an_optimizer_loads_nothing_more() -> None:
    ran = subprocess.run([sys.executable, "-c", _FIRST_STEP], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
