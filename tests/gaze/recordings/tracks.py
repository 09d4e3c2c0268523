"""Random recordings to write to files, and checks of the recordings that are read back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import strategies as st

from foveaview.gaze import Recording

Place = tuple[float, float] | None


@dataclass(frozen=True)
class Track:
    """Times in ms, positions as shares of the screen from its top left, and validity."""

    ms: tuple[int, ...]
    places: tuple[Place, ...]
    valid: tuple[bool, ...]

    @property
    def rows(self) -> list[tuple[int, Place, bool]]:
        return list(zip(self.ms, self.places, self.valid, strict=True))

    def check(self, recording: Recording, scale: tuple[float, float] = (1, 1), start_s: float = 0) -> None:
        """Check times and positions that were read back, to the written digits."""
        assert recording.t == pytest.approx(np.array(self.ms) / 1e3 + start_s, abs=1e-6)
        lost = (np.nan, np.nan)
        x, y = np.array([lost if place is None else place for place in self.places]).T
        assert recording.x == pytest.approx(x * scale[0], abs=1e-3 * max(1, scale[0]) / 10, nan_ok=True)
        assert recording.y == pytest.approx(y * scale[1], abs=1e-3 * max(1, scale[1]) / 10, nan_ok=True)

    def check_valid(self, recording: Recording) -> None:
        """Check the validity that was read back."""
        assert recording.valid is not None
        assert recording.valid.tolist() == list(self.valid)


_share = st.integers(-200, 1200).map(lambda thousandths: thousandths / 1000)


@st.composite
def tracks(draw: st.DrawFn, lost_is_invalid: bool = False) -> Track:
    """Draw samples milliseconds apart, some of them missing or invalid."""
    steps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=25))
    places = draw(st.lists(st.none() | st.tuples(_share, _share), min_size=len(steps), max_size=len(steps)))
    seen = draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    if lost_is_invalid:
        seen = [place is not None for place in places]
    return Track(tuple(np.cumsum(steps).tolist()), tuple(places), tuple(seen))
