"""The space spanned by all filters, from a formula that draws no filter: its dimension and the minimum of the loss.

Since ``w`` and ``-w`` are both allowed, the span of ``sigma(<w, .>)`` is the sum of the spans of the even and the odd
part of ``sigma``; on a finite sample each has an explicit basis (indicators of the classes that it can tell apart).
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.features import Hermite, coordinates, hermite_weight, target
from valleys.problem.laws import GaussianTeacher, Law, Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream

RANK_TOLERANCE = 1e-9


def spanning_columns(sigma: Activation, law: Law) -> Tensor:
    """Columns ``(Q, >= dim*)`` that span the filters' space in the coordinates of ``features``."""
    if isinstance(law, GaussianTeacher):
        space = coordinates(sigma, law)
        return torch.cat([_monomials_in_hermite(space, k) for k in sigma.powers], dim=1)
    if sigma.coefficients is not None:
        return torch.cat([_monomials_on_sample(law.X, k) for k in sigma.powers], dim=1)
    points, group = torch.unique(law.X + 0.0, dim=0, return_inverse=True)  # + 0.0 turns -0.0 into 0.0
    columns = torch.cat([_part(sigma.even, points, False), _part(sigma.odd, points, True)], dim=1)
    return columns[group]


def _monomials_in_hermite(space: Hermite, k: int) -> Tensor:
    """The monomials of degree ``k`` in orthonormal Hermite coordinates: ``x^b = prod_i sum_j c_{b_i j} he_j(x_i)``."""
    position = {index: i for i, index in enumerate(index for group in space.indices for index in group)}
    columns = torch.zeros(space.size, comb(space.n + k - 1, k), dtype=torch.float64)
    for column, monomial in enumerate(combinations_with_replacement(range(space.n), k)):
        terms: dict[tuple[int, ...], float] = {(): 1.0}
        for variable in sorted(set(monomial)):
            b = monomial.count(variable)
            terms = {
                (*index, *(variable,) * j): weight * hermite_weight(b, j)
                for index, weight in terms.items()
                for j in range(b, -1, -2)
            }
        for index, weight in terms.items():
            columns[position[index], column] = weight
    return columns


def _monomials_on_sample(X: Tensor, k: int) -> Tensor:
    """The monomials of degree ``k`` on the sample, or (when far more than ``N``) as many products of random forms."""
    N, n = X.shape
    if comb(n + k - 1, k) <= 4 * N:
        chosen = list(combinations_with_replacement(range(n), k))
        columns = torch.ones(N, len(chosen), dtype=X.dtype)
        for step in range(k):
            columns = columns * X[:, [index[step] for index in chosen]]
        return columns
    forms = torch.randn(k, n, 4 * N, generator=stream(0, "forms"), dtype=X.dtype)
    return torch.stack([X @ form for form in forms]).prod(dim=0)


def _part(kind: str, points: Tensor, odd: bool) -> Tensor:
    """Columns that span one part (even or odd) of ``sigma`` on distinct points, by the kind of the part."""
    G = len(points)
    if kind == "unknown":
        return torch.eye(G, dtype=points.dtype)
    if kind == "linear":
        return points
    if kind == "zero":
        return points[:, :0]
    if kind == "constant":
        return torch.ones(G, 1, dtype=points.dtype)
    size = points.abs().amax(dim=1)
    nonzero = size > 0
    first = (points != 0).to(torch.int8).argmax(dim=1, keepdim=True)
    sign = torch.where(nonzero, points.gather(1, first)[:, 0].sign(), 0.0)
    canonical = points * sign[:, None]
    if kind == "absolute":
        length = points.norm(dim=1)
        canonical = (canonical / torch.where(nonzero, length, 1.0)[:, None]).round(decimals=12)
    _, label = torch.unique(canonical + 0.0, dim=0, return_inverse=True)
    members = torch.nn.functional.one_hot(label).to(points.dtype) * nonzero[:, None]
    members = members[:, members.any(dim=0)]
    if kind == "absolute":
        return members * length[:, None]
    if odd:
        return members * sign[:, None]
    return torch.cat([members, torch.ones(G, 1, dtype=points.dtype)], dim=1)


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the column space: singular values above 1e-9 of the largest, columns scaled first."""
    norms = columns.norm(dim=0)
    kept = columns[:, norms > 0] / norms[norms > 0]
    if kept.shape[1] == 0:
        return kept
    left, values, _ = torch.linalg.svd(kept, full_matrices=False)
    return left[:, values > RANK_TOLERANCE * values[0]]


def lower_dimension(sigma: Activation, law: Law) -> float | None:
    """``dim_*``: hidden units that suffice for every function of the span, where it is known (Lemmas 6 and 7).

    ``z -> 1``; ``z^2 -> n``; ``z^k -> k`` for two inputs and 1 for one (largest symmetric rank of real binary forms);
    no polynomial and ``n > 1``: infinite. None for finite samples and where it is not known to us.
    """
    if isinstance(law, Sample):
        return None
    if sigma.coefficients is None:
        return float("inf") if law.n > 1 else None
    k = sigma.homogeneous
    if k is None:
        return None
    if law.n == 1 or k == 1:
        return 1
    if k == 2:
        return law.n
    return k if law.n == 2 else None


class Span:
    """The filters' space of (activation, law): ``dim*`` by formula and the minimum of the square loss over it.

    ``dim*(sigma, X) = sum_{k: a_k != 0} C(n+k-1, k)`` for polynomials and a law with a density (Lemma 4, with the
    constant term counted); the rank of the explicit basis for a finite sample.

    Args:
        risk: the loss.

    >>> from valleys.problem.activations import activation
    >>> law = Sample(torch.tensor([[1.0], [2.0], [-1.0]]), torch.zeros(3, 1))
    >>> [Span(FeatureRisk(activation(name), law)).dimension for name in ("relu", "tanh", "sigmoid", "z")]
    [2, 2, 3, 1]
    """

    def __init__(self, risk: FeatureRisk) -> None:
        self.risk = risk
        columns = spanning_columns(risk.sigma, risk.law)
        self.basis = _check(risk, orthonormal(columns))
        self.projected = (target(risk.sigma, risk.law) @ self.basis) @ self.basis.T
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
    """For a law with a density the rank must be the printed formula.

    Raises:
        ArithmeticError: if it is not (rounding; never seen).
    """
    if isinstance(risk.law, GaussianTeacher):
        formula = sum(comb(risk.n + k - 1, k) for k in risk.sigma.powers)
        if basis.shape[1] != formula:
            raise ArithmeticError(f"rank {basis.shape[1]} of the monomials, formula {formula}")
    return basis
