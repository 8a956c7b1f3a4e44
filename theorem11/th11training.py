"""Gradient descent beside the paths, many networks at once."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem11.th11model import Layers
from theorem11.th11risk import LinearRisk
from valleys.problem.network import Theta, stack, widened
from valleys.search.training import train

#: Recorded steps, the start among them.
RECORDED = 101


def descent(starts: list[Theta], risk: LinearRisk, step: float, steps: int) -> Tensor:
    """Losses ``(recorded, networks)`` of gradient descent on networks of one hidden layer, of any widths.

    Units of zeros that make the widths equal stay zero.
    """
    widest = max(theta.p for theta in starts)
    together = stack([widened(theta, widest) for theta in starts])
    every = range(0, steps + 1, max(1, steps // (RECORDED - 1)))
    return train(risk, together, step=step, steps=steps, record=list(every), progress="gradient descent").losses


def deep_descent(starts: list[Layers], risk: LinearRisk, step: float, steps: int) -> Tensor:
    """Losses ``(recorded, networks)`` of gradient descent on all layers of networks of the same widths at once."""
    weights = [torch.stack(layer).requires_grad_() for layer in zip(*(x.weights for x in starts), strict=True)]
    every, losses = max(1, steps // (RECORDED - 1)), []
    for k in range(steps + 1):
        value = risk.value(Layers(tuple(weights)))
        if k % every == 0:
            losses.append(value.detach())
        gradients = torch.autograd.grad(value.sum(), weights)
        with torch.no_grad():
            for w, gradient in zip(weights, gradients, strict=True):
                w -= step * gradient
    return torch.stack(losses)
