"""The exact checker on anybody's straight legs: where it is quick, its verdict takes the place of what floats say."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from pathlib import Path as File
from typing import Any

from valleys.judge.certificate import RISE_BOUND, moves
from valleys.judge.convex import CONNECTED, EXCESS_BOUND
from valleys.judge.exact import if_judged, judged_exactly, lower, rise_of
from valleys.judge.exact_join import excess_of, join_claims
from valleys.problem.network import Theta
from valleys.problem.risk import Risk
from valleys.run.claims import Claim, at_most

#: Products of outputs, units and points that integers take in some ten seconds, and balls of 256 bits.
INTEGERS, BALLS = 2e7, 3e6
#: A leg that moves live rows costs so many others; a law that is no sample as much as so many points a unit.
MOVING, LAW = 20, 30
PIECEWISE = {"relu", "leaky_relu"}


def affordable(knots: Sequence[Theta], risk: Risk) -> bool:
    """Whether the checker is quick: by the sizes, and by what moves; smooth activations only where no live row does."""
    sigma, first = getattr(risk, "sigma", None), knots[0]
    rational = sigma is not None and (sigma.coefficients is not None or sigma.name in PIECEWISE)
    moving = any(moves(a, b) == "grid" for a, b in pairwise(knots))
    X = getattr(getattr(risk, "law", None), "X", None)
    points = LAW * first.p if X is None else len(X)
    cost = len(knots) * first.p * points * max(1, first.m) * (MOVING if moving else 1)
    return bool(cost <= (INTEGERS if rational else BALLS)) and (rational or not moving)


def exact_descent(claims: list[Claim], prefix: str, told: dict[str, Any] | None) -> list[Claim]:
    """The claims on a descent, with the checker's verdict in the place of the first; and what it says of the end, if it can.

    Args:
        claims: as floats see it.
        prefix: begins their ids.
        told: what the checker says; None where it does not judge the path.

    Returns:
        the claims.
    """
    if told is None or not isfinite(rise := rise_of(told)):
        return claims
    id, source = f"{prefix}.never_rises", claims[0].source
    words = "largest rise on a leg, relative to the loss at the start: 0 or a number, in integers or balls, from the file alone"
    if told["verdict"] != "never rises":
        words += "; it is not 0, since float64 holds the knots no better"
    found = [at_most(id, source, words, rise, RISE_BOUND, "exact"), *(claim for claim in claims if claim.id != id)]
    if not told["attained"].startswith("not decided"):
        least = "infimum" if told["attained"].startswith("the infimum") else "minimum"
        text = f"ends from which no leg of U alone, along which the loss is convex, leads down to the {least} over all networks"
        found.append(at_most(f"{prefix}.end_attained", source, text, 0, 0, "exact"))
    return found


def exact_connection(claims: list[Claim], prefix: str, told: dict[str, Any] | None, at_zero: float) -> list[Claim]:
    """The claims on a connection, by the checker where it judges the path; relative to ``max(L(a), L(b), L(0))``."""
    if told is None or not isfinite(excess_of(told)):
        return claims
    scale = max(lower(told["start"]), lower(told["end"]), at_zero)
    return join_claims(prefix, CONNECTED, [told], [scale if scale > 0 else 1.0], EXCESS_BOUND)


def told_of(file: str | File, knots: Sequence[Theta], risk: Risk) -> dict[str, Any] | None:
    """The checker's verdict on a path file with these knots; None where it is not quick, or does not judge it."""
    return if_judged(lambda: judged_exactly(File(file))) if affordable(knots, risk) else None
