"""Tensors, storages and plain values as a file describes them, before any of them is created."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CALLED",
    "ITEM_BYTES",
    "NAMES",
    "DamagedPickleError",
    "StoragePlan",
    "TensorPlan",
    "is_key",
    "whole",
]

_MOST_DIMENSIONS = 64
_LARGEST = 1 << 62
# name of the storage class in torch: bytes per element
ITEM_BYTES = {
    "BoolStorage": 1,
    "ByteStorage": 1,
    "CharStorage": 1,
    "ShortStorage": 2,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "IntStorage": 4,
    "FloatStorage": 4,
    "LongStorage": 8,
    "DoubleStorage": 8,
    "ComplexFloatStorage": 8,
    "ComplexDoubleStorage": 16,
}
_WIDTHS = {"uint": (8,), "int": (8, 16, 32, 64), "float": (16, 32, 64), "complex": (64, 128)}
_DTYPES = ("bool", "bfloat16", *(f"{kind}{width}" for kind in _WIDTHS for width in _WIDTHS[kind]))


class DamagedPickleError(ValueError):
    """The pickle is not one that torch writes."""


@dataclass(frozen=True)
class StoragePlan:
    """Bytes that tensors share.

    Attributes:
        key: name in the file.
        item_bytes: bytes of one element.
        count: number of elements.
    """

    key: str
    item_bytes: int
    count: int

    @property
    def bytes(self) -> int:
        """Size of the storage in bytes."""
        return self.item_bytes * self.count


@dataclass(frozen=True)
class TensorPlan:
    """A tensor that a file holds.

    Attributes:
        storage: storage that the tensor is a view of.
        shape: shape of the tensor.
    """

    storage: StoragePlan
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all elements, counted separately even if they share places in the storage."""
        return math.prod(self.shape) * self.storage.item_bytes


def whole(value: Any, what: str) -> int:
    """Return a whole number from 0 on, or raise `DamagedPickleError`."""
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise DamagedPickleError(f"{what} of a tensor is {reprlib.repr(value)}")
    return value


def _all_whole(values: Any, what: str) -> tuple[int, ...]:
    if type(values) is not tuple or len(values) > _MOST_DIMENSIONS:
        raise DamagedPickleError(f"the {what} of a tensor is no list of numbers")
    return tuple(whole(value, f"the {what}") for value in values)


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, *_others: Any) -> TensorPlan:
    """Plan the result of `torch._utils._rebuild_tensor_v2`; its last element must be within the storage."""
    if type(storage) is not StoragePlan:
        raise DamagedPickleError("a tensor without a storage")
    offset = whole(offset, "the offset")
    shape, stride = _all_whole(shape, "shape"), _all_whole(stride, "stride")
    if len(shape) != len(stride):
        raise DamagedPickleError(f"a tensor with {len(shape)} sizes and {len(stride)} strides")
    if 0 not in shape:
        last = offset + sum((length - 1) * step for length, step in zip(shape, stride, strict=True))
        if last >= storage.count:
            what = f"a tensor of shape {reprlib.repr(shape)}"
            raise DamagedPickleError(f"{what} reaches beyond its {storage.count} numbers")
    return TensorPlan(storage, shape)


def _parameter(data: Any, *_others: Any) -> TensorPlan:
    if type(data) is not TensorPlan:
        raise DamagedPickleError("a parameter without a tensor")
    return data


def _listing(content: Any = ()) -> tuple[Any, ...]:
    if type(content) not in (list, tuple):
        raise DamagedPickleError("a list of something else")
    return tuple(content)


def is_key(value: Any) -> bool:
    """Return True for a text or a small whole number; other values can be made to collide in hashes."""
    return type(value) is str or (type(value) is int and abs(value) < 1 << 31)


def _mapping(content: Any = ()) -> dict[Any, Any]:
    """Build a mapping: empty, of pairs (an `OrderedDict` from Python 2), or a copy (`Counter`)."""
    if type(content) is dict:
        return dict(content)
    pairs = [_listing(pair) for pair in _listing(content)]
    if not all(len(pair) == 2 and is_key(pair[0]) for pair in pairs):
        raise DamagedPickleError("a dictionary of something else")
    return dict(pairs)


def _set(content: Any = ()) -> tuple[Any, ...]:
    if not all(map(is_key, _listing(content))):
        raise DamagedPickleError("a set of something else than names and numbers")
    return tuple(content)


def _encoded(text: Any, encoding: Any) -> bytes:
    if type(text) is not str or encoding != "latin1":
        raise DamagedPickleError("bytes in an unknown encoding")
    return text.encode(encoding)


def _complex(real: Any, imaginary: Any) -> complex:
    return complex(float(real), float(imaginary))


def _device(kind: Any, index: Any = 0) -> str:
    return f"{reprlib.repr(kind)}:{reprlib.repr(index)}"


# functions and classes that a pickle may call, with their replacements here
CALLED: dict[str, Callable[..., Any]] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "collections.OrderedDict": _mapping,
    "collections.Counter": _mapping,
    "torch.Size": _listing,
    "builtins.set": _set,
    "builtins.complex": _complex,
    "torch.device": _device,
    "_codecs.encode": _encoded,
}
# all globals that a pickle may name
NAMES = frozenset({*CALLED, *(f"torch.{name}" for name in (*ITEM_BYTES, *_DTYPES))})
