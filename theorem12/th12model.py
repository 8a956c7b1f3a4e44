"""The square loss of quadratic networks, exact: ``Phi(x) = <A, x x^T>``, ``A = W^T diag(u) W``, a quadratic form in ``A - A*``.

``Y = <A*, X X^T>``, and ``D = A - A*``:

- *Gaussian*, ``X ~ N(0, I_n)``: ``L = 2 |D|^2 + (tr D)^2``;
- *two-part* (the law of Theorem 13): ``X = (xb, 0)`` or ``X = (0, x_n)``, each with probability 1/2, both standard normal:
  ``L = |D_b|^2 + (tr D_b)^2/2 + (3/2) D_nn^2`` with ``D_b`` the first ``n - 1`` rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor

from valleys.problem.network import Theta
from valleys.run.errors import InputError

Law = Literal["gaussian", "two-part"]


def matrix(theta: Theta) -> Tensor:
    """``A = W^T diag(u) W``, shape ``(..., n, n)``."""
    return (theta.W.mT * theta.U) @ theta.W


@dataclass(frozen=True, eq=False)
class QuadraticRisk:
    """``L(theta) = E (Phi(X) - <A*, X X^T>)^2``.

    Attributes:
        target: ``A*``, symmetric, ``(n, n)``, or a batch of targets, one a network.
        law: of ``X``.

    Raises:
        InputError: if the target is not square or not symmetric.

    >>> risk = QuadraticRisk(torch.eye(2, dtype=torch.float64))
    >>> float(risk.value(Theta(torch.zeros(1, 3).double(), torch.zeros(3, 2).double())))
    8.0
    """

    target: Tensor
    law: Law = "gaussian"

    def __post_init__(self) -> None:
        A = self.target
        if A.dim() < 2 or A.shape[-1] != A.shape[-2]:
            raise InputError("--target", f"A {tuple(A.shape)}", "A (n, n)")
        if not torch.equal(A, A.mT):
            largest = float((A - A.mT).abs().max())
            raise InputError("--target", f"A with |A - A^T| up to {largest:.3g}", "a symmetric A (n, n)")

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.target.shape[-1]

    @property
    def m(self) -> int:
        """Number of outputs: one."""
        return 1

    @cached_property
    def mask(self) -> Tensor:
        """What the law sees of ``D``: all of it, or its two blocks."""
        seen = torch.ones(self.n, self.n, dtype=torch.float64)
        if self.law == "two-part":
            seen[-1, :] = seen[:, -1] = 0.0
        return seen

    def of_matrix(self, A: Tensor) -> Tensor:
        """``L`` as a function of ``A (..., n, n)``: convex."""
        D = A - self.target
        seen = D * self.mask
        trace = torch.diagonal(seen, dim1=-2, dim2=-1).sum(dim=-1)
        if self.law == "gaussian":
            return 2 * seen.square().sum(dim=(-2, -1)) + trace.square()
        corner = D[..., -1, -1].square()
        return seen.square().sum(dim=(-2, -1)) + trace.square() / 2 + 1.5 * corner

    def coordinates(self, D: Tensor) -> Tensor:
        """Linear in the symmetric ``D (..., n, n)``, with ``|coordinates(A - A*)|^2 = L``; shape ``(..., q)``."""
        i, j = torch.triu_indices(self.n, self.n)
        weight = torch.ones(len(i), dtype=D.dtype) * 2
        weight[i == j] = 2**0.5
        diagonal = torch.diagonal(D, dim1=-2, dim2=-1)
        if self.law == "gaussian":
            return torch.cat([weight * D[..., i, j], diagonal.sum(dim=-1, keepdim=True)], dim=-1)
        seen = self.mask.clone()
        seen[-1, -1] = 1.0
        block, corner = diagonal[..., :-1], diagonal[..., -1:]
        # the corner counts with weight 1 among the entries, and is to count with 3/2
        return torch.cat([weight * (seen * D)[..., i, j], block.sum(dim=-1, keepdim=True), corner], dim=-1) / 2**0.5

    def value(self, theta: Theta) -> Tensor:
        """``L(theta)``, one number a network."""
        return self.of_matrix(matrix(theta))

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L``, ``dL/du_k = w_k^T G w_k`` and ``dL/dw_k = 2 u_k G w_k`` with ``G = dL/dA``."""
        D = matrix(theta) - self.target
        seen = D * self.mask
        diagonal = torch.diagonal(seen, dim1=-2, dim2=-1)
        trace = diagonal.sum(dim=-1)
        square = seen.square().sum(dim=(-2, -1))
        if self.law == "gaussian":
            value, G = 2 * square + trace.square(), 4 * seen
            torch.diagonal(G, dim1=-2, dim2=-1).add_(2 * trace[..., None])
        else:
            corner = D[..., -1, -1]
            value, G = square + trace.square() / 2 + 1.5 * corner.square(), 2 * seen
            torch.diagonal(G, dim1=-2, dim2=-1)[..., :-1].add_(trace[..., None])
            G[..., -1, -1] = 3 * corner
        GW = theta.W @ G
        return value, Theta((GW * theta.W).sum(dim=-1)[..., None, :], 2 * theta.U.mT * GW)

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """``s = <D1, E>``, ``a = <E, E>`` in the loss's own inner product, ``E = A1 - A0``: a leg that moves only ``u``."""
        step = matrix(end) - matrix(start)
        a = float(self.of_matrix(self.target + step))
        # polarisation: <D1, E> = (|D1 + E|^2 - |D1 - E|^2)/4
        ahead, behind = self.of_matrix(matrix(end) + step), self.of_matrix(matrix(end) - step)
        return float(ahead - behind) / 4, a

    def minimum(self, p: int) -> float:
        """``min L`` over all networks of width ``p``: for the Gaussian law in closed form, and 0 once ``p >= n``.

        Gaussian, eigenvalues ``a_i`` of ``A*``: ``min over |S| <= p of 2 sum_{i not in S} a_i^2 + 2 T^2/(|S| + 2)``,
        ``T = sum_{i not in S} a_i``. Two-part law: 0 once ``p >= n``.

        Raises:
            InputError: for the two-part law below ``n``; Corollary 14 has its minimum.
        """
        if p >= self.n:
            return 0.0
        if self.law != "gaussian":
            raise InputError("p", p, f"p >= n = {self.n} for a target under the two-part law")
        a = torch.linalg.eigvalsh(self.target).tolist()
        best = float("inf")
        for size in range(p + 1):
            for kept in combinations(range(self.n), size):
                rest = [a[i] for i in range(self.n) if i not in kept]
                best = min(best, 2 * sum(x * x for x in rest) + 2 * sum(rest) ** 2 / (size + 2))
        return best
