"""Weight decay on a sample: ``L + lam (|U|^2 + |W|^2)``."""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_mat, fmpq_poly

from check.balls.precision import raised, signed
from check.kinds.moving import moving
from check.legs import FALLS, Knot, Leg
from check.sample import Sample, inner, rational


class Decayed(Sample):
    """``L + lam (|U|^2 + |W|^2)``: rows with output weight 0 count too, so every leg is judged as a whole."""

    plain = False

    def __init__(self, sample: Sample, lam: fmpq) -> None:
        super().__init__(sample.sigma, sample.X.transpose(), sample.Y.transpose())
        self.sample, self.lam = sample, lam

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> tuple[Any, Any, Any]:
        """``s``, ``a`` and the loss as without decay, and its share of each."""
        s, a, loss = super().along(U, dU, W)
        size = inner(U, U) + inner(W, W)
        return s + self.lam * inner(U, dU), a + self.lam * inner(dU, dU), loss + self.lam * size

    @staticmethod
    def leg(law: Decayed, start: Knot, end: Knot) -> Leg:
        """The verdict on a straight leg, whatever moves."""
        U0, W0, U1, W1 = map(rational, (*start, *end))
        if U0 == U1 and W0 == W1:
            return "constant", "nothing moves", FALLS
        if W0 == W1:
            return "U", "the sign of s, with decay", raised(lambda: signed(*law.along(U1, U1 - U0, W1)[:2]))
        pairs = ((U0, U1 - U0), (W0, W1 - W0))
        decay = sum((fmpq_poly([inner(A, A), 2 * inner(A, D), inner(D, D)]) for A, D in pairs), fmpq_poly([0]))
        return "U, W", *moving(law.sample, U0, W0, U1, W1, decay * law.lam)

    def attained(self, W: fmpq_mat) -> str:
        """Filters that span are no argument here."""
        return "not decided: with weight decay filters that span all are not enough"
