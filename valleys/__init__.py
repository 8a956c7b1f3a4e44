"""Spurious valleys: descent paths, floors under every path, and the judges that check them."""

__version__ = "0.1.0"
