"""Faces of the arrangement ``{x_j . u = 0}`` of a sample, exactly: every pattern of signs that some ``u`` has.

Doubles are integers times a power of two, so every test here is the sign of an integer. The rank of the sample is at
most 3 (so also: points ``(x, 1)`` with two inputs); each face contains a ray, and is that ray's pattern with the zeros
filled in by a face of the smaller arrangement of those zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from valleys.run.errors import InputError

#: Largest rank of the sample whose faces are listed.
RANK = 3

Ints = Any  # an array of Python's integers (dtype object)


def integers(values: Any) -> tuple[Ints, int]:
    """Numbers (doubles or Fractions) as integers over one denominator: ``values = array / denominator``.

    >>> integers(np.array([0.5, -3.0]))
    (array([1, -6], dtype=object), 2)
    """
    flat = [Fraction(v) for v in np.asarray(values, dtype=object).ravel()]
    denominator = int(np.lcm.reduce([v.denominator for v in flat], dtype=object)) if flat else 1
    whole = np.array([v.numerator * (denominator // v.denominator) for v in flat] + [None], dtype=object)[:-1]
    return whole.reshape(np.shape(values)), denominator


def signs(values: Ints) -> np.ndarray:
    """Signs of integers, int8."""
    return (values > 0).astype(np.int8) - (values < 0).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Faces:
    """All faces but the origin's, relatively open; together they are everything outside of the lineality space.

    Attributes:
        X: the sample as integers ``(N, n)``; the data are ``X / scale``.
        scale: a positive integer.
        signs: ``(F, N)``, the sign of ``x_j . u`` on the face.
        axis: integers ``(F, n)``: of a ray its direction; of a face on one hyperplane only, its normal; else zeros.
        kind: ``(F,)``: 1 a ray, 2 a face on one hyperplane (rank 3 only), 3 a cell.
    """

    X: Ints
    scale: int
    signs: np.ndarray
    axis: Ints
    kind: np.ndarray

    def __len__(self) -> int:
        """The number of faces."""
        return len(self.signs)


RAY, WALL, CELL = 1, 2, 3


def faces(X: np.ndarray) -> Faces:
    """The faces of the sample's arrangement.

    Args:
        X: inputs ``(N, n)``, doubles; points may be parallel, equal or zero.

    Returns:
        the faces, each once.

    Raises:
        InputError: if the rank of ``X`` is above 3, or every point is zero.

    >>> len(faces(np.array([[1.0, 0.0], [0.0, 1.0]]))), len(faces(np.array([[2.0]])))
    (8, 2)
    """
    whole, scale = integers(X)
    basis = independent_rows(whole)
    if not 1 <= len(basis) <= RANK:
        raise InputError("X", f"inputs of rank {len(basis)}", f"inputs of rank 1 to {RANK} (a bias counts as an input)")
    reduced = whole @ basis.T
    found: dict[bytes, tuple[np.ndarray, Ints, int]] = {}

    def add(pattern: np.ndarray, axis: Ints, kind: int) -> bool:
        new = pattern.tobytes() not in found
        if new:
            found[pattern.tobytes()] = pattern, axis, kind
        return new

    none = np.array([0] * X.shape[1], dtype=object)
    for ray in rays(reduced):
        pattern = signs(reduced @ ray)
        if len(basis) == 1:
            add(pattern, none, CELL)
        elif add(pattern, basis.T @ ray, RAY):
            for local, normal in around(reduced, ray, pattern == 0):
                wall = normal is not None
                add(np.where(pattern == 0, local, pattern), whole[normal] if wall else none, WALL if wall else CELL)
    patterns, axes, kinds = zip(*found.values(), strict=True)
    return Faces(whole, scale, np.array(patterns), np.array(axes, dtype=object), np.array(kinds))


def independent_rows(whole: Ints) -> Ints:
    """The first rows that are linearly independent, ``(rank, n)``: fraction-free elimination."""
    kept: list[Ints] = []
    reduced: list[tuple[Ints, tuple[int, Any]]] = []
    for row in whole:
        rest = row
        for pivot, (column, leading) in reduced:
            rest = rest * leading - pivot * rest[column]
        lead = next((j for j, v in enumerate(rest) if v), None)
        if lead is not None:
            kept.append(row)
            reduced.append((rest, (lead, rest[lead])))
    return np.array(kept, dtype=object).reshape(len(kept), whole.shape[1])


def cross(a: Ints, b: Ints) -> Ints:
    """The cross product of integer vectors of length 3 (numpy's own is for floats)."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]], dtype=object)


def lines(points: Ints) -> list[Ints]:
    """One point on each line through the origin that holds points: ``points`` without zeros and multiples."""
    seen: dict[tuple[int, ...], Ints] = {}
    for point in points:
        divisor = int(np.gcd.reduce(point, dtype=object))
        if divisor:
            lead = next(v for v in point if v)
            seen.setdefault(tuple(int(v) // divisor * (1 if lead > 0 else -1) for v in point), point)
    return [np.array(key, dtype=object) for key in seen]


def rays(reduced: Ints) -> list[Ints]:
    """Both directions of every one-dimensional flat of an arrangement in dimension 1, 2 or 3."""
    across = lines(reduced)
    if reduced.shape[1] == 1:
        found = across
    elif reduced.shape[1] == 2:
        found = [np.array([-a[1], a[0]], dtype=object) for a in across]
    else:
        found = lines(np.array([cross(a, b) for i, a in enumerate(across) for b in across[:i]], dtype=object))
    return [side * ray for ray in found for side in (1, -1)]


def around(reduced: Ints, ray: Ints, zero: np.ndarray) -> list[tuple[np.ndarray, int | None]]:
    """Faces that touch a ray: patterns ``(N,)`` that hold where ``zero``, each with the index of its normal (None: a cell)."""
    first = {tuple(line): j for j in np.flatnonzero(zero)[::-1] for line in lines(reduced[[j]])}
    found: list[tuple[np.ndarray, int | None]] = []
    for line, j in first.items():
        off = np.array(line, dtype=object)
        toward = signs(reduced @ off)
        if reduced.shape[1] == 2:
            found += [(toward, None), (-toward, None)]
            continue
        along = signs(reduced @ cross(ray, off))
        for side in (1, -1):
            found += [(side * along, int(j))]
            found += [(np.where(along == 0, turn * toward, side * along), None) for turn in (1, -1)]
    return found
