"""Writer of XDF files after the XDF 1.0 specification, https://github.com/sccn/xdf/wiki/Specifications."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[float]] | Sequence[Sequence[str]]

_FORMS = {"double64": "d", "float32": "f", "int32": "i", "int16": "h", "int8": "b", "int64": "q"}


def length(number: int) -> bytes:
    size, form = (1, "<B") if number < 256 else (4, "<I") if number < 1 << 32 else (8, "<Q")
    return bytes([size]) + struct.pack(form, number)


def chunk(tag: int, content: bytes) -> bytes:
    return length(len(content) + 2) + struct.pack("<H", tag) + content


def header(
    name: str,
    kind: str,
    channels: Sequence[tuple[str, str]],
    form: str = "float32",
    rate_hz: float = 60.0,
    more: str = "",
) -> str:
    """Return the XML of a stream with labels and units of its channels."""
    listed = "".join(
        f"<channel><label>{escape(label)}</label><unit>{escape(unit)}</unit></channel>"
        for label, unit in channels
    )
    return (
        f'<?xml version="1.0"?><info><name>{escape(name)}</name><type>{escape(kind)}</type>'
        f"<channel_count>{max(len(channels), 1)}</channel_count><nominal_srate>{rate_hz:g}</nominal_srate>"
        f"<channel_format>{form}</channel_format><source_id>s</source_id><hostname>lab</hostname>"
        f"<uid>u</uid><desc><channels>{listed}</channels>{more}</desc></info>"
    )


def samples(number: int, times: Sequence[float | None], rows: Rows, form: str = "float32") -> bytes:
    """Return a chunk of samples; one without a time follows the previous one at the nominal rate."""
    content = struct.pack("<I", number) + length(len(times))
    for t, row in zip(times, rows, strict=True):
        content += b"\0" if t is None else b"\x08" + struct.pack("<d", t)
        for value in row:
            if isinstance(value, str):
                content += length(len(value.encode())) + value.encode()
            else:
                content += struct.pack("<" + _FORMS[form], value)
    return chunk(3, content)


def offset(number: int, t: float, value: float) -> bytes:
    return chunk(4, struct.pack("<Idd", number, t, value))


def stream(
    number: int,
    xml: str,
    times: Sequence[float | None],
    rows: Rows,
    form: str = "float32",
    offsets: Sequence[tuple[float, float]] = (),
) -> bytes:
    """Return all chunks of a stream, with its samples in two chunks."""
    number_bytes, half = struct.pack("<I", number), len(times) // 2
    body = chunk(2, number_bytes + xml.encode())
    body += samples(number, times[:half], rows[:half], form) if half else b""
    body += b"".join(offset(number, t, value) for t, value in offsets)
    body += samples(number, times[half:], rows[half:], form) if times else b""
    return body + chunk(6, number_bytes + b'<?xml version="1.0"?><info></info>')


def file(*streams: bytes) -> bytes:
    start = b"XDF:" + chunk(1, b'<?xml version="1.0"?><info><version>1.0</version></info>')
    return start + b"".join(streams)
