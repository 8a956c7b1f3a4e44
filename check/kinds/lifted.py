"""Quadratic networks (``z^2``, one output): the lifted certificate, rational matrices in the place of a path.

``Phi(x) = <A, x x^T>``, ``A = W^T S W``; a network has ``S = diag(u)``. Lemma (Rellich): where ``S_t`` is symmetric and analytic,
its eigenvalues ``u(t)`` and the rows of ``V_t^T W`` (``V_t`` its eigenvectors) are networks that move continuously and have the
matrix ``W^T S_t W``; at the joints two eigenbases differ by rotations inside eigenspaces, which leave ``A`` as it is. So three
straight legs of ``(S, W)`` are paths of networks with ``p`` units: ``diag(u) -> S1``, ``W -> W_end``, ``S1 -> S2``.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpz

from check.legs import FALLS, Leg, told
from check.reading import Arrays, require, shaped
from check.sample import rational


def rationals(arrays: Arrays, name: str, rows: int, columns: int) -> fmpq_mat:
    """A matrix of rationals, written as texts like ``-3`` and ``2/7``, taken out of ``arrays``."""
    array = arrays.pop(name, np.zeros(()))
    fits = array.dtype.kind == "U" and array.shape == (rows, columns)
    require(fits, f"{name} {array.shape} {array.dtype}: allowed are texts ({rows}, {columns})")
    parts = [re.fullmatch(r"(-?[0-9]+)(?:/0*([1-9][0-9]*))?", entry) for entry in array.ravel().tolist()]
    require(all(parts), f"{name}: holds a text that is no rational like -3 or 2/7")
    return fmpq_mat(rows, columns, [fmpq(fmpz(part[1]), fmpz(part[2] or "1")) for part in parts if part])


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """Three legs, if all identities hold, to the minimum over all networks."""
    u, W = shaped(arrays, "U", 1, 1, None), shaped(arrays, "W", 1, None, law.n)
    p = W.shape[1]
    squares = law.sigma.powers == {2: 1} and law.m == 1 and getattr(law, "plain", True) and u.shape[2] == p
    require(squares, "S with an activation other than z2, several outputs, or another loss than square")
    W0, W1 = rational(W[0]), rationals(arrays, "W_end", p, law.n)
    both = rationals(arrays, "S", 2 * p, p).tolist()
    require(not arrays, f"arrays {sorted(arrays)} have no meaning here")
    S0, S1, S2 = fmpq_mat(p, p), fmpq_mat(both[:p]), fmpq_mat(both[p:])
    for i, x in enumerate(rational(u[0]).entries()):
        S0[i, i] = x
    A, end, zero = W0.transpose() * S0 * W0, W1.transpose() * S2 * W1, fmpq_mat(p, law.n)
    require(S1.transpose() == S1 and S2.transpose() == S2, "S is not symmetric")
    require(W0.transpose() * S1 * W0 == A, "W^T S1 W is not W^T diag(u) W")
    require(zero == S1 * (W1 - W0), "S1 (W_end - W) is not 0")
    require(stationary(law, end), "W_end^T S2 W_end does not minimise the loss")
    legs: list[Leg] = [
        ("lifted", "S moves, W^T S W does not", FALLS),
        ("lifted", "W moves where S is 0, W^T S W does not", FALLS),
        ("lifted", "A moves straight to a minimum of the convex loss", FALLS),
    ]
    first, last = (law.along(U, U * fmpq(0), W)[2] for U, W in (as_network(law, matrix) for matrix in (A, end)))
    return told(legs, first, last, "a global minimum")


def as_network(law: Any, A: fmpq_mat) -> tuple[fmpq_mat, fmpq_mat]:
    """``U`` and ``W`` of a network with the matrix ``A``: rows ``e_i`` and ``e_i + e_j``."""
    n, weights, rows = law.n, [], []
    for i in range(n):
        for j in range(i + 1):
            weights.append(A[i, j] if j < i else A[i, i] - sum((A[i, k] for k in range(n) if k != i), fmpq(0)))
            rows.append([fmpq(int(k in (i, j))) for k in range(n)])
    return fmpq_mat([weights]), fmpq_mat(rows)


def stationary(law: Any, A: fmpq_mat) -> bool:
    """Whether the residual at ``A`` is orthogonal to all quadratic forms: ``A`` minimises the (convex) square loss."""
    U, W = as_network(law, A)
    steps = [fmpq_mat([[fmpq(int(i == k)) for i in range(U.ncols())]]) for k in range(U.ncols())]
    return all(law.along(U, step, W)[0] == 0 for step in steps)
