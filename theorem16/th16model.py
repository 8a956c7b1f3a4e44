"""The networks of Theorem 16, ``x -> u^T relu(W x)``: random ones, and their exact population risk with its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from theorem16.th16data import Teacher
from theorem16.th16gradient import pull_network
from theorem16.th16law import InputLaw
from theorem16.th16sphere import draw_features
from valleys.problem.network import Theta


class KernelRisk:
    """The population risk L(u, W) = |f*|^2 - 2 b(W) u + u K(W) u: no sample anywhere; a protocol ``Risk``, m = 1.

    Args:
        law: the law of z.
        teacher: f*.
    """

    def __init__(self, law: InputLaw, teacher: Teacher) -> None:
        self.law = law
        self.teacher = teacher
        self.n = law.d
        self.m = 1

    def value(self, theta: Theta) -> Tensor:
        """L, one number a network."""
        U, W = theta.U.reshape(-1, theta.p), theta.W.reshape(-1, theta.p, theta.n)
        return torch.stack([self._value(u, w) for u, w in zip(U, W, strict=True)]).reshape(theta.batch)

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """L and its exact gradient."""
        u, W = theta.U[..., 0, :], theta.W
        b, target_slope = self.teacher.pull(W)
        Ku, slope = pull_network(self.law, W, u)
        value = self.teacher.norm2 + (u * (Ku - 2 * b)).sum(-1)
        return value, Theta(2 * (Ku - b)[..., None, :], 2 * u[..., None] * (slope - target_slope))

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """Return s = <R1, D> and a = |D|^2, D = R1 - R0, of a leg that moves only U."""
        W, u, D = end.W, end.U[0], end.U[0] - start.U[0]
        K = self.law.kernel_symmetric(W)
        return float(D @ (K @ u - self.teacher.inner(W))), float(D @ (K @ D))

    def _value(self, u: Tensor, W: Tensor) -> Tensor:
        K = self.law.kernel_symmetric(W)
        return self.teacher.norm2 - 2 * (self.teacher.inner(W) @ u) + u @ (K @ u)


def random_networks(law: InputLaw, p: int, generators: Sequence[torch.Generator]) -> Theta:
    """The theorem's starts: rows uniform on the sphere, output weights N(0, 1/p); one network a generator."""
    W = [draw_features(p, law.d, generator) for generator in generators]
    U = [torch.randn(1, p, generator=generator, dtype=torch.float64) / p**0.5 for generator in generators]
    return Theta(torch.stack(U), torch.stack(W))
