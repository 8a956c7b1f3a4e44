"""How far the end of a path of linear networks on a sample is above the minimum over all networks, at most: in balls."""

from __future__ import annotations

from typing import Any

from flint import arb, fmpq, fmpq_mat, fmpq_poly

from check.balls.precision import fraction
from check.sample import Sample, inner


def above_minimum(sample: Sample, width: int, loss: fmpq) -> str:
    """What an end with this loss is, where the narrowest layer has ``width`` units.

    The minimum over matrices of that rank is ``(|Y|^2 - sum of the width largest eigenvalues of Sxy^T Sxx^-1 Sxy)/N``; the
    eigenvalues are the real roots of a characteristic polynomial, isolated in balls.
    """
    X = independent(sample.X)
    Sxx, Sxy = X * X.transpose(), X * sample.Y.transpose()
    power = Sxy.transpose() * Sxx.solve(Sxy)
    least = (inner(sample.Y, sample.Y) - top(power, width)) / sample.N
    above = arb(arb(loss - least).upper()) * fmpq(1001, 1000)  # more than what four digits may round off
    return f"at most {above.str(4, radius=False)} above the minimum over all networks"


def independent(X: fmpq_mat) -> fmpq_mat:
    """Inputs ``(n, N)`` of which the others are linear combinations: networks of these alone have the same outputs."""
    reduced, rank = X.transpose().rref()
    rows = [next(j for j in range(X.nrows()) if reduced[i, j] != 0) for i in range(rank)]
    return fmpq_mat([X.tolist()[j] for j in rows]) if rows else fmpq_mat(0, X.ncols())


def top(M: fmpq_mat, count: int) -> Any:
    """The sum of the largest eigenvalues of a symmetric matrix, a ball, or all of them, a rational."""
    if count >= M.nrows():
        return sum((M[i, i] for i in range(M.nrows())), fmpq(0))
    roots = [z.real for z, times in fmpq_poly(M.charpoly()).complex_roots() for _ in range(times)]
    return sum(sorted(roots, key=fraction)[-count:], arb(0))
