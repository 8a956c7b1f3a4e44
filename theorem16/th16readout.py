"""The construction: random features with the exact best readout, at every width.

The prefix trick: one Cholesky K = L L^T of the largest width and z = L^-1 b give the best error of EVERY width,
R^2(p) = |f*|^2 - (z_1^2 + .. + z_p^2).  Below ``trust`` times |f*|^2 that difference is rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from theorem16.th16data import Teacher, ZonalTeacher
from theorem16.th16law import InputLaw

MC_WIDTH = 64
"""Width of the disjoint groups of features that give independent draws of R_MC^2."""


@dataclass(frozen=True)
class Readout:
    """Exact errors of one draw of features, widths 1 .. P.

    Attributes:
        errors: R^2(p), shape (P,).
        drawn: R_MC^2(p) of the theorem's own weights g(w_k) / p, shape (P,); empty without a density.
        groups: R_MC^2 of disjoint groups of MC_WIDTH features (of all P if fewer); empty without a density.
        jitter: what had to be added to the diagonal of K; 0 unless the factorisation broke down.
        factor: L.
        reduced: z = L^-1 b.
    """

    errors: Tensor
    drawn: Tensor
    groups: Tensor
    jitter: float
    factor: Tensor
    reduced: Tensor

    def weights(self, p: int) -> Tensor:
        """The best output weights of the first p features."""
        z = self.reduced[:p, None]
        return torch.linalg.solve_triangular(self.factor[:p, :p].mT, z, upper=True)[:, 0]

    @property
    def bias(self) -> float:
        """How much too large the errors may be for a jitter that rounding calls for: at most jitter |u|^2; else 0."""
        if not 0 < self.jitter <= 4500 * torch.finfo(self.errors.dtype).eps:
            return 0.0
        return self.jitter * float(self.weights(len(self.errors)).square().sum())


def trust(dtype: torch.dtype) -> float:
    """Relative error below which R^2 is rounding: 1e-13 in float64."""
    return 1e-13 * torch.finfo(dtype).eps / torch.finfo(torch.float64).eps


def floor(teacher: Teacher, dtype: torch.dtype) -> float:
    """The smallest error that is trusted: ``trust`` |f*|^2, or the accuracy of the teacher's own tables if worse."""
    return max(trust(dtype), teacher.accuracy) * teacher.norm2


def uncertainty(law: InputLaw, teacher: Teacher, W: Tensor, found: Readout) -> float:
    """How far the last error of ``found`` may be from ``|f*|^2 - 2 b u + u K u`` at its own ``u``.

    At least ``floor``; more where the factorisation needed a jitter, or where features are so nearly dependent that the terms
    of the quadratic form cancel: eight roundings of ``|f*|^2 + 2 |b| |u| + |u| K |u|`` (K has no negative entry).
    """
    u = found.weights(len(W)).abs()
    terms = teacher.norm2 + float(2 * teacher.inner(W).abs() @ u + u @ (law.kernel_symmetric(W) @ u))
    return max(floor(teacher, W.dtype), found.bias + 8 * torch.finfo(W.dtype).eps * terms)


def readout(law: InputLaw, teacher: Teacher, W: Tensor, jitter: float = 0.0) -> Readout:
    """Exact errors at every width up to len(W).

    Args:
        law: the law of z.
        teacher: f*.
        W: unit rows, shape (P, d).
        jitter: added to the diagonal of K (see ``cholesky``).

    Returns:
        errors, the theorem's own weights, and the factor.
    """
    K, b = law.gram(W), teacher.inner(W)
    drawn, groups = b.new_empty(0), b.new_empty(0)
    if isinstance(teacher, ZonalTeacher):
        drawn = _theorem_errors(K, b, teacher, W)
        groups = theorem_groups(K, b, teacher, W, min(MC_WIDTH, len(W)))
    factor, jitter = cholesky(K, law.idle(W), jitter)
    z = _reduced(factor, b[:, None], law.idle(W))[:, 0]
    return Readout(teacher.norm2 - (z * z).cumsum(0), drawn, groups, jitter, factor, z)


def cholesky(K: Tensor, idle: Tensor, jitter: float = 0.0) -> tuple[Tensor, float]:
    """Factor K from its lower triangle; where that breaks down, with 45 eps (then ten times more) on the diagonal.

    Idle features are left out: their norm is rounding, and the error that they could save is below 1e-14 |f*|^2.
    That and a jitter (at most jitter |u|^2) make R^2 too large, never too small.  Overwrites K.

    Args:
        K: lower triangle of the table of kernels.
        idle: which features are left out, shape (P,).
        jitter: added to the diagonal at first.

    Returns:
        The factor, and the jitter that was needed.
    """
    if idle.any():
        K[idle], K[:, idle] = 0.0, 0.0
        K.diagonal()[idle] = 1.0
    K.diagonal().add_(jitter)
    factor, info = torch.linalg.cholesky_ex(K)
    while int(info):
        more = 10 * jitter if jitter else 45 * torch.finfo(K.dtype).eps
        K.diagonal().add_(more - jitter)
        jitter = more
        factor, info = torch.linalg.cholesky_ex(K)
    return factor, jitter


def _reduced(factor: Tensor, b: Tensor, idle: Tensor) -> Tensor:
    """L^-1 b, shape (P, teachers), zero where a feature is idle."""
    return torch.linalg.solve_triangular(factor, b.masked_fill(idle[:, None], 0.0), upper=False)


def errors_for(law: InputLaw, teachers: Sequence[Teacher], W: Tensor) -> Tensor:
    """R^2(p) of several teachers from one factorisation, shape (teachers, P)."""
    idle = law.idle(W)
    z = _reduced(cholesky(law.gram(W), idle)[0], torch.stack([t.inner(W) for t in teachers], dim=1), idle)
    return z.new_tensor([t.norm2 for t in teachers])[:, None] - (z * z).cumsum(0).T


def _theorem_errors(K: Tensor, b: Tensor, teacher: ZonalTeacher, W: Tensor) -> Tensor:
    """R_MC^2(p) = |f*|^2 - (2/p) sum b_k g_k + (1/p^2) sum g_k K_kl g_l of the weights g(w_k)/p, every p."""
    g = teacher.density(W)
    p = torch.arange(1, len(g) + 1, dtype=g.dtype, device=g.device)
    quadratic = (g * (2 * (K @ g) - K.diagonal() * g)).cumsum(0)
    return teacher.norm2 - 2 * (b * g).cumsum(0) / p + quadratic / p**2


def theorem_groups(K: Tensor, b: Tensor, teacher: ZonalTeacher, W: Tensor, size: int) -> Tensor:
    """R_MC^2 of disjoint groups of ``size`` features: independent draws at that width, shape (len(W) // size,)."""
    groups = []
    for start in range(0, len(W) - size + 1, size):
        part = slice(start, start + size)
        groups.append(_theorem_errors(K[part, part], b[part], teacher, W[part])[-1])
    return torch.stack(groups)
