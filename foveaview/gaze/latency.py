"""How late the picture is: when the eye looked, and when each stage that follows was done."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Stamp"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """When the stages of one picture were done, in seconds on the clock of `foveaview.gaze.now`.

    Attributes:
        sample: the eye looked there.
        taken: the window took the sample.
        computed: the picture was there; None where it is not yet.
        painted: the picture was on screen; None where it is not yet.
    """

    sample: float
    taken: float
    computed: float | None = None
    painted: float | None = None
