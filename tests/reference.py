"""Naive references, written for clarity alone, and problems with known answers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from valleys.problem.activations import Activation, activation
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def naive_loss(sigma: Activation, theta: Theta, X: Tensor, Y: Tensor) -> float:
    """The loss by one loop over the data points."""
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        total += float(((theta.U @ sigma(theta.W @ x)) - y).square().sum())
    return total / len(X)


def gauss_hermite(n: int, nodes: int) -> tuple[Tensor, Tensor]:
    """Nodes ``(nodes^n, n)`` and weights of the product rule for ``N(0, I_n)``."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    grid = np.meshgrid(*[x] * n, indexing="ij")
    weight = np.meshgrid(*[w] * n, indexing="ij")
    points = torch.from_numpy(np.stack([g.ravel() for g in grid], axis=1))
    return points, torch.from_numpy(np.prod([v.ravel() for v in weight], axis=0))


def numerical_gradient(risk: FeatureRisk, theta: Theta, h: float = 1e-5) -> Theta:
    """Central differences, entry by entry."""
    parts = []
    for which in ("U", "W"):
        base = getattr(theta, which)
        gradient = torch.zeros_like(base)
        for i in range(base.numel()):
            step = torch.zeros(base.numel(), dtype=base.dtype)
            step[i] = h
            up, down = (
                Theta(**{"U": theta.U, "W": theta.W, which: base + s * step.reshape_as(base)}) for s in (1.0, -1.0)
            )
            gradient.view(-1)[i] = (risk.value(up) - risk.value(down)) / (2 * h)
        parts.append(gradient)
    return Theta(*parts)


def gaussian_risk(name: str, n: int, m: int, seed: int = 0, units: int = 3, noise: float = 0.0) -> FeatureRisk:
    sigma = activation(name)
    return FeatureRisk(sigma, GaussianTeacher(random_theta(m, units, n, generator(seed)), sigma, noise))


def sample_risk(name: str, N: int, n: int, m: int, seed: int = 0) -> FeatureRisk:
    g = generator(seed)
    X = torch.randn(N, n, generator=g, dtype=torch.float64)
    X[:, -1] = 1.0
    return FeatureRisk(activation(name), Sample(X, torch.randn(N, m, generator=g, dtype=torch.float64)))


def degenerate(kind: str, theta: Theta) -> Theta:
    """A start of a kind that the proof has to survive."""
    U, W = theta.U.clone(), theta.W.clone()
    if kind == "repeated":
        W[1:] = W[:1].clone()
    elif kind == "parallel":
        W[:] = torch.linspace(-1, 2, len(W), dtype=W.dtype)[:, None] * W[:1].clone()
    elif kind == "nearly parallel":
        W[:] = W[:1].clone() + 1e-3 * W
    elif kind == "zero rows":
        W[::2] = 0.0
    elif kind == "zero":
        U.zero_()
        W.zero_()
    elif kind == "scaled":
        U *= 1e4
        W *= 1e-3
    return Theta(U, W)


KINDS = ("random", "repeated", "parallel", "nearly parallel", "zero rows", "zero", "scaled")
