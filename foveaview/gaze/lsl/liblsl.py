"""The Lab Streaming Layer's library, which not every machine has."""

from __future__ import annotations

from typing import Any

from foveaview.gaze.sample import now

__all__ = ["clock_offset", "library"]


def library() -> Any:
    """The module `pylsl`, imported when it is first needed.

    liblsl reads its configuration once, at its first use: the file that the variable LSLAPICFG names, else
    lsl_api.cfg in the working folder, in ~/lsl_api or in /etc/lsl_api (liblsl's api_config.cpp).

    Raises:
        ImportError: where pylsl or the liblsl that it needs is not there, with what to do.
    """
    try:
        import pylsl
    except ImportError as error:
        raise ImportError("the Lab Streaming Layer needs pylsl: pip install 'foveaview[lsl]'") from error
    except (RuntimeError, OSError, AttributeError) as error:  # what pylsl raises for a liblsl it cannot use
        raise ImportError(
            "pylsl is here, but it finds no liblsl that works on this platform: install liblsl"
            " (conda install -c conda-forge liblsl, or github.com/sccn/liblsl/releases)"
            " and name its file in the variable PYLSL_LIB"
        ) from error
    return pylsl


def clock_offset(pylsl: Any, tries: int = 5) -> float:
    """What to add to a time of LSL's local clock for the clock of `now`, the most certain of some tries."""

    def one() -> tuple[float, float]:
        before = now()
        theirs = pylsl.local_clock()
        after = now()
        return after - before, (before + after) / 2 - theirs

    return min(one() for _ in range(tries))[1]
