"""The lifted certificate: Theorem 12 for every width ``p >= n`` over the rationals, for ``python -m check`` (PROOF.md).

``A = W^T S W`` with a symmetric ``S (p, p)``, at the start ``S = diag(u)``. Three legs: ``S -> S1 = P S P``, ``P`` the
projection on the column space of ``W``; ``W -> W_end = W + Z N^T``, ``Z`` orthogonal to that space, ``N`` spanning the
kernel of ``W``; ``S1 -> S2 = B^T A_end B``, ``B`` the left inverse of ``W_end``. The first two leave ``A`` as it is, the
third moves it straight.
"""

from __future__ import annotations

import numpy as np
from flint import fmpq, fmpq_mat
from torch import Tensor

from valleys.problem.network import Theta
from valleys.run.errors import InputError


def exact(matrix: Tensor) -> fmpq_mat:
    """Float64 numbers as the rationals that they are."""
    rows, columns = matrix.shape
    return fmpq_mat(rows, columns, [fmpq(*x.as_integer_ratio()) for x in matrix.flatten().tolist()])


def kernel(M: fmpq_mat) -> fmpq_mat:
    """Columns that span ``{v : M v = 0}``, shape ``(n, n - rank)``."""
    reduced, rank = M.rref()
    n = M.ncols()
    pivots = [next(j for j in range(n) if reduced[i, j] != 0) for i in range(rank)]
    free = [j for j in range(n) if j not in pivots]
    found = fmpq_mat(n, len(free))
    for k, j in enumerate(free):
        found[j, k] = fmpq(1)
        for i, pivot in enumerate(pivots):
            found[pivot, k] = -reduced[i, j]
    return found


def left_inverse(M: fmpq_mat) -> fmpq_mat:
    """``(M^T M)^-1 M^T`` for independent columns."""
    return (M.transpose() * M).inv() * M.transpose()


def texts(M: fmpq_mat) -> np.ndarray:
    """Rationals as a path file holds them."""
    return np.array([[str(x) for x in row] for row in M.tolist()])


def lifted(theta: Theta, target: fmpq_mat) -> dict[str, np.ndarray]:
    """The arrays of the certificate from ``theta`` to the matrix ``target``.

    Args:
        theta: the start, one output.
        target: ``A_end (n, n)``, a minimum of the loss.

    Returns:
        ``U (1, 1, p)``, ``W (1, p, n)``, and texts ``S (2 p, p)``, ``W_end (p, n)``.

    Raises:
        InputError: for fewer units than inputs.
    """
    W, p, n = exact(theta.W), theta.p, theta.n
    if p < n:
        raise InputError("p", p, f"p >= n = {n} for a lifted certificate")
    S0, project = fmpq_mat(p, p), fmpq_mat(p, p)
    for i, u in enumerate(exact(theta.U).entries()):
        S0[i, i] = u
    N, Z = kernel(W), kernel(W.transpose())
    dead, rank = N.ncols(), n - N.ncols()
    if rank:
        reduced, _ = W.rref()
        pivots = [next(j for j in range(n) if reduced[i, j] != 0) for i in range(rank)]
        columns = fmpq_mat([[row[j] for j in pivots] for row in W.tolist()])
        project = columns * left_inverse(columns)
    first = project * S0 * project
    end = W
    if dead:
        end = W + fmpq_mat([row[:dead] for row in Z.tolist()]) * N.transpose()
    B = left_inverse(end)
    last = B.transpose() * target * B
    S = np.concatenate([texts(first), texts(last)])
    return {"U": theta.U[None].numpy(), "W": theta.W[None].numpy(), "S": S, "W_end": texts(end)}
