"""Linear networks on a sample: curves on which ``W_t`` moves straight and ``U`` is the best readout of ``W_t``.

With ``P = W Sxx W^T`` and ``Q = W Sxy`` the loss there is ``(|Y|^2 - tr(Q^T P^-1 Q))/N``. The trace is a rational function
``G/D`` of ``t``, ``D = det P`` and ``G`` polynomials of degree ``2 p``; the loss never rises iff ``G' D - G D' >= 0``
where ``D > 0``.
"""

from __future__ import annotations

from itertools import count, islice, pairwise
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly

from check.decide import FALLS, Verdict, critical, falls, raised, widest
from check.laws import Law, Sample, rational
from check.reading import RefusedError

CURVE = "the best readout of W, which moves: the sign of the derivative of a rational function of t"


class Readout:
    """The best readout of rows, on the sample of ``law``.

    Raises:
        RefusedError: for another law or loss than a linear network on a sample with the square loss.
    """

    def __init__(self, law: Law) -> None:
        part = law.parts[0][1]
        if not isinstance(part, Sample) or part.sigma.powers != {1: 1} or law.loss != "square":
            raise RefusedError("W_readout without a sample, activation z and the square loss")
        self.N, self.Sxx, self.Sxy = part.N, part.X * part.X.transpose(), part.X * part.Y.transpose()
        self.YY = sum((y * y for y in part.Y.entries()), fmpq(0))

    def parts(self, W: fmpq_mat) -> tuple[fmpq, fmpq]:
        """``D`` and ``G``; 0, 0 where the rows are dependent on the data."""
        P, Q = W * self.Sxx * W.transpose(), W * self.Sxy
        D = P.det()
        if D == 0:
            return D, D
        R = Q.transpose() * P.solve(Q)
        return D, D * sum((R[i, i] for i in range(R.nrows())), fmpq(0))

    def loss(self, W: fmpq_mat) -> fmpq:
        """The loss of the best readout of independent rows.

        Raises:
            RefusedError: for dependent rows.
        """
        D, G = self.parts(W)
        if D == 0:
            raise RefusedError("a knot of W_readout with rows that the data cannot tell apart")
        return (self.YY - G / D) / self.N

    def leg(self, W: fmpq_mat, dW: fmpq_mat) -> Verdict:
        """The verdict on ``W + t dW``."""
        degree = 2 * W.nrows()
        found = ((t, *self.parts(W + dW * fmpq(t))) for t in count())
        places = list(islice((row for row in found if row[1] != 0), degree + 1))
        powers = fmpq_mat([[fmpq(t) ** k for k in range(degree + 1)] for t, _, _ in places])
        D, G = (fmpq_poly(powers.solve(fmpq_mat(degree + 1, 1, [row[i] for row in places])).entries()) for i in (1, 2))
        slope = D.derivative() * G - G.derivative() * D  # of the loss, times N D^2
        if raised(lambda: positive(D))[0] != FALLS[0]:
            return ("undecided", None, FALLS[2])
        if raised(lambda: falls(slope, fmpq(0), fmpq(1)))[0] == FALLS[0]:
            return FALLS
        stops = [fmpq(0), *(t for t in critical(slope.integral()) if 0 < t < 1), fmpq(1)]
        return ("rises", *widest([(t, self.loss(W + dW * t)) for t in sorted(stops)]))


def positive(D: fmpq_poly) -> Verdict | None:
    """Whether a polynomial that is positive at 0 and 1 has no root between: written as a verdict, for ``raised``."""
    roots = [z.real for z, _ in D.complex_roots() if z.imag == 0] if D.degree() > 0 else []
    return FALLS if D(0) > 0 and D(1) > 0 and all(r < 0 or r > 1 for r in roots) else None


def curves(law: Law, W: np.ndarray, stack: np.ndarray) -> tuple[list[tuple[str, str, Verdict]], Any]:
    """From the last knot straight to the best readout of ``W``, then along ``stack (Q, p, n)``: verdicts, the last loss.

    Raises:
        RefusedError: if the curve does not begin at ``W``.
    """
    readout, knots = Readout(law), [rational(w) for w in stack]
    if not np.array_equal(stack[0], W):
        raise RefusedError("W_readout does not begin at the last knot of W")
    readout.loss(knots[0])
    legs: list[tuple[str, str, Verdict]] = [
        ("U", "to the best readout of W: a parabola that ends at its least value", FALLS)
    ]
    legs += [("readout", CURVE, readout.leg(a, b - a)) for a, b in pairwise(knots)]
    return legs, readout.loss(knots[-1])
