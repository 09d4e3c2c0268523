"""Commands: a thin layer over the library. An error prints one line and gives exit code 2."""

from foveaview.cli.program import main

__all__ = ["main"]
