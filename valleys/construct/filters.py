"""Drawing hidden units whose filters span as much as possible, and the rank that they reach."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from valleys.problem.risk import FeatureRisk


def draw_filters(risk: FeatureRisk, count: int, generator: torch.Generator) -> Tensor:
    """``count`` candidate rows ``w`` for the activation and the law of ``risk``, shape ``(count, n)``."""
    return risk.law.rows(risk.sigma, count, generator)


def pivoted_qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """LAPACK ``geqp3`` of ``A``: (packed factors, reflector scales, pivots); ``A`` is overwritten if it can be.

    Raises:
        ArithmeticError: if LAPACK reports a wrong argument.
    """
    packed, pivots, tau, _, info = scipy.linalg.lapack.dgeqp3(A, lwork=(A.shape[1] + 1) * 64, overwrite_a=True)
    if info:
        raise ArithmeticError(f"geqp3: {info}")
    return packed, tau, pivots - 1


def apply_qt(packed: np.ndarray, tau: np.ndarray, B: np.ndarray) -> np.ndarray:
    """``Q^T B`` for the factors of ``pivoted_qr`` (LAPACK ``ormqr``).

    Raises:
        ArithmeticError: if LAPACK reports a wrong argument.
    """
    reflectors = packed[:, : len(tau)]
    product, _, info = scipy.linalg.lapack.dormqr("L", "T", reflectors, tau, B, max(1, B.shape[1]) * 64)
    if info:
        raise ArithmeticError(f"ormqr: {info}")
    return product


def leading_rank(packed: np.ndarray, tolerance: float) -> int:
    """Number of leading pivots with ``|R_kk| > tolerance |R_11|``."""
    diagonal = np.abs(np.diagonal(packed))
    return int((diagonal > tolerance * diagonal[0]).sum()) if diagonal.size and diagonal[0] > 0 else 0


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
