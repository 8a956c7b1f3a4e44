"""Numbers without rounding: float64 as the rationals that they are, and what float64 can say of a ball."""

from __future__ import annotations

import math

from flint import arb, fmpq, fmpq_mat
from torch import Tensor


def exact(x: float) -> arb:
    """A float64 as what it is."""
    return arb(fmpq(*x.as_integer_ratio()))


def rational(matrix: Tensor) -> fmpq_mat:
    """A matrix of float64 as what it is."""
    return fmpq_mat(*matrix.shape, [fmpq(*x.as_integer_ratio()) for x in matrix.flatten().tolist()])


def below(ball: arb) -> float:
    """The largest float64 found that is not above the ball's lower end; minus infinity for a ball that is not finite."""
    if not ball.is_finite():
        return -math.inf
    value = float(ball.lower())
    while not exact(value) <= ball:
        value = math.nextafter(value, -math.inf)
    return value


def above(ball: arb) -> float:
    """The least float64 found that is not below the ball's upper end; infinity for a ball that is not finite."""
    return 0.0 - below(-ball)
