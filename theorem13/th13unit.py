"""What a unit orthogonal to ``q`` and tilted by ``x`` or more from its teacher costs at least (PROOF.md, section 5, case 2).

``ell(x) = l(x) - G(x) + (1 - Q)(Q - x^2) B(x) - (omega/4)(1 + x s)/sqrt(1 - x^2)``.  ``B`` is what it gains that a tilt
away from ``q`` goes to all other teachers and not to one; ``G``, a polynomial, bounds what a tilt of more than ``x`` saves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import comb
from typing import NamedTuple

from flint import arb, arb_series

from theorem13.th13balls import exact
from theorem13.th13tilt import C4, C6, bits, cost, orders_bend, orders_slope, positive, square

#: Cells of ``x`` in units of the largest, and ends of cells of ``sin delta``.
CELLS = 256
TURNS = (0.0, 2e-3, 5e-3, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.71)
#: Pieces of ``Q`` on which concavity is decided, and how often a piece of ``x`` is halved at most.
SQUARES, DEPTH = 4, 14
#: Secants of shorter intervals of the square are the slope at the right end.
TINY = 1e-9


class Part(NamedTuple):
    """A function of ``x`` and its derivative: at a point, or enclosures over an interval."""

    value: arb
    slope: arb


class Parts(NamedTuple):
    """``x``, and with their derivatives what does not depend on the other units, ``B``, ``B x^2``, and what ``-s`` multiplies."""

    x: arb
    alone: Part
    share: Part
    squared: Part
    lean: Part


@dataclass(frozen=True)
class Unit:
    """The bound for one ``omega``.

    Attributes:
        N: number of units.
        omega: the share of the first order that is judged unit by unit.
        reach: tilts beyond it gain little: ``B`` has the factor ``1/(1 + (x/reach)^8)``.
        most: the square of the largest tilt.
        slip: the coefficients of ``G`` in ``x``, none of them negative.
    """

    N: int
    omega: float
    reach: float
    most: float
    slip: tuple[float, ...] = ()

    def tilt(self, t: float) -> arb:
        """``x = t sqrt(most)``."""
        return exact(self.most).sqrt() * t

    def functions(self, at: arb, terms: int) -> tuple[arb_series, ...]:
        """``l - G - (omega/4)/sqrt(1 - x^2)``, ``B``, ``B x^2`` and ``(omega/4) x/sqrt(1 - x^2)``, so many terms of each."""
        x = arb_series([at, 1], prec=terms)
        s, tilt = x * x, exact(self.omega) / 4
        eighth = arb_series([comb(8, k) * power(at, 8 - k) / exact(self.reach) ** 8 for k in range(terms)], prec=terms)
        z = (1 - s).sqrt()
        G = x * 0
        for coefficient in reversed(self.slip):
            G = G * x + exact(coefficient)
        B = s * s * (2 * C4 + 3 * C6 * s) / (1 - s) / (1 - s) / (1 + eighth)
        return cost(x) - G - tilt / z, B, B * s, tilt * x / z

    def at(self, t: float) -> Parts:
        """At ``x = t sqrt(most)``, ``0 <= t <= 1``."""
        return at(self, t)

    def over(self, low: float, high: float) -> Parts:
        """Over ``low <= t <= high``, each function and each slope by the mean value theorem."""
        return over(self, low, high)

    def concave(self, e: arb) -> bool:
        """Whether ``u' = (k - 2 ell/e) ell'`` is strictly concave on ``[0, sqrt(most)]`` for all ``k >= 2``, ``Q`` and ``s``.

        ``u''' = (k - 2 ell/e) ell''' - 6 ell' ell''/e``, and ``ell''' < 0``: the smallest ``k`` is the worst.  Ball by ball.

        Args:
            e: the stiffness of the weights.

        Returns:
            Whether all pieces are decided.
        """
        pieces = [(k / 64, (k + 1) / 64) for k in range(64)]
        while pieces:
            low, high = pieces.pop()
            if not self.bent(self.tilt(low).union(self.tilt(high)), e):
                if high - low < 2.0**-DEPTH:
                    return False
                middle = (low + high) / 2
                pieces += [(low, middle), (middle, high)]
        return True

    def bent(self, x: arb, e: arb) -> bool:
        """Whether third derivatives of ``ell`` and ``u`` are negative over an interval, ``0 <= Q <= 1/2``, ``0 <= s <= 1``."""
        alone, B, squared, lean = self.functions(x, 4)
        for j in range(SQUARES):
            Q = arb(j).union(arb(j + 1)) / (2 * SQUARES)
            ell = alone + (1 - Q) * (Q * B - squared) - arb(0).union(arb(1)) * lean
            value, slope, bend, third = ell[0], ell[1], 2 * ell[2], 6 * ell[3]
            if not (square(x) > Q or (third < 0 and (2 - 2 * value / e) * third - 6 * slope * bend / e < 0)):
                return False
        return True

    def holds(self) -> bool:
        """Whether ``G`` is no less than what turning saves, cell by cell (``saved``)."""
        need = saved(replace(self, slip=()))
        G = [sum(exact(c) * self.tilt(low) ** k for k, c in enumerate(self.slip)) for low, _ in need]
        return min(self.slip) >= 0 and all(value >= least for value, (_, least) in zip(G, need, strict=True))


def spread(N: int) -> arb:
    """Twice a bound of the standard deviation of ``pi_J``, where ``J`` is drawn by the probabilities ``pi_1 .. pi_N`` themselves.

    The variance is at most 27/256, of three numbers 0.081 (PROOF.md).
    """
    with bits():
        return 2 * (arb(81) / 1000 if N == 3 else arb(27) / 256).sqrt()


def power(x: arb, k: int) -> arb:
    """``x^k`` for ``x >= 0``, no wider than it is."""
    return (positive(x.lower()) ** k).union(x.upper() ** k)


def cells() -> Iterator[tuple[float, float]]:
    """Intervals that cover [0, 1]."""
    return pairwise(k / CELLS for k in range(CELLS + 1))


@cache
def saved(unit: Unit) -> list[tuple[float, arb]]:
    """For each cell of ``x`` its lower end and an upper bound of ``J sigma - P sigma^2`` over ``0 <= sigma = sin delta <= 1``.

    With ``r = x^2 + (1 - x^2) sigma^2 <= most``, and ``asin sigma <= sigma asin(h)/h`` for ``sigma <= h``:
    ``J = spread x r R''(r) (asin(h)/h)/(1 + (x/reach)^8) + (omega/4) sqrt N``, and
    ``P = (1 - x^2)(l(sqrt r) - l(x))/(r - x^2)``, which
    falls with ``x`` and ``r``, as ``l`` is a concave function of the square.
    """
    found = []
    with bits():
        pull, cap = exact(unit.omega) / 4 * arb(unit.N).sqrt(), exact(unit.most)
        for low, high in cells():
            x0, x1 = unit.tilt(low), unit.tilt(high)
            most = arb(0)
            for turn, h in pairwise(map(exact, TURNS)):
                if square(turn) + square(x0) * (1 - square(turn)) > cap:
                    break
                r = arb.min(square(h) + square(x1) * (1 - square(h)), cap)
                u = r.sqrt()
                J = spread(unit.N) / (1 + (x0 / exact(unit.reach)) ** 8) * x1 * r * orders_bend(u) * h.asin() / h + pull
                wide = r - square(x1)
                secant = (cost(u) - cost(x1)) / wide if wide > TINY else orders_slope((1 - r).sqrt()) - orders_slope(u)
                P = (1 - square(x1)) * secant
                most = arb.max(most, best(J, P, turn, h))
            found.append((low, most.upper()))
    return found


def best(J: arb, P: arb, low: arb, high: arb) -> arb:
    """An upper bound of ``J sigma - P sigma^2`` for ``low <= sigma <= high``."""
    if 2 * P * low > J:
        return J * low - P * square(low)
    if P > 0 and 2 * P * high > J:
        return J * J / (4 * P)
    return J * high - P * square(high) if P >= 0 else J * high


def parts(values: tuple[arb_series, ...]) -> list[Part]:
    """The first two terms of each."""
    return [Part(f[0], f[1]) for f in values]


@cache
def at(unit: Unit, t: float) -> Parts:
    """``Unit.at``."""
    with bits():
        x = unit.tilt(t)
        return Parts(x, *parts(unit.functions(x, 2)))


@cache
def over(unit: Unit, low: float, high: float) -> Parts:
    """``Unit.over``."""
    with bits():
        x, middle = unit.tilt(low).union(unit.tilt(high)), at(unit, (low + high) / 2)
        away, found = x - middle.x, []
        for f, part in zip(unit.functions(x, 3), middle[1:], strict=True):
            slope = part.slope + 2 * f[2] * away
            found.append(Part(part.value + slope * away, slope))
        return Parts(x, *found)
