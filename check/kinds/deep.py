"""Deep linear networks: on a straight leg the loss is a polynomial of ``t``, whichever layers move."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from check.balls.precision import raised
from check.kinds.linear import above_minimum
from check.kinds.polynomials import interpolated, polynomial
from check.legs import FALLS, Leg, told
from check.reading import Arrays, require, shaped
from check.sample import UNDECIDED, Sample, rational


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """The verdict on a piecewise linear path of the layers ``W1 (K, p_1, n) .. W{D + 1} (K, m, p_D)``."""
    linear = law.sigma.powers == {1: 1} and getattr(law, "plain", True)
    require(linear, "layers W1, W2, .. with an activation other than z, or a loss other than square")
    layers, width = list[np.ndarray](), law.n
    while (name := f"W{len(layers) + 1}") in arrays:
        layers.append(shaped(arrays, name, len(layers[0]) if layers else None, None, width))
        width = layers[-1].shape[1]
    ends = f"{len(layers)} layers W1, W2, .. that end with {law.m} outputs: two or more are allowed"
    require(len(layers) > 1 and width == law.m, ends)
    require(not arrays, f"arrays {sorted(arrays)} have no meaning here")
    knots = list(zip(*layers, strict=True))
    require(len(knots) > 1, "one knot is no path")
    first, last = (value(law, [rational(layer) for layer in knots[i]]) for i in (0, -1))
    narrowest = min(layer.shape[1] for layer in layers)
    end = above_minimum(law, narrowest, last) if isinstance(law, Sample) else UNDECIDED
    return told([judge(law, *ends) for ends in pairwise(knots)], first, last, end)


def value(law: Any, layers: list[fmpq_mat]) -> Any:
    """The loss."""
    U = reduce(lambda product, layer: layer * product, layers[2:], layers[1])
    return law.along(U, U * fmpq(0), layers[0])[2]


def judge(law: Any, start: Sequence[np.ndarray], end: Sequence[np.ndarray]) -> Leg:
    """Kind, argument and verdict of a straight leg."""
    first = [rational(layer) for layer in start]
    moves = [rational(b) - a for a, b in zip(first, end, strict=True)]
    degree = 2 * sum(move != move * 0 for move in moves)
    L = interpolated(lambda t: value(law, [a + d * t for a, d in zip(first, moves, strict=True)]), degree)
    if L.derivative() == 0:
        return "constant", "the loss does not depend on t, exactly", FALLS
    argument = f"L is a polynomial of t, degree <= {degree}: the sign of L' between its roots"
    return "layers", argument, raised(lambda: polynomial(L, fmpq(0), fmpq(1)))
