"""Convex losses other than the square, on a sample: the derivative at the end of a leg of ``U``, where it is largest."""

from __future__ import annotations

from typing import Any

from flint import arb, fmpq, fmpq_mat

from check.decide import FALLS, Verdict
from check.laws import Law, Sample
from check.reading import RefusedError


def known(loss: str, Y: fmpq_mat) -> None:
    """Refuse a loss without a formula here, and targets ``Y (m, N)`` that are not of its kind.

    Raises:
        RefusedError: says which.
    """
    columns = Y.transpose().tolist()
    signs = Y.nrows() == 1 and all(y * y == 1 for (y,) in columns)
    classes = Y.nrows() > 1 and all(sorted(c) == [0] * (len(c) - 1) + [1] for c in columns)
    fits = {"square": True, "logistic": signs, "cross_entropy": classes, "hinge": signs or classes}.get(loss)
    if loss.startswith("huber:"):
        fits = width(loss) > 0
    if not fits:
        raise RefusedError(f"loss {loss!r}, or its targets" if fits is False else f"loss {loss!r}")


def width(loss: str) -> fmpq:
    """``DELTA`` of ``huber:DELTA``; -1 where it is no number."""
    try:
        return fmpq(*float(loss[6:]).as_integer_ratio())
    except (ValueError, OverflowError):
        return fmpq(-1)


def point(loss: str, z: list[Any], d: list[Any], y: list[fmpq]) -> tuple[Any, Any]:
    """``l(z, y)``, and ``d/dt l(z + (t - 1) d, y)`` at ``t = 1`` from the left, for one data point.

    Raises:
        RefusedError: for the hinge in balls, which cannot see ties.
    """
    if loss == "logistic":
        power = arb(-y[0] * z[0]).exp()
        return (1 + power).log(), -y[0] * d[0] * power / (1 + power)
    if loss == "cross_entropy":
        right = y.index(fmpq(1))
        powers = [arb(v - z[right]).exp() for v in z]
        slopes = [e * (x - d[right]) for e, x in zip(powers, d, strict=True)]
        return sum(powers).log(), sum(slopes) / sum(powers)
    if loss != "hinge":
        rest = [v - t for v, t in zip(z, y, strict=True)]
        clip = [clipped(r, width(loss)) for r in rest]
        values = [c * r - c * c / 2 for c, r in zip(clip, rest, strict=True)]
        return sum(values), sum(c * x for c, x in zip(clip, d, strict=True))
    if not isinstance(z[0], fmpq):
        raise RefusedError("loss 'hinge' with values that are balls")
    if len(y) == 1:  # max(0, 1 - y z)
        pieces = [(1 - y[0] * z[0], -y[0] * d[0]), (fmpq(0), fmpq(0))]
    else:
        right = y.index(fmpq(1))
        pieces = [(v - z[right] + 1 - t, x - d[right]) for v, x, t in zip(z, d, y, strict=True)]
    top = max(value for value, _ in pieces)
    return top, min(slope for value, slope in pieces if value == top)


def clipped(r: Any, delta: fmpq) -> Any:
    """``r`` between ``-delta`` and ``delta``."""
    return max(-delta, min(delta, r)) if isinstance(r, fmpq) else arb(r).min(arb(delta)).max(arb(-delta))


def along(law: Law, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> tuple[Any, Any]:
    """The loss at the end ``U`` of a leg by ``dU``, and its derivative there from the left."""
    part = law.parts[0][1]
    assert isinstance(part, Sample)
    rows = (*part.outputs(U, dU, W), part.Y.entries())
    found = [point(law.loss, *(row[j :: part.N] for row in rows)) for j in range(part.N)]
    value, slope = (sum(column) for column in zip(*found, strict=True))
    return value / part.N, slope / part.N


def ending(slope: Any) -> Verdict | None:
    """A convex function never rises on [0, 1] iff its left derivative at 1 is at most 0."""
    return FALLS if slope <= 0 else ("rises", None, FALLS[2]) if slope > 0 else None
