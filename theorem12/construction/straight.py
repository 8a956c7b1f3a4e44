"""Straight legs of ``(u, W)`` from a point, in the coordinates of the loss: Jacobian, Hessian, and where a leg would rise.

``A = W^T diag(u) W`` is a cubic of ``t`` on a straight leg, so ``L`` is a polynomial of degree 6: a leg ends short of the first
root of ``L'``. Steps ``y (p + p n,)`` are relative to each unit's own size: ``du_k = y_k (size + |a_k|)/|w_k|^2`` and
``dw_k = |w_k| y``, with ``a_k = u_k |w_k|^2``, so that a unit whose row is stretched and whose weight undoes it moves alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from theorem12.th12model import QuadraticRisk, matrix
from valleys.problem.network import Theta

EPS = torch.finfo(torch.float64).eps
#: A leg ends this share before it would rise, or what rounding needs at its end.
SHORT, SAFE = 2.0**-20, 32
#: No leg is longer than so many steps.
FARTHEST = 1e3
#: Singular values of the Jacobian below this share of the largest count as 0.
REACHED = 1e-10


@dataclass(frozen=True, eq=False)
class Here:
    """Where a path stands: ``U (1, p)``, ``W (p, n)`` without zero rows."""

    theta: Theta
    risk: QuadraticRisk

    @cached_property
    def residual(self) -> Tensor:
        """``r (q,)``, ``|r|^2 = L``."""
        return self.risk.coordinates(matrix(self.theta) - self.risk.target)

    @cached_property
    def shares(self) -> Tensor:
        """``a_k = u_k |w_k|^2 (p,)``: what each unit adds to ``A``."""
        return self.theta.U[0] * self.theta.W.square().sum(dim=1)

    @cached_property
    def scales(self) -> tuple[Tensor, Tensor]:
        """By what a relative step is multiplied: ``(p,)`` for ``u``, ``(p,)`` for the rows."""
        size = self.risk.target.abs().max() + self.residual.abs().max()
        square = self.theta.W.square().sum(dim=1)
        return (size + self.shares.abs()) / square, square.sqrt()

    @cached_property
    def jacobian(self) -> Tensor:
        """``dr/dy (q, p + p n)``."""
        W, (cu, cw) = self.theta.W, self.scales
        p, n = W.shape
        by_u = cu[:, None, None] * W[:, :, None] * W[:, None, :]
        scaled = (self.theta.U[0] * cw)[:, None] * W
        by_w = torch.zeros(p, n, n, n, dtype=W.dtype)
        for j in range(n):
            by_w[:, j, j, :] += scaled
            by_w[:, j, :, j] += scaled
        return torch.cat([self.risk.coordinates(by_u), self.risk.coordinates(by_w).reshape(p * n, -1)]).T

    @cached_property
    def decomposed(self) -> tuple[Tensor, Tensor, Tensor]:
        """Singular value decomposition of the Jacobian, without what counts as 0."""
        P, s, Qt = torch.linalg.svd(self.jacobian, full_matrices=False)
        kept = s > REACHED * s[0]
        return P[:, kept], s[kept], Qt[kept]

    @cached_property
    def newton(self) -> Tensor:
        """The smallest step (Gauss and Newton's) that moves ``A`` straight to the target, to first order."""
        P, s, Qt = self.decomposed
        return -((P.T @ self.residual) / s) @ Qt

    @cached_property
    def curvature(self) -> Tensor:
        """The direction in which ``L`` is bent down most, with the sign in which it falls."""
        p, n = self.theta.W.shape
        cu, cw = self.scales
        gradient = self.jacobian.T @ self.residual
        # <r, d^2 r>/2 = sum_k u_k <dw_k, G dw_k> + 2 du_k <w_k, G dw_k>, G = d(|r|^2/2)/dA
        seen = torch.eye(n * n, dtype=torch.float64).reshape(n * n, n, n)
        G = (self.risk.coordinates((seen + seen.mT) / 2) @ self.residual).reshape(n, n)
        H, GW = self.jacobian.T @ self.jacobian, self.theta.W @ G
        for k in range(p):
            rows = slice(p + k * n, p + (k + 1) * n)
            H[rows, rows] += 2 * self.theta.U[0, k] * cw[k] ** 2 * G
            H[k, rows] += 2 * cu[k] * cw[k] * GW[k]
            H[rows, k] += 2 * cu[k] * cw[k] * GW[k]
        y = torch.linalg.eigh(H).eigenvectors[:, 0]
        return y if gradient @ y <= 0 else -y

    @cached_property
    def untangling(self) -> Tensor:
        """``-dE/dy``, ``E = sum_k |a_k|``, without what moves ``A`` to first order, scaled to lower ``E`` by all of it."""
        W, (cu, cw) = self.theta.W, self.scales
        by_u = cu * self.theta.U[0].sign() * W.square().sum(dim=1)
        by_w = 2 * (cw * self.theta.U[0].abs())[:, None] * W
        y = -torch.cat([by_u, by_w.flatten()])
        Qt = self.decomposed[2]
        y = y - (Qt @ y) @ Qt
        return y * (self.shares.abs().sum() / (y @ y).clamp(min=1e-300))

    @property
    def tangled(self) -> float:
        """``E`` relative to the least that it can be for this ``A``, ``sum |eigenvalues|``: units cancel where it is large."""
        least = torch.linalg.eigvalsh(matrix(self.theta)).abs().sum()
        zero = self.risk.of_matrix(torch.zeros_like(self.risk.target)).sqrt()
        return float(self.shares.abs().sum() / (least + zero / 20))

    def moved(self, y: Tensor) -> Theta:
        """The change of ``(u, W)`` that belongs to a relative step."""
        p, n = self.theta.W.shape
        cu, cw = self.scales
        return Theta((cu * y[:p])[None], cw[:, None] * y[p:].reshape(p, n))

    def leg(self, y: Tensor) -> tuple[float, float]:
        """How far a leg along ``y`` may go, as a multiple of ``y``, and the loss there; 0 where it does not begin downwards."""
        d, (u, W) = self.moved(y), (self.theta.U, self.theta.W)
        mixed, bent = (W.mT * u) @ d.W, (W.mT * d.U) @ d.W
        cubic = torch.stack([
            mixed + mixed.mT + (W.mT * d.U) @ W,
            bent + bent.mT + (d.W.mT * u) @ d.W,
            (d.W.mT * d.U) @ d.W,
        ])
        powers = torch.cat([self.residual[None], self.risk.coordinates(cubic)])
        products, L = (powers @ powers.T).tolist(), np.zeros(7)
        for i, row in enumerate(products):
            L[i : i + 4] += row
        if L[1] > 0 or (L[1] == 0 and L[2] >= 0):  # level or up: a move whose step down is lost in rounding
            return 0.0, float(L[0])
        roots = np.asarray(np.polynomial.Polynomial(L).deriv().roots(), dtype=complex)
        ahead = [float(z.real) for z in roots if abs(z.imag) <= 1e-9 * abs(z.real) and z.real > 0]
        rounding = (
            SAFE * EPS * float(self.shares.abs().sum() + self.risk.target.abs().sum()) / float(self.residual.norm())
        )
        t = min([*ahead, FARTHEST]) * (1 - min(max(SHORT, rounding), 0.5))
        return t, float(np.polynomial.Polynomial(L)(t))
