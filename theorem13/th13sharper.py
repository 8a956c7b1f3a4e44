"""The sharper lower bound ``B(p) <= eps(p)`` for ReLU, ``2 <= p <= 20``, proved in balls; the argument is section 5 of PROOF.md.

``N = p - 1`` units ``a_i relu(<v_i, x>)``, ``a_i >= 0``, ``|v_i| = 1``, against ``p`` orthonormal ones; ``g = mean a_i``.
Three regimes of ``rho``, the mean of ``<v_i, v_l>`` over all pairs, and three cases in each: some unit between two teachers
(``untilted``), each unit at a teacher of its own and tilted (``tilted``), two units at one teacher (``doubled``).  The
weights are minimised over in closed form; what is left, two variables, is enclosed by branch and bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from flint import arb, ctx
from scipy.optimize import minimize_scalar

from theorem13.th13balls import above, below
from theorem13.th13boxes import Box, least
from theorem13.th13tilt import BETWEEN, C0, C2, PI, PRECISION, E, Tilt, at, concave, even_orders, over

WIDEST_SHARPER = 20
#: Between the two ends of the ball that holds B(p).
GAP = 1e-9
#: Where a ``rho > 0`` counts as large.
LARGE = arb(1) / 3


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


@dataclass(frozen=True)
class Regime:
    """One sign of ``rho``, and the number ``lam`` of the inequality ``2 sqrt(T tau) <= lam T + tau / lam``.

    The loss is at least ``constant + c g^2 - 2 K g + 2 sum a_i h_i + e V + s^2 / (4 lam)``.
    """

    p: int
    negative: bool
    lam: float

    @cached_property
    def N(self) -> int:
        """Number of units."""
        return self.p - 1

    @cached_property
    def e(self) -> arb:
        """Unequal ``a_i`` cost at least ``e sum (a_i - g)^2``."""
        return E if self.negative else E - C2 * (2 * LARGE - LARGE**2)

    @cached_property
    def K(self) -> arb:
        """Half the coefficient of ``-g``."""
        return C0 * self.N * self.p + E * self.N

    @cached_property
    def c(self) -> arb:
        """The coefficient of ``g^2``; for ``rho <= 0`` the best ``rho`` is put in, for ``rho >= 0`` it is 0."""
        N, short = self.N, 1 - arb(self.lam)
        gain = N * (N - 1) * short**2 / (64 * C2) if self.negative else arb(0)
        return C0 * N**2 + short * N / 4 + E * N - gain

    @cached_property
    def constant(self) -> arb:
        """What depends on neither the units nor ``g``."""
        return C0 * self.p**2 + self.p * (1 - 1 / arb(self.lam)) / 4 + E * self.p

    def weight(self, L: arb) -> arb:
        """The best ``g`` where the units cost ``2 g L``."""
        return (self.K - L) / self.c

    def sound(self) -> bool:
        """Side conditions: ``lam <= 1``, ``g >= 1`` for all costs ``L <= N b``, ``b < e``, and ``u'`` concave."""
        heavy = self.c > 0 and self.weight(self.N * BETWEEN) >= 1
        return 0 < self.lam <= 1 and heavy and concave(self.e) and bool(self.e > BETWEEN)


def tilted(r: Regime, x: Tilt, y: Tilt) -> arb:
    """``N - 1`` units tilted by x and one by y: ``constant - (K - L)^2/c + s^2/(4 lam) - W/e``; balls in, a ball out."""
    L = (r.N - 1) * x.cost + y.cost
    W = square(x.cost - y.cost) * (r.N - 1) / r.N
    return r.constant - square(r.K - L) / r.c + square(overlap(r, x.x, y.x)) / (4 * arb(r.lam)) - W / r.e


def overlap(r: Regime, x: arb, y: arb) -> arb:
    """``s = max(0, sqrt(1 - Q) - X)``, ``X = sum x_i``, ``Q = sum x_i^2``; 0 for ``Q >= 1/2``, where ``X^2 >= Q``."""
    Q = (r.N - 1) * square(x) + square(y)
    if Q >= 0.5:
        return arb(0)
    return positive(root(1 - Q) - (r.N - 1) * x - y)


def tilted_below(r: Regime, box: Box) -> float:
    """A lower bound of ``tilted`` on a box: by the mean value of its two derivatives, or by the values at the corners."""
    x, y = over(*box[0]), over(*box[1])
    low, high = (at(box[0][0]), at(box[1][0])), (at(box[0][1]), at(box[1][1]))
    L = (r.N - 1) * low[0].cost + low[1].cost
    W = square(x.cost - y.cost) * (r.N - 1) / r.N
    s = overlap(r, high[0].x, high[1].x)
    plain = r.constant - square(r.K - L) / r.c + square(s) / (4 * arb(r.lam)) - W / r.e
    last = root(1 - (r.N - 1) * square(x.x) - square(y.x))
    s = overlap(r, x.x, y.x)
    if not (s == 0 or last > 0):
        return below_end(plain)
    g, apart = r.weight((r.N - 1) * x.cost + y.cost), 2 * (x.cost - y.cost) / (r.N * r.e)
    pull = arb(0) if s == 0 else s / (2 * arb(r.lam))
    middle = [at(sum(side) / 2) for side in box]
    slopes = (
        (r.N - 1) * ((2 * g - apart) * x.slope - (0 if s == 0 else pull * (1 + x.x / last))),
        (2 * g + (r.N - 1) * apart) * y.slope - (0 if s == 0 else pull * (1 + y.x / last)),
    )
    value = tilted(r, *middle) + slopes[0] * (x.x - middle[0].x) + slopes[1] * (y.x - middle[1].x)
    return max(below_end(plain), below_end(value))


def below_end(ball: arb) -> float:
    """``below``, or minus infinity for a ball that is not finite."""
    return below(ball) if ball.is_finite() else -math.inf


def untilted(r: Regime) -> arb:
    """Some unit lies between two teachers: it costs ``2 a b``, and its weight ``a`` may differ from the others."""
    return r.constant - (r.K - BETWEEN) ** 2 / r.c - BETWEEN**2 * (r.N - 1) / (r.N * r.e)


def doubled(r: Regime, box: Box) -> float:
    """A lower bound where two units are at one teacher, at angles ``asin x`` and ``asin y`` from its line.

    Between them is at most the sum, so they share ``2 a_i a_m R(cos^2)`` in the orders ``k >= 4``.
    """
    (x0, y0), (x1, y1) = ((at(box[0][k]).x, at(box[1][k]).x) for k in (0, 1))
    R = even_orders((x0.asin() + y0.asin()).cos()).union(even_orders((x1.asin() + y1.asin()).cos()))
    one, two = over(*box[0]).cost, over(*box[1]).cost
    share = r.e / (R + r.e)
    gained = square(r.K - share * (one + two)) / (r.c + 2 * R * share)
    moved = square(one + two) / (2 * (R + r.e)) + square(one - two) / (2 * (r.e - R))
    return below_end(r.constant - gained - moved)


def together(p: int) -> arb:
    """``rho > LARGE``: orders 0 and 2, and the diagonal of the others, cost enough."""
    N = p - 1
    K, c = C0 * N * p + E * N, C0 * N**2 + E * N + C2 * LARGE**2 * N * (N - 1)
    return C0 * p**2 + E * p - K**2 / c


def steady(p: int, negative: bool) -> Regime:
    """The regime with the ``lam`` whose bound is the best (any one proves a bound): by a search in floats."""

    def lost(lam: float) -> float:
        r = Regime(p, negative, lam)
        equal = minimize_scalar(lambda t: float(tilted(r, at(t), at(t)).mid()), bounds=(0, 1), method="bounded")
        return -min(float(equal.fun), float(untilted(r).mid()))

    return Regime(p, negative, float(minimize_scalar(lost, bounds=(0.9, 1), method="bounded").x))


@cache
def relu_ball(p: int) -> arb:
    """``B(p)``: the least of all regimes and cases, in a ball; its lower end is a proved lower bound of eps(p).

    Args:
        p: the width, 2 to 20.

    Returns:
        The ball, of width 1e-9; for ``p = 2`` it holds eps(2) itself.

    Raises:
        ArithmeticError: a side condition or a case is not decided.
    """
    ctx.prec = PRECISION
    if p == 2:
        return one_against_two()
    r = steady(p, True)
    low, high = least(lambda box: tilted_below(r, box), lambda t, v: above(tilted(r, at(t), at(v))), GAP, math.inf)
    low, high = min(low, below(untilted(r))), min(high, above(untilted(r)))
    decided = r.sound() and high - low <= 2 * GAP and together(p) > low and exceeds(r, low, doubled)
    other = steady(p, False)
    if not (
        decided
        and other.sound()
        and untilted(other) > low
        and all(exceeds(other, low, f) for f in (tilted_below, doubled))
    ):
        raise ArithmeticError(f"B({p}) is not decided")
    return arb(low).union(arb(high))


def exceeds(r: Regime, level: float, bound: Callable[[Regime, Box], float]) -> bool:
    """Whether a case costs more than a level everywhere."""
    return least(lambda box: bound(r, box), lambda t, v: bound(r, ((t, t), (v, v))), GAP, level)[0] >= level


def one_against_two() -> arb:
    """``eps(2) = 1 + 1/pi - 4 kappa(cos pi/4)^2 2``: one unit halfway between the two."""
    return 1 + 1 / PI - ((1 + 3 * PI / 4) / PI) ** 2


def relu_bound(p: int) -> float:
    """The lower end of ``relu_ball``."""
    return below(relu_ball(p))
