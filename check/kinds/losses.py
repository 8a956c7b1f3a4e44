"""Losses but the mean square error: with an output bias, with weight decay, or the mean of another convex function."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpq_mat

from check.balls.precision import bits
from check.legs import FALLS, Verdict
from check.reading import Arrays, require
from check.sample import ATTAINED, UNDECIDED, Sample, plugin

FLOW = "the infimum over all networks, after a descent of U alone (convex, not in the file)"


def law(loss: str, sample: Sample, arrays: Arrays) -> Any:
    """The loss; an output bias moves from ``c`` into ``U`` and ``W``."""
    if loss.startswith("square+decay:"):
        require("c" not in arrays, f"loss {loss!r} with an output bias")
        return plugin("kinds.decay").Decayed(sample, number(loss, "square+decay:"))
    sample = plugin("kinds.bias").biased(sample, arrays) if "c" in arrays else sample
    return sample if loss == "square" else Convex(loss, sample)


def number(loss: str, before: str) -> fmpq:
    """The number above 0 that stands behind the colon: a float64, or a fraction like 2/7."""
    told = loss.removeprefix(before)
    try:
        found = fmpq(*(Fraction(told) if "/" in told else Fraction(float(told))).as_integer_ratio())
    except (ValueError, OverflowError, ZeroDivisionError):
        found = fmpq(0)
    require(found > 0, f"loss {loss!r}")
    return found


class Convex:
    """The mean of ``l(Phi(x), y)``, convex in ``Phi``: on a leg of ``U`` its derivative is largest at the end."""

    plain, exact = False, False

    def __init__(self, loss: str, sample: Sample) -> None:
        self.loss, self.sample, self.sigma, self.m, self.n = loss, sample, sample.sigma, sample.m, sample.n
        self.delta = number(loss, "huber:") if loss.startswith("huber:") else fmpq(0)
        self.argument = f"L is convex on the leg ({loss}): the sign of its derivative at the end"
        columns = sample.Y.transpose().tolist()
        signs = self.m == 1 and all(y * y == 1 for (y,) in columns)
        classes = self.m > 1 and all(sorted(c) == [0] * (len(c) - 1) + [1] for c in columns)
        fits = {"logistic": signs, "cross_entropy": classes, "hinge": signs or classes}
        require(fits.get(loss, self.delta > 0), f"loss {loss!r}, or its targets")

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> tuple[Any, None, Any]:
        """The derivative from the left at the end ``U`` of a leg by ``dU``, and the loss there."""
        N, rows = self.sample.N, [self.sample.outputs(A, W).tolist() for A in (U, dU)] + [self.sample.Y.tolist()]
        found = [point(self.loss, self.delta, *([row[j] for row in matrix] for matrix in rows)) for j in range(N)]
        value, slope = (sum(column) for column in zip(*found, strict=True))
        return slope / N, None, value / N

    def ending(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> Verdict | None:
        """A convex function never rises on [0, 1] iff its left derivative at 1 is at most 0."""
        slope = self.along(U, dU, W)[0]
        return FALLS if slope <= 0 else ("rises", None, FALLS[2]) if slope > 0 else None

    def attained(self, W: fmpq_mat) -> str:
        """Where the filters span all, the least value over ``U`` is that over all networks, and a way down is convex.

        The hinge and Huber's loss are polynomials of degree 1 or 2 on pieces, so they have a minimum; the others may have none.
        """
        with bits():
            if not self.sample.spans(W):
                return UNDECIDED
        return ATTAINED if self.loss == "hinge" or self.delta > 0 else FLOW


def point(loss: str, delta: fmpq, z: list[Any], d: list[Any], y: list[fmpq]) -> tuple[Any, Any]:
    """``l(z, y)``, and ``d/dt l(z + (t - 1) d, y)`` at ``t = 1`` from the left, for one data point."""
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
        clip = [clipped(r, delta) for r in rest]
        values = [c * r - c * c / 2 for c, r in zip(clip, rest, strict=True)]
        return sum(values), sum(c * x for c, x in zip(clip, d, strict=True))
    require(isinstance(z[0], fmpq), "loss 'hinge' with values that are balls")  # which cannot see ties
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
