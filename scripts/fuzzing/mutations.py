"""Ways to damage a file: bytes, texts, JSON, and the parts of gzip, zip and PNG files.

Each takes a `Random`, the bytes of a file and those of others of its kind, and returns other bytes. One that
does not fit the file returns them unchanged.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["WRONG", "Mutation", "mutated", "set_anywhere"]

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

_MOST_PLACES = 2000
_NUMBERS = (0, 1, 2, 3, 4, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
_LONG_NUMBERS = (2**33, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    0.5,
    1e308,
    -1e-308,
    float("nan"),
    float("inf"),
    10**20,
    10**400,
    "",
    "x",
    "a\0b",
    "a\nb",
    "\ud800",
    "../../etc/passwd",
    5000 * "9",
    [],
    [[]],
    {},
    {"a": 1},
]
_TOKENS = (
    *(
        "nan",
        "n/a",
        "inf",
        "-inf",
        "1e308",
        "-1e308",
        "1e-320",
        "0",
        "-0",
        "-1",
        "NaN",
        "",
        " ",
        '"',
        "'",
        "\\",
    ),
    *(
        "0x10",
        "1_000",
        "1,5",
        "\u0663",
        "\ufeff",
        "\0",
        "\r",
        "\n",
        "\t",
        ";",
        ",",
        "#",
        400 * "9",
        "9" * 5000,
    ),
    *("99999999999999999999", "Valid", "Invalid", "START", "END", "MSG", "SAMPLES", "BLINK", "true", "null"),
)


# bytes


def _flip_bits(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _set_bytes(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.choice((1, 2, 8))):
        changed[chance.randrange(len(raw))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(changed)


def _set_number(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    """Overwrite a length, an offset or a count, if it is there."""
    size, form = chance.choice(((1, "B"), (2, "H"), (4, "I"), (8, "Q")))
    number = chance.choice(_NUMBERS + (_LONG_NUMBERS if size == 8 else ())) % (1 << (8 * size))
    place = chance.randrange(max(len(raw) - size, 1))
    return raw[:place] + struct.pack(chance.choice("<>") + form, number) + raw[place + size :]


def _truncate(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    return raw[: chance.randrange(len(raw))]


def _cut_out(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(raw))
    return raw[:start] + raw[start + _some(chance, raw) :]


def _repeat(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    start = chance.randrange(len(raw))
    part = raw[start : start + _some(chance, raw)]
    return raw[:start] + part * chance.choice((2, 2, 3, 20)) + raw[start + len(part) :]


def _insert(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    place = chance.randrange(len(raw))
    return raw[:place] + chance.randbytes(chance.choice((1, 2, 4, 100))) + raw[place:]


def _blank(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    start, count = chance.randrange(len(raw)), _some(chance, raw)
    return (
        raw[:start]
        + bytes([chance.choice((0, 255))]) * len(raw[start : start + count])
        + raw[start + count :]
    )


def _splice(chance: random.Random, raw: bytes, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return raw[: chance.randrange(len(raw))] + other[chance.randrange(max(len(other), 1)) :]


def _some(chance: random.Random, raw: bytes) -> int:
    return chance.choice((1, 4, 30, max(len(raw) // 10, 1)))


_OF_BYTES: tuple[Mutation, ...] = (
    *(_flip_bits, _set_bytes, _set_number, _set_number, _truncate, _cut_out),
    *(_repeat, _insert, _blank, _splice),
)


# texts


def _as_text(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _replace_token(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    text = _as_text(raw)
    if not text:
        return raw
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    mark = next((mark for mark in ("\t", ";", ",", " ") if mark in lines[line]), None)
    cells = lines[line].split(mark) or [""]
    for _ in range(chance.choice((1, 1, 3))):
        cells[chance.randrange(len(cells))] = chance.choice(_TOKENS)
    lines[line] = (mark or "").join(cells)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _move_lines(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    lines = raw.split(b"\n")
    line = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 2))):
        lines.insert(chance.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _recode(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    text = _as_text(raw)
    return raw if text is None else text.encode(chance.choice(("utf-16", "utf-16-le", "utf-8-sig", "utf-32")))


_OF_TEXT: tuple[Mutation, ...] = (_replace_token, _replace_token, _move_lines, _recode)


# JSON


def _places(content: Any) -> list[tuple[Any, ...]]:
    """Return paths to the first values in dictionaries and lists."""
    found: list[tuple[Any, ...]] = []
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), content)]
    while waiting and len(found) < _MOST_PLACES:
        at, value = waiting.pop()
        if isinstance(value, dict | list):
            keys = list(value) if isinstance(value, dict) else range(min(len(value), _MOST_PLACES))
            found += [(*at, key) for key in keys]
            waiting += [((*at, key), value[key]) for key in keys]
    return found


def set_anywhere(chance: random.Random, content: Any, wrong: Sequence[Any]) -> None:
    """Replace, delete, rename or repeat a value somewhere in dictionaries and lists, in place."""
    places = _places(content)
    if not places:
        return
    *way, last = chance.choice(places)
    inner = content
    for key in way:
        inner = inner[key]
    act = chance.randrange(6)
    if act == 0:
        del inner[last]
    elif act == 1 and isinstance(inner, dict):
        inner[chance.choice(("x", f"{last}x", "", 3))] = inner.pop(last)
    elif act == 2 and isinstance(inner, list):
        inner[last:last] = inner[last : last + 1] * chance.choice((1, 3, 300))
    else:
        inner[last] = chance.choice(wrong)


def _change_json(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        set_anywhere(chance, content, WRONG)
    try:
        text = json.dumps(content, indent=chance.choice((None, 1)))
    except ValueError:  # two changes made a cycle, which JSON cannot express
        return raw
    if chance.randrange(20) == 0:
        deep = chance.choice((50, 1000, 100_000))
        text = text.replace("null", "[" * deep + "]" * deep, 1)
    return text.encode("utf-8", "surrogatepass")


# containers


def _in_gzip(chance: random.Random, raw: bytes, others: Sequence[bytes]) -> bytes:
    """Decompress, mutate the content, and compress it again."""
    try:
        inner = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return raw
    unpacked = []
    for other in others:
        try:
            unpacked.append(gzip.decompress(other))
        except (OSError, EOFError, zlib.error):
            continue
    changed = _by_one(chance, inner, unpacked or [inner], (*_OF_BYTES, *_OF_TEXT, *_OF_TEXT, _change_json))
    if chance.randrange(200) == 0:
        changed += changed[-200:] * 300_000
    return gzip.compress(changed, 1)


def _in_zip(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    """Mutate an entry, or its name, and write the archive again as torch does, or packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = [[name, archive.read(name)] for name in archive.namelist()]
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, NotImplementedError):
        return raw
    pickled = [part for part in parts if part[0].endswith("data.pkl")]
    part = chance.choice(pickled if pickled and chance.randrange(2) else parts)
    act = chance.randrange(8)
    if act == 0:
        part[0] = chance.choice(("archive/data/0", "archive/constants.pkl", "x", part[0] + "x"))
    elif act == 1:
        parts.remove(part)
    elif act == 2:
        part[1] = part[1] + bytes(chance.choice((1, 1000, 100_000)))
    elif part[1]:
        part[1] = _by_one(chance, part[1], [part[1]], _OF_BYTES)
    packing = zipfile.ZIP_DEFLATED if chance.randrange(10) == 0 else zipfile.ZIP_STORED
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", packing) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    return written.getvalue()


def _in_png(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    """Mutate a chunk and give it the checksum that fits."""
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return raw
    chunks, place = [], 8
    while place + 8 <= len(raw):
        length = struct.unpack(">I", raw[place : place + 4])[0]
        chunks.append([raw[place + 4 : place + 8], raw[place + 8 : place + 8 + length]])
        place += 12 + length
    chunk = chance.choice(chunks)
    if chance.randrange(6) == 0:
        chunks.insert(chance.randrange(len(chunks)), list(chunk))
    elif chunk[1]:
        chunk[1] = _by_one(chance, chunk[1], [chunk[1]], _OF_BYTES)
    written = raw[:8]
    for kind, content in chunks:
        written += (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )
    return written


def _by_one(
    chance: random.Random, raw: bytes, others: Sequence[bytes], mutations: Sequence[Mutation]
) -> bytes:
    return chance.choice(mutations)(chance, raw, others) if raw else raw


_OF_CONTAINERS: tuple[Mutation, ...] = (_in_gzip, _in_zip, _in_png)


def mutated(
    chance: random.Random, raw: bytes, others: Sequence[bytes], more: Sequence[Mutation] = ()
) -> bytes:
    """Mutate a file once or a few times, in ways that fit it.

    Args:
        chance: decides.
        raw: the file.
        others: files of the same kind, to splice with.
        more: mutations of this kind alone.
    """
    deep = [_in_gzip] if raw[:2] == b"\x1f\x8b" else [_in_zip] if raw[:2] == b"PK" else []
    deep += [_in_png] if raw[:4] == b"\x89PNG" else []
    if not deep:
        deep = [_change_json] if raw[:1] in b"{[" else list(_OF_TEXT) if _as_text(raw) is not None else []
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        ways = chance.choice([group for group in (_OF_BYTES, deep, more) if group])
        raw = _by_one(chance, raw, others, ways)
    return raw
