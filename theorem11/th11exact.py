"""Theorem 11 without square roots: a path whose loss is rational in ``t``, written for ``python -m check``.

First the legs of Theorem 8 (rows that the data cannot tell apart become dead, then new), so that the rows are independent.
Then, below full width, a readout curve: ``W`` moves straight, ``U`` stays the least squares. In whitened coordinates the row
space of ``W = L E a`` (``a_i`` principal vectors) goes to the dominant one with principal vectors ``b_i`` as that of
``(1 - t) a_i + t b_i``: each turns in its own plane, as on the geodesic, at another speed.
"""

from __future__ import annotations

import numpy as np
import torch
from flint import fmpq, fmpq_mat
from torch import Tensor

from theorem11.th11own import law_arrays
from theorem11.th11risk import LinearRisk
from valleys.construct.descent import descend_any_width
from valleys.paths.curves import Geodesic
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, stack
from valleys.problem.risk import FeatureRisk

#: The curve stops this share before its end, where rounding could turn it into a rise.
SHORT = 1e-8


#: Principal vectors are taken for orthogonal below this cosine: then either sign of ``b_i`` may be chosen.
ORTHOGONAL = 1e-8


def exact_path(theta: Theta, risk: LinearRisk, generator: torch.Generator) -> dict[str, np.ndarray]:
    """The arrays of a path from ``theta`` to the minimum (to ``SHORT`` squared of it below full width).

    Args:
        theta: the start.
        risk: the loss.
        generator: draws new rows where rows are dependent.

    Returns:
        ``U (K, m, p)``, ``W (K, p, n)``, the sample, and for ``p < r`` also ``W_readout (2, p, n)``.
    """
    law = law_arrays(risk)
    X, Y = torch.from_numpy(law["X"]), torch.from_numpy(law["Y"])
    r = risk.K.shape[1]
    knots = completed(theta, Sample(X, Y), generator, min(theta.p, r), theta.p >= r)
    arrays = {"U": stack(knots).U.numpy(), "W": stack(knots).W.numpy(), **law}
    if theta.p < r:
        W = knots[-1].W
        arrays["W_readout"] = torch.stack([W, W + (1 - SHORT) * turned(W, risk, X, Y)]).numpy()
    return arrays


def completed(theta: Theta, law: Sample, generator: torch.Generator, rank: int, ends: bool) -> list[Theta]:
    """Knots from ``theta`` to independent rows, and (``ends``) on to the least squares.

    Zero rows are freed for nothing, bit for bit, and independent rows stay: from a critical point, where a leg to the
    least squares would move by rounding alone, nothing can rise then.
    """
    zero = (theta.W == 0).all(dim=1)
    others = int(torch.linalg.matrix_rank(theta.W[~zero] @ law.X.T)) if not zero.all() else 0
    knots = [theta]
    if others == int((~zero).sum()) and zero.any():
        freed = Theta(torch.where(zero, 0.0, theta.U), theta.W)
        rows = torch.randn(theta.W.shape, generator=generator, dtype=theta.W.dtype)
        knots += [freed, Theta(freed.U, torch.where(zero[:, None], rows, theta.W))]
        others = int(torch.linalg.matrix_rank(knots[-1].W @ law.X.T))
    if ends or others < rank:
        knots = knots[:-1] + descend_any_width(knots[-1], FeatureRisk(activation("z"), law), generator, rank).path.knots
    return knots


def turned(W: Tensor, risk: LinearRisk, X: Tensor, Y: Tensor) -> Tensor:
    """The change of the rows to the dominant row space, principal vector by principal vector.

    Where ``a_i`` and ``b_i`` are orthogonal the turn may go to ``b_i`` or ``-b_i``: the way down at the start, which is next to
    critical, is found over the rationals.
    """
    whitened = W @ risk.K
    Q, R = torch.linalg.qr(whitened.T)
    best = torch.linalg.svd(risk.C, full_matrices=True)[2][: len(W)]
    way = Geodesic.between(Q.T, best)
    weights, back, change = R.T @ way.turn, torch.linalg.pinv(risk.K), torch.zeros_like(W)
    start = way.turn.T @ Q.T
    slope = downhill(exact(W), exact(X.T), exact(Y.T))
    for i, angle in enumerate(way.angles.cos().tolist()):
        column = weights[:, i : i + 1]
        step, other = (column @ (sign * way.b[i : i + 1] - start[i : i + 1]) @ back for sign in (1.0, -1.0))
        change += other if angle < ORTHOGONAL and inner(slope, exact(other)) > inner(slope, exact(step)) else step
    return change


def downhill(W: fmpq_mat, X: fmpq_mat, Y: fmpq_mat) -> fmpq_mat:
    """Minus the gradient, up to a factor, of the loss of the best readout: ``R^T``-weighted residuals, ``(p, n)``."""
    Sxx, Sxy = X * X.transpose(), X * Y.transpose()
    R = (W * Sxx * W.transpose()).solve(W * Sxy)
    return R * (Sxy - Sxx * W.transpose() * R).transpose()


def inner(A: fmpq_mat, B: fmpq_mat) -> fmpq:
    """``<A, B>``."""
    return sum((x * y for x, y in zip(A.entries(), B.entries(), strict=True)), fmpq(0))


def exact(matrix: Tensor) -> fmpq_mat:
    """Float64 numbers as the rationals that they are."""
    rows, columns = matrix.shape
    return fmpq_mat(rows, columns, [fmpq(*x.as_integer_ratio()) for x in matrix.flatten().tolist()])
