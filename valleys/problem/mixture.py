"""Exact risk of a network of one output under a mixture of laws, with its gradient: no sampling.

Each part of the mixture moves its own coordinates of x and leaves the others at 0:

- `GaussianPart`: x_I ~ N(0, I), target sum_j t_j sigma(<v_j, x_I>), a signed sum of filters;
- `LinePart`: one coordinate x ~ N(0, 1) and a homogeneous sigma, where the two half-lines decouple;
- `PointPart`: x_I is one point, target one number.

With K = k(W, W) and b = k(W, V) t a Gaussian part is worth u K u - 2 u b + t k(V, V) t (see `valleys.problem.kernels`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from valleys.problem.activations import Activation, activation
from valleys.problem.kernels import KERNELS
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.population import PopulationRisk

#: Which coordinates of ``x`` a part moves.
Columns = slice | Tensor


class Component(Protocol):
    """One law of the mixture: its risk for output weights u (..., p) and rows W (..., p, n)."""

    def value_and_gradient(self, u: Tensor, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the risk (...), its u-gradient (..., p) and its W-gradient (..., p, n)."""
        ...

    def draw(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Fill the part's coordinates of X (N, n), zero so far, with draws; return the targets (N,)."""
        ...


@dataclass(frozen=True)
class GaussianPart:
    """x_I ~ N(0, I) on the coordinates I = `columns`; the target is sum_j t_j sigma(<v_j, x_I>)."""

    name: str
    columns: Columns
    V: Tensor
    t: Tensor

    def value_and_gradient(self, u: Tensor, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the risk and its gradients; one kernel table of W against the rows of W and V serves all three."""
        kernel = KERNELS[self.name]
        w = W[..., self.columns]
        rows = torch.cat([w, self.V.expand(*w.shape[:-2], *self.V.shape)], dim=-2)
        c = torch.cat([u, -self.t.expand(*u.shape[:-1], *self.t.shape)], dim=-1).unsqueeze(-1)
        p = u.shape[-1]
        table = kernel(w, rows)
        residual = (table.k @ c).squeeze(-1)
        cross = (table.k[..., p:] @ c[..., p:, :]).squeeze(-1)
        constant = self.t @ kernel(self.V, self.V).k @ self.t
        value = (u * (residual + cross)).sum(-1) + constant
        slope = (table.P @ (c * rows)) + (table.Q @ c) * w
        gradient = torch.zeros_like(W)
        gradient[..., self.columns] = 2 * u.unsqueeze(-1) * slope
        return value, 2 * residual, gradient

    def draw(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Fill the part's coordinates of X with standard normals; return the targets."""
        x = torch.randn(X[:, self.columns].shape, generator=generator, dtype=X.dtype)
        X[:, self.columns] = x
        return activation(self.name)(x @ self.V.T) @ self.t


@dataclass(frozen=True)
class ReluPart:
    """A `GaussianPart` for ReLU, by the census' risk: fewer passes over the pairs of rows than kernel tables need."""

    columns: Columns
    population: PopulationRisk

    def value_and_gradient(self, u: Tensor, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the risk and its gradients; 0 for a zero row, as ReLU's derivative at its kink."""
        w = W[..., self.columns]
        value, slope = self.population.value_and_gradient(Theta(u.unsqueeze(-2), w))
        gradient = torch.zeros_like(W)
        gradient[..., self.columns] = slope.W * (w != 0).any(dim=-1, keepdim=True)
        return value, slope.U.squeeze(-2), gradient

    def draw(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Fill the part's coordinates of X with standard normals; return the targets."""
        drawn = self.population.sample(len(X), generator)
        X[:, self.columns] = drawn.X
        return drawn.Y.squeeze(-1)


def gaussian_part(name: str, columns: Columns, V: Tensor, t: Tensor) -> Component:
    """The part x_I ~ N(0, I) with target sum_j t_j sigma(<v_j, x_I>), in its fastest form."""
    if name == "relu":
        return ReluPart(columns, PopulationRisk(Theta(t.unsqueeze(0), V)))
    return GaussianPart(name, columns, V, t)


@dataclass(frozen=True)
class LinePart:
    """One coordinate x ~ N(0, 1), sigma homogeneous of degree k, target sum_j t_j sigma(v_j x).

    sigma(w x) = |x|^k sigma(+-w): with a = u sigma(w), b = u sigma(-w) and the teacher's a*, b* the risk is
    (2k-1)!! [(a - a*)^2 + (b - b*)^2] / 2.
    """

    sigma: Activation
    column: int
    v: Tensor
    t: Tensor

    def value_and_gradient(self, u: Tensor, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the risk and its gradients."""
        w, half = W[..., self.column], math.prod(range(1, 2 * (self.sigma.homogeneous or 0), 2)) / 2
        gradient = torch.zeros_like(W)
        value, du = torch.zeros_like(u[..., 0]), torch.zeros_like(u)
        for sign in (1.0, -1.0):
            s = self.sigma(sign * w)
            residual = ((u * s).sum(-1) - self.t @ self.sigma(sign * self.v)).unsqueeze(-1)
            value = value + half * residual.squeeze(-1) ** 2
            du = du + 2 * half * residual * s
            gradient[..., self.column] += 2 * half * sign * residual * u * self.sigma.derivative(sign * w)
        return value, du, gradient

    def draw(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Fill the coordinate with standard normals; return the targets."""
        x = torch.randn(len(X), generator=generator, dtype=X.dtype)
        X[:, self.column] = x
        return self.sigma(x.unsqueeze(-1) * self.v) @ self.t


@dataclass(frozen=True)
class PointPart:
    """x_I = `x`, one point of the coordinates I = `columns`, with target `y`."""

    sigma: Activation
    columns: Columns
    x: Tensor
    y: float

    def value_and_gradient(self, u: Tensor, W: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (sum_i u_i sigma(<w_i, x>) - y)^2 and its gradients."""
        z = W[..., self.columns] @ self.x
        s = self.sigma(z)
        residual = ((u * s).sum(-1) - self.y).unsqueeze(-1)
        gradient = torch.zeros_like(W)
        gradient[..., self.columns] = (2 * residual * u * self.sigma.derivative(z)).unsqueeze(-1) * self.x
        return residual.squeeze(-1) ** 2, 2 * residual * s, gradient

    def draw(self, X: Tensor, generator: torch.Generator) -> Tensor:
        """Set the part's coordinates of X to the point; return the targets."""
        X[:, self.columns] = self.x
        return torch.full((len(X),), self.y, dtype=X.dtype)


@dataclass(frozen=True)
class MixtureRisk:
    """L(theta) = sum_k q_k E_k |Phi(X; theta) - Y|^2 over the parts of a mixture with probabilities q_k.

    Attributes:
        parts: the laws.
        probabilities: their weights q_k.
        n: the number of inputs.
        sigma: the activation of the networks.
        m: the number of outputs, 1.
    """

    parts: Sequence[Component]
    probabilities: Sequence[float]
    n: int
    sigma: Activation
    m: int = 1

    def sample(self, N: int, generator: torch.Generator) -> Sample:
        """Draw N independent points of the law, X (N, n) and Y (N, 1)."""
        q = torch.tensor(self.probabilities, dtype=torch.float64)
        label = torch.multinomial(q, N, replacement=True, generator=generator)
        X, Y = torch.zeros(N, self.n, dtype=torch.float64), torch.zeros(N, dtype=torch.float64)
        for k in sorted(set(label.tolist())):  # a part without points has no sample
            part, x = self.parts[k], torch.zeros(int((label == k).sum()), self.n, dtype=torch.float64)
            Y[label == k] = part.draw(x, generator)
            X[label == k] = x
        return Sample(X, Y.unsqueeze(-1))

    def value(self, theta: Theta) -> Tensor:
        """Return L, shape (...)."""
        return self.value_and_gradient(theta)[0]

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """Return L, shape (...), and its gradient as a Theta of the shape of theta."""
        u, W = theta.U.squeeze(-2), theta.W
        value, gu, gW = torch.zeros_like(u[..., 0]), torch.zeros_like(u), torch.zeros_like(W)
        for q, part in zip(self.probabilities, self.parts, strict=True):
            v, du, dW = part.value_and_gradient(u, W)
            value, gu, gW = value + q * v, gu + q * du, gW + q * dW
        return value, Theta(gu.unsqueeze(-2), gW)

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """Return s = <R1, D> and a = |D|^2 of a leg that moves only U, where L(t) = |R1 - (1-t) D|^2."""
        L0, (L1, gradient) = self.value(start), self.value_and_gradient(end)
        s = 0.5 * float((gradient.U * (end.U - start.U)).sum())
        return s, float(L0 - L1) + 2 * s


def gaussian_risk(name: str, V: Tensor, t: Tensor) -> MixtureRisk:
    """Risk under x ~ N(0, I) alone, target sum_j t_j sigma(<v_j, x>): the part of a mixture taken by itself."""
    n = V.shape[-1]
    return MixtureRisk([gaussian_part(name, slice(0, n), V, t)], [1.0], n, activation(name))


def point_part(name: str, columns: Columns, x: Tensor, y: float) -> PointPart:
    """The part with all its mass at one point (see `PointPart`)."""
    return PointPart(activation(name), columns, x, y)
