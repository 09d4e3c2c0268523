"""Commands: a thin layer over the library. What goes wrong is said in one line, with exit code 2."""

from foveaview.cli.program import main

__all__ = ["main"]
