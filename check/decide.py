"""Does a polynomial of one variable never rise on an interval? Decided exactly."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from flint import arb, fmpq, fmpq_mat, fmpq_poly

Verdict = tuple[str, Any, str]  #: "never rises", "rises" or "undecided"; by how much; where
FALLS: Verdict = ("never rises", fmpq(0), "")
RANK = {"never rises": 0, "undecided": 1, "rises": 2}


def fraction(x: arb) -> fmpq:
    """The midpoint of a ball."""
    mantissa, exponent = x.mid().man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


def parabola(s: Any, a: Any) -> Verdict | None:
    """``|R0 + t D|^2`` on [0, 1] never rises iff ``s = <R1, D> <= 0``; else by ``s^2/a``, or ``2 s - a`` if ``s >= a``.

    None: the sign is not decided yet.
    """
    if s <= 0:
        return FALLS
    if not s > 0:
        return None
    return ("rises", 2 * s - a, "from t = 0 to 1") if s >= a else ("rises", s * s / a, f"from t = {1 - s / a} to 1")


def interpolated(value: Callable[[fmpq], fmpq], degree: int) -> fmpq_poly:
    """The polynomial of this degree through exact values at ``0, .., degree``."""
    powers = fmpq_mat([[fmpq(t) ** k for k in range(degree + 1)] for t in range(degree + 1)])
    right = fmpq_mat(degree + 1, 1, [value(fmpq(t)) for t in range(degree + 1)])
    return fmpq_poly(powers.solve(right).entries())


def polynomial(L: fmpq_poly, a: fmpq, b: fmpq) -> Verdict | None:
    """Exact: between its isolated real roots ``L'`` keeps its sign, so one rational point there decides."""
    slope = L.derivative()
    if slope == 0:
        return FALLS
    roots = sorted((z.real for z, _ in slope.complex_roots() if z.imag == 0), key=fraction)
    between = [(fraction(p.upper()) + fraction(q.lower())) / 2 for p, q in pairwise(roots)]
    if not all(p < t < q for (p, q), t in zip(pairwise(roots), between, strict=True)):
        return None
    if all(slope(t) <= 0 for t in [a, b, *between] if a <= t <= b):
        return FALLS
    places = [a, *(t for t in map(fraction, roots) if a < t < b), b]
    return ("rises", *widest(L, places))


def widest(L: Callable[[fmpq], Any], places: list[fmpq]) -> tuple[Any, str]:
    """The largest rise between two of these places, and where it is."""
    values = [L(t) for t in places]
    pairs = [(j, i) for j in range(len(places)) for i in range(j)]
    low = lambda p: values[p[0]] - values[p[1]]  # noqa: E731
    j, i = max(pairs, key=lambda p: fraction(arb(low(p)).lower()))
    return low((j, i)), f"from t = {places[i]} to {places[j]}"
