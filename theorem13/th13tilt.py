"""What it costs a ReLU unit not to be one of the teachers, in balls (PROOF.md, section 5).

``R(r) = sum over even k >= 4 of c_k^2 r^(k/2)`` with ReLU's Hermite coefficients; ``l(x) = E4 - R(1 - x^2) - R(x^2)``
is the least cost of a unit that is turned by ``asin x`` away from its teacher, ``0 <= x <= 1/sqrt 2``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple, TypeVar

from flint import arb, arb_series, ctx

PRECISION = 128


@contextmanager
def bits() -> Iterator[None]:
    """Balls of 128 bits; the precision is the process's, so it is put back."""
    with ctx.workprec(PRECISION):
        yield


with bits():
    PI = arb.pi()
    #: c_0^2, c_2^2, c_4^2, c_6^2, and the sums of c_k^2 over even k >= 2 and even k >= 4.
    C0, C2, C4, C6 = 1 / (2 * PI), 1 / (4 * PI), 1 / (48 * PI), 1 / (160 * PI)
    E, E4 = arb(1) / 4 - 1 / (2 * PI), arb(1) / 4 - 3 / (4 * PI)
    STEEPEST = (arb(1) / 2).sqrt()

#: A ball, or a ball with derivatives.
Ball = TypeVar("Ball", arb, arb_series)


class Tilt(NamedTuple):
    """``x`` and ``l(x)``: at a point, or enclosures over an interval."""

    x: arb
    cost: arb


def even_orders(x: arb) -> arb:
    """``R(x^2) = (sqrt(1 - x^2) + x asin x)/(2 pi) - 1/(2 pi) - x^2/(4 pi)``.

    >>> (even_orders(arb(1)) - E4).contains(0)
    True
    """
    return ((1 - x * x).sqrt() + x * x.asin() - 1) / (2 * PI) - x * x / (4 * PI)


def orders_slope(x: arb) -> arb:
    """``R'(x^2) = (asin x - x)/(4 pi x)``, which grows."""
    return (x.asin() - x) / (4 * PI * x)


def orders_bend(x: arb) -> arb:
    """``R''(x^2) = (x/sqrt(1 - x^2) - asin x)/(8 pi x^3)``, which grows."""
    return (x / (1 - x * x).sqrt() - x.asin()) / (8 * PI * x**3)


def cost(x: Ball) -> Ball:
    """``l(x)``, ``x = sin a``: ``1/4 + 1/(2 pi) - (cos a + a sin a + sin a + (pi/2 - a) cos a)/(2 pi)``."""
    z, a = (1 - x * x).sqrt(), x.asin()
    return arb(1) / 4 + 1 / (2 * PI) - (z + x * a + x + z * (PI / 2 - a)) / (2 * PI)


with bits():
    #: What a unit costs that is no nearer to one teacher than to another: ``E4 - 2 R(1/2)``.
    BETWEEN = cost(STEEPEST)


@cache
def at(t: float) -> Tilt:
    """The tilt ``x = t / sqrt 2``, ``0 <= t <= 1``."""
    with bits():
        x = STEEPEST * t
        return Tilt(x, cost(x))


@cache
def over(low: float, high: float) -> Tilt:
    """Enclosures over ``low <= sqrt 2 x <= high``: ``l`` grows."""
    with bits():
        return Tilt(at(low).x.union(at(high).x), at(low).cost.union(at(high).cost))


def square(x: arb) -> arb:
    """``x^2``; flint's power is undefined on a ball around 0."""
    return x * x


def positive(x: arb) -> arb:
    """``max(x, 0)``, enclosed; exactly 0 where x is certainly not positive."""
    if x > 0:
        return x
    return arb(0) if x <= 0 else arb(0).union(x.upper())


def root(x: arb) -> arb:
    """``sqrt(max(x, 0))``, enclosed."""
    return x.sqrt() if x > 0 else arb(0).union(positive(x).upper().sqrt())
