"""What it costs a ReLU unit not to be one of the teachers, in balls (PROOF.md, section 5).

``R(r) = sum over even k >= 4 of c_k^2 r^(k/2)`` with ReLU's Hermite coefficients; ``l(x) = E4 - R(1 - x^2) - R(x^2)``
is the least cost of a unit that is turned by ``asin x`` away from its teacher, ``0 <= x <= 1/sqrt 2``.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from flint import arb, ctx

PRECISION = 128
with ctx.workprec(PRECISION):
    PI = arb.pi()
    #: c_0^2, c_2^2, and the sums of c_k^2 over even k >= 2 and even k >= 4.
    C0, C2, E, E4 = 1 / (2 * PI), 1 / (4 * PI), arb(1) / 4 - 1 / (2 * PI), arb(1) / 4 - 3 / (4 * PI)
    STEEPEST = (arb(1) / 2).sqrt()


class Tilt(NamedTuple):
    """``x``, ``l(x)`` and ``l'(x)``: at a point, or enclosures over an interval."""

    x: arb
    cost: arb
    slope: arb


def even_orders(x: arb) -> arb:
    """``R(x^2) = (sqrt(1 - x^2) + x asin x)/(2 pi) - 1/(2 pi) - x^2/(4 pi)``.

    >>> (even_orders(arb(1)) - E4).contains(0)
    True
    """
    return ((1 - x * x).sqrt() + x * x.asin() - 1) / (2 * PI) - x * x / (4 * PI)


def derivatives(x: arb) -> tuple[arb, arb, arb, arb]:
    """``l`` and its first three derivatives at ``x = sin a``, in closed form.

    ``2 pi l' = h tan a - a``, ``2 pi l'' = h sec^3 a - tan a sec a - sec a``, ``h = pi/2 - a``, and once more.
    """
    z = (1 - x * x).sqrt()
    a, tan, sec = x.asin(), x / z, 1 / z
    h = PI / 2 - a
    cost = arb(1) / 4 + 1 / (2 * PI) - (z + x * a + x + z * h) / (2 * PI)
    slope, bend = h * tan - a, h * sec**3 - tan * sec - sec
    third = sec * (3 * h * sec**3 * tan - 2 * sec**3 - tan * tan * sec - sec * tan)
    return cost, slope / (2 * PI), bend / (2 * PI), third / (2 * PI)


#: What a unit costs that is no nearer to one teacher than to another: ``E4 - 2 R(1/2)``.
BETWEEN = derivatives(STEEPEST)[0]


@cache
def at(t: float) -> Tilt:
    """The tilt ``x = t / sqrt 2``, ``0 <= t <= 1``."""
    x = STEEPEST * t
    return Tilt(x, *derivatives(x)[:2])


@cache
def over(low: float, high: float) -> Tilt:
    """Enclosures over ``low <= sqrt 2 x <= high``: ``l`` grows, ``l''`` falls (``concave``), ``l'`` by the mean value."""
    ends, middle = (at(low), at(high)), at((low + high) / 2)
    x = ends[0].x.union(ends[1].x)
    bend = derivatives(ends[0].x)[2].union(derivatives(ends[1].x)[2])
    return Tilt(x, ends[0].cost.union(ends[1].cost), middle.slope + bend * (x - middle.x))


def concave(stiffness: arb | None, pieces: int = 64) -> bool:
    """Whether ``u' = (K - 2 l/e) l'`` is concave on ``[0, 1/sqrt 2]`` for all ``K >= 2``; ``l'`` itself where ``e`` is None.

    ``u''' = (K - 2 l/e) l''' - 6 l' l''/e``, and ``l''' < 0``: the smallest ``K`` is the worst.  Ball by ball.

    Args:
        stiffness: e.
        pieces: equal intervals of x.

    Returns:
        Whether all intervals are decided.
    """
    for k in range(pieces):
        x = STEEPEST * (arb(k).union(arb(k + 1)) / pieces)
        cost, slope, bend, third = derivatives(x)
        bent = third if stiffness is None else (2 - 2 * cost / stiffness) * third - 6 * slope * bend / stiffness
        if not (third < 0 and bent < 0):
            return False
    return True
