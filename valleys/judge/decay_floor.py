"""A rational floor under the loss with weight decay at every width, from any numbers ``nu``: no rounding anywhere.

``f(theta) = |Phi(X) - y|^2/2 + (beta/2)(|U|^2 + |W|^2)``, one output, ``sigma`` positively homogeneous. For ``nu`` with
``S(nu) = max_{|u| <= 1} |nu . sigma(X u)| <= beta`` every network of every width has ``f >= nu . y - |nu|^2/2``: with the
residual ``r = y - Phi`` and the masses ``c_i = |u_i||w_i|``, ``f >= |r|^2/2 + beta sum c_i >= |r|^2/2 + nu . (y - r)``.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, nextafter
from typing import Any

import numpy as np

from valleys.problem.arrangement import CELL, RAY, WALL, Faces, Ints, integers, signs
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta

#: Binary digits of the square root by which ``nu`` is scaled.
DIGITS = 160


def sup_squared(nu: Any, faces: Faces, leak: float = 0.0, chosen: np.ndarray | None = None) -> tuple[Fraction, int]:
    """``S(nu)^2`` exactly, and the face that attains it.

    On a face ``h(u) = nu . sigma(X u)`` is linear, ``h(u) = g . u`` with ``g`` in the face's span. A maximiser of ``h > 0`` on
    the unit ball is ``g/|g|`` of its own face, so the maximum is the largest ``|g|`` of a face that holds its ``g``.

    Args:
        nu: ``(N,)``, doubles or Fractions.
        faces: of the inputs.
        leak: slope of the activation on the left; the slope on the right is 1.
        chosen: of ``h`` and of ``-h`` (rows) the faces that count, ``(2, F)``; None: all of them.

    Returns:
        the square, and the index of the face (-1 where ``h`` is zero).

    >>> from valleys.problem.arrangement import faces
    >>> sup_squared([1.0, 1.0], faces(np.array([[3.0, 4.0], [3.0, -4.0]])))
    (Fraction(36, 1), 1)
    """
    whole, denominator = integers(nu)
    slope = Fraction(leak)
    slopes = np.array([slope.numerator, 0, slope.denominator], dtype=object)  # by sign -1, 0, 1, times the denominator
    G = (slopes[faces.signs.astype(int) + 1] * whole) @ faces.X
    unit = (denominator * slope.denominator * faces.scale) ** 2
    best, where = Fraction(0), -1
    for row, side in enumerate((1, -1)):
        allowed = np.ones(len(faces), dtype=bool) if chosen is None else chosen[row]
        for kind in (RAY, WALL, CELL):
            index = np.flatnonzero(allowed & (faces.kind == kind))
            square, at = _largest(side * G[index], faces, index, kind)
            if square > best * unit:
                best, where = square / unit, int(index[at])
    return best, where


def _largest(G: Ints, faces: Faces, index: np.ndarray, kind: int) -> tuple[Fraction, int]:
    """The largest ``|g|^2`` over faces of one kind, for ``G`` in integers; 0 where none holds its own ``g``."""
    axis = faces.axis[index]
    if kind == RAY:
        along, length = (G * axis).sum(axis=1), (axis * axis).sum(axis=1)
        values = [(Fraction(a * a, b), k) for k, (a, b) in enumerate(zip(along, length, strict=True)) if a > 0]
    else:
        factor: Any = 1
        if kind == WALL:
            factor = (axis * axis).sum(axis=1)
            G = factor[:, None] * G - (G * axis).sum(axis=1)[:, None] * axis
        inside = (signs(G @ faces.X.T) == faces.signs[index]).all(axis=1)
        squares = (G * G).sum(axis=1)
        factors = factor + 0 * squares
        values = [(Fraction(squares[k], factors[k] ** 2), int(k)) for k in np.flatnonzero(inside)]
    return max(values, default=(Fraction(0), -1))


def dual(nu: Any, y: Any, alpha: Fraction) -> Fraction:
    """``alpha nu . y - alpha^2 |nu|^2/2``, the floor that ``alpha nu`` gives where ``alpha S(nu) <= beta``."""
    scaled = [(alpha * Fraction(a), Fraction(b)) for a, b in zip(nu, y, strict=True)]
    return sum((a * b - a * a / 2 for a, b in scaled), Fraction(0))


def scaling(nu: Any, y: Any, beta: float | Fraction, square: Fraction) -> Fraction:
    """The best ``alpha`` with ``alpha S <= beta`` for ``S^2 = square``, rounded down: ``min(nu . y/|nu|^2, beta/S)``."""
    exact = [(Fraction(a), Fraction(b)) for a, b in zip(nu, y, strict=True)]
    product = sum((a * b for a, b in exact), Fraction(0))
    if product <= 0:
        return Fraction(0)
    alpha = product / sum((a * a for a, _ in exact), Fraction(0))
    return alpha if alpha**2 * square <= Fraction(beta) ** 2 else root_below(Fraction(beta) ** 2 / square)


def root_below(square: Fraction) -> Fraction:
    """The square root, rounded down; exact where it is rational.

    >>> root_below(Fraction(1, 36)), float(root_below(Fraction(2)))
    (Fraction(1, 6), 1.4142135623730951)
    """
    root = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    one = 1 << DIGITS
    return root if root**2 == square else Fraction(isqrt(square.numerator * one * one // square.denominator), one)


def floor(
    nu: Any, y: Any, beta: float | Fraction, faces: Faces, leak: float = 0.0, chosen: np.ndarray | None = None
) -> Fraction:
    """A number that ``f`` is nowhere below, at no width, from any ``nu``.

    Args:
        nu: ``(N,)``, doubles or Fractions; best is the residual ``y - Phi`` of a minimiser.
        y: targets ``(N,)``.
        beta: the weight decay, ``> 0``.
        faces: of the inputs.
        leak: slope of the activation on the left.
        chosen: faces that units are restricted to, by sign, as in ``sup_squared``.

    Returns:
        the floor, rational.

    >>> from valleys.problem.arrangement import faces
    >>> floor([1.0, 1.0], [1.0, 1.0], 1.0, faces(np.array([[3.0, 4.0], [3.0, -4.0]])))
    Fraction(11, 36)
    """
    square, _ = sup_squared(nu, faces, leak, chosen)
    return dual(nu, y, scaling(nu, y, beta, square))


def rounded_down(value: Fraction) -> float:
    """The largest double that is not above ``value``."""
    near = float(value)
    return near if Fraction(near) <= value else nextafter(near, -np.inf)


def rounded_up(value: Fraction) -> float:
    """The smallest double that is not below ``value``."""
    return 0.0 - rounded_down(-value)


def exact_value(theta: Theta, risk: DecayRisk) -> Fraction:
    """``f(theta)`` without rounding; the doubles of network and data are taken as the rationals that they are.

    In integers over common denominators. Units that are 0 add nothing, and are left out.
    """
    there = (theta.U != 0).any(dim=0) | (theta.W != 0).any(dim=1)
    given = (theta.U[:, there], theta.W[there], risk.sample.X, risk.sample.Y)
    (U, u), (W, w), (X, x), (Y, y) = (integers(a.numpy()) for a in given)
    left, right = Fraction(risk.leak).as_integer_ratio()
    Z = X @ W.T
    error = np.where(Z > 0, right * Z, left * Z) @ U.T * y - Y * (x * w * right * u)
    loss = Fraction(int((error * error).sum()), (x * w * right * u * y) ** 2)
    return (loss + risk.exact_beta * (Fraction(int((U * U).sum()), u**2) + Fraction(int((W * W).sum()), w**2))) / 2
