"""The judge of pieces that have no closed form: the loss on a grid that is refined until the rise is stable.

It sees a piece as ``start``, ``end`` and points in between, and a loss as ``value``; it knows nothing of how they came about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import torch
from torch import Tensor

from valleys.problem.network import between
from valleys.run.claims import worst

GRID = 256
#: No grid after the first that has so many pieces.
MAX_GRID = 8192
STABLE = 1e-13
CHUNK = 32


@dataclass(frozen=True)
class Leg:
    """The verdict on one leg.

    Attributes:
        kind: ``U`` (exact parabola), ``dead`` (rows without output weight: constant), ``still`` (nothing moves),
            ``grid`` (evaluated at ``points`` points), ``points`` (a file's own points).
        rise: the largest ``L(t) - L(s)``, ``s < t``, on the leg.
        start, end: the loss at both ends.
        points: evaluations that the verdict rests on.
    """

    kind: str
    rise: float
    start: float
    end: float
    points: int


def rise_of_values(values: Tensor) -> float:
    """Largest rise of a sequence: ``max_{i < j} values[j] - values[i]``, at least 0.

    >>> rise_of_values(torch.tensor([3.0, 1.0, 2.0, 0.0]))
    1.0
    """
    lowest = torch.cummin(values, dim=0).values
    return float((values - lowest).max())


def judge_grid(start: Any, end: Any, points: Callable[[Tensor], Any], value: Callable[[Any], Tensor]) -> Leg:
    """Evaluate ``GRID + 1`` points, then about twice as many, until the rise changes by less than ``STABLE`` of the loss.

    No grid is part of the next: of nested grids two often share their highest point, and agree before they see the top.

    Args:
        start: the first point.
        end: the last point.
        points: ``t (T,) -> `` a batch of points.
        value: loss of a point or of a batch.

    Returns:
        the verdict: the rise on the finest grid, the number of its points.

    >>> leg = judge_grid(torch.tensor(0.0), torch.tensor(2.0), lambda t: 2 * t, lambda x: (x - 1) ** 2)
    >>> round(leg.rise, 7), leg.start, leg.end
    (1.0, 1.0, 1.0)
    """
    L0, L1 = float(value(start)), float(value(end))
    size, rise = GRID, inf
    while True:
        inside = torch.arange(1, size, dtype=torch.float64) / size
        values = [value(points(t)) for t in torch.split(inside, CHUNK)]
        last, rise = rise, rise_of_values(torch.cat([_one(L0), *values, _one(L1)]))
        if abs(rise - last) <= STABLE * max(L0, L1) or size >= MAX_GRID or not isfinite(rise):
            return Leg("grid", rise, L0, L1, size + 1)
        size = 2 * size + 1


def largest_jump(points: Any, values: Tensor, value: Callable[[Any], Tensor], zero: float) -> float:
    """The largest rise on a straight line between neighbouring points, some ``MAX_GRID`` evaluations in all.

    Args:
        points: parameters with ``U (K, m, p)`` and ``W (K, p, n)``.
        values: their losses ``(K,)``.
        value: loss of a batch.
        zero: ``E|Y|^2``.

    Returns:
        the rise, relative to the larger of ``zero`` and the loss where the line starts; NaN if any is not finite.
    """
    steps, jumps = 2 + MAX_GRID // len(values), []
    inside = torch.arange(1, steps, dtype=torch.float64) / steps
    for k in range(len(values) - 1):
        along = [value(between(points[k], points[k + 1], t[:, None, None])) for t in torch.split(inside, CHUNK)]
        rise = rise_of_values(torch.cat([values[k : k + 1], *along, values[k + 1 : k + 2]]))
        jumps.append(rise / max(zero, float(values[k])) if rise > 0 else rise)
    return worst(jumps)


def _one(x: float) -> Tensor:
    return torch.tensor([x], dtype=torch.float64)
