"""JSON that stands in a file of gaze: all that can be wrong with it is a `ValueError` in words."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["parsed"]

_MOST_DIGITS = 300  # a float holds no more


class _TooLargeError(ValueError):
    """A number that no float can hold."""

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
    """The value of a JSON text, all of whose numbers a float can hold.

    Args:
        text: to parse.
        line: of the file that the text begins in.

    Raises:
        ValueError: for what is no JSON, for numbers too large and for lists in lists without an end, with
            the line.

    >>> parsed("[1, 2.5]")
    [1, 2.5]
    >>> parsed("[1,\\n1e999]")
    Traceback (most recent call last):
    ...
    ValueError: line 2: 1e999 is too large a number
    """
    try:
        return json.loads(text, parse_int=_integer, parse_float=_real)
    except _TooLargeError as error:
        at, shown = line - 1 + _line_of(text, text.find(error.digits)), error.digits
        shown = shown if len(shown) < 20 else f"{shown[:12]}... ({len(shown)} digits)"
        raise ValueError(f"line {at}: {shown} is too large a number") from None
    except json.JSONDecodeError as error:
        at = line - 1 + error.lineno
        raise ValueError(f"line {at}, column {error.colno}: {error.msg}") from error
    except RecursionError:
        raise ValueError(f"line {line}: it holds lists in lists without an end") from None
