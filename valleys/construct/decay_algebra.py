"""The two linear problems of a descent with weight decay, in doubles or, word for word the same, in rationals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import scipy.linalg

#: Unit columns count as dependent where their smallest singular value is below this part of the largest.
DEPENDENT = 1e-12


class Algebra(Protocol):
    """What the construction asks of its numbers."""

    def numbers(self, values: Any) -> Any:
        """The values as an array of these numbers."""

    def kernel(self, A: Any, rank: int) -> Any | None:
        """A vector ``v != 0`` with ``A v = 0``; None where the columns are independent (never more than ``rank`` of them)."""

    def stationary(self, A: Any, y: Any, weights: Any) -> Any:
        """The solution of ``A^T A z = A^T y - weights``, for independent columns."""


class Doubles:
    """Doubles: columns scaled to length 1, then QR and singular values."""

    #: A slope counts as descent where it is above this part of the weight decay.
    slope = 1e-14

    def numbers(self, values: Any) -> Any:
        """Doubles."""
        return np.asarray(values, dtype=np.float64)

    def kernel(self, A: Any, rank: int) -> Any | None:
        """The last right singular vector."""
        if A.shape[1] == 0:
            return None
        length = np.linalg.norm(A, axis=0)
        _, values, right = np.linalg.svd(A / length, full_matrices=True)
        if A.shape[1] <= min(rank, len(A)) and values[-1] > DEPENDENT * values[0]:
            return None
        return right[-1] / length

    def stationary(self, A: Any, y: Any, weights: Any) -> Any:
        """By QR, so that the condition number enters squared in the weights' part only."""
        length = np.linalg.norm(A, axis=0)
        Q, R = np.linalg.qr(A / length)
        back = scipy.linalg.solve_triangular(R, weights / length, trans="T")
        return scipy.linalg.solve_triangular(R, Q.T @ y - back) / length


class Rationals:
    """Fractions: Gauss's elimination without rounding."""

    slope = 0

    def numbers(self, values: Any) -> Any:
        """Fractions; doubles are taken as the rationals that they are."""
        flat = [Fraction(v) for v in np.asarray(values, dtype=object).ravel()]
        return np.array([*flat, None], dtype=object)[:-1].reshape(np.shape(values))

    def kernel(self, A: Any, rank: int) -> Any | None:
        """From the first column that depends on those before it."""
        rows, pivots = reduced(A)
        free = next((j for j in range(A.shape[1]) if j not in pivots), None)
        if free is None:
            return None
        v = self.numbers([0] * A.shape[1])
        v[free] = Fraction(1)
        for row, pivot in zip(rows, pivots, strict=True):
            v[pivot] = -row[free]
        return v

    def stationary(self, A: Any, y: Any, weights: Any) -> Any:
        """By elimination."""
        system = np.concatenate([A.T @ A, (A.T @ y - weights)[:, None]], axis=1)
        rows, _ = reduced(system)
        return np.array([row[-1] for row in rows] + [None], dtype=object)[:-1]


def reduced(A: Any) -> tuple[list[Any], list[int]]:
    """The rows of the reduced echelon form of a matrix of Fractions that are not zero, and their pivots.

    >>> rows, pivots = reduced(Rationals().numbers([[2, 4], [1, 2]]))
    >>> [list(map(str, row)) for row in rows], pivots
    ([['1', '2']], [0])
    """
    A = A.copy()
    pivots: list[int] = []
    for j in range(A.shape[1]):
        i = len(pivots)
        found = next((k for k in range(i, len(A)) if A[k, j] != 0), None)
        if found is None:
            continue
        A[[i, found]] = A[[found, i]]
        A[i] = A[i] / A[i, j]
        for k in range(len(A)):
            if k != i and A[k, j] != 0:
                A[k] = A[k] - A[k, j] * A[i]
        pivots.append(j)
    return [A[i] for i in range(len(pivots))], pivots
