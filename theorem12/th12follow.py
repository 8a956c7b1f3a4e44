"""Eigenvectors of ``A_t = A + t (Abar - A)`` followed from 0 to 1 (Rellich: they can be chosen analytic in ``t``).

Followed in the order of the eigenvalues. A step is taken if no eigenvector turns by more than ``LARGEST_TURN``, otherwise
halved. Where eigenvalues cross, the order asks for a sudden turn: steps shrink to rounding, the eigenvalues agree to
rounding, and their eigenvectors are turned at that fixed ``t`` (a bridge), which changes ``A`` by rounding only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST_TURN = 0.15
FIRST_STEP = 1 / 16
SMALLEST_STEP = 1e-14
EQUAL = 1e-14
CROSSING = 1e-13
LOOKAHEAD = (1e-6, 1e-4, 1e-8)


@dataclass(frozen=True, eq=False)
class Step:
    """From ``t`` to ``t_end`` beside the frame ``V`` (columns), which ends as ``V_end``; a bridge if ``t == t_end``."""

    t: float
    t_end: float
    V: Tensor
    V_end: Tensor

    @property
    def bridge(self) -> bool:
        """Whether the frame turns at a fixed ``t``."""
        return self.t == self.t_end


@dataclass(frozen=True, eq=False)
class Pencil:
    """``A_t = A + t (Abar - A)``, symmetric ``n x n``."""

    A: Tensor
    Abar: Tensor

    def at(self, t: Tensor) -> Tensor:
        """``A_t`` for ``t (T,)``, shape ``(T, n, n)``."""
        return self.A + t[:, None, None] * (self.Abar - self.A)

    @property
    def scale(self) -> float:
        """The larger of both spectral norms."""
        return max(float(torch.linalg.matrix_norm(M, 2)) for M in (self.A, self.Abar))

    def frames(self, t: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Eigenvalues ``(T, n)``, rising, and eigenvectors ``(T, n, n)`` as near to ``reference`` as they can be.

        A simple eigenvalue leaves a sign; the basis of equal ones is the nearest to ``reference`` (Procrustes).
        """
        values, V = torch.linalg.eigh(self.at(t))
        V = V * torch.where((V * reference).sum(dim=-2, keepdim=True) < 0, -1.0, 1.0)
        beside, tied = reference.expand_as(V), values.diff(dim=-1) <= EQUAL * self.scale
        for i in tied.any(dim=-1).nonzero()[:, 0].tolist():
            for group in groups(tied[i]):
                V[i][:, group] = nearest(V[i][:, group], beside[i][:, group])
        return values, V


def groups(tied: Tensor) -> list[slice]:
    """Runs of two and more neighbours that are tied (``tied[k]``: ``k`` and ``k + 1``).

    >>> groups(torch.tensor([True, True, False, True]))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    found, begin = [], None
    for k, joined in enumerate([*tied.tolist(), False]):
        if joined and begin is None:
            begin = k
        if not joined and begin is not None:
            found.append(slice(begin, k + 1))
            begin = None
    return found


def nearest(space: Tensor, reference: Tensor) -> Tensor:
    """The orthonormal basis of the span of ``space (n, c)`` nearest to ``reference (n, c)``."""
    a, _, bt = torch.linalg.svd(space.T @ reference)
    return space @ (a @ bt)


def turn(V: Tensor, W: Tensor) -> float:
    """The largest distance between matching columns."""
    return float(torch.linalg.vector_norm(V - W, dim=-2).max())


def follow(pencil: Pencil, V: Tensor) -> list[Step]:
    """Steps and bridges from the eigenvectors ``V`` of ``A`` (columns, eigenvalues rising) to those of ``Abar``."""
    t, h, steps = 0.0, FIRST_STEP, []
    bridged = False
    while t < 1.0:
        h = min(h, 1.0 - t)
        ahead = torch.tensor([t + h / 2, t + h], dtype=torch.float64)
        _, frames = pencil.frames(ahead, V)
        if max(turn(frames[0], V), turn(frames[1], V)) <= LARGEST_TURN:
            t_end = 1.0 if h == 1.0 - t else t + h
            steps.append(Step(t, t_end, V, frames[1]))
            t, V, h, bridged = t_end, frames[1], min(2 * h, FIRST_STEP), False
        elif h > SMALLEST_STEP:
            h /= 2
        elif not bridged:
            target, h = beyond(pencil, t, V)
            steps.append(Step(t, t, V, target))
            V, bridged = target, True
        else:
            raise ArithmeticError(f"eigenvectors cannot be followed at t = {t}")
    return steps


def beyond(pencil: Pencil, t: float, V: Tensor) -> tuple[Tensor, float]:
    """The frame after a crossing at ``t``, inside each group of equal eigenvalues, and how far ahead it was taken from."""
    values = torch.linalg.eigvalsh(pencil.at(torch.tensor([t], dtype=torch.float64)))[0]
    tied = groups(values.diff() <= CROSSING * pencil.scale)
    best, best_turn, distance = V, float("inf"), LOOKAHEAD[0]
    for h in LOOKAHEAD:
        if t + h > 1.0:
            continue
        ahead = torch.linalg.eigh(pencil.at(torch.tensor([t + h], dtype=torch.float64)))[1][0]
        frame = V.clone()
        for group in tied:
            frame[:, group] = nearest(V[:, group], ahead[:, group])
            if torch.linalg.det(V[:, group].T @ frame[:, group]) < 0:
                frame[:, group.stop - 1] *= -1
        _, seen = pencil.frames(torch.tensor([t + h], dtype=torch.float64), frame)
        if turn(seen[0], frame) < best_turn:
            best, best_turn, distance = frame, turn(seen[0], frame), h
        if best_turn <= LARGEST_TURN / 2:
            break
    return best, distance
