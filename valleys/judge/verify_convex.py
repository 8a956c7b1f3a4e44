"""The public judge's part for files with a convex loss, an output bias or the claim of a connection."""

from __future__ import annotations

from math import inf

from valleys.judge.certificate import descent_claims
from valleys.judge.convex import judge_descent, judge_join
from valleys.judge.convex_floor import floor_of
from valleys.paths.path import Path
from valleys.problem.convex_risk import ConvexRisk
from valleys.run.claims import Claim

#: Allowed ``L(end)`` above its lower bound, relative to ``L(0)``.
GAP_BOUND = 1e-8


def convex_claims(rise: float, gap: float, at_zero: float, prefix: str, source: str = "Theorem 8, p. 7") -> list[Claim]:
    """The claims on a descent path: it never rises, it ends within ``GAP_BOUND`` of the infimum.

    Args:
        rise: the relative rise.
        gap: the loss at the end less its lower bound.
        at_zero: ``L(0)``.
        prefix: begins the ids.
        source: theorem and page.

    Returns:
        the two claims.
    """
    relative = gap / at_zero if at_zero > 0 else gap
    return descent_claims(prefix, source, [rise], [relative], gap_bound=GAP_BOUND, to="relative to L(0)")


def verify_convex(path: Path, risk: ConvexRisk, claim: str, width: int) -> list[Claim]:
    """Judge a path and print what was seen, a line a leg; the claims.

    Args:
        path: straight legs.
        risk: the loss.
        claim: ``descent`` or ``connection``.
        width: hidden units.

    Returns:
        the claims.
    """
    if claim == "connection":
        joined = judge_join(path, risk)
        for i, kind in enumerate(joined.kinds):
            print(f"leg {i + 1}: {kind:6s} L {joined.losses[i]:.10g} -> {joined.losses[i + 1]:.10g}")
        print(f"width {width}, dim* {risk.width_needed}, peak {joined.peak:.10g}, worse end {joined.bound:.10g}")
        return joined.claims("path")
    end = path.end.U @ risk.features(path.end.W)
    floor = floor_of(risk, end)
    verdict = judge_descent(path, risk)
    for i, leg in enumerate(verdict.legs, 1):
        print(f"leg {i}: {leg.kind:6s} L {leg.start:.10g} -> {leg.end:.10g}, rise {leg.rise:.3g}")
    reach = "" if floor.radius == inf else f" (of outputs of length {floor.radius:.3g} or less)"
    print(f"width {width}, dim* {risk.width_needed}, no network is below {floor.value:.10g}{reach}")
    return convex_claims(verdict.relative_rise, verdict.end - floor.value, risk.at_zero, "path")
