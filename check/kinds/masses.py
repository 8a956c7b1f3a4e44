"""Weight decay along masses: at each knot the units ``u = U sqrt(k/q)``, ``w = W sqrt(k q)``, of mass ``k`` and ratio ``q``.

With ``sigma`` positively homogeneous such a unit adds ``k U sigma(W x)`` to the network and ``k (|U|^2/q + q |W|^2)`` to
``|U|^2 + |W|^2``. Both are linear in ``k``, so where masses move straight ``L`` is a convex parabola with rational coefficients.
Where ratios move straight, and no mass does, the network stays and its decay is convex. A unit of mass 0 is ``u = 0, w = 0``,
whatever its ``U``, ``W`` and ``q``, so these may be others on the next leg.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from flint import arb, fmpq, fmpq_mat

from check.kinds.decay import Decayed
from check.kinds.lifted import rationals
from check.kinds.ratios import balanced
from check.legs import FALLS, Leg, parabola, told
from check.reading import Arrays, require, shaped, text
from check.sample import Sample, plugin, rational

MASSES = "masses move straight, L is a convex parabola: the sign of s, with decay"
RATIOS = "the network stays, its decay is convex: the slope at the end"


class Unit(NamedTuple):
    """Directions ``U (m,)``, ``W (n,)`` (float64 as they are in the file), ratio and mass."""

    U: tuple[float, ...]
    W: tuple[float, ...]
    q: fmpq
    k: fmpq

    def decay(self) -> fmpq:
        """``|U|^2/q + q |W|^2``, of a mass 1."""
        return square(self.U) / self.q + self.q * square(self.W)


Knot = list[Unit]


def square(v: tuple[float, ...]) -> fmpq:
    """``|v|^2``."""
    return sum((x * x for x in rational(np.array([v])).entries()), fmpq(0))


def weights(units: Knot, masses: list[fmpq]) -> fmpq_mat:
    """The output weights ``k U`` on the rows ``W``, ``(m, units)``."""
    columns = rational(np.array([unit.U for unit in units])).tolist()
    return fmpq_mat([[k * u for u in column] for k, column in zip(masses, columns, strict=True)]).transpose()


def leg(law: Decayed, start: Knot, end: Knot) -> Leg:
    """The verdict on the leg between two knots."""
    pairs = [(a, b) for a, b in zip(start, end, strict=True) if a.k != 0 or b.k != 0]
    both = [(a, b) for a, b in pairs if a.k != 0 and b.k != 0]
    require(all(a[:2] == b[:2] for a, b in both), "a unit with a mass changes its U or W: not judged along masses")
    if all(a.k == b.k for a, b in pairs):
        return "ratios", RATIOS, balanced([(*map(square, a[:2]), a.k * law.lam, a.q, b.q) for a, b in both])
    require(all(a.q == b.q for a, b in both), "masses and ratios move on one leg: not judged")
    units = [a if a.k != 0 else b for a, b in pairs]
    first, last = ([pair[side].k for pair in pairs] for side in (0, 1))
    change = [b - a for a, b in zip(first, last, strict=True)]
    decay = sum((d * unit.decay() for d, unit in zip(change, units, strict=True)), fmpq(0))
    U1, dU, W = weights(units, last), weights(units, change), rational(np.array([unit.W for unit in units]))
    s, a, _ = Sample.along(law, U1, dU, W)
    return "masses", MASSES, parabola(s + law.lam * decay / 2, a)


def loss(law: Decayed, knot: Knot) -> fmpq:
    """``L`` at a knot."""
    units = [unit for unit in knot if unit.k != 0] or knot[:1]
    U, W = weights(units, [unit.k for unit in units]), rational(np.array([unit.W for unit in units]))
    decay = sum((unit.k * unit.decay() for unit in units), fmpq(0))
    return Sample.along(law, U, U * fmpq(0), W)[2] + law.lam * decay


def knots_of(law: Decayed, arrays: Arrays) -> list[Knot]:
    """The knots of the file, taken out of ``arrays``."""
    U = shaped(arrays, "U", None, law.m, None)
    W = shaped(arrays, "W", len(U), U.shape[2], law.n)
    ratio = shaped(arrays, "ratio", len(U), U.shape[2])
    k = rationals(arrays, "mass", *ratio.shape).tolist()
    require(bool((ratio > 0).all()) and all(x >= 0 for row in k for x in row), "a ratio <= 0, or a mass < 0")
    numbers = zip(U, W, rational(ratio).tolist(), k, strict=True)
    return [
        [Unit(tuple(u), tuple(w), *rest) for u, w, *rest in zip(e.T.tolist(), d.tolist(), q, m, strict=True)]
        for e, d, q, m in numbers
    ]


def shown(value: fmpq) -> str:
    """Digits with their error, of a number that is 0 only if it is told as 0."""
    return arb(value).str(12)


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """Legs and verdict; of a connection also the highest knot, since ``L`` is convex on every leg."""
    homogeneous = isinstance(law, Decayed) and (law.sigma.leak is not None or set(law.sigma.powers) == {1})
    require(homogeneous, "mass without weight decay, or an activation that is not positively homogeneous")
    claim = text(arrays, "claim", "descent")
    require(claim in ("descent", "connection"), f"claim {claim!r}: allowed are descent and connection")
    dual = rationals(arrays, "nu", 1, law.N) if "nu" in arrays else None
    knots = knots_of(law, arrays)
    require(not arrays, f"arrays {sorted(arrays)} have no meaning here")
    require(len(knots) > 1, "one knot is no path")
    values = [loss(law, knot) for knot in knots]
    attained = law.attained(None)
    found = told([leg(law, *ends) for ends in pairwise(knots)], values[0], values[-1], attained) | {"claim": claim}
    if dual is not None:
        found |= plugin("kinds.floor").above(law, dual, values[-1])
    if claim == "connection" and found["verdict"] != FALLS[0]:
        top = max(range(len(values)), key=lambda i: (values[i], -i))
        ends = values[top] == max(values[0], values[-1])
        found |= {"highest": values[top], "at_knot": top, "above": shown(values[top] - max(values[0], values[-1]))}
        found |= {"verdict": "never above its higher end" if ends else "rises above its higher end"}
    return found
