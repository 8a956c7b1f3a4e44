"""Levels of Theorem B, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


def cost(rho: Any, Y: Any, beta: Any) -> Any:
    """``phi(rho) = beta Y/rho - beta^2/(2 rho^2)``: the least ``(rho c - Y)^2/2 + beta c``, where ``Y rho > beta``.

    >>> cost(1.0, 1.0, 0.5)
    0.375
    """
    return beta * Y / rho - beta**2 / (2 * rho**2)


@dataclass(frozen=True)
class Levels:
    """Theorem B at one ``N``: the valley's lowest value, the level at which it can be left, and a lower value elsewhere.

    Doubles, or balls.
    """

    valley: Any
    exit: Any
    lower: Any


def levels(N: int, eps: Any, Y: Any = 1.0, beta: Any = 0.1) -> Levels:
    """The three levels, from the formulas of Theorem B, for doubles or balls."""
    one, turned, kappa = cost(1, Y, beta), cost((1 - eps**2) ** 0.5, Y, beta), ((1 - eps) / 2) ** 0.5
    pair = beta * Y / kappa - beta**2 / (4 * kappa**2)
    return Levels(N * one, (N - 1) * one + min(turned, Y**2 / 2), pair + (N - 2) * one)
