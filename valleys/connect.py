"""Connect two networks: ``python -m valleys.connect``. In Python ``valleys.connect`` is the function."""

import sys

from valleys.own.commands import connect_command

if __name__ == "__main__":
    sys.exit(connect_command())
