"""L-BFGS for a batch of networks, each with its own line search."""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.problem.hessian import flatten, moved
from valleys.problem.network import Theta
from valleys.problem.risk import Risk

MEMORY = 20
ARMIJO = 1e-4
# Rounding of a loss, relative to 1 + L: below it the gradient decides whether a step is taken.
ROUNDING = 1e-15
HALVINGS = 30
# A network rests after so many line searches in a row that found nothing.
FAILURES = 3


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
    failures = torch.zeros(len(g), dtype=torch.long, device=g.device)
    for _ in range(50 * iterations):
        norm = g.norm(dim=-1)
        going = (norm > tolerance) & (failures < FAILURES)
        if not going.any():
            break
        direction = -_two_loops(g, pairs)
        uphill = ~((direction * g).sum(dim=-1) < 0)
        direction = torch.where(uphill[:, None], -g, direction)
        slope = (direction * g).sum(dim=-1)
        known = (pairs[-1][0] != 0).any(dim=-1) if pairs else torch.zeros_like(going)
        length = torch.where(known, 1.0, 1 / norm.clamp_min(1.0))
        for _ in range(HALVINGS):
            new = moved(theta, length[:, None] * direction, frozen)
            new_value, new_gradient = risk.value_and_gradient(new)
            new_g = flatten(new_gradient, frozen)
            level = (new_value <= value + ROUNDING * (1 + value)) & (new_g.norm(dim=-1) < norm)
            fine = (new_value < value + ARMIJO * length * slope) | level
            if fine[going].all():
                break
            length = torch.where(fine, length, length / 2)
        taken = going & fine
        change = torch.where(taken[:, None], length[:, None] * direction, 0.0)
        new_g = torch.where(taken[:, None], new_g, g)
        # Where nothing was found the memory is forgotten: the next direction is the gradient.
        forget = going & ~fine
        pairs = [(torch.where(forget[:, None], 0.0, s), torch.where(forget[:, None], 0.0, y)) for s, y in pairs]
        pairs = [*pairs[-MEMORY + 1 :], (change, new_g - g)]
        theta = moved(theta, change, frozen)
        value, g = torch.where(taken, new_value, value), new_g
        failures = torch.where(taken, 0, failures + 1)
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
