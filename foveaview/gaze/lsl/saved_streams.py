"""Known streams and the mappings of their channels, kept between sessions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from pydantic import JsonValue, TypeAdapter, ValidationError

from foveaview.gaze.lsl.mapping import Mapping
from foveaview.gaze.lsl.stream_info import LONGEST, StreamDescription
from foveaview.io.untrusted import parse_json

__all__ = ["KeptStream", "known_mapping", "read_kept", "remembered", "written_kept"]

_MOST = 40
_DESCRIPTION = TypeAdapter(StreamDescription)
_MOST_CHANNELS = 100_000  # a mapping reads no more


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        return
    if len(value) > LONGEST:
        raise ValueError(
            f"invalid description of a stream: {name} has {len(value)} characters, over {LONGEST}"
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"invalid description of a stream: {name} is {value!a}, which no stream can have"
        ) from None


def _check(stream: StreamDescription) -> None:
    """Reject invalid descriptions: their texts are searched for on the network and shown to the user."""
    if not 0 <= stream.count <= _MOST_CHANNELS or len(stream.channels) > stream.count:
        raise ValueError(
            f"invalid description of a stream: count is {stream.count}, but {len(stream.channels)} are listed"
        )
    for each in (stream, *stream.channels):
        for name, value in vars(each).items():
            _check_text(name, value)


@dataclass(frozen=True)
class KeptStream:
    """A stream, and the mapping of its channels.

    >>> kept = KeptStream(StreamDescription("EyeLink", "Gaze", count=2), Mapping(unit="px"))
    >>> KeptStream.from_json(kept.to_json()) == kept
    True
    """

    stream: StreamDescription
    mapping: Mapping

    def to_json(self) -> JsonValue:
        """Return plain values."""
        return {
            "stream": _DESCRIPTION.dump_python(self.stream, mode="json"),
            "mapping": self.mapping.model_dump(),
        }

    @classmethod
    def from_json(cls, kept: JsonValue) -> Self:
        """Read the output of `to_json`.

        Raises:
            ValueError: if it is not a stream with a mapping of channels that it has.
        """
        values: Any = kept if isinstance(kept, dict) else {}
        try:
            stream = _DESCRIPTION.validate_python(values.get("stream"))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "stream"
            raise ValueError(f"invalid description of a stream: {where}: {first['msg']}") from None
        _check(stream)
        mapping = values.get("mapping")
        if not isinstance(mapping, dict):
            raise ValueError(f"invalid mapping of channels: {mapping!r}")
        made = cls(stream, Mapping(**mapping))
        if stream.count < made.mapping.channels:
            raise ValueError(
                f"the mapping reads channel {made.mapping.channels - 1}, but {stream.name} has {stream.count}"
            )
        return made

    def is_like(self, other: StreamDescription) -> bool:
        """Return True if another stream has the same name and channels."""
        mine = self.stream
        return (mine.name, mine.count, mine.channels) == (other.name, other.count, other.channels)


def known_mapping(kept: Iterable[KeptStream], stream: StreamDescription) -> Mapping | None:
    """Return the last mapping of a stream, else that of a stream that differs only in its source_id.

    Args:
        kept: known streams, newest first.
        stream: the stream to look up.
    """
    alike = [each for each in kept if each.is_like(stream)]
    same = [each for each in alike if each.stream.source_id == stream.source_id]
    return next((each.mapping for each in [*same, *alike]), None)


def remembered(kept: Iterable[KeptStream], newest: KeptStream) -> list[KeptStream]:
    """Return the streams with the newest in front, once each; only 40 are kept."""
    stream = newest.stream
    rest = [each for each in kept if not (each.is_like(stream) and each.stream.source_id == stream.source_id)]
    return [newest, *rest][:_MOST]


def read_kept(text: str) -> tuple[list[KeptStream], str]:
    """Read the output of `written_kept`: the valid streams, and the first problem of the others.

    >>> read_kept("[3]")
    ([], 'invalid description of a stream: stream: Input should be a dictionary or an instance of ...')
    >>> read_kept("[]")
    ([], '')
    """
    try:
        values = parse_json(text)
        if not isinstance(values, list):
            raise ValueError(f"a list was expected, got {type(values).__name__}")
    except ValueError as error:
        return [], str(error)
    streams, problem = [], ""
    for each in values[:_MOST]:
        try:
            streams.append(KeptStream.from_json(each))
        except ValueError as error:
            problem = problem or str(error)
    return streams, problem


def written_kept(kept: Iterable[KeptStream]) -> str:
    """Return the streams as text, for `read_kept`."""
    return json.dumps([each.to_json() for each in kept])
