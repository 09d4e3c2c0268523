"""Sessions of the window: saving, autosaving, opening."""
