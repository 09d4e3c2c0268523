"""Reader for the pickle in a file of tensors, without creating a tensor.

torch writes tensors as a pickle of shapes and references to storages, with the bytes of the storages outside
it. `PickleReader` supports the opcodes that torch's restricted reader supports. It returns a `TensorPlan`
instead of a tensor, so that the size is known before memory is allocated.

Source: the opcodes are those of Python's Lib/pickletools.py; the accepted opcodes and globals follow
torch/_weights_only_unpickler.py, without those that checkpoints and files of weights never hold.
"""

from __future__ import annotations

import pickle
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from struct import unpack
from typing import Any, BinaryIO

from foveaview.io.tensors.tensor_plan import (
    CALLED,
    ITEM_BYTES,
    NAMES,
    DamagedPickleError,
    StoragePlan,
    is_key,
    whole,
)

__all__ = ["ForeignGlobalError", "PickleReader"]

_MOST_OPERATIONS = 2_000_000
_MOST_BYTES = 64 << 20


class ForeignGlobalError(ValueError):
    """The pickle names a function or a class that no file of tensors needs."""


@dataclass(frozen=True)
class _Global:
    """Name of a function, a class or a constant, in place of the object."""

    name: str


_MARK = object()


class PickleReader:
    """Reads one pickle from a stream.

    Args:
        stream: stream at the pickle's first byte; `load` leaves it after the last.

    Attributes:
        storages: storages that the pickle refers to, by key.

    >>> import io
    >>> PickleReader(io.BytesIO(pickle.dumps({"a": [1, 2.5, "b"]}, 2))).load()
    {'a': [1, 2.5, 'b']}
    >>> PickleReader(io.BytesIO(pickle.dumps(print, 2))).load()
    Traceback (most recent call last):
    ...
    foveaview.io.tensors.tensor_pickle.ForeignGlobalError: builtins.print
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._spent = self._read_bytes = 0
        self.storages: dict[str, StoragePlan] = {}

    def load(self) -> Any:
        """Read the pickle: plain values, with a `TensorPlan` for each tensor.

        Raises:
            ForeignGlobalError: if it names a global that no file of tensors needs; nothing is imported or
                called.
            ValueError: if it is damaged or too large.
        """
        while True:
            self._spend(1)
            code = self._read(1)
            if code == pickle.STOP:
                return self._pop()
            act = _ACTS.get(code)
            if act is None:
                raise DamagedPickleError(f"an unknown operation {code!r}")
            act(self)

    def _spend(self, count: int) -> None:
        self._spent += count
        if self._spent > _MOST_OPERATIONS:
            raise DamagedPickleError(f"over {_MOST_OPERATIONS:,} values")

    def _read(self, count: int) -> bytes:
        self._read_bytes += count
        if self._read_bytes > _MOST_BYTES:
            raise DamagedPickleError(f"over {_MOST_BYTES >> 20} MB besides its tensors")
        found = self._stream.read(count)
        if len(found) < count:
            raise DamagedPickleError("it breaks off")
        return found

    def _number(self, form: str, count: int) -> Any:
        return unpack(form, self._read(count))[0]

    def _line(self) -> str:
        line = self._stream.readline(200)
        self._read_bytes += len(line)
        if not line.endswith(b"\n"):
            raise DamagedPickleError("a name without an end")
        return line[:-1].decode("utf-8")

    # the stack

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise DamagedPickleError("a value is missing")
        return self._stack.pop()

    def _top(self, kind: type) -> Any:
        if not self._stack or type(self._stack[-1]) is not kind:
            raise DamagedPickleError(f"no {kind.__name__} to fill")
        return self._stack[-1]

    def _since_mark(self) -> list[Any]:
        for place in range(len(self._stack) - 1, -1, -1):
            if self._stack[place] is _MARK:
                values = self._stack[place + 1 :]
                del self._stack[place:]
                return values
        raise DamagedPickleError("a mark is missing")

    def _tuple_of(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._push(tuple(reversed(values)))

    def _fill(self, values: list[Any]) -> None:
        filled = self._top(dict)
        if len(values) % 2:
            raise DamagedPickleError("a key without a value")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not is_key(key):
                raise DamagedPickleError(f"a key {reprlib.repr(key)}")
            filled[key] = value

    def _set_item(self) -> None:
        value, key = self._pop(), self._pop()
        self._fill([key, value])

    def _append(self, values: list[Any]) -> None:
        self._top(list).extend(values)

    # named globals

    def _global(self) -> None:
        module, name = self._line(), self._line()
        full = f"{'builtins' if module == '__builtin__' else module}.{name}"
        if full not in NAMES:
            raise ForeignGlobalError(full)
        self._push(_Global(full))

    def _reduce(self) -> None:
        values, called = self._pop(), self._pop()
        act = CALLED.get(called.name) if type(called) is _Global else None
        if act is None or type(values) is not tuple:
            raise DamagedPickleError("a call of something that is not a function")
        for value in values:
            self._spend(len(value) if type(value) in (list, tuple, dict, str) else 1)
        try:
            self._push(act(*values))
        except TypeError as error:
            raise DamagedPickleError(f"{called.name} with wrong arguments") from error

    def _build(self) -> None:
        self._pop()  # attributes of a state dict, which are not used
        self._top(dict)

    def _storage(self) -> None:
        found = self._pop()
        if type(found) is not tuple or len(found) not in (5, 6) or found[0] != "storage":
            raise DamagedPickleError("a reference to something that is not a storage")
        kind, key, count = found[1], found[2], whole(found[4], "the storage")
        if type(kind) is not _Global or kind.name.removeprefix("torch.") not in ITEM_BYTES:
            raise DamagedPickleError("a storage of an unknown kind")
        if type(key) is not str or (len(found) == 6 and found[5] is not None):
            raise DamagedPickleError("a storage without a key of its own")
        plan = StoragePlan(key, ITEM_BYTES[kind.name.removeprefix("torch.")], count)
        if self.storages.setdefault(key, plan) != plan:
            raise DamagedPickleError(f"storage {reprlib.repr(key)} has two sizes")
        self._push(plan)

    # memo and numbers

    def _put(self, index: int) -> None:
        if not self._stack:
            raise DamagedPickleError("a value is missing")
        self._memo[index] = self._stack[-1]

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise DamagedPickleError("a value is missing")
        self._push(self._memo[index])

    def _long(self) -> None:
        self._push(pickle.decode_long(self._read(self._read(1)[0])))

    def _text(self) -> None:
        self._push(str(self._read(self._number("<I", 4)), "utf-8", "surrogatepass"))

    def _short_bytes(self) -> None:
        self._push(self._read(self._read(1)[0]).decode("ascii"))


_ACTS: dict[bytes, Callable[[PickleReader], Any]] = {
    pickle.PROTO: lambda reader: reader._read(1),
    pickle.MARK: lambda reader: reader._push(_MARK),
    pickle.GLOBAL: PickleReader._global,
    pickle.REDUCE: PickleReader._reduce,
    pickle.BUILD: PickleReader._build,
    pickle.BINPERSID: PickleReader._storage,
    pickle.APPEND: lambda reader: reader._append([reader._pop()]),
    pickle.APPENDS: lambda reader: reader._append(reader._since_mark()),
    pickle.SETITEM: PickleReader._set_item,
    pickle.SETITEMS: lambda reader: reader._fill(reader._since_mark()),
    pickle.TUPLE: lambda reader: reader._push(tuple(reader._since_mark())),
    pickle.TUPLE1: lambda reader: reader._tuple_of(1),
    pickle.TUPLE2: lambda reader: reader._tuple_of(2),
    pickle.TUPLE3: lambda reader: reader._tuple_of(3),
    pickle.EMPTY_TUPLE: lambda reader: reader._push(()),
    pickle.EMPTY_LIST: lambda reader: reader._push([]),
    pickle.EMPTY_DICT: lambda reader: reader._push({}),
    pickle.NONE: lambda reader: reader._push(None),
    pickle.NEWTRUE: lambda reader: reader._push(True),
    pickle.NEWFALSE: lambda reader: reader._push(False),
    pickle.BININT: lambda reader: reader._push(reader._number("<i", 4)),
    pickle.BININT1: lambda reader: reader._push(reader._read(1)[0]),
    pickle.BININT2: lambda reader: reader._push(reader._number("<H", 2)),
    pickle.BINFLOAT: lambda reader: reader._push(reader._number(">d", 8)),
    pickle.LONG1: PickleReader._long,
    pickle.BINUNICODE: PickleReader._text,
    pickle.SHORT_BINSTRING: PickleReader._short_bytes,
    pickle.BINPUT: lambda reader: reader._put(reader._read(1)[0]),
    pickle.LONG_BINPUT: lambda reader: reader._put(reader._number("<I", 4)),
    pickle.BINGET: lambda reader: reader._get(reader._read(1)[0]),
    pickle.LONG_BINGET: lambda reader: reader._get(reader._number("<I", 4)),
}
