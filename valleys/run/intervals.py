"""Confidence intervals for measured fractions."""

from __future__ import annotations

from scipy.special import betaincinv


def clopper_pearson(successes: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact (conservative) interval for a probability, from ``successes`` out of ``runs``.

    >>> low, high = clopper_pearson(0, 100)
    >>> low, round(high, 4)
    (0.0, 0.0362)
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(successes, runs - successes + 1, tail)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, runs - successes, 1 - tail)) if successes < runs else 1.0
    return low, high
