"""From "nearly there" to gradient norm 1e-10: damped Newton steps, or L-BFGS where a Hessian is too large."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from valleys.problem.gradients import pieces
from valleys.problem.hessian import flatten, hessian, moved
from valleys.problem.network import Theta
from valleys.problem.risk import Risk
from valleys.search.lbfgs import lbfgs

CHUNK = 32
# Beyond this many trained parameters a Hessian costs more than it brings.
NEWTON_SIZE = 600
# Relative rounding of a loss: a step may leave the loss this much higher if the gradient falls.
ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class Finish:
    """Where the finish ended.

    Attributes:
        theta: the parameters.
        loss: ``L`` there.
        gradient_norm: norm of the gradient by the trained parameters there.
        converged: where it is at most the tolerance.
    """

    theta: Theta
    loss: Tensor
    gradient_norm: Tensor
    converged: Tensor


def finish(
    risk: Risk,
    theta: Theta,
    *,
    frozen: str = "",
    tolerance: float = 1e-10,
    iterations: int = 100,
    threads: int = 1,
    progress: str | None = None,
) -> Finish:
    """Bring every network of the batch to a point of gradient norm at most ``tolerance``, never uphill.

    Args:
        risk: the loss.
        theta: parameters ``U (B, m, p)``, ``W (B, p, n)``, near the points looked for.
        frozen: ``"U"`` or ``"W"`` stays.
        tolerance: of the gradient norm.
        iterations: largest number of Newton steps (L-BFGS may take fifty times as many).
        threads: Python threads.
        progress: text of the progress bar; None shows none.

    Returns:
        the end points.
    """
    method = newton if flatten(theta[:1], frozen).shape[-1] <= NEWTON_SIZE else lbfgs
    results = [theta[:0]]
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        parts = pieces(torch.arange(len(theta.U), device=theta.U.device), CHUNK)
        work: Callable[[Tensor], Theta] = lambda ids: method(risk, theta[ids], frozen, tolerance, iterations)  # noqa: E731
        bar = tqdm(total=len(theta.U), desc=progress, disable=progress is None, unit=" networks", leave=False)
        with bar:
            for ids, end in zip(parts, pool.map(work, parts), strict=True):
                results.append(end)
                bar.update(len(ids))
    end = Theta(torch.cat([x.U for x in results]), torch.cat([x.W for x in results]))
    loss, gradient = risk.value_and_gradient(end)
    norm = flatten(gradient, frozen).norm(dim=-1)
    return Finish(end, loss, norm, norm <= tolerance)


def newton(risk: Risk, theta: Theta, frozen: str, tolerance: float, iterations: int) -> Theta:
    """Newton steps on ``H + mu I``, ``mu`` about the gradient norm, raised until the matrix is positive definite.

    A step is taken if the loss falls, or, at the loss's own rounding, if the gradient does; else ``mu`` grows.
    """
    theta = theta.map(torch.clone)
    active = torch.arange(len(theta.U), device=theta.U.device)
    factor = torch.ones(len(theta.U), dtype=theta.U.dtype, device=theta.U.device)
    for _ in range(iterations):
        now = theta[active]
        value, gradient = risk.value_and_gradient(now)
        g = flatten(gradient, frozen)
        norm = g.norm(dim=-1)
        going = torch.isfinite(norm) & (norm > tolerance) & (factor[active] < 1e30)
        active, now, value, g, norm = active[going], now[going], value[going], g[going], norm[going]
        if len(active) == 0:
            break
        change = _damped_step(hessian(risk, now, frozen), g, factor[active] * norm)
        new = moved(now, change, frozen)
        new_value, new_gradient = risk.value_and_gradient(new)
        new_norm = flatten(new_gradient, frozen).norm(dim=-1)
        level = new_value <= value + ROUNDING * (1 + value.abs())
        taken = (new_value < value - ROUNDING * (1 + value.abs())) | (level & (new_norm < norm))
        factor[active] *= torch.where(taken, 0.25, 16.0)
        theta.U[active[taken]], theta.W[active[taken]] = new.U[taken], new.W[taken]
    return theta


def _damped_step(H: Tensor, g: Tensor, mu: Tensor) -> Tensor:
    """``-(H + mu I)^-1 g``, with ``mu`` raised where the matrix is not positive definite."""
    eye = torch.eye(H.shape[-1], dtype=H.dtype, device=H.device)
    floor = 1e-13 * H.diagonal(dim1=-2, dim2=-1).abs().amax(dim=-1)
    mu = torch.maximum(mu, floor)
    while True:
        L, failed = torch.linalg.cholesky_ex(H + mu[:, None, None] * eye)
        if not failed.any():
            return -torch.cholesky_solve(g[..., None], L)[..., 0]
        mu = torch.where(failed > 0, torch.maximum(8 * mu, 1e3 * floor), mu)
