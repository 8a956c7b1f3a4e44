"""The lowest pass between two parameters: a polygon whose highest point is pushed down, and the saddle at its top.

The peak of a polygon is minimised directly: the soft maximum `log E exp(b L) / b` of L over points spread along it has an
exact gradient by its knots, and b grows until only the peak counts.  (A string or an elastic band, which follows
steepest descent everywhere, does not settle here: on a lowest path units die and turn at no cost, so it has corners.)
The peak found is an upper bound of the barrier; nothing here proves that no lower pass exists.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from valleys.paths.heights import peak_of, unflatten
from valleys.paths.path import Path, polygon
from valleys.problem.hessian import difference_hessian, flatten
from valleys.problem.network import Theta
from valleys.problem.risk import Risk
from valleys.run.errors import InputError
from valleys.search.step_rules import Adam

SHARPNESS = (30.0, 3000.0)
LOOK = 100
#: The Hessian is a dense matrix: beyond this number of parameters the top of the path is left as it is.
REFINABLE = 600
#: A critical point further below the peak than this share of it is another one.
NEAR = 0.2


@dataclass(frozen=True)
class Pass:
    """What the search found.

    Attributes:
        path: a piecewise linear path between the two parameters.
        peak: the largest loss on it.
        saddle: the point to which its highest point was refined.
        level: the loss there.
        gradient_norm: Euclidean norm of the gradient there.
    """

    path: Path
    peak: float
    saddle: Theta
    level: float
    gradient_norm: float


def find_pass(
    risk: Risk,
    start: Theta,
    end: Theta,
    generator: torch.Generator,
    *,
    legs: int = 8,
    points: int = 8,
    steps: int = 2000,
    refine: bool = True,
    progress: str | None = None,
) -> Pass:
    """Search for a path from start to end with a low peak, then for the saddle at its top.

    Args:
        risk: the loss, batched over leading dimensions.
        start: one end.
        end: the other.
        generator: the source of the first knots' noise and of the points' positions.
        legs: number of straight legs.
        points: points a leg at which the loss is evaluated in each step.
        steps: number of steps.
        refine: whether the saddle is refined and made a knot of the path (up to 600 parameters); a quarter more steps.
        progress: text of the progress bar; None shows none.

    Returns:
        The best path seen, judged on a fine grid; its peak is never above that of the straight line.

    Raises:
        InputError: if the two networks, or the networks and the loss, have different sizes.
    """
    if (start.m, start.p, start.n) != (end.m, end.p, end.n) or (start.m, start.n) != (risk.m, risk.n):
        sizes = [(x.m, x.p, x.n) for x in (start, end)]
        raise InputError(
            "networks", f"(m, p, n) = {sizes[0]} and {sizes[1]}", f"equal sizes, m = {risk.m}, n = {risk.n}"
        )
    a, b = flatten(start), flatten(end)
    t = torch.linspace(0, 1, legs + 1, dtype=a.dtype).unsqueeze(-1)
    straight = a + t * (b - a)
    straight[-1] = b
    size = float((b - a).square().mean().sqrt())
    knots = straight.clone()
    knots[1:-1] += 0.1 * size * torch.randn(knots[1:-1].shape, generator=generator, dtype=a.dtype)
    fixed = torch.zeros(legs + 1, dtype=torch.bool)
    fixed[[0, -1]] = True
    peak, best = lower(risk, start, knots, fixed, points, steps, 0.1 * size, SHARPNESS, generator, progress)
    if (line := peak_of(risk, start, straight)[0]) <= peak:
        peak, best = line, straight
    top = peak_of(risk, start, best)[1]
    saddle, level, norm = refined_saddle(risk, top, 60 if refine and len(a) <= REFINABLE else 0)
    if 0.0 < peak - level < abs(peak) * NEAR:
        knots, fixed = with_knot(best, peak_of(risk, start, best), flatten(saddle))
        rate, sharp = 0.02 * size, (SHARPNESS[1], 100 * SHARPNESS[1])
        other, second = lower(risk, start, knots, fixed, points, steps // 4, rate, sharp, generator, progress)
        if other < peak:
            peak, best = other, second
    ends = [start, *(unflatten(x, start) for x in best[1:-1]), end]
    return Pass(polygon(ends), peak, saddle, level, norm)


def lower(
    risk: Risk,
    like: Theta,
    knots: Tensor,
    fixed: Tensor,
    points: int,
    steps: int,
    rate: float,
    sharpness: tuple[float, float],
    generator: torch.Generator,
    progress: str | None,
) -> tuple[float, Tensor]:
    """Adam on the knots that are not fixed, against the soft maximum of L along the polygon.

    Args:
        risk: the loss.
        like: a network of the right sizes.
        knots: shape (K+1, d).
        fixed: which knots do not move, shape (K+1,).
        points: points a leg.
        steps: number of steps.
        rate: first step size; it falls to a hundredth.
        sharpness: first and last sharpness b, in units of 1 / (range of L on the first polygon).
        generator: the source of the points' positions.
        progress: text of the progress bar.

    Returns:
        The lowest peak seen, looked for every hundred steps, and its knots.
    """
    values = risk.value(unflatten(knots, like))
    scale = max(float(values.max() - values.min()), 1e-300)
    best = (peak_of(risk, like, knots)[0], knots)
    rule = Adam(lambda s: rate * 0.01 ** ((s + 1) / steps), beta2=0.99, epsilon=1e-12 * scale)
    knots = knots.clone()
    moments = rule.moments(knots, "knots")
    for k in tqdm(range(1, steps + 1), desc=progress, disable=progress is None, leave=False):
        b = sharpness[0] * (sharpness[1] / sharpness[0]) ** (k / steps) / scale
        shift = torch.rand(1, generator=generator, dtype=knots.dtype)
        w = ((torch.arange(points, dtype=knots.dtype) + shift) / points).unsqueeze(-1)
        along = knots[:-1, None] + w * (knots[1:] - knots[:-1])[:, None]
        value, g = risk.value_and_gradient(unflatten(torch.cat([along.flatten(0, 1), knots]), like))
        pull = torch.softmax(b * value, dim=0).unsqueeze(-1) * flatten(g)
        inner = pull[: -len(knots)].reshape(along.shape)
        slope = pull[-len(knots) :].clone()
        slope[:-1] += (inner * (1 - w)).sum(dim=1)
        slope[1:] += (inner * w).sum(dim=1)
        slope[fixed] = 0.0
        rule.apply(knots, slope, moments, "knots", k - 1)
        if k % LOOK == 0 or k == steps:
            best = min(best, (peak_of(risk, like, knots)[0], knots.clone()), key=lambda found: found[0])
    return best


def with_knot(knots: Tensor, peak: tuple[float, Theta, int], saddle: Tensor) -> tuple[Tensor, Tensor]:
    """Put the saddle into the leg that holds the peak; it and both ends are fixed.

    Args:
        knots: shape (K+1, d).
        peak: as from `peak_of`.
        saddle: the new knot.

    Returns:
        The knots and which of them are fixed.
    """
    leg = peak[2]
    knots = torch.cat([knots[: leg + 1], saddle.unsqueeze(0), knots[leg + 1 :]])
    fixed = torch.zeros(len(knots), dtype=torch.bool)
    fixed[[0, leg + 1, -1]] = True
    return knots, fixed


def refined_saddle(risk: Risk, theta: Theta, iterations: int = 60) -> tuple[Theta, float, float]:
    """Solve grad L = 0 from theta by Levenberg-Marquardt: a critical point close by, if there is one.

    The Hessian is a central difference of exact gradients.

    Args:
        risk: the loss.
        theta: where to begin.
        iterations: how many steps are tried.

    Returns:
        The point, its loss and its gradient norm.
    """
    x, damping = flatten(theta), 1e-3
    value, g = value_and_flat_gradient(risk, theta, x)
    H = difference_hessian(risk, unflatten(x, theta)) if iterations else g
    for _ in range(iterations):
        trial = x - damped(H, g, damping)
        there, slope = value_and_flat_gradient(risk, theta, trial)
        if slope.norm() < g.norm():
            x, value, g, damping = trial, there, slope, damping / 4
            H = difference_hessian(risk, unflatten(x, theta))
        else:
            damping *= 4
        if g.norm() < 1e-12 * (1 + value) or damping > 1e8:
            break
    return unflatten(x, theta), value, float(g.norm())


def damped(H: Tensor, g: Tensor, damping: float) -> Tensor:
    """The least ``|H s - g|^2 + damping |s|^2``; without squaring ``H`` where its square drowns the damping.

    >>> damped(1e12 * torch.tensor([[1.0, 1.0], [1.0, 1.0]], dtype=torch.float64), torch.ones(2, dtype=torch.float64), 1e-3)
    tensor([5.0000e-13, 5.0000e-13], dtype=torch.float64)
    """
    unit = torch.eye(len(g), dtype=g.dtype)
    step, singular = torch.linalg.solve_ex(H @ H + damping * unit, H @ g)
    if singular == 0:
        return step
    tall, right = torch.cat([H, damping**0.5 * unit]), torch.cat([g, torch.zeros_like(g)])
    return torch.linalg.lstsq(tall, right[:, None]).solution[:, 0]


def value_and_flat_gradient(risk: Risk, like: Theta, x: Tensor) -> tuple[float, Tensor]:
    """L and its gradient as one row."""
    value, g = risk.value_and_gradient(unflatten(x, like))
    return float(value), flatten(g)
