"""The one trainer: gradient descent, SGD and Adam on ``B`` networks at once, on any risk of the project.

The networks do not interact: chunks that fit the cache are trained one after the other (or in threads), and a network
that has converged or diverged leaves its chunk. Where a network ends does not depend on the chunks, nor on its
neighbours, beyond the rounding of matrix products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from tqdm import tqdm

from valleys.errors import InputError
from valleys.fastgradient import Gradient, chunk_size, gradient_of, like, sample_gradient
from valleys.laws import Sample
from valleys.network import Theta
from valleys.risk import FeatureRisk, Risk
from valleys.updates import METHODS, Update, update_rule

# A run whose loss exceeds this multiple of its start has diverged and is stopped.
BLOW_UP = 1e6
# Stopping is decided at multiples of CHECK steps; threads meet, and chunks are refilled, at multiples of ROUND.
CHECK = 25
ROUND = 400

Batches = Callable[[torch.Generator], Sample]


@dataclass(frozen=True, eq=False)
class Training:
    """Where ``B`` networks ended.

    Attributes:
        theta: the end points, shapes ``(B, m, p)`` and ``(B, p, n)``.
        loss: ``L`` there, shape ``(B,)``; not finite for some that diverged.
        gradient_norm: Euclidean norm of the gradient by the trained parameters there, shape ``(B,)``.
        steps: steps that each network took, shape ``(B,)``.
        converged: where the gradient norm is at most the tolerance, shape ``(B,)``.
        diverged: where the loss is not finite or beyond 1e6 times its start, shape ``(B,)``.
        recorded: the steps of the history.
        history: ``L`` at these steps, shape ``(K, B)``; a network that stopped keeps its last loss.
        path: parameters at these steps, shapes ``(K, B, ..)``, where they were asked for.
    """

    theta: Theta
    loss: Tensor
    gradient_norm: Tensor
    steps: Tensor
    converged: Tensor
    diverged: Tensor
    recorded: tuple[int, ...]
    history: Tensor
    path: Theta | None = None


@dataclass(frozen=True)
class _Plan:
    """What every chunk is told."""

    steps: int
    tolerance: float
    recorded: tuple[int, ...]
    trained: tuple[str, ...]


def train(
    risk: Risk,
    theta: Theta,
    *,
    method: Literal["gd", "sgd", "adam"] = "gd",
    step: float = 1e-2,
    steps: int = 1000,
    frozen: Iterable[str] = (),
    tolerance: float = 0.0,
    record: Iterable[int] = (),
    keep_path: bool = False,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    chunk: int | None = None,
    threads: int = 1,
    progress: str | None = None,
) -> Training:
    """Train a batch of networks from ``theta``; the work is done in theta's dtype and on its device.

    Args:
        risk: the loss; its gradient is that of ``L`` itself (no factor 1/2).
        theta: starts, shapes ``(B, m, p)`` and ``(B, p, n)``.
        method: ``gd`` and ``adam`` use the full gradient; ``sgd`` draws ``batch_size`` points with replacement at
            every step, the same for all networks.
        step: step size; Adam has the usual decay rates 0.9 and 0.999.
        steps: largest number of steps.
        frozen: parameters that stay, of ``U`` and ``W``.
        tolerance: a network stops where its gradient norm is at most this (looked at every 25 steps).
        record: steps (0 is the start) at which the loss is kept.
        keep_path: keep the parameters at these steps too.
        batch_size: points a step of ``sgd``.
        generator: source of the points of ``sgd``.
        chunk: networks trained together; by default what fits the cache.
        threads: Python threads that share the chunks (with one torch thread each).
        progress: label of the progress bar; none is shown without.

    Returns:
        the end points and the history.

    Raises:
        InputError: for a step <= 0, steps < 0, an unknown method or parameter, or ``sgd`` without what it needs.

    >>> from valleys.activations import activation
    >>> law = Sample(torch.ones(1, 1, dtype=torch.float64), 2 * torch.ones(1, 1, dtype=torch.float64))
    >>> one = Theta(torch.ones(1, 1, 1, dtype=torch.float64), torch.ones(1, 1, 1, dtype=torch.float64))
    >>> end = train(FeatureRisk(activation("relu"), law), one, step=0.1, steps=400, frozen=("W",))
    >>> round(end.theta.U.item(), 12)
    2.0
    """
    trained = _check(method, step, steps, frozen, theta)
    plan = _Plan(steps, tolerance, tuple(sorted({s for s in record if 0 <= s <= steps})), trained)
    risk = like(risk, theta.U)
    batches = _batches(risk, batch_size, generator) if method == "sgd" else None
    run = _Run(risk, theta, plan, keep_path)
    size = chunk or chunk_size(risk, theta.p)
    active = torch.arange(len(theta.U), device=theta.U.device)
    moments = update_rule(method, step).state(theta, trained)
    with (
        ThreadPoolExecutor(max_workers=max(1, threads)) as pool,
        tqdm(total=len(active) * steps, desc=progress, disable=progress is None, unit="step", unit_scale=True) as bar,
    ):
        for first in range(0, steps, ROUND):
            last = min(first + ROUND, steps)
            drawn = [batches(generator) for _ in range(first, last)] if batches and generator else None
            work = partial(_advance, run, moments, update_rule(method, step), first, last, drawn)
            kept = []
            for part, left in zip(active.split(size), pool.map(work, active.split(size)), strict=True):
                kept.append(left)
                bar.update(len(left) * (last - first) + (len(part) - len(left)) * (steps - first))
                bar.set_postfix_str(f"{len(theta.U) - len(active) + len(part) - len(left)} of {len(theta.U)} done")
            active = torch.cat(kept) if kept else active
            if len(active) == 0:
                break
        list(pool.map(partial(run.finish, gradient_of, steps), active.split(size)))
    return run.outcome()


class _Run:
    """Parameters and results of all networks; chunks read their rows from it and write them back."""

    def __init__(self, risk: Risk, theta: Theta, plan: _Plan, keep_path: bool) -> None:
        B, K = len(theta.U), len(plan.recorded)
        self.risk, self.plan = risk, plan
        self.theta = theta.map(torch.clone)
        self.start = torch.full_like(theta.U[:, 0, 0], float("nan"))
        self.loss, self.gradient_norm = self.start.clone(), self.start.clone()
        self.steps = torch.zeros(B, dtype=torch.long, device=theta.U.device)
        self.converged = torch.zeros(B, dtype=torch.bool, device=theta.U.device)
        self.diverged = self.converged.clone()
        self.history = self.start.new_full((K, B), float("nan"))
        self.path = theta.map(lambda x: x.new_zeros(K, *x.shape)) if keep_path else None

    def note(self, ids: Tensor, theta: Theta, s: int, loss: Tensor, gradient: Theta) -> Tensor:
        """Record step ``s`` of these networks and say which of them go on."""
        norm = sum(getattr(gradient, part).square().sum(dim=(-2, -1)) for part in self.plan.trained)
        norm = torch.as_tensor(norm).sqrt()
        if s == 0:
            self.start[ids] = loss
        if s in self.plan.recorded:
            row = self.plan.recorded.index(s)
            self.history[row, ids] = loss
            if self.path is not None:
                self.path.U[row, ids], self.path.W[row, ids] = theta.U, theta.W
        diverged = ~torch.isfinite(loss) | (loss > BLOW_UP * self.start[ids])
        converged = ~diverged & (norm <= self.plan.tolerance)
        stops = diverged | converged | (s == self.plan.steps)
        out = ids[stops]
        self.loss[out], self.gradient_norm[out], self.steps[out] = loss[stops], norm[stops], s
        self.converged[out], self.diverged[out] = converged[stops], diverged[stops]
        self.theta.U[out], self.theta.W[out] = theta.U[stops], theta.W[stops]
        for row, recorded in enumerate(self.plan.recorded):
            if recorded > s:
                self.history[row, out] = loss[stops]
                if self.path is not None:
                    self.path.U[row, out], self.path.W[row, out] = theta.U[stops], theta.W[stops]
        return ~stops

    def finish(self, gradient: Callable[[Risk], Gradient], s: int, ids: Tensor) -> None:
        """Loss and gradient norm of networks that used up their steps."""
        self.note(ids, self.theta[ids], s, *gradient(self.risk)(self.theta[ids]))

    def outcome(self) -> Training:
        """The results as they are handed out."""
        return Training(
            self.theta, self.loss, self.gradient_norm, self.steps, self.converged, self.diverged,
            self.plan.recorded, self.history, self.path,
        )  # fmt: skip


def _advance(
    run: _Run,
    moments: dict[str, Tensor],
    rule: Update,
    first: int,
    last: int,
    drawn: list[Sample] | None,
    ids: Tensor,
) -> Tensor:
    """Take the networks ``ids`` from step ``first`` to ``last``; returns those that are still going."""
    exact = gradient_of(run.risk)
    theta = run.theta[ids]
    state = {name: moment[ids] for name, moment in moments.items()}
    checks = {s for s in range(first, last) if s % CHECK == 0} | set(run.plan.recorded)
    for s in range(first, last):
        if drawn is None or s in checks:
            loss, gradient = exact(theta)
        if s in checks:
            going = run.note(ids, theta, s, loss, gradient)
            if not going.all():
                ids, theta, gradient = ids[going], theta[going], gradient[going]
                state = {name: moment[going] for name, moment in state.items()}
            if len(ids) == 0:
                return ids
        if drawn is not None:
            assert isinstance(run.risk, FeatureRisk) or hasattr(run.risk, "sigma")
            gradient = sample_gradient(run.risk.sigma, drawn[s - first])(theta)[1]
        for part in run.plan.trained:
            rule.apply(getattr(theta, part), getattr(gradient, part), state, part, s)
    run.theta.U[ids], run.theta.W[ids] = theta.U, theta.W
    for name, moment in state.items():
        moments[name][ids] = moment
    return ids


def _batches(risk: Risk, size: int | None, generator: torch.Generator | None) -> Batches:
    """How ``sgd`` draws its points: rows of the sample, or fresh points where the risk has ``sample``."""
    if size is None or size < 1 or generator is None:
        raise InputError("batch_size", size, "an integer >= 1, and a generator, for sgd")
    if isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
        X, Y = risk.law.X, risk.law.Y

        def rows(source: torch.Generator) -> Sample:
            index = torch.randint(len(X), (size,), generator=source).to(X.device)
            return Sample(X[index], Y[index])

        return rows
    if hasattr(risk, "sample") and hasattr(risk, "sigma"):
        return lambda source: risk.sample(size, source)
    raise InputError("method", "sgd", "gd or adam for this risk: it cannot be sampled")


def _check(method: str, step: float, steps: int, frozen: Iterable[str], theta: Theta) -> tuple[str, ...]:
    """The parameters that are trained.

    Raises:
        InputError: for arguments out of range.
    """
    frozen = tuple(frozen)
    if method not in METHODS:
        raise InputError("method", method, f"one of {', '.join(METHODS)}")
    if not 0 < step < float("inf"):
        raise InputError("step", step, "a number > 0")
    if steps < 0:
        raise InputError("steps", steps, "an integer >= 0")
    if theta.U.dim() != 3:
        raise InputError("theta", f"U {tuple(theta.U.shape)}", "a batch: U (B, m, p), W (B, p, n)")
    if not set(frozen) < {"U", "W"}:
        raise InputError("frozen", frozen, "none or one of U, W")
    return tuple(part for part in ("U", "W") if part not in frozen)
