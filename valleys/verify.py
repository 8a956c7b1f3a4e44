"""The public judge: ``python -m valleys.verify FILE.npz``."""

import sys

from valleys.judge.verify import main

if __name__ == "__main__":
    sys.exit(main())
