"""The square loss of linear networks in whitened coordinates: ``L = |P K - C|^2 + c``, ``P = U W``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log2

import torch
from torch import Tensor

from theorem11.th11model import Layers
from valleys.problem.laws import Sample
from valleys.problem.network import Theta

RANK_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class LinearRisk:
    """``L(theta) = E |P X - Y|^2 = |P K - C|^2 + c`` for the product ``P (m, n)`` of a linear network's layers.

    With ``Sigma = E X X^T = V diag(l) V^T`` (only ``l > 0`` kept): ``K = V l^(1/2)``, ``C = E[Y X^T] V l^(-1/2)``.

    Attributes:
        K: ``(n, r)``, ``K K^T = E X X^T``, ``r`` its rank.
        C: ``(m, r)``, ``C K^T = E Y X^T``.
        inverse: ``(r, n)``, ``inverse K = I_r``.
        constant: ``c``, what no linear map can explain.
    """

    K: Tensor
    C: Tensor
    inverse: Tensor
    constant: float

    @classmethod
    def from_covariance(cls, covariance: Tensor, teacher: Tensor, noise: float = 0.0) -> LinearRisk:
        """``E X X^T = covariance (n, n)``, ``Y = teacher X`` plus independent noise of variance ``noise``."""
        values, V = torch.linalg.eigh(covariance)
        kept = values > RANK_TOLERANCE * values.max()
        root, V = values[kept].sqrt(), V[:, kept]
        return cls(V * root, (teacher @ V) * root, (V / root).T, noise)

    @classmethod
    def from_sample(cls, sample: Sample) -> LinearRisk:
        """The mean over a finite sample; the singular value decomposition of ``X`` keeps all digits."""
        size = len(sample.X) ** 0.5
        basis, root, Vt = torch.linalg.svd(sample.X / size, full_matrices=False)
        kept = root > RANK_TOLERANCE * root.max()
        basis, root, V = basis[:, kept], root[kept], Vt[kept].T
        Y = sample.Y.T / size
        C = Y @ basis
        return cls(V * root, C, (V / root).T, float((Y - C @ basis.T).square().sum()))

    @cached_property
    def unit(self) -> float:
        """The size of the inputs, ``|K|``, as a power of 2; 1 where there are none."""
        size = float(torch.linalg.matrix_norm(self.K, 2)) if self.K.numel() else 0.0
        return 2.0 ** round(log2(size)) if size > 0 else 1.0

    @cached_property
    def in_units(self) -> LinearRisk:
        """``L / unit^2``, exactly, of the same networks, with ``|K|`` about 1: its paths are those of ``L``."""
        c = self.unit
        return LinearRisk(self.K / c, self.C / c, self.inverse * c, self.constant / c**2)

    @cached_property
    def sample(self) -> tuple[Tensor, Tensor]:
        """``r`` points with the same loss, less the constant, for path files: ``X = sqrt(r) K^T``, ``Y = sqrt(r) C^T``."""
        scale = self.K.shape[1] ** 0.5
        return (scale * self.K.T).contiguous(), (scale * self.C.T).contiguous()

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.K.shape[0]

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.C.shape[0]

    @cached_property
    def condition(self) -> float:
        """Condition of ``K``: how much it stretches the rounding of ``W = Wt K^+`` where the loss sees ``W K``."""
        return float(torch.linalg.matrix_norm(self.K, 2) * torch.linalg.matrix_norm(self.inverse, 2))

    @cached_property
    def spectrum(self) -> tuple[Tensor, Tensor]:
        """Squared singular values ``(r,)`` of ``C``, falling, and the right singular vectors as rows ``(r, r)``."""
        _, s, Vt = torch.linalg.svd(self.C, full_matrices=True)
        square = torch.zeros(self.K.shape[1], dtype=s.dtype)
        square[: len(s)] = s.square()
        return square, Vt

    def minimum(self, width: int) -> float:
        """``min L = c + sum_{i > width} s_i(C)^2``: the best linear map of rank ``width`` (Eckart and Young)."""
        return self.constant + float(self.spectrum[0][width:].sum())

    def unseen(self, W: Tensor) -> Tensor:
        """The part of ``W (p, n)`` that the data cannot see, ``W (I - K K^+)``; projected twice for its digits."""
        blind = torch.eye(self.n, dtype=W.dtype) - self.K @ self.inverse
        return W @ blind @ blind

    def residual(self, theta: Theta | Layers) -> Tensor:
        """``R = P K - C``, shape ``(..., m, r)``, multiplied from the right: ``W K`` first."""
        if isinstance(theta, Theta):
            return theta.U @ (theta.W @ self.K) - self.C
        return theta.through(self.K) - self.C

    def value(self, theta: Theta | Layers) -> Tensor:
        """``L(theta)``, one number a network."""
        return self.residual(theta).square().sum(dim=(-2, -1)) + self.constant

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L``, ``dL/dU = 2 R (W K)^T`` and ``dL/dW = 2 U^T R K^T``."""
        whitened = theta.W @ self.K
        R = theta.U @ whitened - self.C
        gradient = Theta(2 * R @ whitened.mT, 2 * theta.U.mT @ R @ self.K.T)
        return R.square().sum(dim=(-2, -1)) + self.constant, gradient

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """``s = <R1, D>``, ``a = |D|^2``, ``D = R1 - R0``, for a leg along which ``R`` moves on a line."""
        R1 = self.residual(end)
        D = R1 - self.residual(start)
        return float((R1 * D).sum()), float(D.square().sum())
