"""What a training run keeps of every network: parameters, moments, losses, and whether it has stopped."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import torch
from torch import Tensor

from valleys.problem.network import Theta

# A network whose loss exceeds this multiple of its start has diverged and is stopped.
BLOW_UP = 1e6
# A start at the minimum has a loss of rounding's size, or below 0: this much stands for it.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Plan:
    """What holds for all networks.

    Attributes:
        steps: largest number of steps.
        tolerance: gradient norm at which a network stops.
        recorded: steps at which the loss is kept, ascending.
        trained: the parameters that move.
    """

    steps: int
    tolerance: float
    recorded: tuple[int, ...]
    trained: tuple[str, ...]


class Run:
    """Parameters and results of ``B`` networks; chunks read their rows from it and write them back.

    Args:
        plan: what holds for all networks.
        theta: the starts, ``U (B, m, p)`` and ``W (B, p, n)``; copied.
        keep_path: whether parameters are kept at the recorded steps.
        moments: what the update rule remembers, one row a network.
    """

    def __init__(self, plan: Plan, theta: Theta, keep_path: bool, moments: dict[str, Tensor]) -> None:
        B, K = len(theta.U), len(plan.recorded)
        self.plan, self.moments = plan, moments
        self.theta = theta.map(torch.clone)
        self.start = theta.U.new_full((B,), float("nan"))
        self.loss, self.gradient_norm = self.start.clone(), self.start.clone()
        self.steps = torch.zeros(B, dtype=torch.long, device=theta.U.device)
        self.converged = torch.zeros(B, dtype=torch.bool, device=theta.U.device)
        self.diverged = self.converged.clone()
        self.losses = self.start.new_full((K, B), float("nan"))
        self.path = theta.map(lambda x: x.new_zeros(K, *x.shape)) if keep_path else None

    def note(self, ids: Tensor, theta: Theta, s: int, loss: Tensor, gradient: Theta) -> Tensor:
        """Take down step ``s`` of the networks ``ids``.

        Args:
            ids: which networks, shape ``(b,)``.
            theta: their parameters.
            s: the number of steps they have taken.
            loss: ``L`` there.
            gradient: its gradient there.

        Returns:
            which of them go on, shape ``(b,)``.
        """
        squares = [getattr(gradient, part).square().sum(dim=(-2, -1)) for part in self.plan.trained]
        norm = torch.stack(squares).sum(dim=0).sqrt()
        if s == 0:
            self.start[ids] = loss
        diverged = ~(loss <= BLOW_UP * self.start[ids].clamp_min(ROUNDING))
        converged = ~diverged & (norm <= self.plan.tolerance)
        shown = torch.where(diverged, torch.nan, loss)
        stops = diverged | converged | (s == self.plan.steps)
        out = ids[stops]
        self.loss[out], self.gradient_norm[out], self.steps[out] = loss[stops], norm[stops], s
        self.converged[out], self.diverged[out] = converged[stops], diverged[stops]
        self.theta.U[out], self.theta.W[out] = theta.U[stops], theta.W[stops]
        row = bisect_left(self.plan.recorded, s)
        if s in self.plan.recorded[row : row + 1]:
            self._keep(row, ids, theta, shown)
            row += 1
        if len(out):
            for later in range(row, len(self.plan.recorded)):
                self._keep(later, out, theta[stops], shown[stops])
        return ~stops

    def _keep(self, row: int, ids: Tensor, theta: Theta, loss: Tensor) -> None:
        self.losses[row, ids] = loss
        if self.path is not None:
            self.path.U[row, ids], self.path.W[row, ids] = theta.U, theta.W
