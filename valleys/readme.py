"""The numbers of README.md: ``python -m valleys.readme``."""

import sys

from valleys.page.readme import main

if __name__ == "__main__":
    sys.exit(main())
