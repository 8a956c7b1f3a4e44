"""The one trainer: gradient descent, SGD and Adam on many networks at once, on any risk of the project.

The networks do not interact. Chunks of them that fit the cache are trained one after the other (or in threads), and a
network that has converged or diverged leaves. Where a network ends does not depend on its neighbours, beyond the
rounding of matrix products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor
from tqdm import tqdm

from valleys.problem.activations import Activation
from valleys.problem.gradients import chunk_size, gradient_of, like, pieces, slope_of
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk, Risk
from valleys.run.errors import InputError
from valleys.search.step_rules import METHODS, Update, update_rule
from valleys.search.training_state import Plan, Run

# Stopping is decided at multiples of CHECK steps; threads meet, and chunks are refilled, at multiples of ROUND.
CHECK = 25
ROUND = 400

R = TypeVar("R")


@runtime_checkable
class Sampled(Protocol):
    """A risk from whose law points can be drawn, for ``sgd``."""

    sigma: Activation

    def sample(self, N: int, generator: torch.Generator) -> Sample:
        """``N`` independent points."""


@dataclass(frozen=True, eq=False)
class Training:
    """Where the networks ended; ``...`` are the leading dimensions of the start.

    Attributes:
        theta: the final parameters.
        recorded: the steps at which the loss was kept.
        losses: ``L`` at these steps, shape ``(len(recorded), ...)``: a network that converged keeps its last loss, one
            that diverged has NaN.
        diverged: where the loss was not finite or above 1e6 times its start.
        path: parameters at the recorded steps, only with ``keep_path``.
        loss: ``L`` at the end, shape ``(...)``.
        gradient_norm: Euclidean norm of the gradient by the trained parameters at the end, shape ``(...)``.
        steps: how many steps each network took, shape ``(...)``.
        converged: where the gradient norm is at most the tolerance, shape ``(...)``.
    """

    theta: Theta
    recorded: tuple[int, ...]
    losses: Tensor
    diverged: Tensor
    path: tuple[Theta, ...]
    loss: Tensor
    gradient_norm: Tensor
    steps: Tensor
    converged: Tensor


def train(
    risk: Risk,
    theta: Theta,
    *,
    step: float,
    steps: int,
    method: str = "gd",
    frozen: str = "",
    tolerance: float = 0.0,
    record: Iterable[int] = (),
    keep_path: bool = False,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    chunk: int | None = None,
    threads: int = 1,
    progress: str | None = None,
) -> Training:
    """Train every network of the batch from ``theta``; the work is done in theta's dtype and on its device.

    Args:
        risk: the loss; its gradient is that of ``L`` itself (no factor 1/2).
        theta: starts, with any leading dimensions.
        step: step size.
        steps: largest number of steps.
        method: ``gd`` and ``adam`` use the full gradient (Adam with its usual decay rates 0.9 and 0.999); ``sgd`` draws
            ``batch_size`` points with replacement at every step, the same for all networks.
        frozen: ``"U"`` or ``"W"`` is not trained.
        tolerance: a network stops where its gradient norm is at most this (looked at every 25 steps).
        record: steps (0 .. steps) at which the loss is kept; the last is always kept.
        keep_path: whether parameters are kept at those steps as well.
        batch_size: points a step of ``sgd``.
        generator: source of the points of ``sgd``.
        chunk: networks trained together; by default what fits the cache.
        threads: Python threads that share the chunks (set torch itself to one thread).
        progress: text of the progress bar; None shows none.

    Returns:
        the end of the run.

    A step <= 0, steps < 0, an unknown method or parameter, or ``sgd`` without what it needs is an InputError.

    >>> from valleys.problem.activations import activation
    >>> law = Sample(torch.ones(1, 1, dtype=torch.float64), 2 * torch.ones(1, 1, dtype=torch.float64))
    >>> one = Theta(torch.ones(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64))
    >>> end = train(FeatureRisk(activation("relu"), law), one, step=0.1, steps=400, frozen="W")
    >>> round(end.theta.U.item(), 12)
    2.0
    """
    _check(method, step, steps, frozen)
    trained = tuple(part for part in ("U", "W") if part != frozen)
    flat = Theta(theta.U.reshape(-1, theta.m, theta.p), theta.W.reshape(-1, theta.p, theta.n))
    risk = like(risk, theta.U)
    draw = _batches(risk, batch_size, generator) if method == "sgd" else None
    rule = update_rule(method, step)
    plan = Plan(steps, tolerance, tuple(sorted({s for s in record if 0 <= s <= steps} | {steps})), trained)
    run = Run(plan, flat, keep_path, rule.state(flat, trained))
    B, largest = len(flat.U), chunk or chunk_size(risk, theta.p)
    active = torch.arange(B, device=theta.U.device)
    with (
        ThreadPoolExecutor(max_workers=max(1, threads)) as pool,
        tqdm(total=B * steps, desc=progress, disable=progress is None, unit_scale=True, leave=False) as bar,
    ):
        for first in range(0, steps, ROUND):
            last = min(first + ROUND, steps)
            size = min(largest, -(-len(active) // max(1, threads)))
            drawn = [draw() for _ in range(first, last)] if draw else None
            kept = []
            for part, left in _map(pool, partial(_advance, run, risk, rule, first, last, drawn), pieces(active, size)):
                kept.append(left)
                bar.set_postfix_str(f"{B - len(active) + sum(map(len, kept))} networks", refresh=False)
                bar.update(len(left) * (last - first) + (len(part) - len(left)) * (steps - first))
            active = torch.cat(kept)
            bar.set_postfix_str(f"{B - len(active)} of {B} networks done")
            if len(active) == 0:
                break
        for ids, (loss, gradient) in _map(pool, lambda ids: gradient_of(risk)(run.theta[ids]), pieces(active, largest)):
            run.note(ids, run.theta[ids], steps, loss, gradient)
    return _outcome(run, theta)


def _map(pool: ThreadPoolExecutor, work: Callable[[Tensor], R], parts: list[Tensor]) -> Iterable[tuple[Tensor, R]]:
    """Pairs of part and result, in order."""
    return zip(parts, pool.map(work, parts), strict=True)


def _advance(
    run: Run, risk: Risk, rule: Update, first: int, last: int, drawn: list[FeatureRisk] | None, ids: Tensor
) -> Tensor:
    """Take the networks ``ids`` from step ``first`` to ``last``; returns those that are still going."""
    slope = slope_of(risk)
    theta = run.theta[ids].map(slope.arranged)
    state = {name: slope.arranged(moment[ids]) for name, moment in run.moments.items()}
    checks = {s for s in range(first, last) if s % CHECK == 0} | set(run.plan.recorded)
    for s in range(first, last):
        if s in checks:
            loss, gradient = slope.value_and_gradient(theta)
            going = run.note(ids, theta, s, loss, gradient)
            if not going.all():
                ids, theta, gradient = ids[going], theta[going], gradient[going]
                state = {name: moment[going] for name, moment in state.items()}
            if len(ids) == 0:
                return ids
        elif drawn is None:
            gradient = slope.gradient(theta)
        if drawn is not None:
            gradient = slope_of(drawn[s - first]).gradient(theta)
        for part in run.plan.trained:
            rule.apply(getattr(theta, part), getattr(gradient, part), state, part, s)
    run.theta.U[ids], run.theta.W[ids] = theta.U, theta.W
    for name, moment in state.items():
        run.moments[name][ids] = moment
    return ids


def _outcome(run: Run, theta: Theta) -> Training:
    """The results in the leading dimensions of the start."""

    def shaped(x: Tensor) -> Tensor:
        return x.reshape(theta.batch)

    def unflattened(flat: Theta) -> Theta:
        return Theta(flat.U.reshape(theta.U.shape), flat.W.reshape(theta.W.shape))

    path = () if run.path is None else tuple(unflattened(run.path[k]) for k in range(len(run.plan.recorded)))
    losses = run.losses.reshape(-1, *theta.batch)
    ends = (shaped(x) for x in (run.loss, run.gradient_norm, run.steps, run.converged))
    return Training(unflattened(run.theta), run.plan.recorded, losses, shaped(run.diverged), path, *ends)


def _batches(risk: Risk, size: int | None, generator: torch.Generator | None) -> Callable[[], FeatureRisk]:
    """How ``sgd`` draws its points: rows of the sample, or fresh points where the risk can be sampled.

    Raises:
        InputError: without a size and a generator, or for a risk that cannot be sampled.
    """
    if size is None or size < 1 or generator is None:
        raise InputError("batch_size", size, "an integer >= 1, with a generator, for sgd")
    if not isinstance(risk, Sampled):
        raise InputError("method", "sgd", "gd or adam for this risk: it has no `sigma` and `sample(N, generator)`")
    return lambda: FeatureRisk(risk.sigma, risk.sample(size, generator))


def _check(method: str, step: float, steps: int, frozen: str) -> None:
    """Raise InputError for arguments out of range.

    Raises:
        InputError: names the argument.
    """
    if method not in METHODS:
        raise InputError("method", method, f"one of {', '.join(METHODS)}")
    if not 0 < step < float("inf"):
        raise InputError("step", step, "a number > 0")
    if steps < 0:
        raise InputError("steps", steps, "an integer >= 0")
    if frozen not in {"", "U", "W"}:
        raise InputError("frozen", frozen, "U, W or nothing")
