"""A leg on which only the ratios of units move, straight: the decay ``sum k (u/q(t) + q(t) w)`` is convex in ``t``."""

from __future__ import annotations

from flint import fmpq

from check.legs import FALLS, Verdict

HALVINGS = 64  #: to find where a decay that rises was least
Part = tuple[fmpq, fmpq, fmpq, fmpq, fmpq]  #: u = |U|^2, w = |W|^2, k, and q at both ends


def decay(parts: list[Part], t: fmpq) -> fmpq:
    """The decay at ``t``."""
    ratios = [(p + t * (q - p), u, w, k) for u, w, k, p, q in parts]
    return sum((k * (u / q + q * w) for q, u, w, k in ratios), fmpq(0))


def slope(parts: list[Part], t: fmpq) -> fmpq:
    """Its derivative."""
    return sum((k * (q - p) * (w - u / (p + t * (q - p)) ** 2) for u, w, k, p, q in parts), fmpq(0))


def balanced(parts: list[Part]) -> Verdict:
    """It never rises iff its slope at the end is not above 0; else it rises from where it is least, to a last place."""
    low, high, one, halvings = fmpq(0), fmpq(1), fmpq(1), 0
    if slope(parts, one) <= 0:
        return FALLS
    while slope(parts, low) < 0 and (halvings < HALVINGS or high == 1):
        middle, halvings = (low + high) / 2, halvings + 1
        low, high = (middle, high) if slope(parts, middle) < 0 else (low, middle)
    least = high if high < 1 else low
    return "rises", decay(parts, one) - decay(parts, least), (least, one)
