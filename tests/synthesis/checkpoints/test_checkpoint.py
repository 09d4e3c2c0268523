"""Checkpoints: whole, refused where they are of something else, and never run."""

from __future__ import annotations

import errno
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from foveaview import LossSettings, MetamerSearch, SynthesisSettings
from foveaview.synthesis import load_checkpoint, save_checkpoint
from foveaview.synthesis.checkpoints.checkpoint import image_sha256, write_raw


@pytest.fixture
def search(photograph: Tensor) -> MetamerSearch:
    return MetamerSearch(
        photograph, (0.3, 0.4), LossSettings(n_pyramid_levels=3), SynthesisSettings(steps=6, device="cpu")
    )


@pytest.fixture
def adam_path(photograph: Tensor, tmp_path: Path) -> Path:
    settings = SynthesisSettings(steps=6, device="cpu", optimizer="adam")
    search = MetamerSearch(photograph, (0.3, 0.4), LossSettings(n_pyramid_levels=3), settings)
    search.synthesis.run(2)
    save_checkpoint(tmp_path / "adam.pt", search.checkpoint())
    return tmp_path / "adam.pt"


@pytest.fixture
def path(search: MetamerSearch, tmp_path: Path) -> Path:
    search.synthesis.run(2)
    save_checkpoint(tmp_path / "checkpoint.pt", search.checkpoint())
    return tmp_path / "checkpoint.pt"


def test_what_is_saved_comes_back(search: MetamerSearch, path: Path) -> None:
    loaded, own = load_checkpoint(path), search.checkpoint()
    assert (loaded.gaze, loaded.loss_settings, loaded.synthesis_settings) == (
        own.gaze,
        own.loss_settings,
        own.synthesis_settings,
    )
    assert torch.equal(loaded.state["metamer"], search.image)
    assert loaded.state["losses"].tolist() == search.synthesis.history.column("losses")
    assert loaded.packages["torch"] == torch.__version__


def test_it_holds_tensors_and_plain_values_only(path: Path) -> None:
    assert isinstance(torch.load(path, weights_only=True), dict)


def test_a_resumed_search_is_the_search(search: MetamerSearch, path: Path, photograph: Tensor) -> None:
    checkpoint = load_checkpoint(path)
    again = MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)
    again.run()
    search.run()
    assert again.synthesis.iteration == 6
    assert torch.equal(again.image, search.image)


def test_another_target_is_refused(path: Path, photograph: Tensor) -> None:
    checkpoint = load_checkpoint(path)
    with pytest.raises(ValueError, match="of another image"):
        MetamerSearch.resumed(checkpoint, photograph.flip(-1), checkpoint.synthesis_settings)


class Payload:
    """Leaves a file behind where it is unpickled as code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_code_is_not_run(tmp_path: Path) -> None:
    bad, mark = tmp_path / "bad.pt", tmp_path / "mark"
    torch.save({"format": "foveaview checkpoint", "state": Payload(mark)}, bad)
    with pytest.raises(ValueError, match="carry code"):
        load_checkpoint(bad)
    assert not mark.exists()


def test_a_bare_pickle_is_not_run(tmp_path: Path) -> None:
    bad, mark = tmp_path / "bad.pt", tmp_path / "mark"
    bad.write_bytes(pickle.dumps(Payload(mark)))
    with pytest.raises(ValueError, match=r"bad\.pt"):
        load_checkpoint(bad)
    assert not mark.exists()


def edited(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = torch.load(path, weights_only=True)
    edit(content)
    torch.save(content, path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c.update(format="other"), "another program"),
        (lambda c: c.update(version=99), "version 99"),
        (lambda c: c.pop("gaze"), "damaged checkpoint"),
        (lambda c: c.update(gaze=["a", 1]), "damaged checkpoint"),
        (lambda c: c["loss_settings"].update(alpha=-1), "alpha"),
        (lambda c: c["synthesis_settings"].update(colour="red"), "colour"),
        (lambda c: c["state"].pop("optimizer"), "damaged checkpoint"),
        (lambda c: c["state"].update(metamer=torch.zeros(3)), "no image"),
        (lambda c: c["state"].update(losses=3), "no search"),
        (lambda c: c["state"].update(losses=torch.zeros(2, dtype=torch.complex64)), "no search"),
        (lambda c: c["state"].update(losses=torch.zeros(2, dtype=torch.int64)), "no search"),
        (lambda c: c["state"].update(metamer=c["state"]["metamer"].to(torch.complex64)), "complex64"),
        (lambda c: c["state"].update(metamer=c["state"]["metamer"].half()), "float16"),
        (lambda c: c["state"].update(metamer=c["state"]["metamer"].to_sparse()), "it names torch"),
        (lambda c: c["state"].update(metamer=torch.empty(1, 3, 4, 4, device="meta")), "it names torch"),
        (lambda c: c["state"].update(metamer=torch.ones(9).to(torch.float8_e5m2)), "it names torch"),
        (lambda c: c["state"].update(metamer=torch.zeros(1).expand(1, 3, 9999, 9999)), "would take over"),
        (lambda c: c["state"].update(store_progress="often"), "store_progress"),
        (lambda c: c["state"].update(seed=0.5), "seed"),
        (lambda c: c["state"]["optimizer"].update(name=3), "its optimizer is none"),
        (lambda c: c["state"]["optimizer"].update(arguments={1: 2}), "arguments of its optimizer"),
        (lambda c: c["state"]["scheduler"].pop("state"), "damaged checkpoint"),
        (lambda c: c.update(packages=[1]), "damaged checkpoint"),
    ],
)
def test_a_wrong_content_is_named(path: Path, edit: Callable[[dict[str, Any]], object], message: str) -> None:
    edited(path, edit)
    with pytest.raises(ValueError, match=message) as error:
        load_checkpoint(path)
    assert "\n" not in str(error.value)


def group(content: dict[str, Any]) -> dict[str, Any]:
    return content["state"]["optimizer"]["state"]["param_groups"][0]


def memory(content: dict[str, Any]) -> dict[str, Any]:
    return content["state"]["optimizer"]["state"]["state"][0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "edit",
    [
        lambda c: group(c).pop("eps"),
        lambda c: group(c).update(betas=0.9),
        lambda c: group(c).update(betas=("a", "b")),
        lambda c: group(c).update(lr=float("nan")),
        lambda c: group(c).update(weight_decay="much"),
        lambda c: group(c).update(capturable=True),
        lambda c: group(c).update(params=[0, 1]),
        lambda c: memory(c).pop("exp_avg"),
        lambda c: memory(c).update(exp_avg_sq=-torch.ones_like(memory(c)["exp_avg"])),
        lambda c: memory(c).update(exp_avg=torch.zeros(3)),
        lambda c: memory(c).update(exp_avg=memory(c)["exp_avg"].to(torch.complex64)),
        lambda c: memory(c).update(step="two"),
        lambda c: c["state"]["optimizer"]["state"].pop("param_groups"),
        lambda c: c["state"]["objective"].update(steps="two"),
        lambda c: c["state"]["terms"].update(metameric=3),
    ],
)
def test_resumed_wrong_memory_is_refused_in_one_line(
    adam_path: Path, photograph: Tensor, edit: Callable[[dict[str, Any]], object]
) -> None:
    edited(adam_path, edit)
    checkpoint = load_checkpoint(adam_path)
    with pytest.raises(ValueError, match="a damaged checkpoint") as error:
        MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)
    assert "\n" not in str(error.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_load_checkpoint_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    with pytest.raises(ValueError, match="but a pipe"):
        load_checkpoint(tmp_path / "pipe.pt")


@pytest.mark.slow
@pytest.mark.parametrize(
    "edit",
    [
        lambda c: group(c).pop("history_size"),
        lambda c: group(c).pop("bounds"),
        lambda c: group(c).update(history_size="5"),
        lambda c: group(c).update(history_size=2.5),
        lambda c: group(c).update(bounds=[None, None]),
        lambda c: group(c).update(bounds=[0.0]),
        lambda c: group(c).update(lr="1"),
        lambda c: c["state"]["optimizer"]["state"]["state"].update({0: []}),
        lambda c: memory(c).pop("direction"),
        lambda c: memory(c).update(loss=1),
        lambda c: memory(c).update(length=torch.ones(2)),
        lambda c: memory(c).update(rejected=0.5),
        lambda c: memory(c).update(pairs=[1]),
        lambda c: memory(c).update(gradient=memory(c)["gradient"] * float("nan")),
    ],
)
def test_resumed_wrong_line_search_is_refused_in_one_line(
    path: Path, photograph: Tensor, edit: Callable[[dict[str, Any]], object]
) -> None:
    edited(path, edit)
    checkpoint = load_checkpoint(path)
    with pytest.raises(ValueError, match="memory of the line search") as error:
        MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)
    assert "\n" not in str(error.value)


def test_load_checkpoint_version_of_many_lines_is_refused_in_one(path: Path) -> None:
    edited(path, lambda c: c.update(version=torch.zeros(9, 9)))
    with pytest.raises(ValueError, match="checkpoint version") as error:
        load_checkpoint(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_truncated_file(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"checkpoint\.pt"):
        load_checkpoint(path)


@given(st.binary(max_size=60))
@example(b"bad")
def test_any_bytes_are_refused(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with pytest.raises(ValueError, match="checkpoint"):
            load_checkpoint(Path(file.name))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none.pt")


def test_a_failed_save_keeps_the_old_one(
    search: MetamerSearch, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(_content: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(path, search.checkpoint())
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint.pt"]


def test_the_hash_is_of_shape_and_values() -> None:
    assert image_sha256(torch.zeros(1, 1, 2, 8)) != image_sha256(torch.zeros(1, 1, 4, 4))
    assert image_sha256(torch.zeros(1, 1, 4, 4)) != image_sha256(torch.ones(1, 1, 4, 4))


def adam_of(content: dict[str, Any]) -> dict[str, Any]:
    adam: dict[str, Any] = content["state"]["optimizer"]["state"]
    return adam


@pytest.mark.slow
@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c["state"].update(optimizer={}),
        lambda c: c["state"]["optimizer"].update(state={}),
        lambda c: c["state"].pop("frames"),
        lambda c: c["state"].update(frames=None),
        lambda c: adam_of(c)["state"][0].update(exp_avg=torch.rand(2, 2)),
        lambda c: adam_of(c)["state"][0].pop("exp_avg_sq"),
        lambda c: adam_of(c)["state"][0]["exp_avg"].fill_(float("nan")),
        lambda c: adam_of(c)["param_groups"][0].update(lr="x"),
        lambda c: c.update(gaze=[5.0, 5.0]),
        lambda c: c["state"]["metamer"].mul_(50),
    ],
)
def test_damage_is_found_before_a_step(
    adam_path: Path, photograph: Tensor, edit: Callable[[dict[str, Any]], object]
) -> None:
    edited(adam_path, edit)

    def resume() -> None:
        checkpoint = load_checkpoint(adam_path)
        MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)

    with pytest.raises(ValueError, match="damaged checkpoint"):
        resume()


def lbfgs_of(content: dict[str, Any]) -> dict[str, Any]:
    memory: dict[str, Any] = content["state"]["optimizer"]["state"]["state"][0]
    return memory


@pytest.mark.slow
@pytest.mark.parametrize(
    "edit",
    [
        lambda c: lbfgs_of(c).update(gradient=torch.rand(2, 2)),
        lambda c: lbfgs_of(c).pop("direction"),
        lambda c: lbfgs_of(c)["direction"].fill_(float("nan")),
        lambda c: lbfgs_of(c).update(length=float("inf")),
        lambda c: lbfgs_of(c).update(loss="x"),
        lambda c: lbfgs_of(c).update(pairs=[(1, 2, 3, 4)]),
        lambda c: lbfgs_of(c).update(pairs=[(torch.rand(1), torch.rand(1), 1.0, 1.0)]),
        lambda c: c["state"]["optimizer"].update(name="torch.optim.adam.Adam"),
        lambda c: c["state"].update(changed_at=3),
        lambda c: c["state"].update(lowered=torch.zeros(0)),
        lambda c: c["state"].update(known_values=[1.0]),
    ],
)
def test_damage_of_a_line_search_is_found_before_a_step(
    path: Path, photograph: Tensor, edit: Callable[[dict[str, Any]], object]
) -> None:
    edited(path, edit)
    checkpoint = load_checkpoint(path)
    with pytest.raises(ValueError, match="damaged checkpoint"):
        MetamerSearch.resumed(checkpoint, photograph, checkpoint.synthesis_settings)


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_content: object, _part: Path) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc] . unexpected pos 64 vs 0")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", failing)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_raw(tmp_path / "a.pt", {})
    assert caught.value.filename == str(tmp_path / "a.pt")
    assert list(tmp_path.iterdir()) == []
