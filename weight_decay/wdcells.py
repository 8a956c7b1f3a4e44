"""Small data in the plane: the cells that a unit may lie in, and the best network with its units in given cells.

With ``v = |u| w`` and the sign ``s`` of ``u`` fixed, ``F = |sum s_i (X v_i)_+ - y|^2/2 + beta sum |v_i|`` is convex on each
product of closed cells. A cell is a cone between two rays, ``v = a e_1 + b e_2`` with ``a, b >= 0``. The programs are solved in
one batch, by Newton steps along the central path; what is proved is proved later, by rational floors from their residuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from valleys.problem.arrangement import CELL, RAY, Faces, faces
from valleys.run.errors import InputError

#: The barrier's weight, over ``|y|^2 + beta``: its first and last value, its fall after so many Newton steps.
FIRST, LAST, FALL, STEPS = 1.0, 1e-14, 0.2, 3
#: Part of the way to the boundary that a step may go.
INSIDE = 0.95


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells and rays of a unit, for ReLU and inputs of one or two coordinates.

    A *type* is 0 (the unit is zero; every dead cell counts as this), or a cell with a sign, or a ray with a sign.

    Attributes:
        X: inputs ``(N, n)``, ``n <= 2``, not all on one line through the origin if ``n = 2``.
        y: targets ``(N,)``.
        beta: the weight decay.

    Raises:
        InputError: for other inputs.
    """

    X: np.ndarray
    y: np.ndarray
    beta: float

    def __post_init__(self) -> None:
        if self.X.shape[1] != np.linalg.matrix_rank(self.X) or self.X.shape[1] > 2:
            raise InputError(
                "X", f"inputs {self.X.shape}", "inputs of one or two coordinates that span the line or plane"
            )

    @cached_property
    def faces(self) -> Faces:
        """All faces of the arrangement."""
        return faces(self.X)

    @cached_property
    def live(self) -> list[tuple[int, int]]:
        """``(sign, face)`` of the cells that have an output, then of the rays that have one."""
        active = (self.faces.signs > 0).any(axis=1)
        found = [(s, int(f)) for s in (1, -1) for f in np.flatnonzero(active & (self.faces.kind == CELL))]
        return found + [(s, int(f)) for s in (1, -1) for f in np.flatnonzero(active & (self.faces.kind == RAY))]

    @cached_property
    def count(self) -> int:
        """The number of types of a unit in a cell, 0 among them: they are ``range(count)``; the rays' types follow."""
        return 1 + sum(self.faces.kind[f] == CELL for _, f in self.live)

    def boundary(self, face: int) -> list[int]:
        """The rays of a closed cell (both of them for a cone), or the face itself where it is one-dimensional."""
        if self.X.shape[1] == 1 or self.faces.kind[face] == RAY:
            return [face]
        pattern = self.faces.signs
        touching = ((pattern == 0) | (pattern == pattern[face])).all(axis=1) & (self.faces.kind == RAY)
        return [int(f) for f in np.flatnonzero(touching)]

    def direction(self, face: int) -> np.ndarray:
        """The unit vector of a ray (of a half-line, for one input)."""
        axis = self.faces.axis[face].astype(np.float64) if self.X.shape[1] == 2 else self.faces.signs[face] @ self.X
        return axis / np.linalg.norm(axis)

    @cached_property
    def rays(self) -> np.ndarray:
        """``e_1, e_2`` of every type, ``(types, 2, n)``; equal for rays, zero for type 0."""
        found = [np.zeros((2, self.X.shape[1]))]
        for _, face in self.live:
            ends = [self.direction(ray) for ray in self.boundary(face)]
            found.append(np.array([ends[0], ends[-1]]))
        return np.array(found)

    @cached_property
    def outputs(self) -> np.ndarray:
        """``s (X e)_+`` of both rays, ``(types, N, 2)``; linear on the cone between them."""
        signs = np.array([0, *(s for s, _ in self.live)])
        return signs[:, None, None] * np.maximum(np.einsum("jn,tkn->tjk", self.X, self.rays), 0)

    @cached_property
    def across(self) -> list[tuple[int, int, int]]:
        """``(type, type, type of the ray)`` for two cells of one sign with a common ray that has an output."""
        index = {unit: i for i, unit in enumerate(self.live, 1)}
        found = []
        for (sign, ray), t in index.items():
            if self.faces.kind[ray] == RAY:
                sides = [index[sign, f] for s, f in self.live if s == sign and f != ray and ray in self.boundary(f)]
                found += [(sides[0], sides[1], t)] if len(sides) == 2 else []
        return found

    def chosen(self, types: tuple[int, ...]) -> np.ndarray:
        """Faces that units of these types may lie in, by sign, ``(2, F)``: each closed cell with its rays."""
        chosen = np.zeros((2, len(self.faces)), dtype=bool)
        for t in types:
            if t:
                sign, face = self.live[t - 1]
                chosen[0 if sign == 1 else 1, [face, *self.boundary(face)]] = True
        return chosen


@dataclass(frozen=True, eq=False)
class Solved:
    """Solutions of a batch of programs.

    Attributes:
        value: ``F`` at a network of the cells, ``(B,)``: an upper value.
        nu: the residual there, ``(B, N)``.
        v: the units, ``(B, q, n)``.
    """

    value: np.ndarray
    nu: np.ndarray
    v: np.ndarray


def solve(cells: Cells, programs: np.ndarray) -> Solved:
    """The minimum of ``F`` with one unit in each of the given types.

    The norm is smoothed to ``t(r) = k + sqrt(k^2 + r^2)``, ``k = mu/beta``, as a barrier ``-mu log(t^2 - r^2)`` would do it, and
    ``a, b > 0`` are kept by ``-mu log``: on the central path the value is within ``4 q mu`` of the minimum.

    Args:
        cells: the data.
        programs: types ``(B, q)``.

    Returns:
        the solutions, in the same order.
    """
    B, q = programs.shape
    N, beta = len(cells.y), cells.beta
    M = cells.outputs[programs].transpose(0, 2, 1, 3).reshape(B, N, 2 * q)
    rays = cells.rays[programs]
    gram = np.einsum("bqin,bqjn->bqij", rays, rays)
    gram[programs == 0] = np.eye(2)
    scale = cells.y @ cells.y + beta
    mu, last = FIRST * scale, LAST * scale
    z = np.full((B, 2 * q), max(np.sqrt(mu), 1e-3))
    while mu > last:
        mu = max(mu * FALL, last)
        for _ in range(STEPS):
            z = newton(z, M, gram, cells.y, beta, mu)
    pairs = z.reshape(B, q, 2)
    pairs[programs == 0] = 0
    v = np.einsum("bqi,bqin->bqn", pairs, rays)
    nu = cells.y - np.einsum("bnk,bk->bn", M, pairs.reshape(B, -1))
    return Solved((nu**2).sum(axis=1) / 2 + beta * np.linalg.norm(v, axis=2).sum(axis=1), nu, v)


def newton(z: np.ndarray, M: np.ndarray, gram: np.ndarray, y: np.ndarray, beta: float, mu: float) -> np.ndarray:
    """One Newton step for the barrier problem, cut short where a mass would become negative."""
    B, q = gram.shape[:2]
    pairs = z.reshape(B, q, 2)
    image = np.einsum("bqij,bqj->bqi", gram, pairs)
    square = np.maximum((pairs * image).sum(axis=2), 0)
    k = mu / beta
    root = np.sqrt(k * k + square)
    t = k + root
    pull = beta * image / t[..., None]
    bend = gram / t[..., None, None] - image[..., None] * image[..., None, :] / (root * t * t)[..., None, None]
    residual = np.einsum("bnk,bk->bn", M, z) - y
    gradient = np.einsum("bnk,bn->bk", M, residual) + pull.reshape(B, -1) - mu / z
    hessian = np.einsum("bnk,bnl->bkl", M, M)
    for i in range(q):
        hessian[:, 2 * i : 2 * i + 2, 2 * i : 2 * i + 2] += beta * bend[:, i]
    # In units of z: the barrier's part becomes mu times the identity, whatever the sizes of the masses.
    scaled = hessian * z[:, :, None] * z[:, None, :] + mu * np.eye(2 * q)
    step = -np.linalg.solve(scaled, (gradient * z)[..., None])[..., 0]
    length = np.minimum(1.0, INSIDE / np.maximum(-step.min(axis=1), 1e-300))
    return z * (1 + np.where(step.min(axis=1) < 0, length, 1.0)[:, None] * step)
