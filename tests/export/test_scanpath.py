"""What a scanpath is written as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from foveaview.evaluation.scanpath import ScanpathResult
from foveaview.export.scanpath import export_worst
from foveaview.settings import LossSettings


def test_a_single_bright_pixel_does_not_darken_the_heatmap_of_the_worst_gaze(tmp_path: Path) -> None:
    heatmap = torch.full((1, 1, 40, 40), 0.5)
    heatmap[..., :20, :] = 0.0
    heatmap[0, 0, 30, 30] = 1000.0
    image = torch.zeros(1, 3, 40, 40)
    alone = np.zeros(1)
    away = alone - 1  # beside the image, so that no mark is in the way
    result = ScanpathResult(LossSettings(), (0.5, 0.5), alone, away, away, alone, alone, 0, 0.0, 0.0)
    export_worst(tmp_path / "worst.png", (image, image), heatmap, result, {})
    shown = np.asarray(Image.open(tmp_path / "worst.png"))[:, 80:]
    assert (shown[25, 5] == shown[30, 30]).all()
    assert shown[25, 5].sum() > 2 * shown[5, 5].sum()
