"""Drawing hidden units whose filters span as much as possible, and the rank that they reach."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from valleys.problem.risk import FeatureRisk

#: Of up to this many columns a pivoted QR of all costs next to nothing, and picks the better ones.
FEW = 100


def draw_filters(risk: FeatureRisk, count: int, generator: torch.Generator) -> Tensor:
    """``count`` candidate rows ``w`` for the activation and the law of ``risk``, shape ``(count, n)``."""
    return risk.law.rows(risk.sigma, count, generator)


def pivoted_qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """LAPACK ``geqp3`` of ``A``: (packed factors, reflector scales, pivots); ``A`` is overwritten if it can be."""
    packed, pivots, tau, *_ = scipy.linalg.lapack.dgeqp3(A, lwork=(A.shape[1] + 1) * 64, overwrite_a=True)
    return packed, tau, pivots - 1


def apply_qt(packed: np.ndarray, tau: np.ndarray, B: np.ndarray) -> np.ndarray:
    """``Q^T B`` for the factors of ``pivoted_qr`` (LAPACK ``ormqr``), or for the first ``len(tau)`` reflections alone."""
    if len(tau) == 0:
        return B
    reflectors = packed[:, : len(tau)]
    product, *_ = scipy.linalg.lapack.dormqr("L", "T", reflectors, tau, B, max(1, B.shape[1]) * 64)
    return product


def independent_columns(B: np.ndarray, count: int, tolerance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pivoted QR of at most ``count`` columns of ``B`` that are independent at ``tolerance``: (packed, tau, which).

    Gaussian elimination with row exchanges on ``B^T`` picks as many columns as ``B`` has rows, at a fraction of what a
    pivoted QR of all of them costs; its pivoted QR says how many are independent. All columns are asked only if these are
    too few, or if there are at most ``FEW``.

    >>> independent_columns(np.asfortranarray([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]), 2, 1e-6)[2].tolist()
    [1, 2]
    """
    every = np.arange(B.shape[1])
    for columns in (_by_elimination(B) if len(every) > FEW else every, every):
        packed, tau, pivots = pivoted_qr(np.asfortranarray(B[:, columns]))
        found = min(leading_rank(packed, tolerance), count)
        if found == count:
            break
    return packed, tau, columns[pivots[:found]]


def _by_elimination(B: np.ndarray) -> np.ndarray:
    """The columns of ``B (M, K)`` that elimination picks, ``min(M, K)`` of them (LAPACK ``getrf`` of ``B^T``)."""
    _, exchanges, _ = scipy.linalg.lapack.dgetrf(B.T)
    order = np.arange(B.shape[1])
    for i, j in enumerate(exchanges):
        order[[i, j]] = order[[j, i]]
    return order[: len(exchanges)]


def leading_rank(packed: np.ndarray, tolerance: float) -> int:
    """Number of leading pivots with ``|R_kk| > tolerance |R_11|``."""
    diagonal = np.abs(np.diagonal(packed))
    return int((diagonal > tolerance * diagonal[:1]).sum())


def distinct_rows(W: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Where each distinct row stands first, ascending, and for every row its place in that list.

    >>> [x.tolist() for x in distinct_rows(torch.tensor([[2.0], [1.0], [2.0]]))]
    [[0, 1], [0, 1, 0]]
    """
    _, first, same = np.unique(W.numpy(), axis=0, return_index=True, return_inverse=True)
    return np.sort(first), np.argsort(np.argsort(first))[same]


def unit_columns(A: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """``A`` in column order with columns of length 1 (zero columns stay zero), and the lengths (1 for zero columns)."""
    norms = A.norm(dim=0)
    norms = torch.where(norms > 0, norms, 1.0)
    return np.asfortranarray((A / norms).numpy()), norms.numpy()


def rank_of_filters(risk: FeatureRisk, generator: torch.Generator, bound: int, tolerance: float = 1e-9) -> int:
    """``dim*`` by rank: of ``4 * bound`` drawn filters, in isometric coordinates, at the stated tolerance.

    Args:
        risk: activation and law.
        generator: for the draws.
        bound: a bound on the dimension (its formula, or ``N``).
        tolerance: pivots below ``tolerance`` times the largest count as zero.

    Returns:
        the numerical rank.
    """
    F = risk.features(draw_filters(risk, 4 * bound, generator))
    packed, _, _ = pivoted_qr(unit_columns(F.T)[0])
    return leading_rank(packed, tolerance)
