"""The gradient of u K(W) u in closed form, for batches of networks: what training of both layers needs.

With t_ij = (h_j - r_ij h_i) / q_ij, A = Phi(t), P = P(Z_i > -h_i, Z_j > -h_j) and c_j = u_j s_j, Stein's lemma gives

    d/db_i  = sum_j c_j (h_j P_ij + r_ij phi(h_i) A_ij + phi(h_j) A_ji)
    d/dw'_i = (1/D) (sum_j u_j P_ij w'_j + phi(h_i)/s_i sum_j c_j ((h_j - r_ij h_i) A_ij + q_ij phi(t_ij)) w'_i)

for the gradient of E F relu(<w_i, z>), F = sum_j u_j relu(<w_j, z>): the second term is what a moving edge sweeps over.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from theorem16.th16bias import corner_probability_table, density
from theorem16.th16law import TABLE, InputLaw
from valleys.problem.kernels import relu_kernel


def pull_network(law: InputLaw, W: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """For F = sum_j u_j relu(<w_j, z>): E F relu(<w_i, z>) and its gradient in w_i.

    Args:
        law: the law of z.
        W: rows of any length, shape (..., p, d).
        u: output weights, shape (..., p).

    Returns:
        Values (..., p) and gradients (..., p, d).
    """
    if not law.bias:
        k, P, Q = relu_kernel(W, W)
        return _times(k, u), P @ (u[..., None] * W) + _times(Q, u)[..., None] * W
    s, h, direction = law.polar(W)
    edge, c = density(h), u * s
    sums = _Sums(u, W[..., :-1], c)
    p = W.shape[-2]
    step = max(1, TABLE // (p * max(1, u.numel() // p)))
    for start in range(0, p, step):
        rows, columns = slice(start, min(start + step, p)), slice(0, min(start + step, p))
        r = (direction[..., rows, :] @ direction[..., columns, :].mT).clamp_(-1.0, 1.0)
        sums.add(h, edge, r, rows, columns)
    value = s * (h * sums.Pch + sums.rPc + edge * (sums.Ach + sums.Bc) + h * sums.Aec)
    swept = edge / s * (sums.Ach - h * sums.rAc + sums.Bc)
    slope = (sums.Puw + swept[..., None] * W[..., :-1]) / law.inputs
    return value, torch.cat([slope, (sums.Pch + edge * sums.rAc + sums.Aec)[..., None]], dim=-1)


class _Sums:
    """The products of the tables P, r P, A, r A, A^T and B = q phi(t) with vectors, gathered block by block."""

    def __init__(self, u: Tensor, inner: Tensor, c: Tensor) -> None:
        self.c = c
        self.uw = u[..., None] * inner
        self.Pch, self.rPc, self.Ach, self.rAc, self.Aec, self.Bc = (torch.zeros_like(c) for _ in range(6))
        self.Puw = torch.zeros_like(inner)

    def add(self, h: Tensor, edge: Tensor, r: Tensor, rows: slice, columns: slice) -> None:
        """Add the block of rows against all columns up to its own, and its mirror image."""
        c, ch, ce = self.c, self.c * h, self.c * edge
        before = slice(0, rows.start)
        P = corner_probability_table(h[..., rows], h[..., columns], r)
        gap = 1 - r
        q = (gap * (2 - gap)).clamp_min_(1e-30).sqrt_()
        t, A = _edges(h[..., rows, None], h[..., None, columns], gap, q)
        B = t.square_().mul_(-0.5).exp_().mul_(q).mul_(1 / math.sqrt(2 * math.pi))
        rP, rA = r * P, r * A
        for total, table, vector in (
            (self.Pch, P, ch), (self.rPc, rP, c), (self.Ach, A, ch), (self.rAc, rA, c), (self.Bc, B, c),
        ):  # fmt: skip
            total[..., rows] += _times(table, vector[..., columns])
        self.Puw[..., rows, :] += P @ self.uw[..., columns, :]
        self.Aec[..., columns] += _times(A.mT, ce[..., rows])
        if not rows.start:
            return
        r, gap, q, P, rP = (table[..., before].mT for table in (r, gap, q, P, rP))
        t, A = _edges(h[..., before, None], h[..., None, rows], gap, q)
        B = t.square_().mul_(-0.5).exp_().mul_(q).mul_(1 / math.sqrt(2 * math.pi))
        for total, table, vector in (
            (self.Pch, P, ch), (self.rPc, rP, c), (self.Ach, A, ch), (self.rAc, r * A, c), (self.Bc, B, c),
        ):  # fmt: skip
            total[..., before] += _times(table, vector[..., rows])
        self.Puw[..., before, :] += P @ self.uw[..., rows, :]
        self.Aec[..., rows] += _times(A.mT, ce[..., before])


def _edges(h: Tensor, k: Tensor, gap: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """Return t = (k - r h) / q and Phi(t), with k - r h = (k - h) + gap h, gap = 1 - r, for digits near r = 1."""
    t = torch.addcmul(k - h, gap, h).div_(q)
    return t, torch.special.ndtr(t)


def _times(table: Tensor, vector: Tensor) -> Tensor:
    return (table @ vector[..., None])[..., 0]
