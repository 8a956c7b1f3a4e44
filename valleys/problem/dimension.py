"""The space spanned by all filters, from a formula that draws no filter: its dimension and the minimum of the loss."""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk

RANK_TOLERANCE = 1e-9


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the column space: singular values above 1e-9 of the largest, columns scaled first.

    Where every row has a column of its own, as points that the activation tells apart have, the space is everything.
    """
    norms = columns.norm(dim=0)
    kept = columns[:, norms > 0] / norms[norms > 0]
    if kept.shape[1] == 0:
        return kept
    alone = kept[:, (kept != 0).sum(dim=0) == 1]
    if (alone != 0).any(dim=1).all():
        return torch.eye(len(kept), dtype=kept.dtype)
    left, values, _ = torch.linalg.svd(kept, full_matrices=False)
    return left[:, values > RANK_TOLERANCE * values[0]]


class Span:
    """The filters' space of (activation, law): ``dim*`` by formula and the minimum of the square loss over it.

    ``dim*(sigma, X) = sum_{k: a_k != 0} C(n+k-1, k)`` for polynomials and a law with a density (Lemma 4, with the
    constant term counted); the rank of the explicit basis for a finite sample.

    Args:
        risk: the loss.

    >>> from valleys.problem.activations import activation
    >>> from valleys.problem.laws import Sample
    >>> law = Sample(torch.tensor([[1.0], [2.0], [-1.0]]), torch.zeros(3, 1))
    >>> [Span(FeatureRisk(activation(name), law)).dimension for name in ("relu", "tanh", "sigmoid", "z")]
    [2, 2, 3, 1]
    """

    def __init__(self, risk: FeatureRisk) -> None:
        self.risk = risk
        self.basis = _check(risk, orthonormal(risk.law.spanning(risk.sigma)))
        self.projected = (risk.target @ self.basis) @ self.basis.T
        self.dimension = self.basis.shape[1]

    @property
    def minimum(self) -> float:
        """``L* = min over all widths and theta = |T - T B B^T|^2 + c``."""
        return float((self.risk.target - self.projected).square().sum()) + self.risk.constant

    def unreachable(self, width: int) -> float:
        """What ``width`` linear units leave above ``minimum``: ``sum_{i > width} s_i^2`` (Eckart and Young).

        0 for every other activation: there ``minimum`` is claimed at widths that reach the whole span.
        """
        if self.risk.sigma.coefficients is None or self.risk.sigma.homogeneous != 1:
            return 0.0
        return float(torch.linalg.svdvals(self.projected)[width:].square().sum())

    def excess(self, theta: Theta) -> float:
        """``L(theta) - L* = |U F(W) - T B B^T|^2``, without cancellation."""
        return float((theta.U @ self.risk.features(theta.W) - self.projected).square().sum())


def _check(risk: FeatureRisk, basis: Tensor) -> Tensor:
    """Where the law has a printed formula the rank must be it.

    Raises:
        ArithmeticError: if it is not (rounding; never seen).
    """
    formula = risk.law.dimension(risk.sigma)
    if formula is not None and basis.shape[1] != formula:
        raise ArithmeticError(f"rank {basis.shape[1]} of the monomials, formula {formula}")
    return basis
