"""`python -m foveaview` and the `foveaview` command."""

import sys

from foveaview.cli import main

if __name__ == "__main__":
    sys.exit(main())
