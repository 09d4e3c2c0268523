"""A failure: an exception as a value that threads may share."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

import torch

from foveaview.io.untrusted import file_label, one_line
from foveaview.synthesis.memory import NotEnoughMemoryError

__all__ = ["Failure"]


@dataclass(frozen=True)
class Failure:
    """An error as a value.

    Attributes:
        kind: "input" if the user can mend it, "memory" if memory ran out, "internal" otherwise.
        message: one short line.
        details: the traceback as text, because the exception itself would keep its tensors alive.
    """

    kind: Literal["input", "memory", "internal"]
    message: str
    details: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Make the failure of an exception.

        >>> Failure.of(ValueError("alpha must be positive")).kind
        'input'
        """
        text = one_line(str(error)) or type(error).__name__
        details = "".join(traceback.format_exception(error))
        out_of_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if isinstance(error, NotEnoughMemoryError):
            return cls("memory", text, details)
        if out_of_memory or "can't allocate memory" in text:
            return cls("memory", "there is not enough memory for this image and these settings", details)
        if isinstance(error, OSError) and error.strerror:
            place = f"{file_label(str(error.filename))}: " if error.filename else ""
            return cls("input", f"{place}{error.strerror.lower()}", details)
        if isinstance(error, (ValueError, OSError, ImportError)):
            return cls("input", text, details)
        return cls("internal", f"{type(error).__name__}: {text}", details)
