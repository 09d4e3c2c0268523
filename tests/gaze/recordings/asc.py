"""Writer of ASC files like those of edf2asc, after "The ASC File Format" in EyeLink's user manuals."""

from __future__ import annotations

import math
from collections.abc import Sequence

PREAMBLE = """** CONVERTED FROM TEST.EDF using edfapi 4.2 on Mon Mar  4 10:00:00 2024
** DATE: Mon Mar  4 09:00:00 2024
** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED
** VERSION: EYELINK II 1
**

"""

CALIBRATION = """MSG\t1500 !CAL
>>>>>>> CALIBRATION (HV5,P-CR) FOR LEFT: <<<<<<<<<
MSG\t1500 !CAL Calibration points:
MSG\t1500 !CAL -20.5, -31.5        -0,    150
MSG\t1500 !CAL -21.5, -42.5        -0,  -2050
MSG\t1501 !CAL eye check box: (L,R,T,B)
\t  -55     5   -61     6
MSG\t1501 !CAL href cal range: (L,R,T,B)
\t-4000  4000 -3000  3000
MSG\t1501 !CAL Cal coeff:(X=a+bx+cy+dxx+eyy,Y=f+gx+goaly+ixx+jyy)
  -0.0005  81.5  0.25  0.0625 -0.125
   212.5 -1.5  164.5 -0.125 -0.25
MSG\t1501 !CAL Prenormalize: offx, offy = -20.5 -31.5
MSG\t1501 !CAL Quadrant center: centx, centy =
  -0.0005  212.5
MSG\t1501 !CAL Corner correction:
   8.5e-06,  2.5e-05
  -1.5e-05,  3.5e-05
MSG\t1501 !CAL Gains: cx:150.5 lx:160.5 rx:155.5
MSG\t1501 !CAL VALIDATION HV5 L LEFT  GOOD ERROR 0.25 avg. 0.75 max  OFFSET 0.10 deg. 3.5,2.5 pix.
MSG\t1501 VALIDATE L POINT 0  LEFT  at 640,512  OFFSET 0.20 deg.  7.0,1.0 pix.
"""
"""A calibration report of the tracker: indented numbers below its messages."""


def value(number: float) -> str:
    return "   ." if math.isnan(number) else f"{number:7.1f}"


def sample(time_ms: float, places: Sequence[tuple[float, float]], tail: str = "") -> str:
    """Return a line with a sample: x, y and pupil of each eye, extra columns, and no warning."""
    time = f"{time_ms:.0f}" if time_ms == int(time_ms) else f"{time_ms:.1f}"
    eyes = "".join(f"{value(x)}\t{value(y)}\t{0 if math.isnan(x) else 288:7.1f}\t" for x, y in places)
    return f"{time}\t{eyes}{tail}{'...' if len(places) == 1 else '.....'}\n"


def block(lines: str, first_ms: int, last_ms: int, eyes: str = "LEFT", rate_hz: float = 1000.0) -> str:
    """Return samples and events between a START and an END."""
    names = eyes.replace(" ", "\t")
    return (
        f"START\t{first_ms} \t{names}\tSAMPLES\tEVENTS\nPRESCALER\t1\nVPRESCALER\t1\nPUPIL\tAREA\n"
        f"EVENTS\tGAZE\t{names}\tRATE\t{rate_hz:.2f}\tTRACKING\tCR\tFILTER\t2\n"
        f"SAMPLES\tGAZE\t{names}\tRATE\t{rate_hz:.2f}\tTRACKING\tCR\tFILTER\t2\n"
        f"{lines}END\t{last_ms} \tSAMPLES\tEVENTS\tRES\t  47.75\t  45.92\n"
    )


def coords(time_ms: int = 900, edges: str = "0.00 0.00 1919.00 1079.00") -> str:
    return f"MSG\t{time_ms} GAZE_COORDS {edges}\n"
