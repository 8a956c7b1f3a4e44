"""Files with a ``claim``: of a connection the loss need not fall, but is nowhere above the higher of the two ends."""

from __future__ import annotations

from typing import Any

from flint import arb

from check.balls.precision import fraction
from check.legs import Knot, Leg
from check.legs import judged as judged_without
from check.reading import Arrays, require, text
from check.sample import plugin, rational


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """As without a claim; of a connection also the highest loss and the knot that has it, where this is decided."""
    claim = text(arrays, "claim")
    require(claim in ("descent", "connection"), f"claim {claim!r}: allowed are descent and connection")
    stacks = [arrays[key] for key in ("U", "W") if key in arrays]
    found = judged_without(law, arrays) | {"claim": claim}
    if claim == "descent" or found["verdict"] == "never rises" or len(found["legs"]) != len(stacks[0]) - 1:
        return found
    peak = highest(law, list(zip(*stacks, strict=True)), found["legs"])
    if peak is None:
        return found
    ends = peak[1] in (0, len(found["legs"]))
    told = {"highest": peak[0], "at_knot": peak[1], "attained": f"{found['attained']}; highest at knot {peak[1]}"}
    told["above"] = arb(peak[2]).str(12)
    return found | told | {"verdict": "never above its higher end" if ends else "rises above its higher end"}


def loss(law: Any, knot: Knot) -> Any:
    """``L`` at a knot."""
    return law.along(rational(knot[0]), rational(knot[0] * 0), rational(knot[1]))[2]


def highest(law: Any, knots: list[Knot], legs: list[Leg]) -> tuple[Any, int, Any] | None:
    """The highest loss, its knot, and how far above the higher end; if every leg is constant, convex, or peaks at an end."""
    values = [loss(law, knots[0])]
    for leg, start, end in zip(legs, knots, knots[1:], strict=False):
        values.append(values[-1] if leg[0] == "constant" else loss(law, end))
        if leg[0] == "U, W" and not peaks(law, start, end):
            return None
    top = max(range(len(values)), key=lambda i: (fraction(arb(values[i])), i in (0, len(legs)), -i))
    known = all(v is values[top] or v <= values[top] for v in values)
    end = max((values[0], values[-1]), key=lambda v: fraction(arb(v)))
    return (values[top], top, values[top] - end) if known else None


def peaks(law: Any, start: Knot, end: Knot) -> bool:
    """Whether the loss on a leg that moves ``U`` and ``W`` is nowhere above the higher of its ends."""
    if law.exact:
        return False  # not needed so far
    live = (start[0] != 0).any(axis=0) | (end[0] != 0).any(axis=0)
    (U0, W0), (U1, W1) = ((rational(U[:, live]), rational(W[live])) for U, W in (start, end))
    return bool(plugin("balls.boxes").peaks_at_an_end(plugin("balls.series").series(law, U0, U1 - U0, W0, W1 - W0)))
