"""Drawing hidden units whose filters together span as much as possible, with preactivations of order one."""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.problem.activations import Activation

STEEPNESS = 100.0
#: Columns whose sizes differ by more than this are brought to one size first.
UNEVEN = 1e4
#: Of ``|w| max |x|``: where ``<w, x>`` is no larger for any point, it is no more than rounding with few digits left.
SEEN = 1e-8


def directions_and_spread(count: int, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Unit vectors ``(count, n)`` and uniform numbers ``(count, 1)``."""
    directions = torch.randn(count, n, generator=generator, dtype=torch.float64)
    directions = directions / directions.norm(dim=1, keepdim=True)
    return directions, torch.rand(count, 1, generator=generator, dtype=torch.float64)


def rows_on_gaussian(n: int, count: int, generator: torch.Generator) -> Tensor:
    """``count`` rows in all directions, of length 1/2 to 2."""
    directions, spread = directions_and_spread(count, n, generator)
    return directions * (0.5 + 1.5 * spread)


def rows_on_sample(sigma: Activation, X: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` rows for the sample ``X (N, n)``.

    If the span of its columns holds the constant, every second row is anchored at a data point:
    ``w = s (v - <v, x_j> b)`` with ``X b = 1``, so that its kink or step lies at ``x_j`` (``s`` from 1 to 100; 1 for
    homogeneous ``sigma``). Random rows alone are numerically deficient in low dimension.

    The filters' span does not know in which units a column is given: ``<w, x>`` stays as ``w`` takes the unit over.
    """
    unit = _units(X)
    X = X / unit
    directions, spread = directions_and_spread(count, X.shape[1], generator)
    white = _whitening(X.T @ X / len(X))
    rows = directions @ white * (1.0 if sigma.homogeneous else 4.0**spread)
    bias = _constant(X)
    if bias is not None and sigma.coefficients is None:
        centred = X - X.mean(dim=0)
        v = (directions @ _whitening(centred.T @ centred / len(X)))[::2]
        order = torch.cat([torch.randperm(len(X), generator=generator) for _ in range(len(v) // len(X) + 1)])
        offsets = (v * X[order[: len(v)]]).sum(dim=1, keepdim=True)
        steepness = 1.0 if sigma.homogeneous else STEEPNESS ** spread[::2]
        rows[::2] = steepness * (v - offsets * bias)
    return rows / unit


def rows_through_points(X: Tensor, count: int, generator: torch.Generator, order: Tensor) -> Tensor:
    """At most ``count`` rows whose kink or step goes through a data point each, ``<w, x_j> = 0``, with or without a constant.

    ``w = s (v - <v, x_j> x_j/|x_j|^2)``, ``v`` white on the centred points, ``s`` from 1 to 100 for every second row. On points
    far from 0 and close together, or close in angle, hardly any other row tells neighbours apart.

    Args:
        X: the points ``(N, n)``.
        count: of the rows.
        generator: for ``v`` and ``s``.
        order: indices of points, those first through which rows are wanted most.

    Returns:
        the rows; those are left out that see nothing but rounding, as on points on one line through 0.
    """
    unit = _units(X)
    points = X / unit
    order = order[points[order].norm(dim=1) > 0]
    if len(order) == 0:
        return X[:0]
    directions, spread = directions_and_spread(count, X.shape[1], generator)
    centred = points - points.mean(dim=0)
    v = directions @ _whitening(centred.T @ centred / len(points))
    anchor = points[order.repeat(-(-count // len(order)))[:count]]
    for _ in range(2):  # what the first leaves is rounding of the size of the points
        v = v - (v * anchor).sum(dim=1, keepdim=True) / anchor.square().sum(dim=1, keepdim=True) * anchor
    seen = (v @ points.T).abs().amax(dim=1) > SEEN * v.norm(dim=1) * points.norm(dim=1).max()
    v[::2] *= STEEPNESS ** spread[::2]
    return v[seen] / unit


def _units(X: Tensor) -> Tensor:
    """The sizes ``(n,)`` of columns as powers of 2; 1 where they are of like size."""
    size = X.square().mean(dim=0).sqrt()
    size = torch.where(size > 0, size, 1.0)
    return 2 ** size.log2().round() if size.max() > UNEVEN * size.min() else torch.ones_like(size)


def _whitening(C: Tensor) -> Tensor:
    """``C^(-1/2)`` on the range of ``C`` (eigenvalues above 1e-12 of the largest)."""
    values, vectors = torch.linalg.eigh(C)
    kept = values > 1e-12 * values[-1].clamp(min=1e-300)
    return (vectors[:, kept] / values[kept].sqrt()) @ vectors[:, kept].T


def _constant(X: Tensor) -> Tensor | None:
    """``b`` with ``X b = 1``, or None."""
    ones = torch.ones(len(X), 1, dtype=X.dtype)
    b = torch.linalg.lstsq(X, ones, driver="gelsd").solution
    return b[:, 0] if (X @ b - ones).abs().max() < 1e-9 else None
