"""Proved: near an end point of the census there is a spurious local minimum, one alone in a box, and how strict it is.

Let ``f`` be half the loss, ``m`` float64 weights, ``B`` the box of all ``W`` with ``|W_ij - m_ij| <= r``. In balls
(``balls.py``), every rounding outwards:

1. ``mu > 0`` is at most the smallest eigenvalue of the Hessian of ``f`` at every point of ``B``: that at ``m``, less the largest
   row sum by which Hessians in ``B`` differ from it (Weyl). So ``f`` is strictly convex on ``B``: it has one critical point
   there at most, and that is a strict local minimum.
2. ``d = |grad f(m)|/mu < r``. The flow of ``-grad f`` from ``m`` cannot leave the ball of radius ``d``, and ends in a critical
   point ``W*`` in it: ``f(m) - |grad f(m)|^2/(2 mu) <= f(W*) <= f(m)``.
3. The lower end of these is above 0, which is the global minimum (the teacher is a student too): ``W*`` is spurious.

This is an interval Newton (Krawczyk) test whose preconditioner is the Hessian's own eigenvectors: there it asks for a nonsingular
derivative on the box, here for a definite one, which proves the minimum along with its being alone. No symmetry is used, and
all are found: a permutation of units and inputs that leaves ``m`` alone leaves ``B`` alone, and so its only critical point.
Output weights are 1, so ReLU's rescaling, the one continuous symmetry, is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx

from theorem13.census.balls import box, gradient, half_loss, hessian, identity
from theorem13.th13balls import PRECISION, above, below

#: Half widths of the boxes, from the tightest, in which the eigenvalue is told, to the widest, in which the minimum is alone.
RADII = tuple(2.0**-e for e in (34, 27, 21, 18, 16, 15, 14))


@dataclass(frozen=True)
class Minimum:
    """A spurious local minimum that is proved to be there; of half the loss.

    Attributes:
        loss: at the minimum, as digits and their error.
        loss_at_least: below the loss at the minimum, above 0.
        min_eigenvalue: below the smallest eigenvalue of the Hessian at the minimum.
        radius: half width of the box around the float64 weights in which there is no other critical point.
        distance: above the distance of the minimum from these weights.
    """

    loss: str
    loss_at_least: float
    min_eigenvalue: float
    radius: float
    distance: float


def prove(W: Sequence[Sequence[float]], radii: Sequence[float] = RADII) -> Minimum | None:
    """The spurious minimum near ``W (n, k)``, alone in the widest box that the proof reaches; None where it proves none.

    Args:
        W: hidden weights of a student, a converged end point of training.
        radii: half widths of the boxes to try, ascending.

    Returns:
        what is proved.

    >>> prove([[1.0, 0.0], [0.0, 1.0]]) is None  # the global minimum is not spurious
    True
    """
    with ctx.workprec(PRECISION):
        point = box(W)
        loss, slope = half_loss(point), sum((x * x for row in gradient(point) for x in row), arb(0))
        M = hessian(point).mid()
        at_middle = least_eigenvalue(M)
        if at_middle is None:
            return None
        proved: list[tuple[float, arb, arb]] = []
        for radius in radii:
            mu = (at_middle - row_sum(hessian(box(W, radius)) - M)).lower()
            if not mu > 0:
                break
            distance = slope.sqrt() / mu
            if distance < radius:
                proved.append((radius, mu, distance))
        if not proved:
            return None
        _, mu, distance = proved[0]
        at_minimum = (loss - slope / (2 * mu)).union(loss)
        if not at_minimum > 0:
            return None
        return Minimum(at_minimum.str(25), below(at_minimum), below(mu), proved[-1][0], above(distance))


def least_eigenvalue(M: arb_mat) -> arb | None:
    """A positive number below every eigenvalue of a symmetric matrix; None if none is found.

    With float eigenvectors ``V`` of ``M``: Gershgorin's discs of ``V^T M V`` begin above ``g > 0`` and ``|V^T V - I| <= e``, so
    ``x^T M x = y^T (V^T M V) y >= g |y|^2 >= g |x|^2/(1 + e)`` for ``x = V y``, and ``e < 1`` says that ``V`` reaches all ``x``.

    >>> low = least_eigenvalue(arb_mat([[2, 1], [1, 2]]))
    >>> bool(low < 1), bool(low > 0.999), least_eigenvalue(arb_mat([[1, 2], [2, 1]]))
    (True, True, None)
    """
    floats = np.array([[float(x) for x in row] for row in M.tolist()])
    if not np.isfinite(floats).all():
        return None
    V = arb_mat(np.linalg.eigh((floats + floats.T) / 2)[1].tolist())
    turned = (V.transpose() * (M * V)).tolist()
    discs = (row[i] - sum((abs(x) for j, x in enumerate(row) if j != i), arb(0)) for i, row in enumerate(turned))
    least = min(disc.lower() for disc in discs)
    spoiled = row_sum(V.transpose() * V - identity(M.nrows()))
    return (least / (1 + spoiled)).lower() if least > 0 and spoiled < 1 else None


def row_sum(A: arb_mat) -> arb:
    """Above the largest sum of ``|a_ij|`` over a row, which no eigenvalue of a symmetric matrix in these balls exceeds."""
    return max(sum((abs(x) for x in row), arb(0)).upper() for row in A.tolist())
