"""L-BFGS for a batch of networks, each with its own line search."""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.hessian import flatten, moved
from valleys.network import Theta
from valleys.risk import Risk

MEMORY = 20
ARMIJO = 1e-4
# Relative rounding of a loss.
ROUNDING = 1e-15


def lbfgs(risk: Risk, theta: Theta, frozen: str, tolerance: float, iterations: int) -> Theta:
    """Descend until the gradient norm is at most ``tolerance``, ``50 * iterations`` steps at most.

    Args:
        risk: the loss.
        theta: parameters ``U (B, m, p)``, ``W (B, p, n)``.
        frozen: ``"U"`` or ``"W"`` stays.
        tolerance: of the gradient norm.
        iterations: a fiftieth of the largest number of steps.

    Returns:
        the end points.
    """
    value, gradient = risk.value_and_gradient(theta)
    g = flatten(gradient, frozen)
    pairs: list[tuple[Tensor, Tensor]] = []
    scale = 1 / g.norm(dim=-1).clamp_min(1.0)
    for _ in range(50 * iterations):
        going = (g.norm(dim=-1) > tolerance) & (scale > 1e-12)
        if not going.any():
            break
        direction = -_two_loops(g, pairs)
        slope = (direction * g).sum(dim=-1)
        direction = torch.where((slope < 0)[:, None], direction, -g)
        slope = torch.where(slope < 0, slope, -(g * g).sum(dim=-1))
        length = torch.where(going, scale, 0.0)
        for _ in range(30):
            new = moved(theta, length[:, None] * direction, frozen)
            new_value, new_gradient = risk.value_and_gradient(new)
            fine = new_value <= value + ARMIJO * length * slope + ROUNDING * value.abs()
            if fine.all():
                break
            length = torch.where(fine, length, length / 2)
        length = torch.where(fine, length, 0.0)
        new_g = torch.where(fine[:, None], flatten(new_gradient, frozen), g)
        pairs = [*pairs[-MEMORY + 1 :], (length[:, None] * direction, new_g - g)]
        theta = moved(theta, length[:, None] * direction, frozen)
        value, g = torch.where(fine, new_value, value), new_g
        # A network whose line search failed tries the gradient once more, then rests.
        scale = torch.where(length > 0, 1.0, scale * 1e-6)
    return theta


def _two_loops(g: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The product of the L-BFGS matrix with ``g``; pairs of no curvature are passed over."""
    q, alphas = g.clone(), []
    weights = [_inverse((s * y).sum(dim=-1)) for s, y in pairs]
    for (s, y), weight in zip(reversed(pairs), reversed(weights), strict=True):
        alpha = weight * (s * q).sum(dim=-1)
        q -= alpha[:, None] * y
        alphas.append(alpha)
    if pairs:
        s, y = pairs[-1]
        gamma = (s * y).sum(dim=-1) * _inverse((y * y).sum(dim=-1))
        q *= torch.where(gamma > 0, gamma, 1.0)[:, None]
    for (s, y), weight, alpha in zip(pairs, weights, reversed(alphas), strict=True):
        q += (alpha - weight * (y * q).sum(dim=-1))[:, None] * s
    return q


def _inverse(x: Tensor) -> Tensor:
    return torch.where(x > 0, 1 / torch.where(x > 0, x, 1.0), 0.0)
