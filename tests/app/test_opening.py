"""Files that a person opens or drops, and those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from tests.app.conftest import MakeFile, WindowDriver

BAD: dict[str, tuple[bytes | None, str]] = {
    "missing.png": (None, "no such file"),
    "empty.png": (b"", "empty"),
    "words.png": (b"words", "not an image"),
    "cut.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "cut.png"),
}


def drop(driver: WindowDriver, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    driver.window.dropEvent(event)


@pytest.mark.parametrize("way", ["open", "drop", "candidate"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_what_was_shown_stays(
    opened: WindowDriver, tmp_path: Path, name: str, way: str
) -> None:
    content, message = BAD[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = opened.controller.state.document
    if way == "open":
        opened.controller.documents.open_targets([path])
    elif way == "drop":
        drop(opened, path)
    else:
        opened.controller.documents.open_candidate(path)
    opened.until(opened.window.notifications.banner_widget.isVisible)
    assert message in opened.window.notifications.banner_widget.text.text()
    assert opened.controller.state.document is before


def test_dropped_images_are_opened(opened: WindowDriver, image_file: MakeFile) -> None:
    drop(opened, image_file("a.png", seed=2), image_file("b.png", seed=3))
    opened.until(lambda: len(opened.controller.state.documents) == 3)
    assert opened.document.path.name == "b.png"
    assert opened.window.image_controller.targets.count() == 3
