"""Balls of more and more bits, until a decision is made; FLINT's settings are those of the process, so they are put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq, fmpq_mat

from check.legs import FALLS, Leg, Verdict, parabola
from check.sample import rational

PRECISIONS = (256, 512, 1024, 2048, 4096)


@contextmanager
def bits(precision: int = PRECISIONS[0]) -> Iterator[None]:
    """Balls of this precision, series of three terms."""
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = precision, 3
    try:
        yield
    finally:
        ctx.prec, ctx.cap = before


def raised(decision: Callable[[], Verdict | None]) -> Verdict:
    """The decision, with more bits as long as there is none."""
    found: Verdict | None = None
    for precision in PRECISIONS:
        with bits(precision):
            found = decision()
        if found is not None and found[0] != "undecided":
            break
    return found or ("undecided", None, FALLS[2])


def fraction(x: arb) -> fmpq:
    """The midpoint of a ball."""
    mantissa, exponent = x.mid().man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


def merged(U: np.ndarray, W: np.ndarray) -> fmpq_mat:
    """The output weights of equal rows of ``W`` added up, exactly; ``U`` may hold several layers of weights."""
    groups: dict[bytes, list[int]] = {}
    for i, row in enumerate(W + 0.0):  # -0.0 becomes 0.0
        groups.setdefault(row.tobytes(), []).append(i)
    return fmpq_mat([
        [sum((row[i] for i in group), fmpq(0)) for group in groups.values()] for row in rational(U).tolist()
    ])


def judge(law: Any, U0: np.ndarray, U1: np.ndarray, W: np.ndarray) -> Leg:
    """The verdict on a leg of ``U`` alone, where values are balls; equal rows that trade weight are seen before."""
    both, rows, last = merged(np.concatenate([U0, U1]), W).tolist(), rational(W), rational(U1)
    if both[: law.m] == both[law.m :]:
        return "constant", "equal rows trade weight", FALLS
    step = last - rational(U0)
    if hasattr(law, "ending"):  # convex, not the square
        return "U", law.argument, raised(lambda: law.ending(last, step, rows))
    return "U", "the sign of s = <R1, D>", raised(lambda: signed(*law.along(last, step, rows)[:2]))


def signed(s: Any, a: Any) -> Verdict | None:
    """``parabola``, once balls tell the sign of ``s``, and if it is positive that of ``s - a``."""
    return parabola(s, a) if s <= 0 or (s > 0 and (s >= a or s < a)) else None
