"""The sharper lower bound ``B(p) <= eps(p)`` for ReLU, ``2 <= p <= 20``, proved in balls; the argument is section 5 of PROOF.md.

``N = p - 1`` units ``a_i relu(<v_i, x>)``, ``a_i >= 0``, ``|v_i| = 1``, against ``p`` orthonormal ones; ``g = mean a_i``.
Three cases: some unit lies between two teachers (``untilted``), each is at a teacher of its own and tilted (``tilted``), two
are at one teacher (``doubled``).  The weights are minimised over in closed form; what is left, two variables, is enclosed
by branch and bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from flint import arb

from theorem13.th13balls import above, below, exact
from theorem13.th13boxes import Box, least
from theorem13.th13steady import steady
from theorem13.th13tilt import BETWEEN, C0, C2, PI, E, at, bits, even_orders, over, positive, root, square
from theorem13.th13unit import Parts, Unit

WIDEST_SHARPER = 20
#: Between the two ends of the ball that holds B(p).
GAP = 1e-7
#: Wider boxes are not looked at: there enclosures say nothing.
WIDE = 1 / 16


@dataclass(frozen=True)
class Bound:
    """The loss is at least ``constant + c g^2 - 2 K g + 2 sum a_i ell_i + e V + beta s^2``, ``V = sum (a_i - g)^2``.

    Attributes:
        p: the width.
        kappa: the share of ``|sum a_i v_i|^2`` that is judged against the teachers; the rest is left to the pairs of units.
        unit: what a tilted unit costs.
    """

    p: int
    kappa: float
    unit: Unit

    @property
    def N(self) -> int:
        """Number of units."""
        return self.p - 1

    @cached_property
    def pairs(self) -> arb:
        """``theta^2/(64 c_2^2)``, ``theta = 1 - kappa``: ``a_i a_l`` times this is what a pair of units saves at most."""
        return square(1 - exact(self.kappa)) / (64 * C2)

    @cached_property
    def e(self) -> arb:
        """Unequal ``a_i`` cost ``e V``."""
        return E + (1 - exact(self.kappa)) / 4 + self.pairs

    @cached_property
    def K(self) -> arb:
        """Half the coefficient of ``-g``."""
        return C0 * self.N * self.p + E * self.N

    @cached_property
    def c(self) -> arb:
        """The coefficient of ``g^2``."""
        return C0 * self.N**2 - self.pairs * self.N**2 + self.e * self.N

    def constant(self, omega: float) -> arb:
        """What depends on neither the units nor ``g``."""
        return C0 * self.p**2 + E * self.p + self.p * (1 - square(1 - exact(omega)) / exact(self.kappa)) / 4

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
        fine = 0 < self.kappa <= 1 and 0 <= u.omega < 1 and u.N == self.N and self.c > 0 and self.e > E and grows
        steep = all(2 * (self.K - L) / self.c + 2 * L / (self.N * self.e) >= 2 for L in self.costs())
        light = self.slight <= 1 and self.N * (self.K - self.costs()[0]) / self.c <= self.p + 1
        return bool(fine and steep and light and u.concave(self.e) and u.holds())

    def costs(self) -> tuple[arb, arb]:
        """Ends of what all tilted units together can cost."""
        return self.N * (self.unit.at(0.0).alone.value - exact(self.unit.omega) / 4), self.N * BETWEEN


def weighted(r: Bound, costs: list[arb], omega: float = 0.0) -> arb:
    """``constant - (K - L)^2/c - (1/e) sum (ell_i - L/N)^2``: the best weights for costs ``ell_i``, ``L`` their sum."""
    L = sum(costs, arb(0))
    apart = sum((square(cost - L / r.N) for cost in costs), arb(0))
    return r.constant(omega) - square(r.K - L) / r.c - apart / r.e


def height(r: Bound, x: Parts, y: Parts) -> tuple[arb, arb, arb]:
    """``H`` and its two derivatives, ``N - 1`` units tilted by x and one by y: balls in, balls out."""
    n = r.N - 1
    Q = n * square(x.x) + square(y.x)
    last = root(1 - Q)
    short = last - n * x.x - y.x
    s = arb(0) if Q >= 0.5 else positive(short)
    lent = r.slight + positive(s - r.slight)
    rises = arb(1) if short > r.slight else arb(0) if s <= r.slight else arb(0).union(arb(1))
    ell = [z.alone.value + (1 - Q) * (Q * z.share.value - z.squared.value) - lent * z.lean.value for z in (x, y)]
    L, apart = n * ell[0] + ell[1], ell[0] - ell[1]
    value = r.constant(r.unit.omega) - square(r.K - L) / r.c + r.beta * square(s) - square(apart) * n / (r.N * r.e)
    g = (r.K - L) / r.c
    weights = 2 * (g - apart / (r.N * r.e)), 2 * (g + n * apart / (r.N * r.e))
    slopes = []
    for moved, count in ((0, n), (1, 1)):
        z, total = (x, y)[moved], arb(0)
        own = z.alone.slope + (1 - Q) * (Q * z.share.slope - z.squared.slope) - lent * z.lean.slope
        falls = arb(0) if s == 0 else -count * (1 + z.x / last)
        for i, (other, many) in enumerate(((x, n), (y, 1))):
            by_square = (1 - 2 * Q) * other.share.value + other.squared.value
            change = by_square * 2 * count * z.x - (0 if s == 0 else rises * falls * other.lean.value)
            total += many * weights[i] * (change + (own if i == moved else 0))
        slopes.append(total + (0 if s == 0 else 2 * r.beta * s * falls))
    return value, slopes[0], slopes[1]


def tilted(r: Bound, t: float, v: float) -> arb:
    """``H`` at the tilts ``t/sqrt 2`` and ``v/sqrt 2``."""
    return height(r, r.unit.at(t), r.unit.at(v))[0]


def tilted_below(r: Bound, box: Box) -> float:
    """A lower bound of ``H`` on a box: its enclosure, or by the mean value of its derivatives; none where ``Q > 1/2``."""
    if (r.N - 1) * box[0][0] ** 2 + box[1][0] ** 2 > 1:
        return math.inf
    if box[0][1] - box[0][0] > WIDE:
        return -math.inf
    x, y = r.unit.over(*box[0]), r.unit.over(*box[1])
    value, by_x, by_y = height(r, x, y)
    middle = [r.unit.at(sum(side) / 2) for side in box]
    mean = height(r, *middle)[0] + by_x * (x.x - middle[0].x) + by_y * (y.x - middle[1].x)
    return max(below_end(value), below_end(mean))


def below_end(ball: arb) -> float:
    """``below``, or minus infinity for a ball that is not finite."""
    return below(ball) if ball.is_finite() else -math.inf


def untilted(r: Bound) -> arb:
    """Some unit lies between two teachers."""
    return weighted(r, [BETWEEN] + [arb(0)] * (r.N - 1))


def steepest(r: Bound) -> arb:
    """A lower bound where ``Q >= 1/2``, and of ``H`` at ``Q = 1/2``: one unit tilted by ``1/sqrt 2``, the others not at all."""
    lent = square(exact(r.unit.omega) / 2 * (r.p + 1)) / (2 * r.beta)
    return weighted(r, [r.unit.at(1.0).alone.value] + [r.unit.at(0.0).alone.value] * (r.N - 1), r.unit.omega) - lent


def doubled(r: Bound, box: Box) -> float:
    """A lower bound where two units are at one teacher, at angles ``asin x`` and ``asin y`` from its line.

    Between them is at most the sum, so they share ``2 a_i a_m R(cos^2)`` in the orders ``k >= 4``.
    """
    (x0, y0), (x1, y1) = ((at(box[0][k]).x, at(box[1][k]).x) for k in (0, 1))
    R = even_orders((x0.asin() + y0.asin()).cos()).union(even_orders((x1.asin() + y1.asin()).cos()))
    one, two = over(*box[0]).cost, over(*box[1]).cost
    share = r.e / (R + r.e)
    gained = square(r.K - share * (one + two)) / (r.c + 2 * R * share)
    moved = square(one + two) / (2 * (R + r.e)) + square(one - two) / (2 * (r.e - R))
    return below_end(r.constant(0.0) - gained - moved)


def exceeds(r: Bound, level: float, bound: Callable[[Bound, Box], float]) -> bool:
    """Whether a case costs more than a level everywhere."""
    return least(lambda box: bound(r, box), lambda t, v: bound(r, ((t, t), (v, v))), GAP, level)[0] >= level


@cache
def relu_ball(p: int) -> arb:
    """``B(p)``: the least of all cases, in a ball; its lower end is a proved lower bound of eps(p).

    Args:
        p: the width, 2 to 20.

    Returns:
        The ball, of width 1e-7; for ``p = 2`` it holds eps(2) itself.

    Raises:
        ArithmeticError: a side condition or a case is not decided.
    """
    with bits():
        if p == 2:
            return one_against_two()
        r = Bound(p, *steady(p))
        low, high = least(lambda box: tilted_below(r, box), lambda t, v: above(tilted(r, t, v)), GAP, math.inf)
        cases = untilted(r), steepest(r)
        low, high = min(low, *map(below, cases)), min(high, *map(above, cases))
        if not (r.sound() and low < C0 and high - low <= 2 * GAP and exceeds(r, low, doubled)):
            raise ArithmeticError(f"B({p}) is not decided")
        return arb(low).union(arb(high))


def one_against_two() -> arb:
    """``eps(2) = 1 + 1/pi - 4 kappa(cos pi/4)^2 2``: one unit halfway between the two."""
    return 1 + 1 / PI - ((1 + 3 * PI / 4) / PI) ** 2


def relu_bound(p: int) -> float:
    """The lower end of ``relu_ball``."""
    return below(relu_ball(p))
