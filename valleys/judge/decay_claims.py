"""Claims on paths with weight decay: by the exact checker where it judges them, else by floats and the rational floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from valleys.judge.exact import NO_SLACK, rise_of, share, upper
from valleys.run.claims import Claim, at_most, worst

#: Allowed rise on a leg as floats see it, relative to the loss at the start; distance of the end from the floor, relative.
RISE, END = 1e-12, 1e-12
CONNECTED = "weight_decay/PROOF.md, Corollary A'"


@dataclass(frozen=True)
class Judged:
    """What is known of one path.

    Attributes:
        exact: the checker's verdict; None where it does not judge the path.
        rise: the largest rise on a leg relative to the start, as the judge in floats sees it.
        gap: the loss at the end less the rational floor, relative to the loss: both in rationals, rounded up.
        rounding: what doubles cost at the end, relative.
    """

    exact: dict[str, Any] | None
    rise: float
    gap: float
    rounding: float


def share_above(verdict: dict[str, Any]) -> float:
    """How far the end is above the checker's floor, relative to the loss there; NaN for an end below it, which cannot be."""
    gap = upper(verdict["above_floor"])
    return nan if gap < 0 else share(gap, verdict["end"])


def decay_claims(prefix: str, source: str, paths: Sequence[Judged]) -> list[Claim]:
    """No path rises, each ends at the floor under every width: the worst of all."""
    of = f" (worst of {len(paths)} paths)" if len(paths) > 1 else ""
    verdicts = [path.exact for path in paths if path.exact is not None]
    rising, bound = (
        f"largest rise on a leg, relative to the loss at the start{of}",
        END + max(p.rounding for p in paths),
    )
    if len(verdicts) == len(paths):
        rising += ": 0 or a number, in rationals, from the path's file alone"
        never = at_most(f"{prefix}.never_rises", source, rising, worst(map(rise_of, verdicts)), NO_SLACK, "exact")
    else:
        never = at_most(f"{prefix}.never_rises", source, rising, worst(p.rise for p in paths), RISE, "verified")
    ending = f"loss at the end less the rational floor under every width, relative{of}"
    told = [share_above(verdict) for verdict in verdicts if "above_floor" in verdict]
    if len(told) == len(paths):
        return [never, at_most(f"{prefix}.ends_at_floor", source, ending, worst(told), bound, "exact")]
    return [never, at_most(f"{prefix}.ends_at_floor", source, ending, worst(p.gap for p in paths), bound, "proved")]


def connection_claims(prefix: str, told: dict[str, Any]) -> list[Claim]:
    """A path along masses is nowhere above the higher of its two ends, exactly, or by a number."""
    words = "largest loss over that at the higher end, less 1: in rationals, from the path's file alone"
    above = 0.0 if told["verdict"] == "never rises" else share(upper(told["above"]), told["start"], told["end"])
    return [at_most(f"{prefix}.below_worse_end", CONNECTED, words, above, NO_SLACK, "exact")]
