"""The loss along a line on which ``U`` and ``W`` move, as a function of ``t``: a ball with its Taylor terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb_series, fmpq_mat, fmpq_poly

from check.balls.functions import taylor
from check.sample import Sample

Series = Callable[[arb_series], arb_series]


def lines(A: fmpq_mat, dA: fmpq_mat) -> list[list[fmpq_poly]]:
    """``A + t dA``, entry by entry."""
    rows = zip(A.tolist(), dA.tolist(), strict=True)
    return [[fmpq_poly([a, d]) for a, d in zip(*row, strict=True)] for row in rows]


def at(poly: fmpq_poly, x: Any) -> Any:
    """The value of a polynomial, by Horner."""
    value = x * 0
    for a in reversed(poly.coeffs()):
        value = value * x + a
    return value


def series(law: Any, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
    """The loss on ``(U, W) + t (dU, dW)``."""
    along: Series = sampled(law, U, dU, W, dW) if isinstance(law, Sample) else law.series(U, dU, W, dW)
    return along


def sampled(sample: Sample, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
    """The same on a sample."""
    pre, weights = lines(W * sample.X, dW * sample.X), lines(U, dU)

    def value(x: arb_series) -> arb_series:
        Z, total = [[taylor(sample.sigma, at(z, x)) for z in row] for row in pre], x * 0
        for o, u in enumerate([at(w, x) for w in row] for row in weights):
            for j in range(sample.N):
                total += (sum((w * z[j] for w, z in zip(u, Z, strict=True)), x * 0) - sample.Y[o, j]) ** 2
        return total / sample.N

    return value
