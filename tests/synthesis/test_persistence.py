"""Files of a metamer: what they say, and those that cannot be taken up."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foveaview import Metamer
from foveaview.synthesis import load_checkpoint

from .models import begun, pool


class Payload:
    """Leaves a file behind where it is unpickled as code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


@pytest.fixture
def saved(image: Tensor, tmp_path: Path) -> Path:
    metamer = begun(image)
    metamer.run(3)
    metamer.save(tmp_path / "a.pt")
    return tmp_path / "a.pt"


def test_a_file_says_what_it_is_of(saved: Path) -> None:
    content = torch.load(saved, weights_only=True)
    assert (content["format"], content["version"]) == ("foveaview checkpoint", 3)
    assert (content["device"], content["seed"]) == ("cpu", 0)
    assert content["packages"]["torch"] == torch.__version__
    assert len(content["target_sha256"]) == 64
    with pytest.raises(ValueError, match=r"load it with Metamer\.load"):
        load_checkpoint(saved)


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_truncated_file(saved: Path, image: Tensor, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"a\.pt"):
        Metamer(image, pool()).load(saved)


def test_a_file_with_code(tmp_path: Path, image: Tensor) -> None:
    bad, mark = tmp_path / "bad.pt", tmp_path / "mark"
    torch.save({"save_metadata": {"plenoptic_version": "2.1.1"}, "_metamer": Payload(mark)}, bad)
    with pytest.raises(ValueError, match="carry code"):
        Metamer(image, pool()).load(bad)
    with pytest.raises(ValueError, match="weights_only=False would run code"):
        Metamer(image, pool()).load(bad, weights_only=False)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.update(format="other"), "another program"),
        (lambda c: c.update(version=1), "version 1, expected 3"),
        (lambda c: c.pop("state"), "damaged checkpoint"),
        (lambda c: c["state"].update(losses=torch.zeros(2)), "columns differ"),
        (lambda c: c["identity"].pop("image"), "damaged checkpoint"),
        (lambda c: c["identity"].update(image=3), "damaged checkpoint"),
        (lambda c: c.pop("identity"), "saved by a search"),
    ],
)
def test_a_wrong_content_is_named(
    saved: Path, image: Tensor, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    content = torch.load(saved, weights_only=True)
    edit(content)
    torch.save(content, saved)
    with pytest.raises(ValueError, match=message):
        Metamer(image, pool()).load(saved)


def test_a_full_disk_keeps_the_old_file(saved: Path, image: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(_content: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    def failing(_content: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc] . unexpected pos 64 vs 0")

    for fails in (full, failing):
        monkeypatch.setattr(torch, "save", fails)
        with pytest.raises(OSError, match=r"No space left|could not be written"):
            begun(image).save(saved)
        assert saved.read_bytes() == before
        assert [file.name for file in saved.parent.iterdir()] == ["a.pt"]
