"""The short argument of theorem12/PROOF.md: its identities over the rationals, and the path it gives, judged."""

from __future__ import annotations

import pytest
import torch
from sympy import Matrix, Rational, diag, zeros  # type: ignore[import-untyped]

from tests.reference import generator

#: ``p, n`` and the rank of ``W``.
SHAPES = [(2, 2, 2), (3, 2, 1), (4, 3, 3), (4, 3, 2), (3, 3, 1), (5, 3, 0)]


def whole(rows: int, columns: int, seed: int) -> Matrix:
    return Matrix(torch.randint(-4, 5, (rows, columns), generator=generator(seed)).tolist())


def of_rank(p: int, n: int, rank: int) -> Matrix:
    """An integer ``p x n`` matrix of that rank."""
    for seed in range(100):
        W = whole(p, rank, seed) * whole(rank, n, seed + 1) if rank else zeros(p, n)
        if W.rank() == rank:
            return W
    raise AssertionError


@pytest.mark.parametrize(("p", "n", "rank"), SHAPES)
def test_the_identities_over_the_rationals(p: int, n: int, rank: int) -> None:
    W, S0 = of_rank(p, n, rank), diag(*whole(1, p, 7))
    Abar = whole(n, n, 8) + whole(n, n, 8).T
    A = W.T * S0 * W
    if rank < n:
        G = W.pinv()
        S1 = G.T * A * G
        assert W.T * S1 * W == A  # linear in S: so it stays on the whole leg
        Z = Matrix.hstack(*W.T.nullspace())
        assert (S1 * Z).is_zero_matrix and Z.shape[1] == p - rank >= n - rank
        Y = zeros(p - rank, n)
        for i, row in enumerate(W.nullspace()):
            Y[i, :] = row.T
        for s in (Rational(1, 3), 1):
            assert (W + s * Z * Y).T * S1 * (W + s * Z * Y) == A
        W, S0 = W + Z * Y, S1
    assert W.rank() == n
    G = W.pinv()
    S2 = G.T * Abar * G
    assert W.T * S0 * W == A and Abar == W.T * S2 * W


@pytest.mark.parametrize("n", [2, 4])
def test_control_below_n_the_lift_does_not_reach_the_target(n: int) -> None:
    W, Abar = of_rank(n - 1, n, n - 1), diag(*range(1, n + 1))
    G = W.pinv()
    assert W.T * (G.T * Abar * G) * W != Abar
