"""Which of two opposite legs goes down at its start? Decided over the rationals where float64 cannot tell."""

from __future__ import annotations

from functools import reduce

import torch
from flint import fmpq, fmpq_mat
from torch import Tensor

from theorem11.th11model import Layers, product
from theorem11.th11risk import LinearRisk

#: A slope above this share of ``|R| |dP K|`` is more than the rounding of it.
SURE = 1e-9


def downhill(start: Layers, ends: tuple[Layers, Layers], risk: LinearRisk) -> Layers:
    """The end, one of two opposite ones, towards which ``L`` does not rise at the start, as far as there is one.

    Next to a critical point float64 rounds the slope away, though its sign decides whether the leg rises (by 1e-40 or so)
    before it falls: there it is computed over the rationals.
    """
    R = risk.residual(start)
    changes = [change(start, end, risk.K) for end in ends]
    slopes = [float((R * D).sum()) for D in changes]
    if any(abs(s) <= SURE * float(R.norm() * D.norm()) for s, D in zip(slopes, changes, strict=True)):
        exactly = [exact_slope(start, end, risk) for end in ends]
        return ends[0] if exactly[0] <= exactly[1] else ends[1]
    return ends[0] if slopes[0] <= slopes[1] else ends[1]


def change(start: Layers, end: Layers, K: Tensor) -> Tensor:
    """``d/dt W_{K+1} .. W_1 K`` at the start of the leg."""
    total = torch.zeros(len(end.weights[-1]), K.shape[1], dtype=torch.float64)
    for k, (a, b) in enumerate(zip(start.weights, end.weights, strict=True)):
        if not torch.equal(a, b):
            total += product(start.weights[k + 1 :], len(a)) @ ((b - a) @ (product(start.weights[:k], len(K)) @ K))
    return total


def exact_slope(start: Layers, end: Layers, risk: LinearRisk) -> fmpq:
    """``<R, dP K>``, half the slope of ``r L`` at the start of the leg, for the sample of a path file, without rounding."""
    weights, ends = ([exact(w) for w in layers.weights] for layers in (start, end))
    X, Y = risk.sample
    K, C = exact(X.T), exact(Y.T)
    R, total = reduce(lambda x, w: w * x, weights, K) - C, C * fmpq(0)
    for k, (a, b) in enumerate(zip(weights, ends, strict=True)):
        if a != b:
            total += reduce(lambda x, w: w * x, [*weights[:k], b - a, *weights[k + 1 :]], K)
    return sum((x * y for x, y in zip(R.entries(), total.entries(), strict=True)), fmpq(0))


def exact(matrix: Tensor) -> fmpq_mat:
    """Float64 numbers as the rationals that they are."""
    rows, columns = matrix.shape
    return fmpq_mat(rows, columns, [fmpq(*x.as_integer_ratio()) for x in matrix.flatten().tolist()])
