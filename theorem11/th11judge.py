"""The judges of linear paths: the exact one, from the file that holds the knots; float64 where matrices are too large for it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as File
from typing import Any

import torch

from theorem11.th11model import DeepPath, Layers, between
from theorem11.th11own import law_arrays
from theorem11.th11risk import LinearRisk
from valleys.judge.certificate import descent_claims, rise_of_parabola
from valleys.judge.exact import judged_exactly, rise_of, upper
from valleys.judge.grid import judge_grid
from valleys.paths.files import save_arrays
from valleys.run.claims import Claim, Kind, at_most, worst

#: The largest of all sizes up to which paths are judged over the rationals: some seconds a path.
EXACT = 100
#: Allowed rise, relative to ``L`` at the start, and gap at the end, relative to ``E|Y|^2``.
RISE, GAP = 1e-30, 1e-14
#: Allowed rise where float64 judges: rounding of products of seven layers of some thousand units.
FLOAT_RISE, FLOAT_GAP = 1e-11, 1e-12


@dataclass(frozen=True)
class Judged:
    """What is found on a path.

    Attributes:
        kind: ``exact``, or ``verified`` by float64.
        rise: the largest on a leg, relative to the loss at the start.
        gap: of the end above the minimum, relative to ``E|Y|^2`` (``L`` at the start if it is 0); an upper end if exact.
        start: the loss at the start, rounded.
        verdict: of the exact judge.
    """

    kind: Kind
    rise: float
    gap: float
    start: float
    verdict: dict[str, Any] | None = None


def judged(path: DeepPath, risk: LinearRisk, file: File) -> Judged:
    """The verdict on every leg, and on the end.

    Args:
        path: what is judged.
        risk: the loss.
        file: is written with the knots, and read by the exact judge.

    Returns:
        the verdict.
    """
    save_arrays(file, path.arrays(), law_arrays(risk))
    start, zero = float(risk.value(path.start)), float(risk.C.square().sum()) + risk.constant
    if max(risk.n, risk.m, *path.start.widths) > EXACT:
        return judged_by_floats(path, risk)
    verdict = judged_exactly(file)
    return Judged(
        "exact", rise_of(verdict), above_minimum(verdict["attained"]) / (zero or start or 1.0), start, verdict
    )


def above_minimum(attained: str) -> float:
    """How far the end is above the minimum, as the exact judge tells it; infinite where it does not.

    >>> above_minimum("at most 2.5e-16 above the minimum over all networks"), above_minimum("not decided: why")
    (2.5e-16, inf)
    """
    words = attained.split()
    return upper(words[2]) if words[:2] == ["at", "most"] else float("inf")


def judged_by_floats(path: DeepPath, risk: LinearRisk) -> Judged:
    """An exact parabola, to rounding, where one layer alone moves; a refined grid otherwise."""
    rises = [rise_on(a, b, risk) for a, b in pairwise(path.knots)]
    start, end = (float(risk.value(point)) for point in (path.start, path.end))
    zero = float(risk.C.square().sum()) + risk.constant
    gap = abs(end - risk.minimum(min(path.start.widths)))
    return Judged("verified", worst(rises) / (max(start, 1e-16 * zero) or 1.0), gap / (zero or start or 1.0), start)


def rise_on(a: Layers, b: Layers, risk: LinearRisk) -> float:
    """The largest rise on a straight leg."""
    if sum(not torch.equal(v, w) for v, w in zip(a.weights, b.weights, strict=True)) > 1:
        return judge_grid(a, b, lambda t: between(a, b, t), risk.value).rise
    R1 = risk.residual(b)
    D = R1 - risk.residual(a)
    return rise_of_parabola(float((R1 * D).sum()), float(D.square().sum()))


def path_claims(found: list[Judged], name: str, source: str) -> list[Claim]:
    """No path rises, each ends at the minimum: the worst, for each kind of judge."""
    exact, floats = ([one for one in found if one.kind == kind] for kind in ("exact", "verified"))
    claims: list[Claim] = []
    if exact:
        of = f"(worst of {len(exact)} paths), in rationals and balls, from the file alone"
        claims += [
            at_most(f"{name}.never_rises", source, f"largest rise on a leg, relative to the loss at the start {of}",
                    worst(one.rise for one in exact), RISE, "exact"),
            at_most(f"{name}.ends_at_minimum", source, f"loss at the end less the minimum, at most, relative to E|Y|^2 {of}",
                    worst(one.gap for one in exact), GAP, "exact"),
        ]  # fmt: skip
    if floats:
        rises, gaps = [one.rise for one in floats], [one.gap for one in floats]
        large = f"{name}_large" if exact else name
        claims += descent_claims(large, source, rises, gaps, rise_bound=FLOAT_RISE, gap_bound=FLOAT_GAP)
    return claims
