"""Eigenvectors of ``A_t = A + t (Abar - A)`` followed from 0 to 1 (Rellich: they can be chosen analytic in ``t``).

Followed in the order of the eigenvalues. A step is taken if no eigenvector turns by more than ``LARGEST_TURN``, otherwise
halved. Where eigenvalues cross, the order asks for a sudden turn: steps shrink to rounding, the eigenvalues agree to
rounding, and their eigenvectors are turned at that fixed ``t`` (a bridge), which changes ``A`` by rounding only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from valleys.paths.curves import rotated, rotation_planes

LARGEST_TURN = 0.15
FIRST_STEP = 1 / 16
SMALLEST_STEP = 1e-14
CROSSING = (1e-12, 1e-11, 1e-10, 1e-9, 1e-8)
LOOKAHEAD = (1e-6, 1e-4, 1e-8)
LARGEST_ENTRY = 0.5
ZERO = 2e-13


@dataclass(frozen=True, eq=False)
class Step:
    """From ``t`` to ``t_end`` beside the frame ``V`` (columns), which ends as ``V_end``; a bridge if ``t == t_end``.

    ``order (n,)`` is that of the pivots (``pivot_order``).
    """

    t: float
    t_end: float
    V: Tensor
    V_end: Tensor
    order: Tensor

    @property
    def bridge(self) -> bool:
        """Whether the frame turns at a fixed ``t``."""
        return self.t == self.t_end


@dataclass(frozen=True, eq=False)
class Pencil:
    """``A_t = A + t (Abar - A)``, symmetric ``n x n``; eigenvalues closer than ``equal * scale`` share a basis."""

    A: Tensor
    Abar: Tensor
    equal: float = CROSSING[0] / 100

    def at(self, t: Tensor) -> Tensor:
        """``A_t`` for ``t (T,)``, shape ``(T, n, n)``."""
        return self.A + t[:, None, None] * (self.Abar - self.A)

    @cached_property
    def scale(self) -> float:
        """The larger of both spectral norms."""
        return max(float(torch.linalg.matrix_norm(M, 2)) for M in (self.A, self.Abar))

    def frames(self, t: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Eigenvalues ``(T, n)``, rising, and eigenvectors ``(T, n, n)`` as near to ``reference`` as they can be.

        A simple eigenvalue leaves a sign; the basis of equal ones is the nearest to ``reference`` (Procrustes).
        """
        values, V = torch.linalg.eigh(self.at(t))
        V = V * torch.where((V * reference).sum(dim=-2, keepdim=True) < 0, -1.0, 1.0)
        beside, tied = reference.expand_as(V), values.diff(dim=-1) <= self.equal * self.scale
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
    """Steps and bridges from the eigenvectors ``V`` of ``A`` (columns, eigenvalues rising) to those of ``Abar``.

    Eigenvalues count as equal at the least tolerance of ``CROSSING`` that gets through; nearly always the first.

    Raises:
        ArithmeticError: if none does.
    """
    for tolerance in CROSSING:
        steps = _follow(Pencil(pencil.A, pencil.Abar, tolerance / 100), V, tolerance)
        if steps:
            return steps
    raise ArithmeticError("eigenvectors cannot be followed in float64")


def _follow(pencil: Pencil, V: Tensor, tolerance: float) -> list[Step]:
    """The same at one tolerance; an empty list where it gets stuck."""
    t, h, steps = 0.0, FIRST_STEP, []
    bridged = False
    while t < 1.0:
        h = min(h, 1.0 - t)
        t_end = 1.0 if h == 1.0 - t else t + h
        ahead = torch.tensor([t + h / 2, t_end], dtype=torch.float64)
        _, frames = pencil.frames(ahead, V)
        step = Step(t, t_end, V, frames[1], pivot_order(pencil, t, t_end))
        near = max(turn(frames[0], V), turn(frames[1], V)) <= LARGEST_TURN
        if near and largest_entry(pencil, step) <= LARGEST_ENTRY:
            steps.append(step)
            t, V, h, bridged = t_end, frames[1], min(2 * h, FIRST_STEP), False
        elif h > SMALLEST_STEP:
            h /= 2
        elif not bridged:
            target, h = beyond(pencil, t, V, tolerance)
            steps.append(Step(t, t, V, target, pivot_order(pencil, t, t)))
            V, bridged = target, True
        else:
            return []
    return steps


def beyond(pencil: Pencil, t: float, V: Tensor, tolerance: float) -> tuple[Tensor, float]:
    """The frame after a crossing at ``t``, turned inside each group of equal eigenvalues, and how far ahead it holds."""
    values = torch.linalg.eigvalsh(pencil.at(torch.tensor([t], dtype=torch.float64)))[0]
    tied = groups(values.diff() <= tolerance * pencil.scale)
    best, best_turn, distance = V, float("inf"), LOOKAHEAD[0]
    for h in LOOKAHEAD:
        if t + h > 1.0:
            continue
        then = torch.tensor([t + h], dtype=torch.float64)
        ahead = torch.linalg.eigh(pencil.at(then))[1][0]
        frame = V.clone()
        for group in tied:
            frame[:, group] = nearest(V[:, group], ahead[:, group])
            if torch.linalg.det(V[:, group].T @ frame[:, group]) < 0:
                frame[:, group.stop - 1] *= -1
        _, seen = pencil.frames(then, frame)
        if turn(seen[0], frame) < best_turn:
            best, best_turn, distance = frame, turn(seen[0], frame), h
        if best_turn <= LARGEST_TURN / 2:
            break
    return best, distance


def factor(M: Tensor, order: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """``M = L diag(u) L^T`` for a batch ``M (T, n, n)``, ``L`` unit lower triangular in the given ``order (T, n)`` of rows.

    A pivot within ``ZERO * scale`` of 0 is not divided by: its column is taken as 0.

    Returns:
        ``u (T, n)`` and ``L (T, n, n)``, in the order of the rows of ``M``.
    """
    n = M.shape[-1]
    M, L = permuted(M, order), torch.eye(n, dtype=M.dtype).repeat(len(M), 1, 1)
    for k in range(n - 1):
        pivot = M[:, k, k]
        usable = pivot.abs() > ZERO * scale
        column = torch.where(usable[:, None], M[:, k + 1 :, k] / torch.where(usable, pivot, 1.0)[:, None], 0.0)
        L[:, k + 1 :, k] = column
        M[:, k + 1 :, k + 1 :] -= pivot[:, None, None] * column[:, :, None] * column[:, None, :]
    back = order.argsort(dim=-1)
    return torch.diagonal(M, dim1=-2, dim2=-1).gather(1, back), permuted(L, back)


def permuted(M: Tensor, order: Tensor) -> Tensor:
    """Rows and columns of ``M (T, n, n)`` in the order ``(T, n)``; a copy."""
    rows = M.gather(1, order[:, :, None].expand_as(M))
    return rows.gather(2, order[:, None, :].expand_as(M))


def pivot_order(pencil: Pencil, t: float, t_end: float) -> Tensor:
    """Eigenvalues by falling size over a step, those that change sign last: no small pivot divides a larger entry."""
    ends = torch.tensor([t, (t + t_end) / 2, t_end], dtype=torch.float64)
    values = torch.linalg.eigvalsh(pencil.at(ends))
    crosses = values.sign().amin(dim=0) != values.sign().amax(dim=0)
    return torch.where(crosses, 0.0, values.abs().amin(dim=0)).argsort(descending=True, stable=True)


def points(pencil: Pencil, steps: Sequence[Step], tau: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``A_t`` written exactly in a frame that moves smoothly from ``V`` to ``V_end`` of each step in turn.

    The frame ``F`` is not quite that of the eigenvectors between the two ends, so ``F^-1 A_t F^-T = L diag(u) L^T`` with
    ``L`` near the identity. Eigenvectors of nearly equal eigenvalues are noise in float64; this way they are computed
    at the ends only, and ``A_t`` is met to rounding all the same.

    Args:
        pencil: gives ``A_t``.
        steps: a bridge alone, or steps without bridges.
        tau: ``(T,)`` in [0, 1]; every step takes the same share.

    Returns:
        ``u (T, n)``, rows ``(F L)^T (T, n, n)``, and ``L``.
    """
    k = (tau * len(steps)).long().clamp(max=len(steps) - 1)
    s = tau * len(steps) - k
    begin, end = (torch.tensor(x, dtype=torch.float64)[k] for x in zip(*((x.t, x.t_end) for x in steps), strict=True))
    A = pencil.at(begin + s * (end - begin))
    if steps[0].bridge:
        F = rotated(*rotation_planes(steps[0].V_end @ steps[0].V.T), steps[0].V, s)
        M = F.mT @ A @ F
    else:
        V = torch.stack([x.V for x in steps])[k]
        F = V + s[:, None, None] * (torch.stack([x.V_end for x in steps])[k] - V)
        M = torch.linalg.solve(F, torch.linalg.solve(F, A).mT)
    u, L = factor((M + M.mT) / 2, torch.stack([x.order for x in steps])[k], pencil.scale)
    return u, (F @ L).mT, L


def largest_entry(pencil: Pencil, step: Step) -> float:
    """The largest entry of ``L`` off its diagonal over the step; infinite where two pivots would vanish on the way.

    Several eigenvalues may change sign in one step only if the frame keeps them apart to rounding.
    """
    tau = torch.linspace(0, 1, 9, dtype=torch.float64)
    _, _, L = points(pencil, [step], tau)
    values = torch.linalg.eigvalsh(pencil.at(torch.tensor([step.t, step.t_end], dtype=torch.float64)))
    crossing = values[0].sign() != values[1].sign()
    if crossing.sum() > 1:
        F = torch.stack([step.V, step.V_end])[:, :, crossing]
        M = F.mT @ pencil.at(torch.tensor([step.t, step.t_end], dtype=torch.float64)).flip(0) @ F
        apart = M - torch.diag_embed(torch.diagonal(M, dim1=-2, dim2=-1))
        if apart.abs().max() > ZERO * pencil.scale:
            return float("inf")
    return float((L - torch.eye(L.shape[-1], dtype=L.dtype)).abs().max())
