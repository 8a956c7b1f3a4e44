"""The two laws of Theorem 16 and their kernels k(w, v) = E relu(<w, z>) relu(<v, z>), exactly.

Without bias z = x ~ N(0, I_D); with bias z = (x, 1), x ~ N(0, I_D / D), the thesis' setting.  Features w live on the
unit sphere of R^d, d = D or D + 1; the formulas hold for rows of any length, so that training may move them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from theorem16.th16bias import (
    corner,
    corner_from,
    corner_probability_table,
    corner_table,
    density,
    ramp,
    tilt,
)
from valleys.problem.kernels import relu_kernel

TABLE = 1 << 16
"""Entries of a block: the working tables of a block stay in the second-level cache."""


@dataclass(frozen=True)
class InputLaw:
    """The law of the inputs.

    Attributes:
        inputs: D, the number of inputs without the bias.
        bias: whether a constant 1 is appended.

    >>> InputLaw(10, bias=True).d
    11
    """

    inputs: int
    bias: bool

    @property
    def d(self) -> int:
        """Dimension of the space of the features."""
        return self.inputs + self.bias

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw z, shape (count, d)."""
        x = torch.randn(count, self.inputs, generator=generator, dtype=torch.float64)
        if not self.bias:
            return x
        return torch.cat([x / math.sqrt(self.inputs), torch.ones(count, 1, dtype=torch.float64)], dim=1)

    def norm2(self, W: Tensor) -> Tensor:
        """|psi_w|^2 = E relu(<w, z>)^2, shape (..., p)."""
        if not self.bias:
            return (W * W).sum(-1) / 2
        s, h, _ = self.polar(W)
        return s * s * ((1 + h * h) * torch.special.ndtr(h) + h * density(h))

    def kernel(self, W: Tensor, V: Tensor) -> Tensor:
        """The table k(w_i, v_j), shape (p, q), by blocks of rows."""
        K = W.new_empty(len(W), len(V))
        left, right = self.polar(W), self.polar(V)
        for rows in _blocks(len(W), len(V)):
            K[rows] = self._table(tuple(part[rows] for part in left), right)
        return K

    def gram(self, W: Tensor) -> Tensor:
        """The lower triangle of k(w_i, w_j), zero above: a Cholesky factorisation reads no more."""
        K = W.new_zeros(len(W), len(W))
        polar = self.polar(W)
        for rows in _blocks(len(W), len(W)):
            columns = slice(0, rows.stop)
            K[rows, columns] = self._table(tuple(z[rows] for z in polar), tuple(z[columns] for z in polar))
            K[rows, rows].tril_()
        K.diagonal().copy_(self.norm2(W))
        return K

    def kernel_symmetric(self, W: Tensor) -> Tensor:
        """The full table k(w_i, w_j), shape (p, p), at the price of half of it."""
        K = self.gram(W)
        return K + K.tril(-1).T

    def idle(self, W: Tensor) -> Tensor:
        """Which features are active with probability below 1e-15: h < -8; none without bias."""
        return self.polar(W)[1] < -8

    def kernel_by_owen(self, W: Tensor, V: Tensor) -> Tensor:
        """The same table by the independent route: Owen's T with bias, the shared closed form without."""
        if not self.bias:
            return relu_kernel(W, V).k
        (s, h, D), (t, k, E) = self.polar(W), self.polar(V)
        return s[:, None] * t * corner(h[:, None], k[None, :], (D @ E.T).clamp_(-1.0, 1.0))

    def pull(self, W: Tensor, V: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """The function F = sum_j c_j relu(<v_j, z>) against features: E F relu(<w_i, z>) and its gradient in w_i.

        Args:
            W: rows, shape (p, d).
            V: rows, shape (q, d).
            c: weights, shape (q,).

        Returns:
            Values (p,) and gradients (p, d).
        """
        parts = [self._pull(W[rows], V, c) for rows in _blocks(len(W), len(V))]
        return torch.cat([value for value, _ in parts]), torch.cat([slope for _, slope in parts])

    def _pull(self, W: Tensor, V: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        if not self.bias:
            k, P, Q = relu_kernel(W, V)
            return k @ c, P @ (c[:, None] * V) + (Q @ c)[:, None] * W
        (s, h, left), (t, k, right) = self.polar(W), self.polar(V)
        r = (left @ right.T).clamp_(-1.0, 1.0)
        P = corner_probability_table(h, k, r)
        first, second = h[:, None], k[None, :]
        ahead, back = tilt(first, second, r), tilt(second, first, r)
        q = ((1 - r) * (1 + r)).sqrt().clamp_min(1e-150)
        weight = c * t
        value = s * (corner_from(first, second, r, P, ahead, back) @ weight)
        # E 1{w active} relu(<v, z>), and the mass that a moving edge of w sweeps over (Stein's lemma).
        edge = r * density(first) * torch.special.ndtr(ahead) + density(second) * torch.special.ndtr(back)
        swept = (q * ramp(ahead)) @ weight * density(h) / s
        slope = (P @ (c[:, None] * V[:, :-1]) + swept[:, None] * W[:, :-1]) / self.inputs
        return value, torch.cat([slope, ((second * P + edge) @ weight)[:, None]], dim=1)

    def polar(self, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scale s, offset h and unit direction of each row: <w, z> = s (h + Z) with Z a standard normal.

        Args:
            W: rows, shape (..., p, d).

        Returns:
            s and h (..., p), directions (..., p, D); a row without inner part has h near 1e150.
        """
        inner = W[..., :-1] if self.bias else W
        length = inner.norm(dim=-1).clamp_min(1e-150)
        s = length / math.sqrt(self.inputs) if self.bias else length
        h = W[..., -1] / s if self.bias else torch.zeros_like(s)
        return s, h, inner / length[..., None]

    def _table(self, left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> Tensor:
        r = (left[2] @ right[2].T).clamp_(-1.0, 1.0)
        J = corner_table(left[1], right[1], r) if self.bias else _kappa_in_place(r)
        return J.mul_(left[0][:, None]).mul_(right[0])


def _kappa_in_place(c: Tensor) -> Tensor:
    """Overwrite cosines c by (sqrt(1-c^2) + (pi/2 + asin c) c) / (2 pi), with two tables beside them.

    1 - c^2 = (1-c)(1+c): squaring first would cost half the digits for the nearly parallel rows of small d.
    """
    angle = c.asin().add_(math.pi / 2).mul_(c)
    gap = 1.0 - c
    return c.add_(1.0).mul_(gap).sqrt_().add_(angle).mul_(1 / (2 * math.pi))


def _blocks(rows: int, columns: int) -> Iterator[slice]:
    """Split ``rows`` into slices of about TABLE / columns rows."""
    step = max(1, TABLE // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
