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
from foveaview.synthesis.checkpoints.persistence import _identity
from tests.synthesis.models import begun, pool


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
    record = content["save_metadata"]["foveaview"]
    assert (record["device"], record["seed"]) == ("cpu", 0)
    assert record["packages"]["torch"] == torch.__version__
    assert len(record["target_sha256"]) == 64
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
        (lambda c: c.pop("save_metadata"), "another program"),
        (lambda c: c.pop("_losses"), "a damaged file"),
        (lambda c: c.update(_penalties=[0.0]), "columns differ"),
        (lambda c: c.pop("_image"), "a damaged file"),
        (lambda c: c.update(_image=3), "damaged checkpoint"),
        (lambda c: c.update(_optimizer=3), "a damaged file"),
        (lambda c: c.update(_penalty_lambda=-1.0), "its penalty_lambda is -1.0"),
        (lambda c: c.update(_penalty_lambda="a"), "damaged checkpoint"),
        (
            lambda c: c.update(_target_representation=torch.zeros(3, 7)),
            "loss_function output have different values",
        ),
        (lambda c: c["save_metadata"]["foveaview"].update(frames={"count": 1}), "damaged checkpoint"),
        (lambda c: c["save_metadata"]["foveaview"].update(arguments=3), "a damaged file"),
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


# without the optimizer, and from before


def test_a_file_without_the_optimizer_is_small_and_begins_it_anew(saved: Path, image: Tensor) -> None:
    metamer = begun(image)
    metamer.run(3)
    metamer.save(saved.with_name("small.pt"), optimizer=False)
    moments = 3 * image.numel() * image.itemsize  # of Adam with amsgrad
    assert saved.with_name("small.pt").stat().st_size < saved.stat().st_size - moments
    again = Metamer(image, pool())
    again.load(saved.with_name("small.pt"))
    assert torch.equal(again.losses, metamer.losses)
    again.setup(optimizer=torch.optim.SGD, optimizer_kwargs={"lr": 0.5})
    again.run(1)
    assert again.iteration == 4


def test_a_file_without_the_optimizer_goes_on_without_setup(image: Tensor, tmp_path: Path) -> None:
    metamer = begun(image)
    metamer.run(3)
    metamer.save(tmp_path / "a.pt", optimizer=False)
    again = Metamer(image, pool())
    again.load(tmp_path / "a.pt")
    again.synthesize(1, progress_bar=False)
    assert isinstance(again.optimizer, torch.optim.Adam)


def as_before(metamer: Metamer) -> dict[str, Any]:
    """A file's content from before files had plenoptic's layout."""
    identity = _identity(metamer)
    del identity["target_representation"]
    return {"format": "foveaview checkpoint", "version": 2, "state": metamer.state(), "identity": identity}


def test_a_file_from_before_loads(image: Tensor, tmp_path: Path) -> None:
    metamer = begun(image)
    metamer.synthesize(3, store_progress=2, progress_bar=False)
    torch.save(as_before(metamer), tmp_path / "a.pt")
    again = Metamer(image, pool())
    again.load(tmp_path / "a.pt")
    assert torch.equal(again.saved_metamer, metamer.saved_metamer)
    for one in (metamer, again):
        one.synthesize(3, store_progress=2, progress_bar=False)
    assert torch.equal(again.metamer, metamer.metamer)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.update(format="other"), "another program"),
        (lambda c: c.update(version=1), "version 1, expected 3"),
        (lambda c: c.pop("state"), "damaged checkpoint"),
        (lambda c: c["state"].update(losses=torch.zeros(2)), "columns differ"),
        (lambda c: c.update(state=3), "damaged checkpoint"),
        (lambda c: c["identity"].pop("model"), "damaged checkpoint"),
        (lambda c: c["identity"].update(image=3), "damaged checkpoint"),
        (lambda c: c.pop("identity"), "saved by a search"),
    ],
)
def test_a_wrong_content_from_before_is_named(
    image: Tensor, tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    content = as_before(begun(image))
    edit(content)
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(ValueError, match=message):
        Metamer(image, pool()).load(tmp_path / "a.pt")
