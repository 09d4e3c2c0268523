"""The Lab Streaming Layer's library, which is optional."""

from __future__ import annotations

from typing import Any

from foveaview.gaze.sample import now

__all__ = ["clock_offset", "library"]


def library() -> Any:
    """Return the module `pylsl`, imported at first use.

    liblsl reads its configuration once, at its first use: the file named by the variable LSLAPICFG, else
    lsl_api.cfg in the working folder, in ~/lsl_api or in /etc/lsl_api (liblsl's api_config.cpp).

    Raises:
        ImportError: if pylsl is missing or finds no usable liblsl, with the remedy.
    """
    try:
        import pylsl
    except ImportError as error:
        raise ImportError("the Lab Streaming Layer needs pylsl: pip install 'foveaview[lsl]'") from error
    except (RuntimeError, OSError, AttributeError) as error:  # pylsl raises these for an unusable liblsl
        raise ImportError(
            "pylsl is installed, but finds no liblsl for this platform: install liblsl"
            " (conda install -c conda-forge liblsl, or github.com/sccn/liblsl/releases)"
            " and set PYLSL_LIB to its file"
        ) from error
    return pylsl


def clock_offset(pylsl: Any, tries: int = 5) -> float:
    """Return the offset from LSL's local clock to the clock of `now`, the most precise of some tries."""

    def one() -> tuple[float, float]:
        before = now()
        theirs = pylsl.local_clock()
        after = now()
        return after - before, (before + after) / 2 - theirs

    return min(one() for _ in range(tries))[1]
