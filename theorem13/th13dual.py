"""Good multipliers for one unit between two teachers (PROOF.md, section 5, case 1), by a search in float64.

Any multipliers prove a floor.  Here the first two coordinates ``(a, b)`` of the unit are given; ``bound`` is what
``th13between.served_below`` proves there, but for rounding, and its gradient.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from theorem13.th13balls import digits
from theorem13.th13boxes import Box
from theorem13.th13tilt import C0, C2, E4, E

c0, c2, energy, rest = (float(x.mid()) for x in (C0, C2, E, E4))
#: Sizes of the multipliers, and how many steps a search takes.
SIZES, STEPS = np.array([0.1, 0.3, 0.3, 0.3, 0.05]), 40
#: Larger boxes have no multipliers of their own.
WIDEST = 1 / 8


class Dual(NamedTuple):
    """``kappa``, ``y`` at the teachers that have no unit of their own and at the others, and ``mu``."""

    kappa: float
    first: float
    second: float
    served: float
    mu: float


#: Where the searches start.
START = Dual(0.955, 0.98, 0.98, 1.0, 0.012)


def orders(v: float) -> float:
    """``R(v^2)``."""
    return (math.sqrt(1 - v * v) + v * math.asin(v) - 1) / (2 * math.pi) - v * v / (4 * math.pi)


def slope(v: float) -> float:
    """The derivative of ``R(v^2)`` by ``v``."""
    return (math.asin(v) - v) / (2 * math.pi)


def lowest_of(
    f: Callable[[float], float], slope: Callable[[float], float], ends: tuple[float, float], start: float
) -> float:
    """Where f is least among the ends and a root of its slope next to start, found by a few secant steps."""
    low, high = ends
    x, h = min(max(start, low), high), 1e-4
    for _ in range(5):
        before, after = max(x - h, -0.99), min(x + h, 0.99)
        bend = (slope(after) - slope(before)) / (after - before)
        if bend < 1e-4:
            break
        x = min(max(x - slope(x) / bend, low), high)
    return min((x, low, high), key=f)


def bound(p: int, a: float, b: float, dual: Dual) -> tuple[float, np.ndarray]:
    """The floor that the multipliers prove for a unit ``(a, b, ..)``, and its derivatives by them."""
    N, n, (kappa, y1, y2, ys, mu) = p - 1, p - 2, dual
    d1, d2, ds = 1 - y1, 1 - y2, 1 - ys
    across = math.sqrt((p - 3) * ds * ds + d1 * d1 + d2 * d2) + 1e-12
    steepest = math.sqrt(max(1e-6, min(0.5, 1 - max(a * a, b * b))))
    left = math.sqrt(max(0.0, 1 - a * a - b * b))

    def cost(z: float) -> float:
        long = math.sqrt(1 - z * z)
        return rest - orders(long) - orders(z) - (ds * long + across * z) / 4

    def turn(z: float) -> float:
        long = math.sqrt(1 - z * z)
        return slope(long) * z / long - slope(z) + (ds * z / long - across) / 4

    z = lowest_of(cost, turn, (0.0, steepest), across / 0.36)
    v = lowest_of(
        lambda v: mu * v * v - orders(v) - ds * v / 4,
        lambda v: 2 * mu * v - slope(v) - ds / 4,
        (-left, left),
        ds / (8 * mu + 1e-3),
    )
    long = math.sqrt(1 - z * z)
    short = a * a + b * b + n * v * v - 1
    one = rest - orders(a) - orders(b) - n * orders(v) + mu * short - (d1 * a + d2 * b + n * ds * v) / 4
    other = cost(z)
    theta = 1 - kappa
    w = theta**2 / (64 * c2)
    e = energy + theta / 4 + w
    c, K, L = c0 * N**2 + e * N - w * N**2, c0 * N * p + energy * N, one + n * other
    g = (K - L) / c
    a1, ao = g - (one - L / N) / e, g - (other - L / N) / e
    yy = y1 * y1 + y2 * y2 + n * ys * ys
    value = (
        c0 * p * p
        + energy * p
        + (p - yy / kappa) / 4
        - g * (K - L)
        - ((one - L / N) ** 2 + n * (other - L / N) ** 2) / e
    )
    squares, total = a1 * a1 + n * ao * ao, a1 + n * ao
    by_kappa = yy / (4 * kappa**2) - squares / 4 + theta / (32 * c2) * (total**2 - squares)
    m = (
        a1 * a + n * ao * z * d1 / across,
        a1 * b + n * ao * z * d2 / across,
        n * (a1 * v + ao * (long + (p - 3) * z * ds / across)),
    )
    by_y = [(x - y / kappa) / 2 for x, y in zip(m, (y1, y2, n * ys), strict=True)]
    return value, np.array([by_kappa, *by_y, 2 * a1 * short])


def best_multipliers(p: int, a: float, b: float, start: Dual, steps: int) -> tuple[float, Dual]:
    """About the best multipliers at a point, and what they prove there.

    Args:
        p: the width.
        a: the first coordinate of the unit.
        b: the second.
        start: where to begin.
        steps: how far to go.

    Returns:
        The level and the multipliers.
    """

    def lost(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, slopes = bound(p, a, b, Dual(*(x * SIZES).tolist()))
        return -value, -slopes * SIZES

    limits = [(5, 9.99), (None, None), (None, None), (None, None), (0, 4)]
    found = minimize(
        lost, np.array(start) / SIZES, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": steps}
    )
    return -float(found.fun), Dual(*(found.x * SIZES).tolist())


@cache
def multipliers(p: int, reach: float, box: Box) -> Dual:
    """Good multipliers for coordinates ``reach (2 t - 1)``, t in the box."""
    if box[0][1] - box[0][0] > WIDEST:
        return START
    a, b = (reach * (sum(side) - 1) for side in box)
    length = max(1.0, math.hypot(a, b) * 1.001)  # of a point outside the ball the best multipliers are infinite
    dual = best_multipliers(p, a / length, b / length, START, STEPS)[1]
    v, pull = math.sqrt(max(1e-6, 1 - (a * a + b * b) / length**2)), abs(1 - dual.served)
    if p > 3 or v > 0.7:
        return dual
    return dual._replace(mu=max(0.0, (slope(v) + pull / 4) / (2 * v)))  # at a point mu is idle, in a box it is not


def parent(box: Box) -> Box:
    """The box of which this one is a quarter.

    >>> parent(((0.25, 0.5), (0.5, 0.75)))
    ((0.0, 0.5), (0.5, 1.0))
    """
    double = [2 * (high - low) for low, high in box]
    corner = [math.floor(low / size) * size for (low, _), size in zip(box, double, strict=True)]
    return (corner[0], corner[0] + double[0]), (corner[1], corner[1] + double[1])


def expected(p: int) -> float:
    """The least level of a unit with two equal first coordinates, about 1/sqrt 2: what the floor is to be."""

    def level(a: float) -> float:
        return best_multipliers(p, a, a, START, 4 * STEPS)[0]

    return digits(minimize_scalar(level, bounds=(0.65, 0.707), method="bounded", options={"xatol": 1e-6}).fun)
