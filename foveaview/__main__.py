"""`python -m foveaview` and the `foveaview` command."""

import sys

from foveaview.leaving import leaving_at_once

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit code, 130 where Ctrl+C ended it while the program was still being read."""
    with leaving_at_once():  # torch takes seconds
        from foveaview.cli import main as run
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
