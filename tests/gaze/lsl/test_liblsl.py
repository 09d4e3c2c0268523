"""Tests on machines without pylsl or liblsl."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from foveaview.gaze.lsl import GazeOutlet, LslSource, StreamDescription, list_streams


@pytest.mark.parametrize(
    "ask", [list_streams, GazeOutlet, lambda: LslSource(StreamDescription("a", "Gaze"), None)]
)
def test_lsl_without_pylsl_names_package(ask: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pylsl", None)
    assert callable(ask)
    with pytest.raises(ImportError, match=r"needs pylsl: pip install 'foveaview\[lsl\]'"):
        ask()


def test_lsl_without_liblsl_tells_where_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pylsl.py").write_text('raise RuntimeError("LSL binary library file was not found.")\n')
    monkeypatch.delitem(sys.modules, "pylsl", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="no liblsl for this platform: install liblsl"):
        list_streams(0.1)
