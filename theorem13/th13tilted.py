"""Case 2 of the sharper floor, each unit at a teacher of its own, and case 3, two units at one (PROOF.md, section 5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from flint import arb

from theorem13.th13balls import above, below, exact
from theorem13.th13boxes import Box, least
from theorem13.th13tilt import BETWEEN, at, even_orders, over, positive, root, square
from theorem13.th13unit import Parts, Unit
from theorem13.th13weights import Weights

#: Between the two ends of the ball that holds B(p).
GAP = 1e-7
#: Wider boxes are not looked at: there enclosures say nothing.
WIDE = 1 / 16
#: So many units, and their tilt.
Group = tuple[int, Parts]


@dataclass(frozen=True)
class Tilted(Weights):
    """``Weights`` with ``beta s^2`` more, and what a tilted unit costs."""

    unit: Unit

    @cached_property
    def y(self) -> arb:
        """``|y|^2``."""
        return self.p * square(1 - exact(self.unit.omega))

    @cached_property
    def beta(self) -> arb:
        """What ``s^2`` costs."""
        return square(1 - exact(self.unit.omega)) / (4 * exact(self.kappa))

    @cached_property
    def slight(self) -> arb:
        """A larger ``s`` than this costs more than it brings."""
        return exact(self.unit.omega) * (self.p + 1) / (4 * self.beta)

    def sound(self) -> bool:
        """Side conditions: ranges of the parameters, ``k >= 2`` and ``S <= p + 1`` for all costs, ``u'`` concave, ``G`` fits."""
        u = self.unit
        grows = u.at(1.0).alone.value > u.at(0.0).alone.value
        even = u.most < 0.5 or not any(u.slip[1::2])  # -G is a concave function of the square
        fine = super().sound() and even and 0 <= u.omega < 1 and u.N == self.N and u.most <= 0.5 and grows
        costs = self.N * (u.at(0.0).alone.value - exact(u.omega) / 4), self.N * BETWEEN
        steep = all(2 * (self.K - L) / self.c + 2 * L / (self.N * self.e) >= 2 for L in costs)
        light = self.slight <= 1 and self.N * (self.K - costs[0]) / self.c <= self.p + 1
        return bool(fine and steep and light and u.concave(self.e) and u.holds())


def height(r: Tilted, groups: list[Group]) -> tuple[arb, list[arb]]:
    """``H`` and its derivatives by the tilt of each group of units: balls in, balls out."""
    Q = sum((count * square(z.x) for count, z in groups), arb(0))
    last = root(1 - Q)
    short = last - sum((count * z.x for count, z in groups), arb(0))
    s = arb(0) if Q >= 0.5 else positive(short)
    lent = r.slight + positive(s - r.slight)
    rises = arb(1) if short > r.slight else arb(0) if s <= r.slight else arb(0).union(arb(1))
    ell = [z.alone.value + (1 - Q) * (Q * z.share.value - z.squared.value) - lent * z.lean.value for _, z in groups]
    counts = [count for count, _ in groups]
    L = sum((count * x for count, x in zip(counts, ell, strict=True)), arb(0))
    apart = [x - y for i, x in enumerate(ell) for y in ell[:i]]
    many = [n * m for i, n in enumerate(counts) for m in counts[:i]]
    spread = sum((k * square(d) for k, d in zip(many, apart, strict=True)), arb(0)) / r.N
    value = r.constant(r.y) - square(r.K - L) / r.c + r.beta * square(s) - spread / r.e
    weights = [2 * ((r.K - L) / r.c - sum((m * (x - y) for m, y in zip(counts, ell, strict=True)), arb(0)) / (r.N * r.e))
               for x in ell]  # fmt: skip
    lean = sum((n * a * z.lean.value for a, (n, z) in zip(weights, groups, strict=True)), arb(0))
    by_square = sum(
        (n * a * ((1 - 2 * Q) * z.share.value + z.squared.value) for a, (n, z) in zip(weights, groups, strict=True)),
        arb(0),
    )
    slopes = []
    for a, (count, z) in zip(weights, groups, strict=True):
        own = z.alone.slope + (1 - Q) * (Q * z.share.slope - z.squared.slope) - lent * z.lean.slope
        by_s = arb(0) if s == 0 else (rises * lean - 2 * r.beta * s) * (1 + z.x / last)
        slopes.append(count * (a * own + 2 * z.x * by_square + by_s))
    return value, slopes


def arranged(r: Tilted, x: Parts, y: Parts, *, one: bool) -> list[Group]:
    """``N - 1`` units tilted by x and one by y; or (``one``) one by the largest tilt, ``N - 2`` by x, and one by y."""
    return [(r.N - 2, x), (1, y), (1, r.unit.at(1.0))] if one else [(r.N - 1, x), (1, y)]


def tilted(r: Tilted, t: float, v: float, *, one: bool = False) -> arb:
    """``H`` at the tilts ``t`` and ``v`` in units of the largest."""
    return height(r, arranged(r, r.unit.at(t), r.unit.at(v), one=one))[0]


def tilted_below(r: Tilted, box: Box, *, one: bool = False) -> float:
    """A lower bound of ``H`` on a box: its enclosure, or by the mean value of its derivatives; none where ``Q > 1/2``."""
    if ((r.N - 1) * box[0][0] ** 2 + box[1][0] ** 2) * r.unit.most > 0.5:
        return math.inf
    if box[0][1] - box[0][0] > WIDE:
        return -math.inf
    sides = r.unit.over(*box[0]), r.unit.over(*box[1])
    middle = r.unit.at(sum(box[0]) / 2), r.unit.at(sum(box[1]) / 2)
    value, slopes = height(r, arranged(r, *sides, one=one))
    mean = height(r, arranged(r, *middle, one=one))[0]
    for slope, side, point in zip(slopes, sides, middle, strict=False):  # a third group does not move
        mean += slope * (side.x - point.x)
    return max(below_end(value), below_end(mean))


def tilted_with_one(r: Tilted, box: Box) -> float:
    """``tilted_below`` with one unit at the largest tilt."""
    return tilted_below(r, box, one=True)


def below_end(ball: arb) -> float:
    """``below``, or minus infinity for a ball that is not finite."""
    return below(ball) if ball.is_finite() else -math.inf


def least_tilted(r: Tilted) -> tuple[float, float]:
    """The least value of ``H`` at ``N - 1`` equal tilts and one more, between two numbers."""
    return least(lambda box: tilted_below(r, box), lambda t, v: above(tilted(r, t, v)), GAP, math.inf)


def steepest(r: Tilted) -> arb:
    """A lower bound where ``Q >= 1/2``, and of ``H`` at ``Q = 1/2``: one unit tilted by ``1/sqrt 2``, the others not at all."""
    lent = square(exact(r.unit.omega) / 2 * (r.p + 1)) / (2 * r.beta)
    return r.level([r.unit.at(1.0).alone.value] + [r.unit.at(0.0).alone.value] * (r.N - 1), r.y) - lent


def doubled(r: Tilted, box: Box) -> float:
    """A lower bound where two units are at one teacher, at angles ``asin x`` and ``asin y`` from its line.

    Between them is at most the sum, so they share ``2 a_i a_m R(cos^2)`` in the orders ``k >= 4``.
    """
    (x0, y0), (x1, y1) = ((at(box[0][k]).x, at(box[1][k]).x) for k in (0, 1))
    R = even_orders((x0.asin() + y0.asin()).cos()).union(even_orders((x1.asin() + y1.asin()).cos()))
    one, two = over(*box[0]).cost, over(*box[1]).cost
    share = r.e / (R + r.e)
    gained = square(r.K - share * (one + two)) / (r.c + 2 * R * share)
    moved = square(one + two) / (2 * (R + r.e)) + square(one - two) / (2 * (r.e - R))
    return below_end(r.constant(arb(r.p)) - gained - moved)


def exceeds(r: Tilted, level: float, bound: Callable[[Tilted, Box], float]) -> bool:
    """Whether a case costs more than a level everywhere."""
    return least(lambda box: bound(r, box), lambda t, v: bound(r, ((t, t), (v, v))), GAP, level)[0] >= level
