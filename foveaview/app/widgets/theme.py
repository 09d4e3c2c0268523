"""Light and dark, the same on every platform."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

__all__ = ["NEUTRAL_GRAY", "Theme", "apply_theme"]

Theme = Literal["system", "light", "dark"]

NEUTRAL_GRAY = QColor(119, 119, 119)
"""Around the images in either theme: CIE lightness 50, so that it tints no judgement."""

_Role = QPalette.ColorRole
_COLORS: dict[str, dict[QPalette.ColorRole, str]] = {
    "light": {
        _Role.Window: "#f3f3f3",
        _Role.WindowText: "#1b1b1b",
        _Role.Base: "#ffffff",
        _Role.AlternateBase: "#ececec",
        _Role.Text: "#1b1b1b",
        _Role.Button: "#e6e6e6",
        _Role.ButtonText: "#1b1b1b",
        _Role.ToolTipBase: "#ffffe8",
        _Role.ToolTipText: "#1b1b1b",
        _Role.PlaceholderText: "#6a6a6a",
        _Role.Highlight: "#1f6fb5",
        _Role.HighlightedText: "#ffffff",
        _Role.Link: "#0b5cad",
        _Role.Light: "#ffffff",
        _Role.Midlight: "#ededed",
        _Role.Mid: "#b5b5b5",
        _Role.Dark: "#9a9a9a",
        _Role.Shadow: "#6e6e6e",
    },
    "dark": {
        _Role.Window: "#2a2a2a",
        _Role.WindowText: "#e8e8e8",
        _Role.Base: "#1d1d1d",
        _Role.AlternateBase: "#242424",
        _Role.Text: "#e8e8e8",
        _Role.Button: "#3a3a3a",
        _Role.ButtonText: "#e8e8e8",
        _Role.ToolTipBase: "#3a3a3a",
        _Role.ToolTipText: "#e8e8e8",
        _Role.PlaceholderText: "#9a9a9a",
        _Role.Highlight: "#2473bd",
        _Role.HighlightedText: "#ffffff",
        _Role.Link: "#6cb2f0",
        _Role.Light: "#4a4a4a",
        _Role.Midlight: "#404040",
        _Role.Mid: "#555555",
        _Role.Dark: "#191919",
        _Role.Shadow: "#101010",
    },
}
_FADED = {"light": "#8c8c8c", "dark": "#7d7d7d"}


def _palette(name: str) -> QPalette:
    palette = QPalette()
    for role, color in _COLORS[name].items():
        palette.setColor(role, QColor(color))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(_FADED[name]))
    return palette


def apply_theme(application: QApplication, theme: Theme) -> None:
    """Set the theme of the program; "system" follows the desktop, if that states a choice."""
    if theme == "system":
        dark = application.styleHints().colorScheme() is Qt.ColorScheme.Dark
        theme = "dark" if dark else "light"
    application.setStyle("Fusion")
    application.setPalette(_palette(theme))
