"""``p = 3, 4``: one unit is far from every teacher, and what it does to the others (PROOF.md, section 5, case 1).

The unit is ``v``; each other unit has a teacher of its own, and two teachers are left, the first two coordinates.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable

from flint import arb, arb_series

from theorem13.th13balls import above, below, exact
from theorem13.th13boxes import Box, least
from theorem13.th13dual import Dual, multipliers, parent
from theorem13.th13steady import FAR, REVERSED
from theorem13.th13tilt import BETWEEN, E4, bits, cost, even_orders, square
from theorem13.th13weights import Weights

#: How near to the least value of a function of one variable its bound has to come, and how many pieces may be cut.
NEAR, CUTS = 1e-7, 300
#: Smaller boxes are given up.
SMALLEST = 2.0**-30
#: Bounds of the second derivatives of ``l``, which falls, and of ``-sqrt(1 - z^2)`` for ``z^2 <= 1/2``.
with bits():
    BEND, ROUND = (arb.pi() / 2 - 1) / (2 * arb.pi()), arb(2.83)


def lowest(f: Callable[[arb], arb], bend: arb, low: float, high: float) -> arb:
    """A lower bound of f over an interval, ``f'' <= bend``: no less than at the ends, less ``bend w^2/8``."""

    def piece(a: float, b: float, fa: arb, fb: arb) -> tuple[float, float, float, arb, arb]:
        return below(arb.min(fa, fb) - bend * square(arb(b) - arb(a)) / 8), a, b, fa, fb

    ends = f(arb(low)), f(arb(high))
    heap, found = [piece(low, high, *ends)], min(map(above, ends))
    for _ in range(CUTS):
        bound, a, b, fa, fb = heap[0]
        if bound >= found - NEAR:
            break
        middle = (a + b) / 2
        fm = f(arb(middle))
        found = min(found, above(fm))
        heapq.heapreplace(heap, piece(a, middle, fa, fm))
        heapq.heappush(heap, piece(middle, b, fm, fb))
    return exact(heap[0][0])


def turned_least(along: arb, across: arb, steepest: float) -> arb:
    """``l(z) - along sqrt(1 - z^2) - across z``, ``0 <= z <= steepest``, from below: a unit near its teacher, and a bonus."""
    bend = BEND + ROUND * arb.max(along, arb(0))
    return lowest(lambda z: cost(z) - along * (1 - z * z).sqrt() - across * z, bend, 0.0, steepest)


def reversed_unit(p: int) -> arb:
    """A lower bound where some unit is at the negative of a teacher; minus infinity where the parameters prove none."""
    kappa, omega = REVERSED[p]
    size, across = exact(omega) / 4, exact(omega) / 4 * arb(p - 1).sqrt()
    upright, reverse = (turned_least(sign * size, across, STEEP) for sign in (1, -1))
    other = arb.min(arb.min(upright, reverse), BETWEEN - size * arb(p).sqrt())
    w = Weights(p, kappa)
    level = w.level([reverse] + [other] * (p - 2), p * square(1 - exact(omega)))
    return level if w.sound() else arb("-inf")


#: A float64 that is not below ``1/sqrt 2``.
STEEP = math.nextafter(math.sqrt(0.5), 1)


def reach(p: int) -> float:
    """No coordinate of the unit is larger: a float64 that is not below ``sqrt(1 - FAR^2)``."""
    return math.nextafter(math.sqrt(1 - FAR[p] ** 2), 1)


def served_below(p: int, box: Box, dual: Dual) -> float:
    """A lower bound where the unit's first two coordinates are ``reach (2 t - 1)``, t in the box; infinite where there is none.

    Args:
        p: the width.
        box: of both coordinates.
        dual: the multipliers; any prove a bound.

    Returns:
        The bound.
    """
    ends = [[exact(reach(p)) * (2 * exact(t) - 1) for t in side] for side in box]
    coordinates = [low.union(high) for low, high in ends]
    nearest = [square(x.abs_lower()) for x in coordinates]
    left = 1 - nearest[0] - nearest[1]
    if left < 0 or ends[1][0] > ends[0][1]:  # longer than 1, or the two teachers the other way round
        return math.inf
    mu, y = exact(dual.mu), [exact(x) for x in dual[1:4]]
    d = [1 - x for x in y]
    if mu < 0:
        return -math.inf

    def bonus(v: arb, pull: arb) -> arb:
        return mu * square(v) - even_orders(v) - pull * v / 4

    one = E4 - mu
    for (low, high), pull in zip(ends, d, strict=False):
        one += arb.min(bonus(low, pull), bonus(high, pull)) - mu * square(high - low) / 4
    most = min(reach(p), above(left.sqrt()))
    one += (p - 2) * lowest(lambda v: bonus(v, d[2]), 2 * mu, -most, most)
    steepest = min(STEEP, above((1 - arb.max(*nearest)).sqrt()))
    other = turned_least(d[2] / 4, ((p - 3) * square(d[2]) + square(d[0]) + square(d[1])).sqrt() / 4, steepest)
    w = Weights(p, dual.kappa)
    level = w.level([one] + [other] * (p - 2), square(y[0]) + square(y[1]) + (p - 2) * square(y[2]))
    return below(level) if w.sound() else -math.inf


def served(p: int, enough: float) -> bool:
    """Whether the loss is no less than a level where every other unit has a teacher of its own."""

    def bound(box: Box) -> float:
        if box[0][1] - box[0][0] < SMALLEST:  # no cut has helped
            return -math.inf
        first = served_below(p, box, multipliers(p, reach(p), parent(box)))
        return first if first >= enough else served_below(p, box, multipliers(p, reach(p), box))

    return least(bound, lambda t, v: math.inf, 0.0, enough)[0] >= enough


def falls(pieces: int = 1024) -> bool:
    """Whether the second derivative of ``l`` falls on ``[0, STEEP]``, so that it is at most ``BEND``: ball by ball."""
    for k in range(pieces):
        x = exact(STEEP) * arb(k).union(arb(k + 1)) / pieces
        if not cost(arb_series([x, 1], prec=4))[3] < 0:
            return False
    return True
