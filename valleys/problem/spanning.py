"""Explicit bases of the spaces that filters span: monomials, and indicators of the classes that ``sigma`` tells apart.

Since ``w`` and ``-w`` are both allowed, the span of ``sigma(<w, .>)`` is the sum of the spans of the even and the odd
part of ``sigma``.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.features import Hermite, hermite_weight
from valleys.problem.streams import stream


def columns_on_sample(sigma: Activation, X: Tensor) -> Tensor:
    """Columns ``(N, >= dim*)`` that span the filters on a finite sample."""
    if sigma.coefficients is not None:
        return torch.cat([monomials_on_sample(X, k) for k in sigma.powers], dim=1)
    points, group = torch.unique(X + 0.0, dim=0, return_inverse=True)  # + 0.0 turns -0.0 into 0.0
    columns = torch.cat([part_columns(sigma.even, points, False), part_columns(sigma.odd, points, True)], dim=1)
    return columns[group]


def monomials_in_hermite(space: Hermite, k: int) -> Tensor:
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


def monomials_on_sample(X: Tensor, k: int) -> Tensor:
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


def part_columns(kind: str, points: Tensor, odd: bool) -> Tensor:
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
