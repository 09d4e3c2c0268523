"""`python -m foveaview` and the `foveaview` command."""

import sys

from foveaview.leaving import leaving_at_once

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit code; Ctrl+C while the program is still being read ends it at once."""
    with leaving_at_once():  # torch takes seconds
        from foveaview.cli import main as run
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
