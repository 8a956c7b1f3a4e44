"""A smooth function of one variable that never rises: adaptive boxes of balls."""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, arb_series, fmpq, fmpq_mat

from check.kinds.polynomials import widest
from check.legs import FALLS, Verdict

DEPTH, BOXES = 120, 2000


def mirrored(U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> bool:
    """Whether exchanging units turns the line ``t`` into ``-t``: then ``L`` is even."""
    units = [[*U.transpose().tolist()[i], *W.tolist()[i]] for i in range(U.ncols())]
    moves = [[*dU.transpose().tolist()[i], *dW.tolist()[i]] for i in range(U.ncols())]
    forth, back = ([(*u, *(sign * x for x in v)) for u, v in zip(units, moves, strict=True)] for sign in (1, -1))
    return sorted(forth) == sorted(back)


def smooth(L: Callable[[arb_series], arb_series], even: bool) -> Verdict | None:
    """Boxes ``[a, b]`` of [0, 1], halved until ``L' <= 0`` on each; at a critical end the sign of ``L''`` decides.

    Args:
        L: Taylor terms of order 0, 1, 2 on a ball.
        even: whether ``L(-t) = L(t)``, so that ``L'(0) = 0``.
    """
    boxes, seen, above = [(fmpq(0), fmpq(1), 0)], 0, arb(0)
    point = lambda t: L(arb_series([arb(t), 1]))  # noqa: E731
    while boxes:
        a, b, depth = boxes.pop()
        middle, seen = (a + b) / 2, seen + 1
        radius = arb(0, arb((b - a) / 2).upper())
        here, wide = point(middle), L(arb_series([arb(middle) + radius, 1]))
        if here[1] > 0:
            return ("rises", *widest([(t, point(t)[0]) for t in (fmpq(k, 32) for k in range(33))]))
        slope = here[1] + 2 * wide[2] * radius
        if wide[1] <= 0 or slope <= 0:
            continue
        if (wide[2] <= 0 and ((even and a == 0) or point(a)[1] <= 0)) or (wide[2] >= 0 and point(b)[1] <= 0):
            continue
        if depth == DEPTH or seen > BOXES:
            above += (b - a) * slope.upper()
        else:
            boxes += [(middle, b, depth + 1), (a, middle, depth + 1)]
    return FALLS if above == 0 else ("undecided", above, FALLS[2])


def peaks_at_an_end(L: Callable[[arb_series], arb_series]) -> bool:
    """Whether ``L(t) <= max(L(0), L(1))`` on [0, 1], decided on boxes: by ``L`` itself, or where it is monotone or convex."""
    point = lambda t: L(arb_series([arb(t), 1]))[0]  # noqa: E731
    ends, boxes, seen = (point(fmpq(0)), point(fmpq(1))), [(fmpq(0), fmpq(1))], 0
    low = lambda t: t in (0, 1) or point(t) <= ends[0] or point(t) <= ends[1]  # noqa: E731
    while boxes and (seen := seen + 1) < BOXES:
        a, b = boxes.pop()
        wide = L(arb_series([arb((a + b) / 2) + arb(0, arb((b - a) / 2).upper()), 1]))
        if wide[0] <= ends[0] or wide[0] <= ends[1]:
            continue
        if (wide[1] <= 0 and low(a)) or (wide[1] >= 0 and low(b)) or (wide[2] >= 0 and low(a) and low(b)):
            continue
        boxes += [((a + b) / 2, b), (a, (a + b) / 2)]
    return not boxes
