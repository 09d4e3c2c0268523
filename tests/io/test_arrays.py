"""Arrays of numpy and binary PGM and PPM as images."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foveaview.files import load_image
from tests.io.writers import read

RNG = np.random.default_rng(0)
UNIT = RNG.random((6, 9, 3))


def saved(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize("kind", ["uint8", "uint16", "uint32", "float16", "float32", "float64", ">f4", ">u2"])
@pytest.mark.parametrize("channels", [0, 1, 3])
def test_npy_is_srgb_at_its_depth(tmp_path: Path, kind: str, channels: int) -> None:
    unit = UNIT[..., 0] if channels == 0 else UNIT[..., :channels]
    top = np.iinfo(kind).max if np.dtype(kind).kind == "u" else 1
    array = (unit * top).astype(kind)
    expected = array.astype(np.float64) / top
    assert np.abs(read(saved(tmp_path / "a.npy", array)) - expected.squeeze()).max() < 1e-7


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(3, 6, 9), (1, 3, 6, 9), (1, 6, 9, 3)])
def test_npy_of_torch_has_its_channels_first(tmp_path: Path, shape: tuple[int, ...], order: str) -> None:
    planes = np.moveaxis(UNIT, -1, 0) if shape[-1] == 9 else UNIT
    array = np.asarray(planes.reshape(shape).astype(np.float32), order=order)  # type: ignore[call-overload]
    assert np.array_equal(read(saved(tmp_path / "a.npy", array)), UNIT.astype(np.float32))


def test_npy_of_booleans_and_with_alpha(tmp_path: Path) -> None:
    mask = UNIT[..., 0] > 0.5
    assert np.array_equal(read(saved(tmp_path / "a.npy", mask)), mask)
    rgba = np.concatenate([UNIT, np.zeros((6, 9, 1))], axis=-1)
    assert (read(saved(tmp_path / "b.npy", rgba)) == 1).all()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((6, 9), np.int16), "its array holds int16"),
        (np.zeros((6, 9), np.complex64), "its array holds complex64"),
        (np.array([["a"]]), "its array holds <U1"),
        (np.zeros(6), r"its array has shape \(6,\)"),
        (np.zeros((6, 9, 5)), "its array has shape"),
        (np.zeros((2, 6, 9, 3)), "its array has shape"),
        (np.zeros((0, 9)), "no pixels"),
        (np.full((6, 9), 1.5), "reach from 1.5 to 1.5"),
        (np.full((6, 9), np.nan), "NaN"),
    ],
)
def test_npy_that_is_no_image_is_refused(tmp_path: Path, array: Any, said: str) -> None:
    with pytest.raises(ValueError, match=rf"a\.npy: .*{said}"):
        load_image(saved(tmp_path / "a.npy", array))


def test_npy_of_objects_runs_no_code(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    np.save(tmp_path / "a.npy", np.array([[Harmful()]], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="its array holds objects"):
        load_image(tmp_path / "a.npy")
    assert not (tmp_path / "ran").exists()


def test_npy_that_claims_too_much_is_refused_at_once(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", np.zeros((6, 9), np.uint8))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"(6, 9)", b"(99999, 99999)").replace(b"        \n", b"\n", 1))
    with pytest.raises(ValueError, match=r"a\.npy: "):
        load_image(path)


def test_npz_of_one_array_is_read_and_of_more_refused_by_name(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", image=UNIT)
    assert np.array_equal(read(tmp_path / "a.npz"), UNIT.astype(np.float32))
    np.savez(tmp_path / "b.npz", first=UNIT, second=UNIT)
    with pytest.raises(ValueError, match=r"b\.npz: it holds the arrays first, second: save one alone"):
        load_image(tmp_path / "b.npz")


def test_npz_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    header = np.lib.format.magic(1, 0)
    text = b"{'descr': '|u1', 'fortran_order': False, 'shape': (30000, 30000), }"
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header + len(text).to_bytes(2, "little") + text + bytes(9_000_000))
    with pytest.raises(ValueError, match="100 million"):
        load_image(tmp_path / "a.npz")


def test_npz_that_is_damaged_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", UNIT)
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"a\.npz: a damaged archive"):
        load_image(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("largest", "bits"), [(1, 1), (15, 4), (255, 8), (1000, 10), (4095, 12), (65535, 16)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_pnm_reaches_from_black_to_white(tmp_path: Path, largest: int, bits: int, channels: int) -> None:
    values = RNG.integers(0, largest + 1, (6, 9, channels))
    values[0, 0], values[1, 1] = 0, largest
    mark = b"P6" if channels == 3 else b"P5"
    content = values.astype("u1" if largest < 256 else ">u2").tobytes()
    header = mark + b"\n# a comment\n9 6\n%d\n" % largest
    (tmp_path / "a.ppm").write_bytes(header + content)
    assert np.abs(read(tmp_path / "a.ppm") - values.squeeze() / largest).max() < 1e-7


@pytest.mark.parametrize(
    "content",
    [
        b"P6\n9 6\n0\n" + bytes(162),
        b"P6\n9 6\n70000\n" + bytes(324),
        b"P5\n9 x\n255\n" + bytes(54),
        b"P6\n9 6\n255\n",
    ],
)
def test_pnm_that_is_damaged_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ppm").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.ppm: it"):
        load_image(tmp_path / "a.ppm")


@pytest.mark.parametrize("mark", ["P1", "P2", "P3", "P4"])
def test_pnm_of_text_and_bitmaps_is_read(tmp_path: Path, mark: str) -> None:
    contents = {
        "P1": b"P1\n2 1\n1 0\n",
        "P2": b"P2\n2 1\n255\n0 255\n",
        "P3": b"P3\n2 1\n255\n0 0 0 255 255 255\n",
        "P4": b"P4\n2 1\n\x80",
    }
    (tmp_path / "a.pnm").write_bytes(contents[mark])
    assert read(tmp_path / "a.pnm").reshape(2, -1)[:, 0].tolist() == [0, 1]
