"""Exact verdicts on connections, as claims: the output is affine on every leg, and no loss lies above that of the worse end."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from valleys.judge.exact import upper
from valleys.run.claims import Claim, at_most, worst

#: The loss of the zero network is a float64, the mean of a few hundred terms: it is off by less than this share.
ZERO_ROUNDING = 1e-12
#: Legs on which the checker says that ``Phi`` is affine.
AFFINE = {"U", "constant"}


def excess_of(verdict: dict[str, Any]) -> float:
    """``peak - max(L(a), L(b))`` of a connection, at most: exactly 0 where the checker says so, infinite where it is undecided.

    Between two ends that are minimisers to rounding a path can only be as good as its knots: then it is a number.
    """
    if verdict["holds"]:
        return 0.0
    return upper(verdict.get("above"))


def join_claims(
    prefix: str, source: str, found: Sequence[dict[str, Any]], zeros: Sequence[float], bound: float = 0.0
) -> list[Claim]:
    """The two claims on connections.

    Args:
        prefix: begins the ids.
        source: where it is proved.
        found: verdicts of ``judged_exactly`` on files with the claim ``connection``.
        zeros: the loss of the zero network, one a file.
        bound: of the excess; 0 where the ends leave room.

    Returns:
        that the output is affine on every leg, and that nothing is above the worse end by more than this.
    """
    others = sum(leg["kind"] not in AFFINE for verdict in found for leg in verdict["legs"])
    excess = [excess_of(v) / (L0 * (1 - ZERO_ROUNDING)) for v, L0 in zip(found, zeros, strict=True)]
    of = f"of {len(found)} connections" if len(found) > 1 else "of the connection"
    straight = f"legs {of} on which the output is not affine, from the knots' bits"
    high = f"largest excess {of} over the worse end, relative to L(0): 0 or a number, in integers or balls, from the file alone"
    return [
        at_most(f"{prefix}.affine", source, straight, others if found else inf, 0, "exact"),
        at_most(f"{prefix}.below_worse_end", source, high, worst(excess) if found else inf, bound, "exact"),
    ]
