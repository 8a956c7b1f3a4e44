"""The verdict on a whole path: its legs one by one, the loss at both ends, and what its end is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, fmpq

from check.decide import FALLS, RANK, Verdict, fraction
from check.kinds.deep import judge_deep, layers_of, value
from check.kinds.ends import UNDECIDED, attained
from check.kinds.lifted import judge_lifted
from check.kinds.losses import along
from check.kinds.readout import curves
from check.laws import Law, rational
from check.legs import judge, peaks
from check.problem import law_of
from check.reading import Arrays, RefusedError, shaped, text

NEVER_ABOVE = "never above its higher end"


@dataclass(frozen=True)
class Judged:
    """The verdict on a path.

    Attributes:
        claim: what the file says that the path shows, ``descent`` or ``connection``.
        legs: kind, argument and verdict of each.
        start: the loss at the start.
        end: the same at the end.
        attained: what the end is.
        highest: where the path rises, the highest loss on it and the knot that has it; None where this is not decided.
    """

    claim: str
    legs: list[tuple[str, str, Verdict]]
    start: Any
    end: Any
    attained: str
    highest: tuple[Any, int] | None

    @property
    def verdict(self) -> str:
        """The worst of the legs'; of a connection whether its highest point is an end."""
        if self.claim == "connection" and self.highest is not None:
            return NEVER_ABOVE if self.highest[1] in (0, len(self.legs)) else "rises above its higher end"
        return max((verdict[0] for _, _, verdict in self.legs), key=RANK.__getitem__)

    @property
    def holds(self) -> bool:
        """Whether the path shows what the file claims."""
        return self.verdict in (FALLS[0], NEVER_ABOVE)


def judged(arrays: Arrays) -> Judged:
    """The verdict on the path in a file.

    Raises:
        RefusedError: for arrays without a meaning here, a single knot, or a leg that is not judged.
    """
    law, claim = law_of(arrays), text(arrays, "claim", "descent")
    if claim not in ("descent", "connection"):
        raise RefusedError(f"claim {claim!r}: allowed are descent and connection")
    if "S" in arrays:
        legs, start, end = judge_lifted(law, arrays)
        if arrays:
            raise RefusedError(f"arrays {sorted(arrays)} have no meaning here")
        return Judged(claim, legs, start, end, "a global minimum", None)
    if deep := "W1" in arrays:
        stacks = layers_of(arrays, law.m, law.n)
    else:
        U = shaped(arrays, "U", None, law.m, None)
        stacks = [U, shaped(arrays, "W", len(U), U.shape[2], law.n)]
        if "c" in arrays:
            stacks = biased(stacks[0], stacks[1], shaped(arrays, "c", len(U), law.m))
    turning = shaped(arrays, "W_readout", None, *stacks[1].shape[1:]) if "W_readout" in arrays and not deep else None
    if arrays or (len(stacks[0]) < 2 and turning is None):
        raise RefusedError(f"arrays {sorted(arrays)} have no meaning here" if arrays else "one knot is no path")
    knots = list(zip(*stacks, strict=True))
    legs = [(judge_deep(law, a, b) if deep else judge(law, *a, *b)) for a, b in pairwise(knots)]
    if turning is not None:
        more, last = curves(law, knots[-1][1], turning)
        return Judged(claim, legs + more, loss_at(law, knots[0]), last, UNDECIDED, None)
    rises = any(verdict[0] != FALLS[0] for _, _, verdict in legs) and not deep
    at = (lambda knot: value(law, [rational(layer) for layer in knot])) if deep else partial(loss_at, law)
    values = {i: at(knots[i]) for i in (range(len(knots)) if rises else (0, len(legs)))}
    end = UNDECIDED if deep else attained(law, rational(knots[-1][1]))
    return Judged(claim, legs, values[0], values[len(legs)], end, highest(law, knots, legs, values) if rises else None)


def loss_at(law: Law, knot: tuple[np.ndarray, ...]) -> Any:
    """The loss at a knot."""
    U, W = map(rational, knot)
    return law.along(U, U * fmpq(0), W)[2] if law.loss == "square" else along(law, U, U * fmpq(0), W)[0]


def highest(law: Law, knots: list[Any], legs: list[Any], values: dict[int, Any]) -> tuple[Any, int] | None:
    """The highest loss and its knot, if every leg is constant, convex, or peaks at an end for another reason."""
    for i, (kind, _, _) in enumerate(legs):
        if kind == "constant":
            values[i + 1] = values[i]
        elif kind != "U" and not peaks(law, *knots[i], *knots[i + 1]):
            return None
    top = max(values, key=lambda i: (fraction(arb(values[i])), -i))
    known = all(v is values[top] or v <= values[top] for v in values.values())
    return (values[top], top) if known else None


def biased(U: np.ndarray, W: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """``Phi(x) = U sigma(W x) + c`` as a network with one unit more, which ``check.laws.Sample`` knows by its row."""
    rows = np.concatenate([W, W[:, :1] * 0], axis=1)
    rows = np.concatenate([rows, np.zeros((*rows.shape[:2], 1))], axis=2)
    rows[:, -1, -1] = 1
    return [np.concatenate([U, c[:, :, None]], axis=2), rows]
