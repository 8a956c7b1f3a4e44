"""Does a polynomial of one variable never rise on an interval? Decided exactly."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from flint import arb, fmpq, fmpq_mat, fmpq_poly

from check.balls.precision import fraction, raised
from check.legs import FALLS, Verdict


def interpolated(value: Callable[[fmpq], fmpq], degree: int) -> fmpq_poly:
    """The polynomial of this degree through exact values at ``0, .., degree``."""
    powers = fmpq_mat([[fmpq(t) ** k for k in range(degree + 1)] for t in range(degree + 1)])
    right = fmpq_mat(degree + 1, 1, [value(fmpq(t)) for t in range(degree + 1)])
    return fmpq_poly(powers.solve(right).entries())


def falls(slope: fmpq_poly, a: fmpq, b: fmpq) -> Verdict | None:
    """Is a polynomial nowhere positive? Between its isolated real roots it keeps its sign: one rational point there decides."""
    if slope == 0:
        return FALLS
    roots = sorted((z.real for z, _ in slope.complex_roots() if z.imag == 0), key=fraction)
    between = [(fraction(p.upper()) + fraction(q.lower())) / 2 for p, q in pairwise(roots)]
    if not all(p < t < q for (p, q), t in zip(pairwise(roots), between, strict=True)):
        return None
    return FALLS if all(slope(t) <= 0 for t in [a, b, *between] if a <= t <= b) else ("rises", None, (a, b))


def polynomial(L: fmpq_poly, a: fmpq, b: fmpq) -> Verdict | None:
    """The verdict on a polynomial on ``[a, b]``, by the sign of its derivative."""
    found = falls(L.derivative(), a, b)
    if found is None or found == FALLS:
        return found
    return ("rises", *widest([(t, L(t)) for t in sorted([a, *(t for t in critical(L) if a < t < b), b])]))


def widest(values: list[tuple[fmpq, Any]]) -> tuple[Any, tuple[fmpq, fmpq]]:
    """The largest rise from one of these ``(t, L(t))`` to a later one, and where it is."""
    least, found = values[0], (fmpq(0), values[0], values[0])
    for place in values:
        least = min(least, place, key=lambda v: fraction(arb(v[1])))
        found = max(found, (place[1] - least[1], least, place), key=lambda v: fraction(arb(v[0])))
    return found[0], (found[1][0], found[2][0])


def pieces(curves: list[tuple[fmpq_poly, fmpq, fmpq]]) -> Verdict:
    """The same for a continuous function that is a polynomial on each of these intervals ``[a, b]``, in their order."""
    found = [raised(partial(polynomial, *curve)) for curve in curves]
    worst = max(found, key=lambda verdict: ("never rises", "undecided", "rises").index(verdict[0]))
    if worst[0] != "rises":
        return worst
    ends = [(curves[0][1], curves[0][0](curves[0][1])), *((b, L(b)) for L, _, b in curves)]
    stops = [(t, L(t)) for L, a, b in curves for t in critical(L) if a < t < b]
    return ("rises", *widest(sorted(ends + stops, key=lambda v: v[0])))


def critical(L: fmpq_poly) -> list[fmpq]:
    """The real roots of ``L'``, to many digits."""
    return [fraction(z.real) for z, _ in L.derivative().complex_roots() if z.imag == 0] if L.derivative() != 0 else []
