"""The exact Gaussian risk of monomial networks ``sum u_i <w_i, x>^k`` through their symmetric tensor, k = 1, 2, 3.

``T = sum u_i w_i^(tensor k)``, ``R = T - T*``: ``L = |R|^2`` (k = 1), ``2 |R|^2 + (tr R)^2`` (k = 2),
``6 |R|^2 + 9 |tr R|^2`` (k = 3): a second route beside Hermite coordinates, with a cheap written-out gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.problem.network import Theta


class TensorRisk:
    """``E |sum u_i <w_i, x>^k - f*(x)|^2`` for ``x ~ N(0, I_n)`` and one output.

    Args:
        degree: ``k`` = 1, 2 or 3.
        teacher: the network ``f*``, of the same degree.
    """

    m = 1

    def __init__(self, degree: int, teacher: Theta) -> None:
        self.degree = degree
        self.n = teacher.n
        self.target = self._tensor(teacher)

    def _power(self, W: Tensor) -> Tensor:
        """``w^(tensor k-1)`` of each row, flattened: shape ``(..., p, n^(k-1))``."""
        if self.degree == 1:
            return torch.ones_like(W[..., :1])
        return W if self.degree == 2 else (W[..., :, None] * W[..., None, :]).flatten(-2)

    def _tensor(self, theta: Theta) -> Tensor:
        """``T`` as a matrix, ``(..., n^(k-1), n)``."""
        return (self._power(theta.W) * theta.U.mT).mT @ theta.W

    def _trace(self, R: Tensor) -> Tensor:
        """``tr R`` over two of its indices, spread back as ``I (x) tr R`` in the shape of ``R`` (not symmetrised)."""
        eye = torch.eye(self.n, dtype=R.dtype, device=R.device)
        if self.degree == 2:
            return R.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None] * eye
        return eye.flatten()[:, None] * (eye.flatten() @ R)[..., None, :]

    def value(self, theta: Theta) -> Tensor:
        """``L(theta)``, one number a network."""
        return self.value_and_gradient(theta)[0]

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L`` and its gradient, batched: with ``G = dL/dT``, ``dL/du_i = <G, w_i^k>``, ``dL/dw_i = k u_i G(w_i, ..)``."""
        R = self._tensor(theta) - self.target
        factor, trace_factor = ((1.0, 0.0), (2.0, 1.0), (6.0, 9.0))[self.degree - 1]
        half = factor * R
        if trace_factor:
            half = half + trace_factor * self._trace(R)
        value = (R * half).sum(dim=(-2, -1))
        slope = self._power(theta.W) @ self._symmetrised(2 * half)
        return value, Theta((slope * theta.W).sum(-1, keepdim=True).mT, self.degree * theta.U.mT * slope)

    def _symmetrised(self, G: Tensor) -> Tensor:
        """``G`` averaged over the orders of its indices (only the trace term of degree 3 is not symmetric)."""
        if self.degree < 3:
            return G
        cube = G.reshape(*G.shape[:-2], self.n, self.n, self.n)
        return ((cube + cube.transpose(-1, -3) + cube.transpose(-1, -2)) / 3).flatten(-3, -2)
