"""Quadratic networks (``z^2``, one output): the lifted certificate, rational matrices in the place of a path.

``Phi(x) = <A, x x^T>``, ``A = W^T S W``; a network has ``S = diag(u)``. Lemma (Rellich): where ``S_t`` is symmetric and analytic,
its eigenvalues ``u(t)`` and the rows of ``V_t^T W`` (``V_t`` its eigenvectors) are networks that move continuously and have the
matrix ``W^T S_t W``; at the joints two eigenbases differ by rotations inside eigenspaces, which leave ``A`` as it is. So three
straight legs of ``(S, W)`` are paths of networks with ``p`` units: ``diag(u) -> S1``, ``W -> W_end``, ``S1 -> S2``.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_mat

from check.decide import FALLS, Verdict
from check.laws import Law, rational
from check.reading import Arrays, RefusedError, rationals, shaped

Legs = list[tuple[str, str, Verdict]]


def judge_lifted(law: Law, arrays: Arrays) -> tuple[Legs, Any, Any]:
    """The three legs, the loss at the start and at the end, which is the minimum over all networks.

    Raises:
        RefusedError: names the identity that is not one.
    """
    u, W = shaped(arrays, "U", 1, 1, None), shaped(arrays, "W", 1, None, law.n)
    p = W.shape[1]
    if (
        any(part.sigma.powers != {2: 1} for _, part in law.parts)
        or law.m != 1
        or law.loss != "square"
        or u.shape[2] != p
    ):
        raise RefusedError("S with an activation other than z2, several outputs, or another loss than square")
    W0, W1 = rational(W[0]), rationals(arrays, "W_end", p, law.n)
    both = rationals(arrays, "S", 2 * p, p).tolist()
    S0, S1, S2 = fmpq_mat(p, p), fmpq_mat(both[:p]), fmpq_mat(both[p:])
    for i, x in enumerate(rational(u[0]).entries()):
        S0[i, i] = x
    A, end, zero = W0.transpose() * S0 * W0, W1.transpose() * S2 * W1, fmpq_mat(p, law.n)
    identities = {
        "S is not symmetric": S1.transpose() == S1 and S2.transpose() == S2,
        "W^T S1 W is not W^T diag(u) W": W0.transpose() * S1 * W0 == A,
        "S1 (W_end - W) is not 0": zero == S1 * (W1 - W0),
        "W_end^T S2 W_end does not minimise the loss": stationary(law, end),
    }
    for words, holds in identities.items():
        if not holds:
            raise RefusedError(words)
    legs: Legs = [
        ("lifted", "S moves, W^T S W does not", FALLS),
        ("lifted", "W moves where S is 0, W^T S W does not", FALLS),
        ("lifted", "A moves straight to a minimum of the convex loss", FALLS),
    ]
    losses = [law.along(*as_network(law, matrix))[2] for matrix in (A, end)]
    return legs, losses[0], losses[1]


def as_network(law: Law, A: fmpq_mat) -> tuple[fmpq_mat, fmpq_mat, fmpq_mat]:
    """``U``, 0 and ``W`` of a network with the matrix ``A``: rows ``e_i`` and ``e_i + e_j``."""
    n, weights, rows = law.n, [], []
    for i in range(n):
        for j in range(i + 1):
            weights.append(A[i, j] if j < i else A[i, i] - sum((A[i, k] for k in range(n) if k != i), fmpq(0)))
            rows.append([fmpq(int(k in (i, j))) for k in range(n)])
    U = fmpq_mat([weights])
    return U, U * fmpq(0), fmpq_mat(rows)


def stationary(law: Law, A: fmpq_mat) -> bool:
    """Whether the residual at ``A`` is orthogonal to all quadratic forms: ``A`` minimises the (convex) square loss."""
    U, still, W = as_network(law, A)
    for k in range(U.ncols()):
        step = still * fmpq(1)
        step[0, k] = fmpq(1)
        if law.along(U, step, W)[0] != 0:
            return False
    return True
