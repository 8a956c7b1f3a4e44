"""The law and the teacher of Theorem 13, and the exact risk under them.

Z ~ Ber(1/2).  Z = 1: x = (xb, 0), xb ~ N(0, I_{n-1}).  Z = 0: only the last coordinate moves.
Y = g1 - g2, g1 = alpha sum_j sigma(<v_j, xb>) and

- law "theorem" (the paper's): g2 = beta sigma(x_n), x_n ~ N(0, 1);
- law "decoupled": on Z = 0 the input is the point e_n and Y = -gamma (named beta here), so that sigma(0) != 0 does
  no harm.

The teacher's directions v_j are e_1 .. e_p for p <= n-1; beyond that width they are equally spread in a plane.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from valleys.paths.law_files import mixture_arrays
from valleys.problem.activations import activation
from valleys.problem.mixture import LinePart, MixtureRisk, gaussian_part, gaussian_risk, point_part
from valleys.problem.network import Theta

ACTIVATIONS = ("relu", "z2", "z4", "softplus", "sigmoid", "erf01")
LAWS = ("theorem", "decoupled")
#: Kernels without a closed form, which cost a hundred times more.
QUADRATURE = ("softplus", "sigmoid")
VANISHES_AT_ZERO = ("relu", "z2", "z4")


@dataclass(frozen=True)
class Setting:
    """One instance of the theorem: activation, law, sizes and the strengths alpha and beta of the two teachers."""

    activation: str
    law: str
    n: int
    p: int
    alpha: float
    beta: float

    @property
    def orthonormal(self) -> bool:
        """Whether the teacher's directions are e_1 .. e_p."""
        return self.p <= self.n - 1

    @property
    def directions(self) -> Tensor:
        """The teacher's directions v_j, shape (p, n-1); in the plane the middle one, cheapest to lose, comes last."""
        if self.orthonormal:
            return torch.eye(self.p, self.n - 1, dtype=torch.float64)
        order = [*range(self.p // 2), *range(self.p // 2 + 1, self.p), self.p // 2]
        angle = torch.tensor(order, dtype=torch.float64) * (math.pi / self.p)
        plane = torch.stack([angle.cos(), angle.sin()], dim=-1)
        return torch.nn.functional.pad(plane, (0, self.n - 3))


def risk(setting: Setting) -> MixtureRisk:
    """The exact population risk L of a setting."""
    s, last = setting, slice(setting.n - 1, setting.n)
    V, t = s.directions, torch.full((s.p,), s.alpha, dtype=torch.float64)
    unit, sigma = torch.ones(1, dtype=torch.float64), activation(s.activation)
    first = gaussian_part(s.activation, slice(0, s.n - 1), V, t)
    if s.law == "decoupled":
        return MixtureRisk(
            [first, point_part(s.activation, last, unit, -s.beta)], [0.5, 0.5], s.n, activation(s.activation)
        )
    if s.activation in VANISHES_AT_ZERO:
        second = LinePart(sigma, s.n - 1, unit, -s.beta * unit)
        return MixtureRisk([first, second], [0.5, 0.5], s.n, sigma)
    rows = torch.zeros(s.p + 1, s.n, dtype=torch.float64)
    rows[:-1, :-1], rows[-1, -1] = V, 1.0
    signed = torch.cat([t, -s.beta * unit])
    blocks = (slice(0, s.n - 1), last)
    both = [gaussian_part(s.activation, block, rows[:, block], signed) for block in blocks]
    return MixtureRisk(both, [0.5, 0.5], s.n, sigma)


def law_arrays(setting: Setting) -> dict[str, np.ndarray]:
    """What a path file says of the law: a mixture of two parts."""
    s, sigma = setting, activation(setting.activation)
    rows, moving = torch.zeros(s.p + 1, s.n, dtype=torch.float64), torch.zeros(2, s.n)
    rows[:-1, :-1], rows[-1, -1], moving[0, :-1] = s.directions, 1.0, 1.0
    first = torch.tensor([s.alpha] * s.p, dtype=torch.float64)
    if s.law == "decoupled":
        target = torch.tensor([0.0, -s.beta], dtype=torch.float64)
        teacher = Theta(torch.stack([first, 0 * first]), rows[:-1])
        return mixture_arrays(sigma, [0.5, 0.5], moving, teacher, torch.stack([0 * rows[-1], rows[-1]]), target)
    moving[1, -1] = 1.0
    both = torch.cat([first, torch.tensor([-s.beta], dtype=torch.float64)]).expand(2, -1)
    return mixture_arrays(sigma, [0.5, 0.5], moving, Theta(both, rows))


def first_teacher_risk(setting: Setting) -> MixtureRisk:
    """E|f - sum_j sigma(<v_j, xb>)|^2 over networks f of the first n-1 coordinates: the problem behind eps(p)."""
    return gaussian_risk(setting.activation, setting.directions, torch.ones(setting.p, dtype=torch.float64))


def sampled_loss(setting: Setting, X: Tensor, Y: Tensor, theta: Theta) -> Tensor:
    """The thesis' loss: the mean of |Phi - Y|^2 over a sample, for a batch of networks, one at a time."""
    sigma = activation(setting.activation)
    U, W = theta.U.reshape(-1, setting.p), theta.W.reshape(-1, setting.p, setting.n)
    losses = [((sigma(X @ w.T) @ u - Y[:, 0]) ** 2).mean() for u, w in zip(U, W, strict=True)]
    return torch.stack(losses).reshape(theta.W.shape[:-2])
