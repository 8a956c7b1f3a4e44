"""Isometric coordinates of the filters ``x -> sigma(<w, x>)`` where they span a finite-dimensional space.

``<F_i, F_j> = E sigma(<w_i, x>) sigma(<w_j, x>)``. Work with ``F``, not with Gram matrices: they lose half the digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement
from math import factorial

import torch
from torch import Tensor

from valleys.problem.activations import Activation


def sample_features(sigma: Activation, X: Tensor, W: Tensor) -> Tensor:
    """``F = sigma(W X^T)/sqrt(N)``, shape ``(..., p, N)``, for ``W (..., p, n)`` and ``X (N, n)``."""
    return sigma(W @ X.T) / len(X) ** 0.5


@dataclass(frozen=True)
class Hermite:
    """Orthonormal Hermite coordinates of polynomials of degree at most ``degree`` under ``N(0, I_n)``.

    For a multi-index ``b`` with ``j = |b|``:
    ``psi_b(w) = sqrt(j!/b!) w^b sum_{k >= j, k = j mod 2} a_k c_kj |w|^(k-j)``,
    ``c_kj = k!/(2^l l! sqrt(j!))``, ``l = (k-j)/2``: the coefficient of ``sigma(<w, x>)`` along ``He_b/sqrt(b!)``.

    Attributes:
        n: number of inputs.
        degree: the largest degree that occurs.
    """

    n: int
    degree: int

    @cached_property
    def indices(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each degree ``j`` its multi-indices, each as a sorted tuple of ``j`` variables."""
        return tuple(tuple(combinations_with_replacement(range(self.n), j)) for j in range(self.degree + 1))

    @cached_property
    def multiplicities(self) -> tuple[Tensor, ...]:
        """For each degree ``j`` the factors ``sqrt(j!/b!)``."""
        rows = []
        for j, group in enumerate(self.indices):
            counts = [[index.count(v) for v in set(index)] for index in group]
            sizes = [factorial(j) / _product([factorial(c) for c in count]) for count in counts]
            rows.append(torch.tensor(sizes, dtype=torch.float64).sqrt())
        return tuple(rows)

    @cached_property
    def variables(self) -> tuple[Tensor, ...]:
        """For each degree ``j`` the multi-indices as a tensor ``(j, C(n+j-1, j))``."""
        return tuple(torch.tensor(group, dtype=torch.long).T for group in self.indices)

    @property
    def size(self) -> int:
        """Number of coordinates, ``C(n + degree, degree)``."""
        return sum(len(group) for group in self.indices)

    def tensor_coordinates(self, W: Tensor) -> list[Tensor]:
        """For each degree ``j`` the coordinates ``sqrt(j!/b!) w^b``, shape ``(..., p, C(n+j-1, j))``."""
        blocks = []
        for j in range(self.degree + 1):
            if j == 0:
                blocks.append(torch.ones_like(W[..., :1]))
                continue
            variables = self.variables[j].to(W.device)
            value = W[..., variables[0]]
            for step in range(1, j):
                value = value * W[..., variables[step]]
            blocks.append(value * self.multiplicities[j].to(W))
        return blocks

    def features(self, sigma: Activation, W: Tensor) -> Tensor:
        """``F(W)``, shape ``(..., p, size)``, for a polynomial ``sigma`` and ``W (..., p, n)``."""
        square = W.square().sum(dim=-1, keepdim=True)
        coefficients = sigma.coefficients or ()
        blocks = []
        for j, tensor in enumerate(self.tensor_coordinates(W)):
            factor = torch.zeros_like(square)
            for k in range(j, len(coefficients), 2):
                if coefficients[k] != 0.0:
                    factor = factor + coefficients[k] * hermite_weight(k, j) * square ** ((k - j) // 2)
            blocks.append(tensor * factor)
        return torch.cat(blocks, dim=-1)


def _product(numbers: list[int]) -> int:
    value = 1
    for number in numbers:
        value *= number
    return value


def hermite_weight(k: int, j: int) -> float:
    """``c_kj = k!/(2^l l! sqrt(j!))``, ``l = (k-j)/2``: ``E z^k He_j(z)/sqrt(j!)`` for ``z ~ N(0, 1)``.

    >>> hermite_weight(4, 0)
    3.0
    """
    half = (k - j) // 2
    return factorial(k) / (2**half * factorial(half) * factorial(j) ** 0.5)


@lru_cache(maxsize=32)
def hermite_space(n: int, degree: int) -> Hermite:
    """The coordinates for these sizes, made once."""
    return Hermite(n, degree)
