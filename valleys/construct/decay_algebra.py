"""The two linear problems of a descent with weight decay: in doubles, in rationals, or in rationals of so many digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import scipy.linalg
from flint import fmpq, fmpq_mat

#: Unit columns count as dependent where their smallest singular value is below this part of the largest.
DEPENDENT = 1e-12
#: Binary digits of a mass.
DIGITS = 224


class Algebra(Protocol):
    """What the construction asks of its numbers.

    Attributes:
        slope: a slope counts as descent where it is above this part of the weight decay.
        stop: the part of the way to a minimum that is gone; the rest is slack, so that the loss falls to the very end.
    """

    slope: Any
    stop: Any

    def rounded(self, values: Any) -> Any:
        """Masses as they are kept."""

    def numbers(self, values: Any) -> Any:
        """The values as an array of these numbers."""

    def kernel(self, A: Any, rank: int) -> Any | None:
        """A vector ``v != 0`` with ``A v = 0``; None where the columns are independent (never more than ``rank`` of them)."""

    def stationary(self, A: Any, y: Any, weights: Any) -> Any:
        """The solution of ``A^T A z = A^T y - weights``, for independent columns."""


class Doubles:
    """Doubles: columns scaled to length 1, then QR and singular values."""

    slope, stop = 1e-14, 1.0

    def numbers(self, values: Any) -> Any:
        """Doubles."""
        return np.asarray(values, dtype=np.float64)

    def rounded(self, values: Any) -> Any:
        """As they are."""
        return values

    def kernel(self, A: Any, rank: int) -> Any | None:
        """The last right singular vector."""
        if A.shape[1] == 0:
            return None
        length = np.linalg.norm(A, axis=0)
        _, values, right = np.linalg.svd(A / length, full_matrices=A.shape[1] > len(A))
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
    """Fractions, without rounding: for small data, since a path's numerators grow from leg to leg."""

    slope: Any = 0
    stop: Any = 1

    def numbers(self, values: Any) -> Any:
        """Fractions; doubles are taken as the rationals that they are."""
        flat = [Fraction(v) for v in np.asarray(values, dtype=object).ravel()]
        return np.array([*flat, None], dtype=object)[:-1].reshape(np.shape(values))

    def rounded(self, values: Any) -> Any:
        """As they are."""
        return values

    def kernel(self, A: Any, rank: int) -> Any | None:
        """From the first column that depends on those before it: it is among the first ``rank + 1``."""
        first = A[:, : rank + 1]
        if first.shape[1] == 0:
            return None
        reduced, independent = matrix(first).rref()
        rows = reduced.tolist()[:independent]
        pivots = [next(j for j, v in enumerate(row) if v != 0) for row in rows]
        free = next((j for j in range(first.shape[1]) if j not in pivots), None)
        if free is None:
            return None
        v = self.numbers([0] * A.shape[1])
        v[free] = Fraction(1)
        for row, pivot in zip(rows, pivots, strict=True):
            v[pivot] = -fraction(row[free])
        return v

    def stationary(self, A: Any, y: Any, weights: Any) -> Any:
        """By elimination."""
        columns = matrix(A)
        right = columns.transpose() * matrix(y[:, None]) - matrix(weights[:, None])
        return self.numbers(list(map(fraction, (columns.transpose() * columns).solve(right).entries())))


class Rounded(Rationals):
    """Fractions whose masses are kept to ``DIGITS`` binary digits, so that their size does not grow.

    What is rounded off is far below the slack: the loss falls in the decay of a kernel vector, or is stopped short.
    """

    slope, stop = Fraction(1, 1 << 60), 1 - Fraction(1, 1 << 90)

    def rounded(self, values: Any) -> Any:
        """To ``DIGITS`` binary digits of the largest."""
        largest = max(map(abs, values), default=Fraction(0))
        if largest == 0:
            return values
        exponent = DIGITS - largest.numerator.bit_length() + largest.denominator.bit_length()
        unit = Fraction(2) ** exponent
        return self.numbers([round(v * unit) / unit for v in values])


def matrix(values: Any) -> fmpq_mat:
    """Fractions ``(a, b)`` as FLINT's matrix."""
    return fmpq_mat(*values.shape, [fmpq(v.numerator, v.denominator) for v in values.ravel()])


def fraction(value: fmpq) -> Fraction:
    """FLINT's number as a Fraction."""
    return Fraction(int(value.p), int(value.q))
