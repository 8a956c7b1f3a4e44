"""The loss over a part of the 620 x 620 grid: one forward pass a point against a line of the grid at once.

Both give the same numbers, which is checked first.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from benchmarks.timing import seconds
from misc.landscape1 import BATCH, CLASSES, HIDDEN, INPUTS, dataset, loss, orthonormal, surface
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream


def pointwise(theta: Theta, plane: tuple[Theta, Theta], a: Tensor, b: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """The loss at ``theta + s d1 + t d2`` for all ``s`` of ``a`` and ``t`` of ``b``: one network and one pass each."""
    d1, d2 = plane
    values = torch.empty(len(b), len(a), dtype=theta.U.dtype)
    for row, t in enumerate(b.tolist()):
        for column, s in enumerate(a.tolist()):
            point = Theta(theta.U + s * d1.U + t * d2.U, theta.W + s * d1.W + t * d2.W)
            values[row, column] = loss(point, X, y)
    return values


def main(grid: int = 620, lines: int = 10, reach: float = 20.0) -> None:
    """Print the largest difference, the time a point of both, and the ratios."""
    torch.set_num_threads(1)
    X, y = (part[:BATCH] for part in dataset(0))
    theta = random_theta(CLASSES, HIDDEN, INPUTS, stream(0, 1))
    plane = orthonormal(theta, stream(0, 2))
    a = torch.linspace(-reach, reach, grid, dtype=torch.float64)
    b = a[:: max(1, grid // lines)][:lines]
    fast = surface(theta, plane, a, b, X, y)
    slow = pointwise(theta, plane, a, b, X, y)
    print(f"{len(b)} of {grid} lines, largest relative difference {float(((fast - slow) / slow).abs().max()):.1e}")
    took = seconds(lambda: surface(theta, plane, a, b, X, y))
    print(f"a line at once, single precision: {1e6 * took / fast.numel():.2f} us a point")
    for name, dtype in (("double", torch.float64), ("single", torch.float32)):
        start, d1, d2 = (point.map(partial(Tensor.to, dtype=dtype)) for point in (theta, *plane))
        each = seconds(partial(pointwise, start, (d1, d2), a, b, X.to(dtype), y), 2)
        print(f"a pass a point, {name} precision: {1e6 * each / fast.numel():.1f} us a point, ratio {each / took:.1f}")
