"""Theorem 13: spurious valleys at every width, and the census of spurious minima."""
