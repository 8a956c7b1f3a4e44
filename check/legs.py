"""The verdict on a straight leg: which kind it is, read from its ends alone, and what decides that kind."""

from __future__ import annotations

import numpy as np
from flint import fmpq, fmpq_mat

from check import decide
from check.balls.boxes import mirrored, peaks_at_an_end, smooth
from check.kinds import losses
from check.kinds.kinks import kinks
from check.laws import Law, Sample, rational
from check.reading import RefusedError


def merged(U: np.ndarray, W: np.ndarray) -> tuple[fmpq_mat, fmpq_mat]:
    """The same network with equal rows of ``W`` joined into one unit, exactly; ``U`` may hold several layers of weights."""
    groups: dict[bytes, list[int]] = {}
    for i, row in enumerate(W + 0.0):
        groups.setdefault(row.tobytes(), []).append(i)
    weights, units = rational(U).tolist(), list(groups.values())
    return fmpq_mat([[sum((row[i] for i in unit), fmpq(0)) for unit in units] for row in weights]), rational(
        W[[u[0] for u in units]]
    )


def judge(law: Law, U0: np.ndarray, W0: np.ndarray, U1: np.ndarray, W1: np.ndarray) -> tuple[str, str, decide.Verdict]:
    """Kind, argument and verdict of the straight leg from ``(U0, W0)`` to ``(U1, W1)``.

    Raises:
        RefusedError: for a leg that no argument here decides.
    """
    m, live = len(U0), (U0 != 0).any(axis=0) | (U1 != 0).any(axis=0)
    if not live.any():
        return "constant", "every output weight is 0", decide.FALLS
    U0, U1, W0, W1 = U0[:, live], U1[:, live], W0[live], W1[live]
    if np.array_equal(W0, W1):
        both, W = merged(np.concatenate([U0, U1]), W0)
        first, U = fmpq_mat(both.tolist()[:m]), fmpq_mat(both.tolist()[m:])
        if first == U:
            return "constant", "only rows with output weight 0 move, or equal rows trade weight", decide.FALLS
        if law.loss != "square":
            argument = f"L is convex on the leg ({law.loss}): the sign of its derivative at the end"
            return "U", argument, decide.raised(lambda: losses.ending(losses.along(law, U, U - first, W)[1]))
        return "U", "the sign of s = <R1, D>", decide.raised(lambda: decide.parabola(*law.along(U, U - first, W)[:2]))
    if law.loss != "square" or W0.shape[1] > law.n:
        raise RefusedError(f"live rows of W move: not judged under loss {law.loss!r} or with an output bias")
    U, W, dU, dW = rational(U0), rational(W0), rational(U1) - rational(U0), rational(W1) - rational(W0)
    part, zero, one = law.parts[0][1], fmpq(0), fmpq(1)
    if law.degree is not None:
        L = decide.interpolated(lambda t: law.along(U + dU * t, dU * zero, W + dW * t)[2], law.degree)
        argument = f"L is a polynomial of t, degree <= {law.degree}: the sign of L' between its roots"
        return "U, W", argument, decide.raised(lambda: decide.polynomial(L, zero, one))
    if len(law.parts) == 1 and part.exact and isinstance(part, Sample):
        curves = list(kinks(part, U, dU, W, dW))
        return "U, W", f"{len(curves)} pieces between exact kinks, L a polynomial on each", decide.pieces(curves)
    even = mirrored(U, dU, W, dW)
    argument = "L' <= 0 on boxes of balls" + (", L' = 0 at the start since L is even" if even else "")
    return "U, W", argument, decide.raised(lambda: smooth(law.series(U, dU, W, dW), even))


def peaks(law: Law, U0: np.ndarray, W0: np.ndarray, U1: np.ndarray, W1: np.ndarray) -> bool:
    """Whether the loss on a leg that moves ``U`` and ``W`` is nowhere above the higher of its ends."""
    if law.degree is not None or all(part.exact for _, part in law.parts):
        return False  # not needed so far
    live = (U0 != 0).any(axis=0) | (U1 != 0).any(axis=0)
    U, W = rational(U0[:, live]), rational(W0[live])
    return peaks_at_an_end(law.series(U, rational(U1[:, live]) - U, W, rational(W1[live]) - W))
