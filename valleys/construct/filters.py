"""Drawing hidden units whose filters span as much as possible, and the rank that they reach."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.laws import Law, Sample
from valleys.problem.risk import FeatureRisk

STEEPNESS = 100.0


def draw_filters(sigma: Activation, law: Law, count: int, generator: torch.Generator) -> Tensor:
    """``count`` candidate rows ``w``, shape ``(count, n)``, with preactivations of order one under the law.

    For a finite sample whose span of columns holds the constant, every second row is anchored at a data point:
    ``w = s (v - <v, x_j> b)`` with ``X b = 1``, so that its kink or step lies at ``x_j`` (``s`` from 1 to 100; 1 for
    homogeneous ``sigma``). Random rows alone are numerically deficient in low dimension.
    """
    directions = torch.randn(count, law.n, generator=generator, dtype=torch.float64)
    directions = directions / directions.norm(dim=1, keepdim=True)
    spread = torch.rand(count, 1, generator=generator, dtype=torch.float64)
    if not isinstance(law, Sample):
        return directions * (0.5 + 1.5 * spread)
    white = _whitening(law.X.T @ law.X / len(law.X))
    rows = directions @ white * (1.0 if sigma.homogeneous else 4.0**spread)
    bias = _constant(law.X)
    if bias is not None and sigma.coefficients is None:
        centred = law.X - law.X.mean(dim=0)
        v = (directions @ _whitening(centred.T @ centred / len(law.X)))[::2]
        order = torch.cat([torch.randperm(len(law.X), generator=generator) for _ in range(len(v) // len(law.X) + 1)])
        offsets = (v * law.X[order[: len(v)]]).sum(dim=1, keepdim=True)
        steepness = 1.0 if sigma.homogeneous else STEEPNESS ** spread[::2]
        rows[::2] = steepness * (v - offsets * bias)
    return rows


def _whitening(C: Tensor) -> Tensor:
    """``C^(-1/2)`` on the range of ``C`` (eigenvalues above 1e-12 of the largest)."""
    values, vectors = torch.linalg.eigh(C)
    kept = values > 1e-12 * values[-1].clamp(min=1e-300)
    return (vectors[:, kept] / values[kept].sqrt()) @ vectors[:, kept].T


def _constant(X: Tensor) -> Tensor | None:
    """``b`` with ``X b = 1``, or None."""
    ones = torch.ones(len(X), 1, dtype=X.dtype)
    b = torch.linalg.lstsq(X, ones, driver="gelsd").solution
    return b[:, 0] if (X @ b - ones).abs().max() < 1e-9 else None


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
    F = risk.features(draw_filters(risk.sigma, risk.law, 4 * bound, generator))
    packed, _, _ = pivoted_qr(unit_columns(F.T)[0])
    return leading_rank(packed, tolerance)
