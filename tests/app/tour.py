"""Pictures of every view and state of the window, in two sizes and both themes.

    scripts/tour [--out tour] [--only NAME] [--readme]

Fails where a text is cut off. With --readme the pictures that the README shows are written into resources.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication

from foveaview.app.widgets.theme import Theme, apply_theme
from foveaview.files import resource
from foveaview.gaze.lsl.loopback import write_loopback
from tests.app.stage import Appearance, Stage
from tests.app.tour_scenes import README, SCENES

SIZES = ((1440, 900), (1024, 700))
THEMES: tuple[Theme, ...] = ("light", "dark")
_QUALITY = 86


def make_screen(folder: Path) -> None:
    """One screen that has room for the window, before Qt looks for screens."""
    screen = {"name": "tour", "x": 0, "y": 0, "width": 1600, "height": 1000, "dpr": 1}
    path = folder / "screens.json"
    path.write_text(json.dumps({"screens": [screen]}))
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={path}"


def save_whole(folder: Path, name: str, picture: QPixmap, look: Appearance) -> None:
    """As it is."""
    picture.save(str(folder / f"{name}-{look}.png"))


def save_small(path: Path, picture: QPixmap, _look: Appearance) -> None:
    """As WebP, which keeps the colours of thin curves that a palette of 256 has no room for."""
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
    size, stride = (image.width(), image.height()), image.bytesPerLine()
    whole = Image.frombytes("RGB", size, bytes(image.constBits()), "raw", "RGB", stride)
    whole.save(path, quality=_QUALITY, method=6)


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Say how long it took."""
    began = time.monotonic()
    yield
    print(f"{name:14s} {time.monotonic() - began:5.1f} s", flush=True)


def play(stage: Stage, name: str) -> None:
    """One scene, from its beginning in a new window."""
    with timed(name):
        stage.begin()
        SCENES[name](stage)
        stage.end()


def take_all(application: QApplication, folder: Path, out: Path, names: list[str]) -> list[str]:
    """All looks of some scenes, as files; what is cut off in them."""
    out.mkdir(parents=True, exist_ok=True)
    looks = [Appearance(size, theme) for size in SIZES for theme in THEMES]
    stage = Stage(application, folder, looks)
    for name in names:
        stage.save = partial(save_whole, out, name)
        play(stage, name)
    return stage.wrong


def take_for_readme(application: QApplication, folder: Path) -> list[str]:
    """The pictures that the README shows; what is cut off in them."""
    resources = resource("samples").parent
    (resources / "tour").mkdir(exist_ok=True)
    stage = Stage(application, folder, [])
    for name, (path, theme) in README.items():
        stage.looks = [Appearance(SIZES[0], theme)]
        stage.save = partial(save_small, resources / path)
        play(stage, name)
    return stage.wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("tour"), help="folder of the pictures")
    parser.add_argument("--only", choices=SCENES, action="append", help="this scene alone")
    parser.add_argument("--readme", action="store_true", help="the pictures of the README, into resources")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_screen(folder)
        os.environ["LSLAPICFG"] = str(write_loopback(folder / "lsl_api.cfg", f"tour-{os.getpid()}"))
        application = QApplication(sys.argv[:1])
        if options.readme:
            wrong = take_for_readme(application, folder)
        else:
            wrong = take_all(application, folder, options.out, options.only or list(SCENES))
        apply_theme(application, "light")
    for line in wrong:
        print(f"cut off: {line}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
