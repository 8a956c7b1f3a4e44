"""Theorem 13: spurious valleys at every width; ``census``: how often training ends in a spurious minimum."""
