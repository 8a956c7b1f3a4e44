"""An optimum to many more digits than doubles hold: Newton's method with the gradient in rationals, the Hessian in doubles.

Each step gains some ten digits, as iterative refinement does, so that a floor made from the residual is as good as the
doubles of the network that it is compared with.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np

from valleys.construct.decay_algebra import Rationals
from valleys.construct.decay_optimum import Oracle
from valleys.problem.arrangement import RAY, WALL, integers

#: Binary digits kept after the point; refinement steps.
DIGITS, STEPS = 200, 4


def root(square: Fraction) -> Fraction:
    """The square root to ``DIGITS`` binary digits after the point."""
    return Fraction(isqrt((square.numerator << 2 * DIGITS) // square.denominator), 1 << DIGITS)


def scaled_solution(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """``H^+ g`` with the diagonal of ``H`` scaled to 1, so that inputs of very different sizes do no harm."""
    scale = np.diag(hessian).clip(min=1e-300) ** -0.5
    return scale * np.linalg.lstsq(scale[:, None] * hessian * scale, scale * gradient, rcond=1e-13)[0]


def span(oracle: Oracle, face: int) -> Any:
    """Integer columns ``(n, dim)`` that span a face."""
    axis, kind = oracle.faces.axis[face], oracle.faces.kind[face]
    if kind == RAY:
        return axis[:, None]
    unit = np.array([[int(i == j) for j in range(len(axis))] for i in range(len(axis))], dtype=object)
    if kind == WALL:
        lead = next(j for j, v in enumerate(axis) if v)
        columns = [axis[lead] * unit[j] - axis[j] * unit[lead] for j in range(len(axis)) if j != lead]
        return np.array(columns, dtype=object).T
    return unit


def refined(
    signs: np.ndarray, V: np.ndarray, y: np.ndarray, beta: float | Fraction, oracle: Oracle
) -> tuple[np.ndarray, Any]:
    """The optimum whose units lie in the faces of ``V``: its units in doubles, its residual ``y - Phi`` in rationals.

    Args:
        signs: of the units ``(q,)``.
        V: ``|u| w`` of the units ``(q, n)``, optimal to doubles.
        y: targets ``(N,)``.
        beta: the weight decay.
        oracle: the faces.

    Returns:
        ``V (q, n)``, and Fractions ``(N,)``.
    """
    numbers = Rationals().numbers
    target, scale, beta = numbers(y), Fraction(beta), float(beta)
    if len(V) == 0:
        return V, target
    held = [oracle.face_of(v) for v in V]
    leak = Fraction(oracle.leak)
    slopes = np.array([leak, Fraction(0), Fraction(1)], dtype=object)
    X = numbers(oracle.faces.X) / oracle.faces.scale
    bases, columns, start = [], [], []
    for s, f, v in zip(signs, held, V, strict=True):
        B = span(oracle, f)
        B = numbers(B) / Fraction(max(abs(int(b)) for b in B.ravel()))
        bases.append(B)
        columns.append(int(s) * slopes[oracle.faces.signs[f].astype(int) + 1][:, None] * (X @ B))
        start.append(numbers(np.linalg.lstsq(B.astype(np.float64), v, rcond=None)[0]))
    M, M0 = (np.concatenate(columns, axis=1).astype(kind) for kind in (object, np.float64))
    ends = np.cumsum([B.shape[1] for B in bases])[:-1]
    z = np.concatenate(start)
    for _ in range(STEPS):
        gradient = M.T @ (M @ z - target)
        hessian, pull = M0.T @ M0, []
        at = 0
        for B, part in zip(bases, np.split(z, ends), strict=True):
            v = B @ part
            size = root(v @ v)
            pull.append(B.T @ v / size)
            unit, B0, k = (v / size).astype(np.float64), B.astype(np.float64), B.shape[1]
            curved = B0.T @ B0 - np.outer(B0.T @ unit, unit @ B0)
            hessian[at : at + k, at : at + k] += beta / float(size) * curved
            at += k
        gradient = gradient + scale * np.concatenate(pull)
        largest = max((abs(g) for g in gradient), default=Fraction(0))
        if largest == 0:
            break
        step = scaled_solution(hessian, (gradient / largest).astype(np.float64))
        whole, denominator = integers(z - largest * numbers(step))
        z = numbers([Fraction(int(v) << DIGITS, denominator).__round__() for v in whole]) / (1 << DIGITS)
    units = [(B @ part).astype(np.float64) for B, part in zip(bases, np.split(z, ends), strict=True)]
    return np.array(units), target - M @ z
