"""Theorem 11: linear networks of any width and depth have no spurious valleys."""
