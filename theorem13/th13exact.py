"""Theorem 13's path before the exact checker: how high it is, and what its ends cost, from files alone."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from theorem13.th13balls import PRECISION, above, below, exact, level
from theorem13.th13data import VANISHES_AT_ZERO, law_arrays
from theorem13.th13judge import rounding
from theorem13.th13proof import Barrier
from valleys.judge.exact import judged_exactly
from valleys.paths.files import save_path
from valleys.paths.path import Path, polygon
from valleys.problem.network import Theta
from valleys.problem.risk import Risk
from valleys.run.claims import Claim, Kind, at_least, at_most

SOURCE = "Theorem 13, p. 10"
#: The gate's level is a float64; the checker prints twelve digits and their error.
DIGITS = 1e-11
#: Of a loss in float64, where the checker is of no use: how near to the infimum ``th13model.CLIFF`` comes.
FLOAT64 = 1e-9


def verdict(b: Barrier, path: Path, claim: str) -> dict[str, Any]:
    """The checker's verdict on a path under the law of ``b``."""
    with TemporaryDirectory() as folder:
        file = File(folder) / "path.npz"
        save_path(file, path, law_arrays(b.setting) | {"claim": np.array(claim)})
        return judged_exactly(file)


def peak_exactly(b: Barrier) -> list[Claim]:
    """ReLU under the theorem's law: the path is highest at its gate, in balls; nothing is said where that is undecided.

    Nor for teachers with ``p >= n`` directions in the plane: their angles to every row take the checker minutes.
    """
    if (b.setting.activation, b.setting.law) != ("relu", "theorem") or not b.setting.orthonormal:
        return []
    found = verdict(b, b.path, "connection")
    if "at_knot" not in found:  # the boxes did not decide where the path is highest
        return []
    highest = above(arb(found["highest"])) if found["at_knot"] == b.gate else math.nan
    text = "highest loss on the path, at its gate: upper end of a ball; bound: the gate's level as computed, and 1e-11 of it"
    return [at_most("peak_exactly", SOURCE, text, highest, b.upper * (1 + DIGITS), "exact")]


def number(told: str) -> arb:
    """What the checker tells, a short rational or digits with their error, in a ball.

    >>> number("9/4") == 2.25, number("[2.25 +/- 1e-12]").contains(arb(9) / 4)
    (True, True)
    """
    return arb(told) if told.startswith("[") else arb(fmpq(*Fraction(told).as_integer_ratio()))


def loss_exactly(b: Barrier, theta: Theta) -> arb | None:
    """The loss of one network under the law of ``b`` in a ball, from a file of two equal knots.

    None for activations whose kernels under a Gaussian law the checker does not know.
    """
    if b.setting.activation not in VANISHES_AT_ZERO:
        return None
    return number(verdict(b, polygon([theta, theta]), "descent")["start"])


def loss_of(b: Barrier, risk: Risk, theta: Theta) -> tuple[arb, Kind, str]:
    """The loss of a network in a ball, the kind of a claim on it, and why that is no better."""
    found = loss_exactly(b, theta)
    if found is not None:
        return found, "exact", ""
    value = exact(float(risk.value(theta)))
    why = f" (float64: the checker knows no Gaussian kernel of {b.setting.activation})"
    return value + arb(0, rounding(b)), "verified", why


def end_claims(b: Barrier, risk: Risk) -> list[Claim]:
    """Both ends of the path: the first attains the valley's floor, the second lies below it.

    Args:
        b: the numbers that are claimed.
        risk: the loss, for activations that the checker does not know.

    Returns:
        The claims.
    """
    start, kind, why = loss_of(b, risk, b.path.start)
    end, _, _ = loss_of(b, risk, b.path.end)
    floor, size = level(b.setting, arb(0)), max(1.0, b.upper)
    attained = "L(theta_bad) is the infimum of L over u > 0 (needs: g2 enters Y with a minus sign): distance, upper end"
    spurious = (
        "valley floor exceeds the loss of the path's end: the valley is spurious (needs: beta > alpha sqrt(2 eps))"
    )
    share = DIGITS if kind == "exact" else FLOAT64
    return [
        at_most("valley_floor", SOURCE, attained + why, above(abs(start - floor)), share * size, kind),
        at_least("spurious", SOURCE, spurious + why, below(floor), above(end), kind),
    ]


def margins(b: Barrier, risk: Risk) -> tuple[arb, arb, Kind, str]:
    """Valley's floor less the loss of the path's end, and floor of every path less the valley's floor, in balls.

    Args:
        b: the numbers that are claimed.
        risk: the loss, for activations that the checker does not know.

    Returns:
        Both, the kind of a claim on the first, and why it is no better.
    """
    end, kind, why = loss_of(b, risk, b.path.end)
    floor, crossing = level(b.setting, arb(0)), level(b.setting, b.eps_best)
    with ctx.workprec(PRECISION):
        return floor - end, crossing - floor, "proved" if kind == "exact" else "computed", why


def margin_claims(b: Barrier, risk: Risk, M: float) -> list[Claim]:
    """The paper's inequalities (5), its right half, and (6) with margin M, for a setting made by the recipe: lower ends.

    Args:
        b: the numbers of the recipe's setting.
        risk: its loss.
        M: the wanted margin.

    Returns:
        The claims.
    """
    good, crossing, kind, why = margins(b, risk)
    five = f"(5): min of L over Omega less min of L, margin M = {M:g}"
    six = f"(6): floor of every path less min of L over Omega, margin M = {M:g}"
    return [
        at_least("inequality_5", SOURCE, five + why, below(good), M, kind),
        at_least("inequality_6", SOURCE, six, below(crossing), M, "proved"),
    ]
