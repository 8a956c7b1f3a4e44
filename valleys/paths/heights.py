"""How high a loss is along a path: its highest point, and its profile over the length."""

from __future__ import annotations

from itertools import pairwise

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from valleys.paths.path import Path
from valleys.problem.hessian import flatten
from valleys.problem.network import Theta, move
from valleys.problem.risk import Risk


def unflatten(x: Tensor, like: Theta) -> Theta:
    """The network of a row as `flatten` makes it, shape (..., m p + p n), with the sizes of `like`."""
    k = like.m * like.p
    lead = x.shape[:-1]
    return Theta(x[..., :k].reshape(*lead, like.m, like.p), x[..., k:].reshape(*lead, like.p, like.n))


def peak_of(risk: Risk, like: Theta, knots: Tensor, points: int = 64) -> tuple[float, Theta, int]:
    """The largest loss on a polygon: a grid of `points` a leg, sharpened about its maximum.

    Args:
        risk: the loss.
        like: a network of the right sizes.
        knots: shape (K+1, d).
        points: points a leg.

    Returns:
        The peak, where it is, and on which leg.
    """
    t = torch.linspace(0, 1, points + 1, dtype=knots.dtype).reshape(1, -1, 1)
    along = knots[:-1, None] + t * (knots[1:] - knots[:-1])[:, None]
    values = torch.stack([risk.value(unflatten(leg, like)) for leg in along])
    leg, k = divmod(int(values.argmax()), points + 1)
    a, b = (unflatten(x, like) for x in (knots[leg], knots[leg + 1]))
    bounds = (max(k - 1, 0) / points, min(k + 1, points) / points)
    found = minimize_scalar(
        lambda s: -float(risk.value(move(a, b, s))), bounds=bounds, method="bounded", options={"xatol": 1e-9}
    )
    if -found.fun > float(values.max()):
        return -float(found.fun), move(a, b, float(found.x)), leg
    return float(values.max()), unflatten(along[leg, k], like), leg


def straight_peak(risk: Risk, start: Theta, end: Theta) -> float:
    """The largest loss on the straight line between two parameters."""
    return peak_of(risk, start, torch.stack([flatten(start), flatten(end)]), 512)[0]


def profile(risk: Risk, path: Path, points: int) -> tuple[Tensor, Tensor]:
    """The loss along a path, and the share of its length passed (Euclidean in theta), `points` a leg.

    Args:
        risk: the loss.
        path: the path.
        points: points a leg.

    Returns:
        Shares of the length and losses.
    """
    batch = path.sampled(points)
    x = flatten(batch)
    length = torch.cat([torch.zeros(1, dtype=x.dtype), torch.stack([(b - a).norm() for a, b in pairwise(x)]).cumsum(0)])
    return length / length[-1].clamp_min(1e-300), risk.value(batch)
