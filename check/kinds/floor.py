"""Weight decay, one output, inputs of rank 3 at most: a floor under ``L`` at every width, from any numbers ``nu``.

If ``|nu . sigma(X u)| <= beta |u|`` for all ``u``, ``beta = lam N``, then ``L >= (2 nu . y - |nu|^2)/N``: with the residual
``r = y - Phi``, ``N L >= |r|^2 + 2 beta sum |u_i||w_i| >= |r|^2 + 2 nu . (y - r)``, since ``u^2 + |w|^2 >= 2 |u||w|``. So any
``nu`` may be scaled by ``beta/S``, ``S`` the maximum of ``|nu . sigma(X u)|`` over the unit ball. Let ``u`` attain it. Where
the signs of all ``x_j . u`` are kept, ``nu . sigma(X u) = G . u``; so ``u`` is along ``g``, which is ``G`` projected to the span
of this face of the arrangement ``{x_j . u = 0}``, and ``S = |g|``. The faces: each has a ray in its closure, and its signs are
the ray's, then those of a step off it, then of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from flint import arb, fmpq, fmpq_mat

from check.balls.precision import fraction
from check.reading import require

Vector = list[Any]
Face = tuple[list[int], Vector | None, Vector | None]  #: signs of all x_j . u; along a ray; the normal of a wall


def dot(a: Vector, b: Vector) -> Any:
    """``a . b``."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def signs(rows: list[Vector], u: Vector) -> list[int]:
    """The signs of ``x_j . u``."""
    return [(v > 0) - (v < 0) for v in (dot(x, u) for x in rows)]


def then(first: list[int], *steps: list[int]) -> list[int]:
    """The signs after a small step: where a sign is 0, that of the step."""
    for step in steps:
        first = [a or b for a, b in zip(first, step, strict=True)]
    return first


def cross(a: Vector, b: Vector) -> Vector:
    """The cross product in three dimensions."""
    return [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]


def lines(vectors: list[Vector]) -> list[Vector]:
    """One vector of each line through 0."""
    found: dict[tuple[Any, ...], Vector] = {}
    for v in vectors:
        lead = next((x for x in v if x != 0), None)
        if lead is not None:
            found.setdefault(tuple(x / lead for x in v), v)
    return list(found.values())


def basis(rows: list[Vector]) -> list[Vector]:
    """Independent rows that span all."""
    reduced, rank = fmpq_mat(rows).transpose().rref()
    return [rows[next(j for j in range(len(rows)) if reduced[i, j] != 0)] for i in range(rank)]


def faces(rows: list[Vector]) -> Iterator[Face]:
    """All faces but 0 of the arrangement of these rows, some of them several times."""
    B = basis(rows)
    require(1 <= len(B) <= 3, f"nu with inputs of rank {len(B)}: allowed are 1 to 3")
    A = [[dot(b, x) for b in B] for x in rows]  # x . u = A z for u = sum z_i b_i
    across = lines(A)
    if len(B) == 3:
        rays = lines([cross(a, b) for a, b in combinations(across, 2)])
    else:
        rays = across if len(B) == 1 else [[-a[1], a[0]] for a in across]
    for z in (ray if side > 0 else [-v for v in ray] for ray in rays for side in (1, -1)):
        u, at = [dot(z, [b[k] for b in B]) for k in range(len(rows[0]))], signs(A, z)
        yield at, u, None
        touching = lines([a for a, sign in zip(A, at, strict=True) if sign == 0])
        for a in touching if len(B) > 1 else []:
            off, normal = signs(A, a), rows[A.index(a)]
            for side in (1, -1):
                turned = [side * sign for sign in off]
                if len(B) == 2:
                    yield then(at, turned), None, None
                    continue
                along = [side * sign for sign in signs(A, cross(z, a))]
                yield then(at, along), None, normal
                yield then(at, along, off), None, None
                yield then(at, along, [-sign for sign in off]), None, None


def largest(nu: Vector, rows: list[Vector], leak: fmpq) -> fmpq:
    """``S^2``."""
    best, seen = fmpq(0), set()
    parts = [[v * x for x in row] for v, row in zip(nu, rows, strict=True)]
    slopes = {1: fmpq(1), 0: fmpq(0), -1: leak}
    for face, ray, normal in faces(rows):
        if tuple(face) in seen:
            continue
        seen.add(tuple(face))
        terms = [(slopes[sign], part) for sign, part in zip(face, parts, strict=True) if slopes[sign] != 0]
        G = [sum((s * part[k] for s, part in terms), fmpq(0)) for k in range(len(rows[0]))]
        axis = ray or normal
        along = dot(G, axis) / dot(axis, axis) if axis else fmpq(0)
        g = [along * v for v in ray] if ray else [v - along * w for v, w in zip(G, normal or G, strict=True)]
        for side in (1, -1):  # of nu and of -nu
            if dot(g, g) > best and signs(rows, [side * v for v in g]) == face:
                best = dot(g, g)
    return best


def above(law: Any, nu: fmpq_mat, end: fmpq) -> dict[str, Any]:
    """How far an end is above the floor."""
    require(law.m == 1, "nu with several outputs")
    leak = fmpq(1) if law.sigma.leak is None else law.sigma.leak
    numbers, targets, beta = nu.entries(), law.Y.entries(), law.lam * law.N
    square, size = largest(numbers, law.X.transpose().tolist(), leak), dot(numbers, numbers)
    alpha = dot(numbers, targets) / size if size else fmpq(0)
    if alpha > 0 and alpha * alpha * square > beta * beta:
        alpha = fraction(arb(beta * beta / square).sqrt().lower())
    floor = max(fmpq(0), (2 * alpha * dot(numbers, targets) - alpha * alpha * size) / law.N) if alpha > 0 else fmpq(0)
    gap = arb(end - floor).str(12)
    return {"above_floor": gap, "attained": f"within {gap} of a floor under the networks of every width"}
