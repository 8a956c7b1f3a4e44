"""Legs along which ``A = W^T diag(u) W`` does not change, so that no loss of ``A`` can tell the points apart.

Rows with ``u_k = +-1`` form two classes; each may be rotated by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from valleys.paths.curves import curve, rotation
from valleys.paths.path import Piece
from valleys.problem.network import Theta

EPS = torch.finfo(torch.float64).eps


def scaling(theta: Theta) -> Piece:
    """Rows with ``u_k != 0`` to ``u_k = +-1``: ``u_k(t) = s_k |u_k|^(1-t)``, ``w_k(t) = |u_k|^(t/2) w_k``."""
    size = theta.U[0].abs()
    live = size > 0
    log = torch.where(live, size, 1.0).log()

    def formula(t: Tensor) -> Theta:
        fall = ((1 - t)[:, None] * log).exp()
        U = torch.where(live, theta.U.sign() * fall[:, None, :], 0.0)
        return Theta(U, (t[:, None] * log / 2).exp()[..., None] * theta.W)

    W = torch.where(live, size.sqrt(), 1.0)[:, None] * theta.W
    return curve(theta, formula, Theta(theta.U.sign(), W))


@dataclass(frozen=True)
class Pair:
    """A plus row ``a S`` and a minus row ``b S`` on the same line; a row that is not there has weight 0."""

    plus: int | None
    minus: int | None
    a: float
    b: float


def align(theta: Theta) -> tuple[Piece | None, list[Pair]]:
    """Turn both classes to plus rows ``a_i S_i`` and minus rows ``b_i S_i``, ``a_i^2 + b_i^2 = 1``, and zeros.

    With ``[W+; W-] = [E+; E-] S0`` (orthonormal columns, ``S0: g x n``, ``g <= n`` the rank) and the cosine-sine
    decomposition ``E+ V = X+ a``, ``E- V = X- b``: ``S = V^T S0``, and the rotations are ``X+^T`` and ``X-^T``.

    Args:
        theta: live rows have ``u_k = +-1``.

    Returns:
        the rotation (None without live rows), and the ``g`` pairs.
    """
    plus, minus = (theta.U[0] > 0).nonzero()[:, 0], (theta.U[0] < 0).nonzero()[:, 0]
    both = torch.cat([plus, minus])
    basis, size, Bt = torch.linalg.svd(theta.W[both], full_matrices=False)
    g = int((size > EPS * len(theta.W) * size.max()).sum()) if len(both) else 0
    if g == 0:
        return None, []
    V, order = cosine_sine(basis[: len(plus), :g], basis[len(plus) :, :g])
    S = V.T @ (size[:g, None] * Bt[:g])
    W = theta.W.clone()
    turns, seats = [], []
    for rows, columns in ((plus, order), (minus, order.flip(0))):
        count = min(len(rows), g)
        block = basis[: len(plus), :g] if rows is plus else basis[len(plus) :, :g]
        Q, R = torch.linalg.qr((block @ V)[:, columns], mode="complete")
        weight = torch.diagonal(R)[:count]
        target = torch.zeros(len(rows), theta.n, dtype=torch.float64)
        target[:count] = weight[:, None] * S[columns[:count]]
        turn = Q.T.clone()
        if len(rows) and torch.linalg.det(turn) < 0:
            turn[-1], target[-1] = -turn[-1], -target[-1]
        W[rows] = target
        if len(rows):
            turns.append((rows, turn))
        seats.append({int(c): (int(rows[k]), float(weight[k].abs())) for k, c in enumerate(columns[:count])})
    pairs = []
    for i in range(g):
        (k, a), (j, b) = seats[0].get(i, (None, 0.0)), seats[1].get(i, (None, 0.0))
        pairs.append(Pair(k, j, a, b))
    return rotation(theta, turns, W), pairs


def cosine_sine(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """``V (g, g)`` orthogonal such that ``first V`` and ``second V`` both have orthogonal columns.

    Small columns come from a singular value decomposition of their own block: as differences ``1 - a^2`` they would be
    orthogonal to half the digits only.

    Args:
        first: ``(k, g)``.
        second: ``(l, g)``; both together have orthonormal columns.

    Returns:
        ``V`` and the order of its columns by falling length of ``first V`` (rising length of ``second V``).
    """
    g = first.shape[1]
    V = torch.linalg.svd(first, full_matrices=True).Vh.T if len(first) else torch.eye(g, dtype=first.dtype)
    large = torch.linalg.vector_norm(first @ V, dim=0) >= 0.7
    if large.any() and len(second):
        inner = torch.linalg.svd(second @ V[:, large], full_matrices=True).Vh.T
        V = torch.cat([V[:, large] @ inner.flip(1), V[:, ~large]], dim=1)
        head = int(large.sum())
        tail = torch.linalg.vector_norm(first @ V[:, head:], dim=0).argsort(descending=True) + head
        return V, torch.cat([torch.arange(head), tail])
    return V, torch.linalg.vector_norm(first @ V, dim=0).argsort(descending=True)


def merge(theta: Theta, pairs: list[Pair]) -> Piece:
    """``a^2 -> a^2 - t' m``, ``b^2 -> b^2 - t' m``, ``m = min(a^2, b^2)``, ``t' = 1 - (1-t)^2``, in all pairs at once.

    ``A`` holds ``(a^2 - b^2) S S^T``. Of each pair at most one row is left: at most ``n`` rows live. A difference within
    rounding of 0 ends as two zero rows. (``t'`` rather than ``t``: a row that vanishes does so on a straight line.)
    """
    full, loss = torch.ones(theta.p, dtype=torch.float64), torch.zeros(theta.p, dtype=torch.float64)
    for pair in pairs:
        a2, b2 = pair.a**2, pair.b**2
        level = abs(a2 - b2) <= 8 * EPS
        for row, own in ((pair.plus, a2), (pair.minus, b2)):
            if row is not None and own > 0:
                loss[row] = 1.0 if level else min(a2, b2) / own

    def formula(t: Tensor) -> Theta:
        factor = (full - (1 - (1 - t[:, None]) ** 2) * loss).clamp(min=0.0).sqrt()
        return Theta(theta.U.expand(len(t), 1, theta.p), factor[..., None] * theta.W)

    end = Theta(theta.U, torch.where(loss == 1.0, 0.0, (1 - loss).sqrt())[:, None] * theta.W)
    return curve(theta, formula, end)


def dead(theta: Theta) -> Tensor:
    """Indices of the rows without effect: ``u_k = 0`` or ``w_k = 0``."""
    return ((theta.U[0] == 0) | (theta.W == 0).all(dim=1)).nonzero()[:, 0]
