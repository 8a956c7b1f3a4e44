"""The verdict on a whole path: its legs one by one, the loss at both ends, and what its end is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from check.decide import Verdict
from check.kinds.deep import judge_deep, layers_of, value
from check.kinds.ends import UNDECIDED, attained
from check.laws import rational
from check.legs import judge
from check.problem import law_of
from check.reading import Arrays, RefusedError, shaped

Judged = list[tuple[str, str, Verdict]]


def judged(arrays: Arrays) -> tuple[Judged, Any, Any, str]:
    """The verdict on each leg, the loss at the start and at the end (of the square loss), and what the end is.

    Raises:
        RefusedError: for arrays without a meaning here, a single knot, or a leg that is not judged.
    """
    law = law_of(arrays)
    if deep := "W1" in arrays:
        stacks = layers_of(arrays, law.m, law.n)
    else:
        U = shaped(arrays, "U", None, law.m, None)
        stacks = [U, shaped(arrays, "W", len(U), U.shape[2], law.n)]
        if "c" in arrays:
            stacks = biased(stacks[0], stacks[1], shaped(arrays, "c", len(U), law.m))
    if arrays or len(stacks[0]) < 2:
        raise RefusedError(f"arrays {sorted(arrays)} have no meaning here" if arrays else "one knot is no path")
    knots = list(zip(*stacks, strict=True))
    legs = [(judge_deep(law, a, b) if deep else judge(law, *a, *b)) for a, b in pairwise(knots)]
    first, last = ([rational(array) for array in knots[i]] for i in (0, -1))
    if deep:
        return legs, value(law, first), value(law, last), UNDECIDED
    if law.loss != "square":
        return legs, None, None, UNDECIDED
    losses = [law.along(knot[0], knot[0] * 0, knot[1])[2] for knot in (first, last)]
    return legs, *losses, attained(law, last[1])


def biased(U: np.ndarray, W: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """``Phi(x) = U sigma(W x) + c`` as a network with one unit more, which ``check.laws.Sample`` knows by its row."""
    rows = np.concatenate([W, W[:, :1] * 0], axis=1)
    rows = np.concatenate([rows, np.zeros((*rows.shape[:2], 1))], axis=2)
    rows[:, -1, -1] = 1
    return [np.concatenate([U, c[:, :, None]], axis=2), rows]
