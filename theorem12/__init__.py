"""Theorem 12 and Corollary 14: quadratic networks, the width that suffices and the width that does not."""
