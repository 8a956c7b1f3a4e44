"""Legs on which live rows of ``W`` move: a polynomial of ``t``, pieces of polynomials, or boxes of balls."""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_mat, fmpq_poly

from check.balls.precision import raised
from check.kinds.polynomials import interpolated, pieces, polynomial
from check.legs import Verdict
from check.reading import require
from check.sample import Sample, plugin


def moving(
    law: Any, U: fmpq_mat, W: fmpq_mat, U1: fmpq_mat, W1: fmpq_mat, more: fmpq_poly | int = 0
) -> tuple[str, Verdict]:
    """Argument and verdict on the line from ``(U, W)`` to ``(U1, W1)``; a polynomial of ``t`` may be added to the loss."""
    require(
        getattr(law, "plain", True), "live rows of W move: not judged with an output bias, or a loss but the square"
    )
    dU, dW, zero, more = U1 - U, W1 - W, fmpq(0), fmpq_poly([0]) + more
    if law.exact and law.sigma.powers:
        degree = 2 + 2 * max(law.sigma.powers)
        normal = law.sigma.powers == {2: 1} and not isinstance(law, Sample)
        L = plugin("kinds.squares").squares(law, U, dU, W, dW) if normal else None
        L = more + (L or interpolated(lambda t: law.along(U + dU * t, dU * zero, W + dW * t)[2], degree))
        argument = f"L is a polynomial of t, degree <= {degree}: the sign of L' between its roots"
        return argument, raised(lambda: polynomial(L, zero, fmpq(1)))
    if law.exact and isinstance(law, Sample):
        curves = [(L + more, a, b) for L, a, b in plugin("kinds.kinks").kinks(law, U, dU, W, dW)]
        return f"{len(curves)} pieces between exact kinks, L a polynomial on each", pieces(curves)
    boxes, line = plugin("balls.boxes"), plugin("balls.series")
    even, along = boxes.mirrored(U, dU, W, dW) and more == 0, line.series(law, U, dU, W, dW)
    argument = "L' <= 0 on boxes of balls" + (", L' = 0 at the start since L is even" if even else "")
    return argument, raised(lambda: boxes.smooth(lambda x: along(x) + line.at(more, x), even))
