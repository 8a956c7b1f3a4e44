"""Theorem 8: no spurious valleys once the width reaches the upper intrinsic dimension."""
