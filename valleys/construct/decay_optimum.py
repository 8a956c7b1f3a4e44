"""The best network of any width under weight decay (one output), by the active sets of Theorem A; no solver is needed.

Units are added where the residual ``nu`` asks for them, at the maximum of ``|nu . sigma(X u)|`` over the unit ball, which lies in
one of finitely many faces. Units of one sign in one closed cell are merged (the triangle inequality: ``f`` does not rise);
then Newton's method in the spans of the units' faces. What comes out is an upper value and a ``nu``; a judge makes the floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from valleys.construct.decay_path import Atom, Descent, descent_of, empty
from valleys.problem.arrangement import RAY, WALL, Faces
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta

#: Rounds of adding units and Newton steps; Newton steps a round.
ROUNDS, STEPS = 60, 40
#: Rounds without gain that end the search, once the excess is rounding, and before.
SETTLED, PATIENCE = 1, 8
#: Rounding of ``S(nu)/beta``, relative to ``sum |x_j||y_j|/beta``.
NOISE = 2.0**-48
#: Units are added until ``S(nu) <= (1 + COARSE) beta``, or the excess is a tenth of what it was, then merged and polished;
#: done at ``(1 + FINE) beta``.
COARSE, FINE = 1e-3, 1e-14
#: Faces of which the oracle evaluates the candidates at once.
AT_ONCE = 128
#: ``|x_j . v|`` below this part of ``|x_j||v|`` is on the hyperplane.
ON = 1e-11


@dataclass(frozen=True, eq=False)
class Oracle:
    """Maximises ``|nu . sigma(X u)|`` over the unit ball, over candidates ``g/|g|`` of all faces, in doubles.

    Attributes:
        X: inputs.
        faces: their faces.
        leak: slope of the activation on the left.
    """

    X: np.ndarray
    faces: Faces
    leak: float

    @cached_property
    def slopes(self) -> np.ndarray:
        """``sigma'`` on each face, ``(F, N)``; 0 on the hyperplanes."""
        return np.where(self.faces.signs > 0, 1.0, np.where(self.faces.signs < 0, self.leak, 0.0))

    @cached_property
    def axes(self) -> np.ndarray:
        """Directions of rays and normals of walls, of length 1."""
        largest = np.array([max(1, *(abs(int(v)) for v in axis)) for axis in self.faces.axis], dtype=object)
        axes = np.array(self.faces.axis / largest[:, None], dtype=np.float64)
        return axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 0.5)

    @cached_property
    def index(self) -> dict[bytes, int]:
        """The face of a pattern."""
        return {pattern.tobytes(): i for i, pattern in enumerate(self.faces.signs)}

    def gradients(self, nu: np.ndarray) -> np.ndarray:
        """``g`` of every face, ``(F, n)``."""
        G = self.slopes @ (nu[:, None] * self.X)
        along = (G * self.axes).sum(axis=1, keepdims=True) * self.axes
        kind = self.faces.kind[:, None]
        return np.where(kind == RAY, along, np.where(kind == WALL, G - along, G))

    def best(self, nu: np.ndarray) -> tuple[float, Atom]:
        """The maximum and a unit that attains it.

        On its face the function is ``|g . u| <= |g|``: faces are asked by falling ``|g|``, ``AT_ONCE`` together, until the
        largest value found is as large as the ``|g|`` of all others.
        """
        g = self.gradients(nu)
        length = np.linalg.norm(g, axis=1)
        order, most, sign, unit = np.argsort(-length, kind="stable"), -1.0, 1.0, g[0]
        for k in range(0, len(order), AT_ONCE):
            some = order[k : k + AT_ONCE]
            if length[some[0]] <= most:
                break
            u = np.concatenate([g[some], -g[some]]) / np.tile(length[some], 2)[:, None].clip(min=1e-300)
            Z = u @ self.X.T
            h = np.where(Z > 0, Z, self.leak * Z) @ nu
            i = int(np.abs(h).argmax())
            if abs(h[i]) > most:
                most, sign, unit = float(abs(h[i])), np.sign(h[i]) or 1.0, u[i]
        return most, Atom(np.array([sign]), unit if unit.any() else self.axes[0])

    def face_of(self, v: np.ndarray) -> int:
        """The face that holds ``v``, to rounding; the smallest where it is near several."""
        size = np.linalg.norm(self.X, axis=1) * np.linalg.norm(v)
        z = self.X @ v
        pattern = np.where(np.abs(z) <= ON * size, 0, np.sign(z)).astype(np.int8)
        return self.index.get(pattern.tobytes(), self.index.get(np.sign(z).astype(np.int8).tobytes(), -1))

    def basis(self, face: int) -> np.ndarray:
        """An orthonormal basis ``(n, dim)`` of the span of a face."""
        axis = self.axes[face][:, None]
        if self.faces.kind[face] == RAY:
            return axis
        if self.faces.kind[face] == WALL:
            return np.linalg.svd(axis, full_matrices=True)[0][:, 1:]
        return np.eye(self.X.shape[1])


@dataclass(frozen=True)
class Optimum:
    """A network that is optimal to rounding.

    Attributes:
        theta: the network, balanced.
        nu: its residual ``y - Phi``, ``(N,)``: what a floor is made from.
    """

    theta: Theta
    nu: np.ndarray


def optimum(risk: DecayRisk, faces: Faces, rank: int) -> Optimum:
    """The best network of any width.

    Args:
        risk: the loss, of one output.
        faces: of its inputs.
        rank: ``dim*(sigma, X)``.

    Returns:
        the network, of at most ``rank`` units.
    """
    X, y = risk.sample.X.numpy(), risk.sample.Y.numpy()[:, 0]
    oracle = Oracle(X, faces, risk.leak)
    theta = empty(rank + 1, 1, risk.n)
    found = Optimum(theta, y)
    least, idle = np.inf, 0
    noise = NOISE * float(np.linalg.norm(X, axis=1) @ np.abs(y)) / risk.beta
    for _ in range(ROUNDS):
        theta = added(theta, risk, rank, oracle, min(COARSE, least / 10))
        signs, V = merged(*signed(theta), oracle)
        signs, V, nu = polished(signs, V, y, risk.beta, oracle)
        theta = network(signs, V, rank + 1)
        excess = oracle.best(nu)[0] / risk.beta - 1
        idle = 0 if excess < least else idle + 1
        if excess < least:
            least, found = excess, Optimum(theta, nu)
        if excess <= FINE or idle == (SETTLED if excess <= noise else PATIENCE):
            break
    return found


def added(theta: Theta, risk: DecayRisk, rank: int, oracle: Oracle, coarse: float) -> Theta:
    """Units where the oracle asks for them, until it asks for little more than ``beta``."""
    _, state = descent_of(theta, risk, rank)
    state.thin()
    state.face()
    left = rank + 10

    def best(state: Descent) -> Atom | None:
        nonlocal left
        value, atom = oracle.best(state.residual())
        enough = left < rank + 10 and value <= (1 + coarse) * risk.beta
        left -= 1
        return None if value <= risk.beta or enough or left < 0 else atom

    state.exchange(best)
    return state.units.theta(state.k)


def signed(theta: Theta) -> tuple[np.ndarray, np.ndarray]:
    """Signs ``(q,)`` and ``v = |u| w (q, n)`` of the units that are not zero."""
    u, W = theta.U.numpy()[0], theta.W.numpy()
    V = np.abs(u)[:, None] * W
    kept = V.any(axis=1)
    return np.sign(u[kept]), V[kept]


def network(signs: np.ndarray, V: np.ndarray, p: int) -> Theta:
    """The balanced network of width ``p`` with these units, ``u = s sqrt|v|``, ``w = v/sqrt|v|``; the other slots are 0."""
    root = np.linalg.norm(V, axis=1) ** 0.5
    theta = empty(p, 1, V.shape[1])
    theta.U[0, : len(V)] = torch.from_numpy(signs * root)
    theta.W[: len(V)] = torch.from_numpy(V / root[:, None])
    return theta


def merged(signs: np.ndarray, V: np.ndarray, oracle: Oracle) -> tuple[np.ndarray, np.ndarray]:
    """Units of one sign that share a closed cell become their sum."""
    units: list[tuple[float, np.ndarray, np.ndarray]] = []
    for s, v in sorted(zip(signs, V, strict=True), key=lambda unit: -float(np.linalg.norm(unit[1]))):
        pattern = oracle.faces.signs[oracle.face_of(v)]
        for i, (sign, sum_, held) in enumerate(units):
            if sign == s and not (held * pattern < 0).any():
                units[i] = sign, sum_ + v, np.sign(held + pattern)
                break
        else:
            units.append((s, v, pattern))
    return np.array([unit[0] for unit in units]), np.array([unit[1] for unit in units]).reshape(len(units), V.shape[1])


def polished(
    signs: np.ndarray, V: np.ndarray, y: np.ndarray, beta: float, oracle: Oracle
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton's method for ``|sum s D X v - y|^2/2 + beta sum |v|`` with each ``v`` in the span of its face.

    A step that would cross a hyperplane ends on it, and the unit goes on in the face there; a unit that would turn round is
    dropped. Returned are signs, units and the residual ``nu``.
    """
    V = V.copy()
    for _ in range(STEPS):
        if len(V) == 0:
            break
        held = [oracle.face_of(v) for v in V]
        bases = [oracle.basis(face) for face in held]
        blocks = [s * (oracle.slopes[f][:, None] * (oracle.X @ B)) for s, f, B in zip(signs, held, bases, strict=True)]
        z = [B.T @ v for B, v in zip(bases, V, strict=True)]
        M, flat = np.concatenate(blocks, axis=1), np.concatenate(z)
        length = [np.linalg.norm(part) for part in z]
        pull = np.concatenate([part / size for part, size in zip(z, length, strict=True)])
        hessian, at = M.T @ M, 0
        for part, size in zip(z, length, strict=True):
            k, unit = len(part), part / size
            hessian[at : at + k, at : at + k] += beta / size * (np.eye(k) - np.outer(unit, unit))
            at += k
        gradient = M.T @ (M @ flat - y) + beta * pull
        scale = np.diag(hessian).clip(min=1e-300) ** -0.5
        step = -scale * np.linalg.lstsq(scale[:, None] * hessian * scale, scale * gradient, rcond=1e-14)[0]
        parts = np.split(step, np.cumsum([len(part) for part in z])[:-1])
        change = np.array([B @ part for B, part in zip(bases, parts, strict=True)])
        turned = np.array([part @ d <= -0.999 * part @ part for part, d in zip(z, parts, strict=True)])
        if turned.any():
            smallest = int(np.flatnonzero(turned)[np.array(length)[turned].argmin()])
            signs, V = np.delete(signs, smallest), np.delete(V, smallest, axis=0)
            continue
        V = V + room(V, change, held, oracle) * change
        if np.abs(step).max() <= 1e-16 * np.abs(flat).max():
            break
    Z = V @ oracle.X.T
    return signs, V, y - signs @ np.where(Z > 0, Z, oracle.leak * Z) if len(V) else y


def room(V: np.ndarray, change: np.ndarray, held: list[int], oracle: Oracle) -> float:
    """The longest step up to 1 on which no unit leaves its closed face."""
    Z, dZ = V @ oracle.X.T, change @ oracle.X.T
    crossing = (oracle.faces.signs[held] != 0) & (Z * dZ < 0)
    ratios = np.where(crossing, -Z / np.where(crossing, dZ, 1.0), 1.0)
    return float(min(1.0, ratios.min()))
