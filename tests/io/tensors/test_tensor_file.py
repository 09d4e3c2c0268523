"""Files of tensors: what torch wrote is read, and nothing makes more than its own size."""

from __future__ import annotations

import collections
import io
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from foveaview.io.tensors.tensor_file import MissingDeviceError, load_tensor_file
from foveaview.io.tensors.tensor_pickle import PickleReader
from foveaview.io.untrusted import UnreadableError

pytestmark = pytest.mark.timeout(60)
MEGABYTE = 1 << 20


def written(path: Path, content: Any, old: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    return path


def of_everything() -> dict[str, Any]:
    model = nn.Linear(2, 3)
    optimizer = torch.optim.Adam(model.parameters(), amsgrad=True)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    model(torch.ones(2)).sum().backward()
    optimizer.step()
    whole = torch.arange(24.0).reshape(1, 2, 3, 4)
    dtypes = (torch.float16, torch.bfloat16, torch.float64, torch.uint8, torch.int64, torch.bool)
    return {
        "dtypes": [torch.ones(3, dtype=dtype) for dtype in (*dtypes, torch.complex64, torch.complex128)],
        "views": [whole, whole[..., 1:], whole.transpose(2, 3), whole[0, 0, 0, 0], whole[..., :0]],
        "like": torch.empty(0, dtype=torch.uint8),
        "dtype": torch.float32,
        "parameter": nn.Parameter(torch.ones(2)),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "counts": collections.Counter({3: 2}),
        "plain": [None, True, 1, -1, 300, 70_000, 2**40, 2**70, 0.5, "\u00e9", b"\xff", (), (1, 2, 3, 4), 1j],
        "names": {"a", "b"},
        "size": torch.Size([1, 2]),
        "device": torch.device("cpu"),
    }


def same(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("old", [False, True])
def test_load_tensor_file_all_that_a_checkpoint_may_hold_is_read(tmp_path: Path, old: bool) -> None:
    content = of_everything()
    assert same(load_tensor_file(written(tmp_path / "a.pt", content, old)), content)


@pytest.mark.slow
def test_load_tensor_file_many_values_are_read(tmp_path: Path) -> None:
    content = [0.5 * step for step in range(400_000)]
    assert load_tensor_file(written(tmp_path / "a.pt", content)) == content


def test_load_tensor_file_long_text_is_read(tmp_path: Path) -> None:
    content = {"a": 12_000_000 * "x"}
    assert load_tensor_file(written(tmp_path / "a.pt", content)) == content


def test_load_tensor_file_image_repeated_along_a_dimension_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pt", torch.rand(1, 1, 8, 8).expand(1, 3, 8, 8))
    assert load_tensor_file(path).shape == (1, 3, 8, 8)


# what makes far more than its own size


def of_stride_0(path: Path) -> None:
    written(path, {"a": torch.zeros(1).expand(1, 3, 36_000, 36_000)})


def of_stride_0_in_an_old_file(path: Path) -> None:
    written(path, {"a": torch.zeros(1).expand(1, 3, 36_000, 36_000)}, old=True)


def of_one_tensor_many_times(path: Path) -> None:
    written(path, [torch.zeros(200_000)] * 2000)


def of_lists_in_lists(path: Path) -> None:
    content: Any = [0.5] * 10
    for _ in range(12):
        content = [content] * 10
    written(path, content)


def of_a_list_in_itself(path: Path) -> None:
    content: list[Any] = []
    content.append(content)
    written(path, content)


def of_packed_storages(path: Path) -> None:
    written(path, {"a": torch.zeros(50 * MEGABYTE // 4)})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def of_a_storage_that_is_not_there(path: Path) -> None:
    """An old file whose storage says that it has 2^33 numbers."""
    written(path, {"a": torch.zeros(3)}, old=True)
    raw = path.read_bytes()
    at = raw.index(b"X\x03\x00\x00\x00cpu")
    place = raw.index(b"K\x03", at)
    path.write_bytes(raw[:place] + b"\x8a\x05" + (2**33).to_bytes(5, "little") + raw[place + 2 :])


def of_a_long_array_of_bytes(path: Path) -> None:
    call = b"c__builtin__\nbytearray\n\x8a\x05" + (8 << 30).to_bytes(5, "little") + b"\x85R."
    written(path, {})
    with_pickle(path, b"\x80\x02" + call)


def of_a_million_lists(path: Path) -> None:
    written(path, {})
    with_pickle(path, b"\x80\x02" + 40 * MEGABYTE * b"]" + b".")


def of_keys_that_collide(path: Path) -> None:
    keys = (pickle.LONG1 + b"\x0a" + (i * (2**61 - 1)).to_bytes(10, "little") for i in range(1, 50_000))
    written(path, {})
    with_pickle(path, b"\x80\x02}(" + b"".join(key + b"N" for key in keys) + b"u.")


def of_a_directory_without_an_end(path: Path) -> None:
    written(path, {"a": torch.zeros(30 * MEGABYTE // 4)})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x05\x06")
    raw[at + 12 : at + 16] = struct.pack("<I", 25 * MEGABYTE)
    path.write_bytes(raw[: raw.rindex(b"PK\x06\x06")] + raw[at:])


def with_pickle(path: Path, pickled: bytes) -> None:
    """Put another pickle into a file, as torch would have written it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")


def largest_bytes() -> int:
    """What this process has held at most."""
    resource = pytest.importorskip("resource")
    scale = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * scale


BOMBS: dict[Callable[[Path], None], str] = {
    of_stride_0: "would take over 16 MB",
    of_stride_0_in_an_old_file: "would take over 16 MB",
    of_one_tensor_many_times: "would take over 19 MB",
    of_lists_in_lists: "hold one another",
    of_a_list_in_itself: "nested too deeply",
    of_packed_storages: "packed",
    of_a_storage_that_is_not_there: "bytes of its tensors are missing",
    of_a_long_array_of_bytes: "code",
    of_a_million_lists: "over 2,000,000 values",
    of_keys_that_collide: "a key 2305843009213693951",
    of_a_directory_without_an_end: "its directory is larger",
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_load_tensor_file_bomb_is_refused_before_memory_is_taken(
    tmp_path: Path, bomb: Callable[[Path], None]
) -> None:
    path = tmp_path / "a.pt"
    bomb(path)
    before = largest_bytes()
    with pytest.raises(UnreadableError, match=rf"a\.pt: .*{BOMBS[bomb]}"):
        load_tensor_file(path)
    assert largest_bytes() - before < 500 * MEGABYTE


# what is no file of tensors


def test_load_tensor_file_code_is_named_and_not_run(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"builtins\.print.*it may carry code and was not run"):
        load_tensor_file(written(tmp_path / "a.pt", {"a": print}))


OTHER_TENSORS = {
    "sparse": torch.eye(3).to_sparse(),
    "meta": torch.empty(3, device="meta"),
    "float8": torch.ones(3).to(torch.float8_e4m3fn),
}


@pytest.mark.parametrize("kind", OTHER_TENSORS)
def test_load_tensor_file_tensor_of_another_kind_is_refused(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "a.pt", {"a": OTHER_TENSORS[kind]})
    with pytest.raises(UnreadableError, match=r"a\.pt: "):
        load_tensor_file(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["archive/version", "archive/constants.pkl", "elsewhere/a", "version"])
def test_load_tensor_file_archive_that_torch_does_not_write_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / "a.pt", {"a": torch.ones(2)})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "3\n")
    with pytest.raises(UnreadableError, match=r"a\.pt: damaged"):
        load_tensor_file(path)


def test_load_tensor_file_archive_behind_something_else_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pt", {"a": torch.ones(2)})
    path.write_bytes(b"PK\x03\x04" + 60 * b"x" + path.read_bytes())
    with pytest.raises(UnreadableError, match=r"a\.pt: damaged"):
        load_tensor_file(path)


def test_load_tensor_file_tensor_beyond_its_storage_is_refused() -> None:
    raw = io.BytesIO()
    torch.save(torch.ones(4), raw)
    with zipfile.ZipFile(raw) as archive:
        pickled = archive.read("archive/data.pkl")
    assert PickleReader(io.BytesIO(pickled)).load().shape == (4,)
    shape = pickled.replace(b"K\x04\x85", b"K\x05\x85", 1)
    with pytest.raises(ValueError, match="reaches beyond its 4 numbers"):
        PickleReader(io.BytesIO(shape)).load()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_load_tensor_file_named_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.pt")
    with pytest.raises(UnreadableError, match="but a pipe"):
        load_tensor_file(tmp_path / "a.pt")


def test_load_tensor_file_missing_device_is_a_runtime_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("Attempting to deserialize object on a CUDA device but it is not here")

    monkeypatch.setattr(torch, "load", without)
    with pytest.raises(MissingDeviceError, match=r"a\.pt: Attempting") as raised:
        load_tensor_file(written(tmp_path / "a.pt", {}))
    assert isinstance(raised.value, RuntimeError)


def complaint(path: Path) -> str:
    """What is said of a file, empty if it is read."""
    try:
        load_tensor_file(path)
    except UnreadableError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("old", [False, True])
def test_load_tensor_file_any_byte_changed_is_refused_or_read(tmp_path: Path, old: bool) -> None:
    path = written(tmp_path / "a.pt", {"a": torch.ones(2), "b": [1, "c", 0.5]}, old)
    raw = path.read_bytes()
    for place in range(len(raw)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        said = complaint(path)
        assert said == "" or said.startswith(f"{path}: ")
        assert said.isprintable()
