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
"""Different gazes that are evaluated one by one: the table takes about as long."""
LARGEST_ERROR = 1e-4
"""Of what comes from the table, relative."""
_CHECKED = 12
_CELLS = (8, 24)  # of a table, and of its refinement


@dataclass(frozen=True)
class ScanpathLosses:
    """Losses at gazes.

    Attributes:
        values: (N,), of the images' dtype and on their device.
        largest_error: relative, of those that were computed once more one by one; 0 if all were.
        tabulated: whether they come from the table.
    """

    values: Tensor
    largest_error: float = 0.0
    tabulated: bool = False


class ScanpathLoss:
    """The metameric loss of an image against a target at many gazes, many times faster than one by one.

    A few gazes are evaluated by `MetamericLoss` itself, to the last bit; of many, equal ones once. The rest
    comes from the table, and some of it is computed by `MetamericLoss` too: where they differ by more than
    1e-4 of the value, the table is refined, and given up if that is of no avail.

    Args:
        image: (1, C, H, W), C 1 or 3, values in [0, 1].
        target: of the same shape, device and dtype.
        settings: of the loss; the defaults where None.
        image_colorspace: "RGB" or "YCrCb"; of no account with one channel.

    Raises:
        ValueError: for a shape, a dtype, a value or a size that cannot be, with the remedy.

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
        self.exactly((0.5, 0.5))  # says what is wrong with the images
        if len(image) != 1:
            raise ValueError(f"a scanpath is measured on one image and one target, got {len(image)}")
        self._cells = _CELLS[0]
        self._levels: LossTable | None = None

    def exactly(self, gaze: tuple[float, float]) -> Tensor:
        """The loss at one gaze by `MetamericLoss`, 0-d."""
        with torch.no_grad():
            return self._loss(self._image, self._target, gaze, self._colorspace)

    def __call__(self, gazes: Tensor) -> Tensor:
        """The losses (N,) at gazes (N, 2), in image coordinates; `measure` says how exact they are."""
        return self.measure(gazes).values

    def measure(self, gazes: Tensor, on_progress: Callable[[int, int], None] | None = None) -> ScanpathLosses:
        """The losses at gazes (N, 2), x and y in image coordinates, [0, 1] inside the picture.

        Args:
            gazes: any finite numbers.
            on_progress: told how many of how many different gazes are done.

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
        """From the table, if it is right where that is looked at."""
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
            self._levels = None  # its memory is needed for the next
            analyser = self._loss.analyser_of(self._target, self._colorspace)
            with torch.no_grad(), full_precision(self._image):
                target, own = analyser(self._target), analyser(self._image)
                self._levels, self._cells = LossTable(analyser, target, own, cells), cells
        return self._levels


def _largest_error(values: Tensor, exact: Tensor) -> float:
    """Relative; what is 0 must be 0."""
    errors = (values.cpu() - exact).abs()
    return float((errors / exact.clamp(min=torch.finfo(exact.dtype).tiny)).max())
