"""Writes ASC files as edf2asc does, after "The ASC File Format" in EyeLink's user manuals."""

from __future__ import annotations

import math
from collections.abc import Sequence

PREAMBLE = """** CONVERTED FROM TEST.EDF using edfapi 4.2 on Mon Mar  4 10:00:00 2024
** DATE: Mon Mar  4 09:00:00 2024
** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED
** VERSION: EYELINK II 1
**

"""


def value(number: float) -> str:
    return "   ." if math.isnan(number) else f"{number:7.1f}"


def sample(time_ms: float, places: Sequence[tuple[float, float]], tail: str = "") -> str:
    """A line of a sample: x, y and pupil of each eye, what follows, and no warning."""
    time = f"{time_ms:.0f}" if time_ms == int(time_ms) else f"{time_ms:.1f}"
    eyes = "".join(f"{value(x)}\t{value(y)}\t{0 if math.isnan(x) else 288:7.1f}\t" for x, y in places)
    return f"{time}\t{eyes}{tail}{'...' if len(places) == 1 else '.....'}\n"


def block(lines: str, first_ms: int, last_ms: int, eyes: str = "LEFT", rate_hz: float = 1000.0) -> str:
    """Samples and events between a START and an END."""
    names = eyes.replace(" ", "\t")
    return (
        f"START\t{first_ms} \t{names}\tSAMPLES\tEVENTS\nPRESCALER\t1\nVPRESCALER\t1\nPUPIL\tAREA\n"
        f"EVENTS\tGAZE\t{names}\tRATE\t{rate_hz:.2f}\tTRACKING\tCR\tFILTER\t2\n"
        f"SAMPLES\tGAZE\t{names}\tRATE\t{rate_hz:.2f}\tTRACKING\tCR\tFILTER\t2\n"
        f"{lines}END\t{last_ms} \tSAMPLES\tEVENTS\tRES\t  47.75\t  45.92\n"
    )


def coords(time_ms: int = 900, edges: str = "0.00 0.00 1919.00 1079.00") -> str:
    return f"MSG\t{time_ms} GAZE_COORDS {edges}\n"
