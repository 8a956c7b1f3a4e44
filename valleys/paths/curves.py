"""Curved pieces of paths: a formula in ``t`` that owns both of its ends; rotations of rows; Grassmann geodesics.

Like every piece a curve knows no loss. Its formula takes many ``t`` at once, so that a judge can look at thousands of
points in one call. The points may be any parameters with ``map``, ``equal`` and ``[index]``: ``Theta``, deep layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from valleys.paths.path import Line, Piece
from valleys.problem.network import Theta, stack
from valleys.run.errors import InputError


class Point(Protocol):
    """Parameters of a network, or a batch of them."""

    def equal(self, other: Self) -> bool:
        """True where all parameters agree bit for bit."""

    def __getitem__(self, index: int) -> Self:
        """One network of a batch."""


P = TypeVar("P", bound=Point)


@dataclass(frozen=True, eq=False)
class Curve(Generic[P]):
    """A curved piece.

    Attributes:
        start: the point at ``t = 0``.
        end: the point at ``t = 1``.
        formula: ``t (T,) -> `` a batch of ``T`` points; agrees with both ends to rounding.
    """

    start: P
    end: P
    formula: Callable[[Tensor], P]

    def at(self, t: float) -> P:
        """The point at ``t``; both ends bit for bit."""
        if t == 0.0:
            return self.start
        if t == 1.0:
            return self.end
        return self.formula(torch.tensor([t], dtype=torch.float64))[0]


def straight(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """``a + t (b - a)`` for every ``t (T,)``, shape ``(T, *a.shape)``; entries that do not move stay bit for bit.

    >>> straight(torch.zeros(1), torch.ones(1), torch.tensor([0.0, 0.25])).tolist()
    [[0.0], [0.25]]
    """
    return a + t.reshape(-1, *[1] * a.dim()) * (b - a)


def curve(start: Theta, formula: Callable[[Tensor], Theta], end: Theta | None = None) -> Curve[Theta]:
    """The curve from ``start`` along ``formula``; it ends at ``end`` (default: where the formula does at 1)."""
    if end is None:
        end = formula(torch.ones(1, dtype=torch.float64))[0]
    return Curve(start, end, formula)


def rotation_planes(Q: Tensor) -> tuple[Tensor, Tensor]:
    """Planes and angles of a rotation: ``Q = Z B(phi) Z^T`` with ``B`` made of 2 x 2 rotations (real Schur form).

    Args:
        Q: shape ``(k, k)``, orthogonal with determinant 1.

    Returns:
        ``Z (k, k)`` and ``phi (k // 2,)``: columns ``2i, 2i + 1`` of ``Z`` turn by ``phi_i``; a last odd column stays.

    Raises:
        InputError: if ``Q`` is no rotation.

    >>> Z, phi = rotation_planes(torch.diag(torch.tensor([-1.0, -1.0, 1.0], dtype=torch.float64)))
    >>> [round(abs(x), 6) for x in phi.tolist()]
    [3.141593]
    """
    k = len(Q)
    if (Q @ Q.T - torch.eye(k, dtype=Q.dtype)).abs().max() > 1e-8 or torch.linalg.det(Q) < 0:
        raise InputError("rotation", f"a {k} x {k} matrix", "an orthogonal matrix with determinant 1")
    form, basis = scipy.linalg.schur(Q.numpy(), output="real")
    pairs: list[tuple[int, int, float]] = []
    reflected: list[int] = []
    fixed: list[int] = []
    i = 0
    while i < k:
        if i + 1 < k and form[i + 1, i] != 0.0:
            sine, cosine = (form[i + 1, i] - form[i, i + 1]) / 2, (form[i, i] + form[i + 1, i + 1]) / 2
            pairs.append((i, i + 1, float(np.arctan2(sine, cosine))))
            i += 2
            continue
        (fixed if form[i, i] > 0 else reflected).append(i)
        i += 1
    # eigenvalue -1 comes an even number of times: two such directions turn by pi
    pairs += [(a, b, float(np.pi)) for a, b in zip(reflected[::2], reflected[1::2], strict=True)]
    pairs += [(a, b, 0.0) for a, b in zip(fixed[::2], fixed[1::2], strict=False)]
    order = [i for pair in pairs for i in pair[:2]]
    order += [i for i in range(k) if i not in order]
    angles = torch.tensor([angle for _, _, angle in pairs], dtype=torch.float64)
    return torch.from_numpy(np.ascontiguousarray(basis[:, order])), angles


def rotated(Z: Tensor, phi: Tensor, W: Tensor, t: Tensor) -> Tensor:
    """``Q^t W`` for every ``t (T,)``, where ``Z, phi`` come from ``rotation_planes(Q)``; shape ``(T, k, n)``."""
    half = len(phi)
    V = Z.T @ W
    first, second = V[0 : 2 * half : 2], V[1 : 2 * half : 2]
    angle = (t[:, None] * phi)[..., None]
    cosine, sine = angle.cos(), angle.sin()
    turned = V.expand(len(t), *V.shape).clone()
    turned[:, 0 : 2 * half : 2] = cosine * first - sine * second
    turned[:, 1 : 2 * half : 2] = sine * first + cosine * second
    return Z @ turned


def rotation(start: Theta, blocks: Sequence[tuple[Tensor, Tensor]], W_end: Tensor | None = None) -> Curve[Theta]:
    """Turn groups of rows of ``W``: ``W_rows(t) = Q^t W_rows``, ``U`` fixed.

    Args:
        start: where the turn begins.
        blocks: pairs of row indices ``(k,)`` and a rotation ``Q (k, k)``; groups are disjoint.
        W_end: the ``W`` that the turn ends at where it is known better than as ``Q W``.

    Returns:
        the curve.
    """
    parts = [(rows, *rotation_planes(Q)) for rows, Q in blocks]

    def formula(t: Tensor) -> Theta:
        W = start.W.expand(len(t), *start.W.shape).clone()
        for rows, Z, phi in parts:
            W[:, rows] = rotated(Z, phi, start.W[rows], t)
        return Theta(start.U.expand(len(t), *start.U.shape), W)

    return curve(start, formula, None if W_end is None else Theta(start.U, W_end))


@dataclass(frozen=True, eq=False)
class Geodesic:
    """The shortest curve between two ``p``-dimensional subspaces of ``R^n`` (Grassmann geodesic).

    Principal vectors ``a_i`` of the first space turn into ``b_i`` of the second by the angles ``theta_i``:
    ``a_i(t) = cos(theta_i (1-t)) b_i + sin(theta_i (1-t)) d_i``, ``d_i`` the part of ``a_i`` orthogonal to ``b_i``.

    Attributes:
        turn: ``E (p, p)``: rows of the first basis are ``E a``.
        b: ``(p, n)``, orthonormal rows.
        d: ``(p, n)``, orthonormal rows (zero where ``theta_i = 0``), orthogonal to all of ``b``.
        angles: ``theta (p,)``.
    """

    turn: Tensor
    b: Tensor
    d: Tensor
    angles: Tensor

    @classmethod
    def between(cls, first: Tensor, second: Tensor) -> Geodesic:
        """From the span of the rows of ``first (p, n)`` to that of ``second``; orthonormal rows.

        The angle comes from ``atan2`` of sine and cosine: ``arccos`` would lose half the digits near 0.
        """
        E, cosine, Ft = torch.linalg.svd(first @ second.T)
        a, b = E.T @ first, Ft @ second
        rest = a - (a @ second.T) @ second
        sine = torch.linalg.vector_norm(rest, dim=1)
        d = torch.where(sine[:, None] > 0, rest / torch.where(sine > 0, sine, 1.0)[:, None], 0.0)
        return cls(E, b, d, torch.atan2(sine, cosine))

    def basis(self, t: Tensor) -> Tensor:
        """Orthonormal bases along the geodesic, ``(T, p, n)``, the first being ``first``."""
        angle = ((1 - t)[:, None] * self.angles)[..., None]
        return self.turn @ (angle.cos() * self.b + angle.sin() * self.d)


def points_of(piece: Piece | Curve[P], t: Tensor) -> Theta | P:
    """The points of a piece at ``t (T,)`` as a batch, in one call for lines and curves; both ends to rounding only."""
    if isinstance(piece, Curve):
        return piece.formula(t)
    if isinstance(piece, Line):
        return Theta(straight(piece.start.U, piece.end.U, t), straight(piece.start.W, piece.end.W, t))
    return stack([piece.at(float(x)) for x in t])


def seam(piece: Piece) -> float:
    """How far a curve's formula is from the ends that it owns, the larger of both: 0 for lines, rounding for a true curve."""
    if not isinstance(piece, Curve):
        return 0.0
    ends = piece.formula(torch.tensor([0.0, 1.0], dtype=torch.float64))
    gaps = [
        (there - here).abs().max() / here.abs().max().clamp(min=1.0)
        for i, end in enumerate((piece.start, piece.end))
        for there, here in ((ends.U[i], end.U), (ends.W[i], end.W))
    ]
    return float(torch.stack(gaps).max())
