"""The guide to files says what the readers read."""

from __future__ import annotations

import re

import pytest

from foveaview.files import resource
from foveaview.io.decoders import oiio_reader, pillow_reader
from foveaview.io.limits import MOST_SECONDS, SECONDS_PER_MEGAPIXEL

GUIDE = resource("guide/files.md").read_text(encoding="utf-8")
NAMES = {"EXR": "OpenEXR", "HDR": "Radiance HDR"}


@pytest.mark.parametrize("kind", sorted({*oiio_reader.KINDS, *pillow_reader.KINDS, "PFM", "npy", "npz"}))
def test_the_guide_has_every_kind_that_is_read(kind: str) -> None:
    table = GUIDE.split("## How it is read")[0]
    assert re.search(rf"\b{re.escape(NAMES.get(kind, kind))}\b", table)


def test_the_guide_gives_the_limits_of_time() -> None:
    assert f"{MOST_SECONDS} s and {SECONDS_PER_MEGAPIXEL:g} s a million pixels" in " ".join(GUIDE.split())
