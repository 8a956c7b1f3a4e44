"""Safran and Shamir's experiment: ReLU students of an orthonormal teacher, exact risk, thousands of runs.

Student and teacher have all output weights fixed at 1, the teacher has rows ``V = I_k``, ``x ~ N(0, I_k)``; gradient
descent on half the square loss from ``w ~ N(0, I/k)``. Losses, gradients and eigenvalues here are those of HALF the
square loss, as published; ``valleys`` knows the whole one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from valleys.problem.gradients import pieces
from valleys.problem.hessian import hessian
from valleys.problem.network import Theta
from valleys.problem.population import PopulationRisk
from valleys.problem.streams import stream
from valleys.run.errors import InputError
from valleys.search.polish import finish
from valleys.search.training import train

# A run whose (half) loss ends at this or above is spurious: the published criterion.
SPURIOUS_LOSS = 1e-3
# Gradient descent hands over to Newton steps at the first of these gradient norms at which the point lies in a basin:
# below the criterion (the loss never rises again), or where the Hessian is positive definite by BASIN.
HAND_OVER = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10)
BASIN = 1e-4
TOLERANCE = 1e-10
# A run on a saddle is pushed this far, at most so many times.
PUSH, PUSHES = 1e-3, 5
# Runs of a cell that share a stream.
BLOCK = 1000
# Fewer units than this keep this many units' step: 5/n would be unstable.
STABLE = 6


@dataclass(frozen=True)
class Setting:
    """One cell of the census.

    Attributes:
        k: number of teacher units, and of inputs.
        extra: student units beyond ``k``; ``n = k + extra``.
        runs: number of starts.
        seed: of the starts.
        step: gradient descent on half the loss has step ``step/max(n, 6)`` (published in 2021: 5/k, for k >= 6).
        steps: largest number of steps.
    """

    k: int
    extra: int
    runs: int
    seed: int
    step: float
    steps: int

    @property
    def n(self) -> int:
        """Number of student units."""
        return self.k + self.extra


@dataclass(frozen=True, eq=False)
class Ends:
    """End points of a cell.

    Attributes:
        W: hidden weights, shape ``(runs, n, k)``; NaN where the run diverged.
        steps: steps of gradient descent that each run took, shape ``(runs,)``.
        diverged: where the loss blew up, shape ``(runs,)``.
    """

    W: Tensor
    steps: Tensor
    diverged: Tensor


def orthonormal_risk(k: int) -> PopulationRisk:
    """The whole square loss against the teacher ``V = I_k`` with output weights 1."""
    return PopulationRisk(Theta(torch.ones(1, k, dtype=torch.float64), torch.eye(k, dtype=torch.float64)))


def student(W: Tensor) -> Theta:
    """The network with hidden weights ``W (..., n, k)`` and output weights 1."""
    return Theta(W.new_ones(*W.shape[:-2], 1, W.shape[-2]), W)


def check_step(setting: Setting) -> None:
    """Refuse a step at which gradient descent is unstable at the global minimum itself.

    Raises:
        InputError: names the largest step.
    """
    risk = orthonormal_risk(setting.k)
    limit = 4 * max(setting.n, STABLE) / float(torch.linalg.eigvalsh(hessian(risk, risk.teacher, "U"))[-1])
    if setting.step >= limit:
        allowed = f"less than {limit:.4g}: from there on descent flies off the global minimum of k = {setting.k}"
        raise InputError("--step", setting.step, allowed)


def starts(setting: Setting, block: int = 0) -> Tensor:
    """``w ~ N(0, I/k)``, shape ``(runs, n, k)``: of a cell's runs a block of at most 1000, with a stream of its own."""
    generator = stream(setting.seed, "census", setting.k, setting.extra, *([block] if block else []))
    shape = (min(BLOCK, setting.runs - BLOCK * block), setting.n, setting.k)
    return torch.randn(shape, generator=generator, dtype=torch.float64) / setting.k**0.5


def run(
    setting: Setting, W: Tensor | None = None, *, risk: PopulationRisk | None = None, finished: bool = True
) -> Ends:
    """Gradient descent from every start until its basin is settled, then Newton steps to gradient norm 1e-10.

    A run that stands still on a saddle (seen once in tens of thousands, with one extra unit) is pushed off it.

    Args:
        setting: the cell.
        W: starts ``(B, n, k)``, on the device that computes; by default the first block of the cell.
        risk: the loss, by default against the orthonormal teacher.
        finished: whether Newton steps follow; without, gradient descent takes all its steps.

    Returns:
        the end points.
    """
    W = starts(setting) if W is None else W.clone()
    risk = (risk or orthonormal_risk(setting.k)).to(W)
    pending = torch.arange(len(W), device=W.device)
    ends = Ends(W, torch.zeros_like(pending), torch.zeros_like(pending, dtype=torch.bool))
    for _ in range(PUSHES if finished else 1):
        pending = _descend(risk, setting, ends, pending, HAND_OVER if finished else (0.0,))
        if len(pending) == 0:
            break
        ends.W[pending] = _pushed(risk, ends.W[pending])
    if finished:
        alive = ~ends.diverged
        last = finish(risk, student(ends.W[alive]), frozen="U", tolerance=TOLERANCE)
        ends.W[alive] = last.theta.W
    ends.W[ends.diverged] = float("nan")
    return ends


def _descend(
    risk: PopulationRisk,
    setting: Setting,
    ends: Ends,
    pending: Tensor,
    tolerances: tuple[float, ...],
) -> Tensor:
    """Take the runs ``pending`` down, in place; returns those that stand still where the Hessian is not positive."""
    # Half the loss has half the gradient.
    step = setting.step / (2 * max(setting.n, STABLE))
    # A card has no cache to fit into: all at once.
    chunk = None if pending.device.type == "cpu" else len(pending)
    for tolerance in tolerances:
        left = max(0, setting.steps - int(ends.steps[pending].min()))
        theta = student(ends.W[pending])
        end = train(risk, theta, frozen="U", step=step, tolerance=tolerance, steps=left, chunk=chunk)
        ends.W[pending], ends.diverged[pending] = end.theta.W, end.diverged
        ends.steps[pending] += end.steps
        pending = pending[end.converged & ~_settled(risk, end.theta, end.loss)]
        if len(pending) == 0:
            break
    return pending


def _pushed(risk: PopulationRisk, W: Tensor) -> Tensor:
    """``W`` moved by PUSH along the Hessian's lowest eigenvector, downhill."""
    lowest = torch.linalg.eigh(hessian(risk, student(W), "U"))[1][..., 0]
    slope = (risk.gradient(student(W)).W.flatten(-2) * lowest).sum(dim=-1, keepdim=True)
    return W + (torch.where(slope > 0, -PUSH, PUSH) * lowest).reshape(W.shape)


def _settled(risk: PopulationRisk, theta: Theta, loss: Tensor) -> Tensor:
    """Where gradient descent can only go to the minimum that Newton steps find."""
    settled = loss / 2 < SPURIOUS_LOSS
    open_ones = (~settled & torch.isfinite(loss)).nonzero()[:, 0]
    for chunk in pieces(open_ones, 32):
        settled[chunk] = torch.linalg.eigvalsh(hessian(risk, theta[chunk], "U"))[:, 0] / 2 > BASIN
    return settled
