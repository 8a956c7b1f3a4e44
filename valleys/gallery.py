"""Every figure, claim and the page: ``python -m valleys.gallery``."""

import sys

from valleys.page.gallery import main

if __name__ == "__main__":
    sys.exit(main())
