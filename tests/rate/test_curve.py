"""Loss against bits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from foveaview import MetamericLoss, load_image
from foveaview.files import resource
from foveaview.perception.interruption import Interrupted, interruptible
from foveaview.rate import codecs as coding
from foveaview.rate.codecs import FORMATS, Coder
from foveaview.rate.curve import RatePoint, first_under, measure_rates, planned
from foveaview.rate.distortion import loss_function
from foveaview.settings import RateSettings

JPEG, WEBP = FORMATS[:2]
TWO = RateSettings(n_qualities=2)


@pytest.fixture
def metameric() -> MetamericLoss:
    return MetamericLoss(n_pyramid_levels=3)


def test_eight_qualities_of_four_formats_by_default() -> None:
    counts = [kind.name for kind, _ in planned((48, 64), RateSettings())]
    assert counts == [name for name in ("JPEG", "WebP", "AVIF", "PNG") for _ in range(8)]


def test_a_point_is_what_the_library_says_of_the_decoded_bytes(
    photograph: Tensor, metameric: MetamericLoss
) -> None:
    target = photograph.flip(-1)
    prepared = metameric.prepare(target, (0.3, 0.4))
    points = list(measure_rates(photograph, target, prepared, TWO))
    assert [(point.kind, point.quality) for point in points] == planned((48, 64), TWO)
    for point in points:
        decoded = coding.decode(point.data, 3)
        assert point.loss == pytest.approx(float(metameric(decoded, target, (0.3, 0.4))), rel=1e-6)
        assert point.bpp == 8 * len(point.data) / (48 * 64)
        bits = torch.tensor(8.0 * len(point.data))
        cost = loss_function(decoded, bits, target, lmbda=0.02).loss
        assert cost is not None
        assert point.cost(0.02) == pytest.approx(float(cost), rel=1e-6)


def test_the_gaze_moves_the_losses_and_encodes_nothing_anew(
    photograph: Tensor, metameric: MetamericLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    coder = Coder()
    here, there = metameric.prepare(photograph, (0.1, 0.1)), metameric.prepare(photograph, (0.9, 0.6))
    before = list(measure_rates(photograph, photograph, here, TWO, coder))
    monkeypatch.setattr(coding, "_encoded", lambda *_: pytest.fail("encoded again"))
    after = list(measure_rates(photograph, photograph, there, TWO, coder))
    assert [point.data for point in before] == [point.data for point in after]
    assert all(a.loss != b.loss for a, b in zip(before, after, strict=True) if a.loss > 0)


def test_a_gray_image_against_a_colour_target(photograph: Tensor, metameric: MetamericLoss) -> None:
    prepared = metameric.prepare(photograph)
    points = list(measure_rates(photograph[:, :1], photograph, prepared, TWO))
    assert all(point.loss > 0 for point in points)


def test_it_ends_between_two_points(photograph: Tensor) -> None:
    wished: list[bool] = []
    points = measure_rates(photograph, photograph)
    with interruptible(lambda: bool(wished)):
        next(points)
        wished.append(True)
        with pytest.raises(Interrupted):
            next(points)


def test_it_leaves_gradients_on_between_the_points(photograph: Tensor) -> None:
    next(measure_rates(photograph, photograph))
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("image", "target", "message"),
    [
        (torch.zeros(1, 3, 48, 64), torch.zeros(1, 3, 48, 60), "one size"),
        (torch.zeros(1, 3, 48, 64), torch.zeros(2, 3, 48, 64), "one image each"),
        (torch.zeros(1, 3, 48, 64), torch.zeros(1, 1, 48, 64), "expand the target"),
        (torch.zeros(1, 2, 48, 64), torch.zeros(1, 3, 48, 64), "1 or 3 channels"),
    ],
)
def test_bad_pairs(image: Tensor, target: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        next(measure_rates(image, target))


def point(quality: int, loss: float, kind: coding.Format = JPEG) -> RatePoint:
    return RatePoint(kind, quality, b"", 1.0, loss, 0.0)


def test_under_the_threshold_from_there_on() -> None:
    steady = [point(q, loss) for q, loss in ((5, 3.0), (50, 0.9), (95, 0.1))]
    assert first_under(steady, 1.0) == {JPEG: steady[1]}
    assert first_under(reversed(steady), 1.0) == {JPEG: steady[1]}
    jumping = [point(q, loss, WEBP) for q, loss in ((5, 0.5), (50, 1.0), (95, 0.1))]
    assert first_under([*steady, *jumping], 1.0) == {JPEG: steady[1], WEBP: jumping[2]}
    assert first_under(steady, 0.1) == {JPEG: None}
    assert first_under(steady, 5.0) == {JPEG: steady[0]}
    assert first_under([], 1.0) == {}


# made with Pillow 13.0, libjpeg-turbo, libwebp 1.6, libavif 1.4; other versions differ a little
HELD = {
    ("JPEG", 5): (6558, 7.6892e-03, 4.6457e-03),
    ("JPEG", 50): (27355, 7.0489e-04, 1.8025e-03),
    ("JPEG", 95): (104711, 1.6269e-04, 3.6699e-03),
    ("WebP", 5): (7316, 1.5580e-03, 2.0481e-03),
    ("WebP", 50): (22876, 5.5214e-04, 1.4018e-03),
    ("WebP", 95): (87502, 1.4070e-04, 3.0695e-03),
    ("AVIF", 5): (2713, 2.2223e-03, 2.6865e-03),
    ("AVIF", 50): (17699, 4.1582e-04, 1.1966e-03),
    ("AVIF", 95): (101067, 1.2690e-04, 3.5009e-03),
    ("PNG", 1): (25667, 3.5200e-01, 7.0999e-02),
    ("PNG", 4): (145678, 7.3634e-04, 5.2176e-03),
    ("PNG", 8): (449225, 0.0000e00, 1.4974e-02),
}


@pytest.mark.slow
def test_the_numbers_of_one_photograph() -> None:
    target = load_image(resource("samples/coffee.png"))
    prepared = MetamericLoss().prepare(target, (0.42, 0.25))
    found = {
        (point.kind.name, point.quality): (len(point.data), point.loss, point.cost(1e-3))
        for point in measure_rates(target, target, prepared, RateSettings(n_qualities=3))
    }
    assert set(found) == set(HELD)
    for key, (size, loss, cost) in HELD.items():
        assert found[key] == pytest.approx((size, loss, cost), rel=0.05), key
