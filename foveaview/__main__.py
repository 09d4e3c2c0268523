"""`python -m foveaview` and the `foveaview` command."""

import sys

from foveaview.interrupts import exit_on_sigint
from foveaview.io.isolation import warm_up

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; Ctrl+C ends it at once unless the command handles it."""
    exit_on_sigint()
    if not {"--help", "--version"} & set(sys.argv[1:] if arguments is None else arguments):
        warm_up()  # it is ready when the imports below are
    from foveaview.cli import main as run  # torch alone takes seconds

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
