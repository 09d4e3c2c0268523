"""Parser of the JSON in gaze files; every error is a `ValueError` with a readable message."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["parsed"]

_MOST_DIGITS = 300  # about the limit of a float


class _TooLargeError(ValueError):
    """A number is too large for a float."""

    def __init__(self, digits: str) -> None:
        super().__init__(digits)
        self.digits = digits


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _TooLargeError(digits)
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _TooLargeError(digits)
    return value


def _line_of(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


def parsed(text: str, line: int = 1) -> Any:
    """Parse a JSON text; every number must fit in a float.

    Args:
        text: text to parse.
        line: line of the file in which the text begins.

    Raises:
        ValueError: if the text is not JSON, nests lists too deeply or has a number too large; gives the line.

    >>> parsed("[1, 2.5]")
    [1, 2.5]
    >>> parsed("[1,\\n1e999]")
    Traceback (most recent call last):
    ...
    ValueError: line 2: the number 1e999 is too large
    """
    try:
        return json.loads(text, parse_int=_integer, parse_float=_real)
    except _TooLargeError as error:
        at, shown = line - 1 + _line_of(text, text.find(error.digits)), error.digits
        shown = shown if len(shown) < 20 else f"{shown[:12]}... ({len(shown)} digits)"
        raise ValueError(f"line {at}: the number {shown} is too large") from None
    except json.JSONDecodeError as error:
        at = line - 1 + error.lineno
        raise ValueError(f"line {at}, column {error.colno}: {error.msg}") from error
    except RecursionError:
        raise ValueError(f"line {line}: its lists are nested too deeply") from None
