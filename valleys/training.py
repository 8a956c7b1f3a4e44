"""Training of many networks at once, on any risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from valleys.network import Theta
from valleys.risk import Risk

DIVERGED = 1e6


@dataclass(frozen=True)
class Training:
    """The end of a training run.

    Attributes:
        theta: the final parameters, batched as the start was.
        recorded: the steps at which the loss was kept.
        losses: the loss at these steps, shape ``(len(recorded), ...)``; NaN after a network diverged.
        diverged: which networks were stopped because the loss was NaN or above 1e6 times its start.
        path: parameters at the recorded steps (only with ``keep_path``).
    """

    theta: Theta
    recorded: tuple[int, ...]
    losses: Tensor
    diverged: Tensor
    path: tuple[Theta, ...] = ()


def train(
    risk: Risk,
    theta: Theta,
    *,
    step: float,
    steps: int,
    frozen: str = "",
    record: Sequence[int] = (),
    keep_path: bool = False,
    progress: str | None = None,
) -> Training:
    """Full-batch gradient descent ``theta <- theta - step * grad L(theta)`` on every network of the batch.

    Args:
        risk: the loss, batched over leading dimensions.
        theta: starting parameters, with any leading dimensions.
        step: step size.
        steps: number of steps.
        frozen: ``"U"`` or ``"W"`` is not trained.
        record: steps (0 .. steps) at which the loss is kept; the last is always kept.
        keep_path: whether parameters are kept at those steps as well.
        progress: text of the progress bar; None shows none.

    Returns:
        the end of the run.
    """
    recorded = tuple(sorted({*record, steps}))
    losses, path = [], []
    alive = torch.ones(theta.batch, dtype=torch.bool, device=theta.U.device)
    first: Tensor | None = None
    for k in tqdm(range(steps + 1), desc=progress, disable=progress is None, leave=False):
        value, gradient = risk.value_and_gradient(theta)
        first = value if first is None else first
        alive = alive & (value <= DIVERGED * first.clamp(min=1e-300))
        if k in recorded:
            losses.append(torch.where(alive, value, torch.nan))
            if keep_path:
                path.append(theta)
        if k < steps:
            keep = alive[..., None, None]
            U = theta.U if frozen == "U" else torch.where(keep, theta.U - step * gradient.U, theta.U)
            W = theta.W if frozen == "W" else torch.where(keep, theta.W - step * gradient.W, theta.W)
            theta = Theta(U, W)
    return Training(theta, recorded, torch.stack(losses), ~alive, tuple(path))
