"""Attempts to get under the floors: descents inside the sets of the proof, and random paths out of the valley.

The floors are proved or computed elsewhere; nothing here knows how.  An attack that succeeds refutes a floor (or shows
that a hypothesis was broken: that is how the tests use it).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theorem13.th13data import VANISHES_AT_ZERO, Setting
from valleys.problem.network import Theta, between
from valleys.problem.risk import Risk
from valleys.search.step_rules import Adam


@dataclass(frozen=True)
class Attack:
    """Lowest losses found: on {u >= 0}, and on {u >= 0, some u_i = 0}, where every path leaves the valley."""

    valley: float
    crossing: float
    tries: int


def attack(setting: Setting, risk: Risk, tries: int, steps: int, generator: torch.Generator) -> Attack:
    """Minimise L over both sets by Adam on (sqrt u, W), from random starts and from perturbed teachers.

    Args:
        setting: the instance whose sizes and directions the starts have.
        risk: the loss that is attacked.
        tries: starts for each set.
        steps: steps of each descent.
        generator: the source of randomness.

    Returns:
        The lowest loss found on each set.
    """
    s = setting
    normal = torch.randn(tries, s.p, s.n, generator=generator, dtype=torch.float64)
    W = normal / s.n**0.5
    near = torch.arange(tries) % 2 == 0
    teacher = torch.nn.functional.pad(s.directions, (0, 1), value=0.0 if s.activation in VANISHES_AT_ZERO else -20.0)
    W[near] = teacher + 0.2 * normal[near]
    root = s.alpha**0.5 * torch.exp(0.2 * torch.randn(tries, s.p, generator=generator, dtype=torch.float64))
    valley = descend(risk, root, W, steps)
    root = root.clone()
    root[torch.arange(tries), torch.randint(s.p, (tries,), generator=generator)] = 0.0
    return Attack(float(valley.min()), float(descend(risk, root, W, steps).min()), tries)


def descend(risk: Risk, root: Tensor, W: Tensor, steps: int) -> Tensor:
    """The lowest loss of each network along Adam on (r, W), u = r^2: u stays >= 0, and 0 where r = 0.

    Args:
        risk: the loss.
        root: r, shape (B, p).
        W: rows, shape (B, p, n).
        steps: number of steps; their size falls from 0.1 to 0.001.

    Returns:
        The lowest loss of each network, shape (B,).
    """
    r, V = root.clone(), W.clone()
    rule = Adam(lambda s: 0.1 * 0.01 ** ((s + 1) / steps), beta2=0.99, epsilon=1e-12)
    moments = rule.moments(r, "r") | rule.moments(V, "W")
    best = torch.full((len(root),), float("inf"), dtype=W.dtype)
    for s in range(steps):
        value, g = risk.value_and_gradient(Theta((r**2).unsqueeze(-2), V))
        best = torch.minimum(best, value)
        rule.apply(V, g.W, moments, "W", s)
        rule.apply(r, 2 * r * g.U.squeeze(-2), moments, "r", s)
    return best


def random_paths(
    start: Theta, end: Theta, risk: Risk, tries: int, points: int, noise: float, generator: torch.Generator
) -> Tensor:
    """Peaks of random paths: two straight legs from start to end through a random point near their segment.

    Args:
        start: one network in the valley.
        end: one network outside.
        risk: the loss.
        tries: number of paths.
        points: points evaluated on each leg; the point at which the first weight vanishes is among them.
        noise: size of the displacement of the middle point.
        generator: the source of randomness.

    Returns:
        The peak of every path, shape (tries,).
    """

    def normal(x: Tensor) -> Tensor:
        return torch.randn(tries, *x.shape, generator=generator, dtype=x.dtype)

    share = torch.rand(tries, 1, 1, generator=generator, dtype=start.W.dtype)
    U = start.U + share * (end.U - start.U) + noise * normal(start.U)
    W = start.W + share * (end.W - start.W) + noise * normal(start.W)
    peaks = torch.full((tries,), -torch.inf, dtype=W.dtype)
    for a, b in ((start, Theta(U, W)), (Theta(U, W), end)):
        times = torch.linspace(0, 1, points, dtype=W.dtype).expand(tries, points)
        times = torch.cat([times, leaving_time(a.U, b.U).expand(tries, 1)], dim=1)
        for k in range(points + 1):
            t = times[:, k].reshape(-1, 1, 1)
            value = risk.value(between(a, b, t))
            peaks = torch.maximum(peaks, value)
    return peaks


def leaving_time(U0: Tensor, U1: Tensor) -> Tensor:
    """The first t in [0, 1] at which some output weight of U0 + t (U1 - U0) vanishes on its way down, else 1.

    Args:
        U0: weights at t = 0, shape (..., 1, p).
        U1: weights at t = 1.

    Returns:
        The times, shape (..., 1).
    """
    falling = (U0 > 0) & (U1 < 0)
    t = torch.where(falling, U0 / torch.where(falling, U0 - U1, 1.0), 1.0)
    return t.amin(dim=-1)
