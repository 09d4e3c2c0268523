"""Sessions of the window: saving, autosaving, opening."""

from foveaview.app.sessions.controller import Sessions

__all__ = ["Sessions"]
