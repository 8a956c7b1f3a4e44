"""Deep linear networks: on a straight leg the loss is a polynomial of ``t``, whichever layers move."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from flint import fmpq, fmpq_mat

from check.decide import FALLS, Verdict, interpolated, polynomial, raised
from check.laws import Law, rational
from check.reading import Arrays, RefusedError, shaped

Layers = list[fmpq_mat]


def layers_of(arrays: Arrays, m: int, n: int) -> list[np.ndarray]:
    """``W1 (K, p_1, n) .. W{D + 1} (K, m, p_D)``, taken out of ``arrays``.

    Raises:
        RefusedError: if there are fewer than two, or they do not fit together.
    """
    count = next(k for k in range(1, len(arrays) + 2) if f"W{k}" not in arrays) - 1
    layers: list[np.ndarray] = []
    for k in range(1, count + 1):
        layers.append(
            shaped(arrays, f"W{k}", len(layers[0]) if layers else None, None, layers[-1].shape[1] if layers else n)
        )
    if count < 2 or layers[-1].shape[1] != m:
        raise RefusedError(f"{count} layers W1, W2, .. that end with {m} outputs: two or more are allowed")
    return layers


def value(law: Law, layers: Layers) -> fmpq:
    """The loss."""
    U = reduce(lambda product, layer: layer * product, layers[2:], layers[1])
    return law.along(U, U * fmpq(0), layers[0])[2]


def judge_deep(law: Law, start: Sequence[np.ndarray], end: Sequence[np.ndarray]) -> tuple[str, str, Verdict]:
    """Kind, argument and verdict of a straight leg.

    Raises:
        RefusedError: for an activation other than ``z`` or a loss other than the square.
    """
    if any(part.sigma.powers != {1: 1} for _, part in law.parts) or law.loss != "square":
        raise RefusedError("layers W1, W2, .. with an activation other than z, or a loss other than square")
    first = [rational(layer) for layer in start]
    moves = [rational(b) - a for a, b in zip(first, end, strict=True)]
    degree = 2 * len(first)
    L = interpolated(lambda t: value(law, [a + d * t for a, d in zip(first, moves, strict=True)]), degree)
    if L.derivative() == 0:
        return "constant", "the loss does not depend on t, exactly", FALLS
    argument = f"L is a polynomial of t, degree <= {degree}: the sign of L' between its roots"
    return "layers", argument, raised(lambda: polynomial(L, fmpq(0), fmpq(1)))
