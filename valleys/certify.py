"""Certify your own network: ``python -m valleys.certify``. In Python ``valleys.certify`` is the function."""

import sys

from valleys.own.commands import certify_command

if __name__ == "__main__":
    sys.exit(certify_command())
