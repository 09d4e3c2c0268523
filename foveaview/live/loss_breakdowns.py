"""The metameric loss by part: of a shown image, and over the course of a search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from foveaview.live.frames import Dissections
from foveaview.live.jobs import Candidate, Job, Key
from foveaview.perception.analysis.loss_breakdown import LossPart
from foveaview.perception.prepared import PreparedTarget

__all__ = ["BreakdownHistory", "LossBreakdown", "decompose"]

_MOST_ROWS = 400  # more than a small plot has pixels


@dataclass(frozen=True, eq=False)
class LossBreakdown:
    """The metameric loss of a shown image by part.

    Attributes:
        parts: the names.
        values: (P,) float32; their sum is the loss.
        iteration: of the search; None if the image is not of a search.
        key: gaze and settings of the measurement.
        document: number of the target.
        candidate: kind of the candidate.
    """

    parts: tuple[LossPart, ...]
    values: npt.NDArray[np.float32]
    iteration: int | None
    key: Key
    document: int
    candidate: Candidate


@torch.no_grad()
def decompose(
    job: Job, prepared: PreparedTarget, image: torch.Tensor, iteration: int | None
) -> LossBreakdown:
    """Take the loss of an image apart."""
    values = prepared.dissect(image).float().cpu().numpy()
    key = Key(job.gaze, job.loss_settings)
    return LossBreakdown(tuple(prepared.parts()), values, iteration, key, job.document, job.candidate)


class BreakdownHistory:
    """Parts of the loss at some iterations of each search; rows are thinned as they get many.

    >>> history = BreakdownHistory()
    >>> history.of(1)[0].shape
    (0,)
    """

    def __init__(self) -> None:
        self._rows: dict[int, list[LossBreakdown]] = {}
        self._tables: dict[int, Dissections] = {}

    def keep(self, runs: frozenset[int]) -> None:
        """Drop all searches but some."""
        self._rows = {run: rows for run, rows in self._rows.items() if run in runs}
        self._tables = {run: table for run, table in self._tables.items() if run in runs}

    def latest(self, run: int) -> LossBreakdown | None:
        """The newest row of a search."""
        rows = self._rows.get(run)
        return rows[-1] if rows else None

    def add(self, run: int, row: LossBreakdown) -> None:
        """Add a row; drop earlier rows if the search went back or has other parts now."""
        assert row.iteration is not None
        rows = [
            one
            for one in self._rows.get(run, [])
            if one.iteration is not None and one.iteration < row.iteration and one.parts == row.parts
        ]
        if len(rows) >= _MOST_ROWS:
            rows = rows[::2]
        self._rows[run] = [*rows, row]
        self._tables.pop(run, None)

    def of(self, run: int) -> Dissections:
        """The iterations, (n,), and the values of the parts at each, (n, P)."""
        if run not in self._tables:
            rows = self._rows.get(run, [])
            iterations = np.array([row.iteration for row in rows], dtype=np.int64)
            values = np.stack([row.values for row in rows]) if rows else np.zeros((0, 0), dtype=np.float32)
            self._tables[run] = (iterations, values)
        return self._tables[run]

    def parts(self, run: int) -> tuple[LossPart, ...]:
        """Names of the parts."""
        latest = self.latest(run)
        return () if latest is None else latest.parts
