"""Quadratic networks (``z^2``) under normal laws: the loss on a straight leg, a polynomial of ``t``, from four matrices.

An output less the teacher's is ``<D, x x^T>``, ``D = W^T diag(u) W - V^T diag(s) V``; for ``x ~ N(0, I)`` its mean square
is ``2 |D|^2 + (tr D)^2`` (Isserlis). Where ``u`` and ``W`` move on lines ``D`` is a cubic of ``t``.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from flint import fmpq, fmpq_mat, fmpq_poly

from check.sample import inner

Cubic = list[fmpq_mat]  #: coefficients of 1, t, t^2, t^3


def parts(law: Any) -> list[tuple[fmpq, Any]] | None:
    """The normal parts of a law and their weights; None where a part is of another kind, or another teacher's."""
    found = getattr(law, "parts", [(fmpq(1), law)])
    fits = all(hasattr(part, "block") and part.sigma.powers == part.tau.powers == {2: 1} for _, part in found)
    return found if fits else None


def squares(law: Any, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> fmpq_poly | None:
    """``L`` at ``(U + t dU, W + t dW)``; None where ``parts`` is."""
    found, total = parts(law), fmpq_poly([0])
    for weight, part in found or []:
        rows, moves, teacher = (column(M, part.block) for M in (W, dW, part.V))
        for o in range(part.m):
            total += weight * square(cubic(U, dU, rows, moves, o, -1 * form(part.T, teacher, teacher, o)))
        total += weight * part.noise
    return total if found else None


def column(M: fmpq_mat, block: list[int]) -> fmpq_mat:
    """The coordinates that move."""
    return fmpq_mat([[row[k] for k in block] for row in M.tolist()])


def form(U: fmpq_mat, V: fmpq_mat, W: fmpq_mat, o: int) -> fmpq_mat:
    """``V^T diag(u) W`` for the output weights ``u = U[o]``."""
    return V.transpose() * fmpq_mat([[U[o, k] * x for x in row] for k, row in enumerate(W.tolist())])


def cubic(U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat, o: int, rest: fmpq_mat) -> Cubic:
    """``(W + t dW)^T diag(u + t du) (W + t dW) + rest``."""
    mixed, moved = form(U, dW, W, o), form(dU, dW, W, o)
    return [
        form(U, W, W, o) + rest,
        mixed + mixed.transpose() + form(dU, W, W, o),
        moved + moved.transpose() + form(U, dW, dW, o),
        form(dU, dW, dW, o),
    ]


def square(D: Cubic) -> fmpq_poly:
    """``2 |D|^2 + (tr D)^2``."""
    traces = [sum((M[i, i] for i in range(M.nrows())), fmpq(0)) for M in D]
    found = [fmpq(0)] * 7
    for i, j in product(range(4), repeat=2):
        if i <= j:
            found[i + j] += (2 * inner(D[i], D[j]) + traces[i] * traces[j]) * (1 if i == j else 2)
    return fmpq_poly(found)
