"""The metameric loss of one image against one target, at thousands of gazes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from foveaview.perception.analysis.loss_table import LossTable
from foveaview.perception.interruption import check_interruption
from foveaview.perception.metameric import MetamericLoss
from foveaview.perception.precision import full_precision
from foveaview.settings import LossSettings

__all__ = ["FEW", "LARGEST_ERROR", "ScanpathLoss", "ScanpathLosses"]

FEW = 64
"""Largest number of different gazes to evaluate one by one; building the table takes about as long."""
LARGEST_ERROR = 1e-4
"""Largest relative error of values from the table."""
_CHECKED = 12
_CELLS = (8, 24)  # cells per unit of a table, and of its refinement


@dataclass(frozen=True)
class ScanpathLosses:
    """Losses at gazes.

    Attributes:
        values: (N,), with the images' dtype and device.
        largest_error: largest relative error of the values that were checked one by one; 0 if none comes
            from the table.
        tabulated: True if the values come from the table.
    """

    values: Tensor
    largest_error: float = 0.0
    tabulated: bool = False


class ScanpathLoss:
    """The metameric loss of an image against a target at many gazes, many times faster than one by one.

    Equal gazes are evaluated once. Up to 64 different gazes are evaluated by `MetamericLoss`, exact to the
    last bit. The losses at more gazes come from a table, and some are checked with `MetamericLoss`. If they
    differ by more than 1e-4 of the value, the table is refined. If the refined table is not accurate enough
    either, all gazes are evaluated one by one.

    Args:
        image: (1, C, H, W), C 1 or 3, values in [0, 1].
        target: target of the same shape, device and dtype.
        settings: settings of the loss; the defaults if None.
        image_colorspace: "RGB" or "YCrCb"; ignored with one channel.

    Raises:
        ValueError: for an invalid shape, dtype, value or size, with the remedy.

    >>> target = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> settings = LossSettings(n_pyramid_levels=3)
    >>> losses = ScanpathLoss(target.flip(-1), target, settings)
    >>> gazes = torch.rand(200, 2, generator=torch.Generator().manual_seed(1))
    >>> one = MetamericLoss.from_settings(settings)(target.flip(-1), target, gazes[7])
    >>> bool(abs(losses(gazes)[7] / one - 1) < 1e-4), bool(losses(gazes[7:8])[0] == one)
    (True, True)
    """

    def __init__(
        self,
        image: Tensor,
        target: Tensor,
        settings: LossSettings | None = None,
        image_colorspace: str = "RGB",
    ) -> None:
        self.settings = settings or LossSettings()
        self._image, self._target, self._colorspace = image.detach(), target.detach(), image_colorspace
        self._loss = MetamericLoss.from_settings(self.settings)
        self.exactly((0.5, 0.5))  # raises an error if the images are invalid
        if len(image) != 1:
            raise ValueError(f"a scanpath is measured on one image and one target, got {len(image)}")
        self._cells = _CELLS[0]
        self._levels: LossTable | None = None

    def exactly(self, gaze: tuple[float, float]) -> Tensor:
        """The loss at one gaze by `MetamericLoss`, 0-d."""
        with torch.no_grad():
            return self._loss(self._image, self._target, gaze, self._colorspace)

    def __call__(self, gazes: Tensor) -> Tensor:
        """The losses (N,) at gazes (N, 2), in image coordinates; `measure` also returns their accuracy."""
        return self.measure(gazes).values

    def measure(self, gazes: Tensor, on_progress: Callable[[int, int], None] | None = None) -> ScanpathLosses:
        """The losses at gazes (N, 2), x and y in image coordinates, [0, 1] inside the image.

        Args:
            gazes: any finite numbers.
            on_progress: called with the number of different gazes done, and their total.

        Raises:
            ValueError: for another shape, or a gaze that is not finite.
        """
        gazes = gazes.detach().to("cpu", torch.float64)
        if gazes.dim() != 2 or gazes.shape[1] != 2:
            raise ValueError(f"gazes must have shape (N, 2), got {tuple(gazes.shape)}")
        if not bool(torch.isfinite(gazes).all()):
            index = int((~torch.isfinite(gazes).all(dim=1)).nonzero()[0])
            raise ValueError(f"gazes must be finite, got {gazes[index].tolist()} at position {index}")
        if not len(gazes):
            return ScanpathLosses(self._image.new_empty(0))
        different, back = torch.unique(gazes, dim=0, return_inverse=True)
        told = on_progress or (lambda done, total: None)
        found = self._of_few(different, told) if len(different) <= FEW else self._of_many(different, told)
        return replace(found, values=found.values.to(self._image)[back.to(self._image.device)])

    def _of_few(self, gazes: Tensor, told: Callable[[int, int], None]) -> ScanpathLosses:
        values = []
        for x, y in gazes.tolist():
            check_interruption()
            values.append(self.exactly((x, y)))
            told(len(values), len(gazes))
        return ScanpathLosses(torch.stack(values))

    def _of_many(self, gazes: Tensor, told: Callable[[int, int], None]) -> ScanpathLosses:
        """The losses from the table if it is accurate at the checked gazes, otherwise one by one."""
        checked = torch.linspace(0, len(gazes) - 1, _CHECKED).long()
        exact = self._of_few(gazes[checked], lambda done, total: None).values.double().cpu()
        for cells in _CELLS:
            if cells >= self._cells:
                table = self._table(cells)
                error = _largest_error(torch.cat(list(table.losses(gazes[checked]))), exact)
                if error <= LARGEST_ERROR:
                    return self._tabulated(table, gazes, told, error)
        return self._of_few(gazes, told)

    def _tabulated(
        self, table: LossTable, gazes: Tensor, told: Callable[[int, int], None], error: float
    ) -> ScanpathLosses:
        values: list[Tensor] = []
        done = 0
        for part in table.losses(gazes):
            values.append(part)
            done += len(part)
            told(done, len(gazes))
        return ScanpathLosses(torch.cat(values), error, True)

    def _table(self, cells: int) -> LossTable:
        if self._levels is None or self._cells != cells:
            self._levels = None  # free its memory for the next table
            analyser = self._loss.analyser_of(self._target, self._colorspace)
            with torch.no_grad(), full_precision(self._image):
                target, own = analyser(self._target), analyser(self._image)
                self._levels, self._cells = LossTable(analyser, target, own, cells), cells
        return self._levels


def _largest_error(values: Tensor, exact: Tensor) -> float:
    """The largest relative error; values that are exactly 0 must be 0."""
    errors = (values.cpu() - exact).abs()
    return float((errors / exact.clamp(min=torch.finfo(exact.dtype).tiny)).max())
