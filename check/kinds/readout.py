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

from check.balls.precision import raised
from check.kinds.linear import above_minimum
from check.kinds.polynomials import critical, falls, widest
from check.legs import FALLS, Leg, Verdict, judge, told
from check.reading import Arrays, require, shaped
from check.sample import Sample, inner, rational

CURVE = "the best readout of W, which moves: the sign of the derivative of a rational function of t"


class Readout:
    """The best readout of rows, on a sample."""

    def __init__(self, law: Any) -> None:
        fits = isinstance(law, Sample) and law.sigma.powers == {1: 1} and getattr(law, "plain", True)
        require(fits, "W_readout without a sample, activation z and the square loss")
        self.N, self.Sxx, self.Sxy = law.N, law.X * law.X.transpose(), law.X * law.Y.transpose()
        self.YY = inner(law.Y, law.Y)

    def parts(self, W: fmpq_mat) -> tuple[fmpq, fmpq]:
        """``D`` and ``G``; 0, 0 where the rows are dependent on the data."""
        P, Q = W * self.Sxx * W.transpose(), W * self.Sxy
        D = P.det()
        if D == 0:
            return D, D
        R = Q.transpose() * P.solve(Q)
        return D, D * sum((R[i, i] for i in range(R.nrows())), fmpq(0))

    def loss(self, W: fmpq_mat) -> fmpq:
        """The loss of the best readout of independent rows."""
        D, G = self.parts(W)
        require(D != 0, "a knot of W_readout with rows that the data cannot tell apart")
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


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """The legs through ``U, W``, then straight to the best readout of the last ``W``, then along ``W_readout (Q, p, n)``."""
    U = shaped(arrays, "U", None, law.m, None)
    W = shaped(arrays, "W", len(U), U.shape[2], law.n)
    curve = shaped(arrays, "W_readout", None, *W.shape[1:])
    require(not arrays, f"arrays {sorted(arrays)} have no meaning here")
    require(np.array_equal(curve[0], W[-1]), "W_readout does not begin at the last knot of W")
    readout, knots, turning = Readout(law), list(zip(U, W, strict=True)), [rational(w) for w in curve]
    readout.loss(turning[0])
    legs: list[Leg] = [judge(law, *ends) for ends in pairwise(knots)]
    legs.append(("U", "to the best readout of W: a parabola that ends at its least value", FALLS))
    legs += [("readout", CURVE, readout.leg(a, b - a)) for a, b in pairwise(turning)]
    end = readout.loss(turning[-1])
    start = law.along(rational(U[0]), rational(U[0] * 0), rational(W[0]))[2]
    return told(legs, start, end, above_minimum(law, W.shape[1], end))
