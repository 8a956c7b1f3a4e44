"""The proof of Theorem 8 (Appendix A.1) as an algorithm: from any parameters down to the global minimum.

Leg 1 frees hidden units (``U`` moves), leg 2 gives them new rows (dead: the loss is constant), leg 3 goes straight to
the least squares on the completed basis (``U`` moves, a convex parabola). The judge is ``valleys.judge.certificate``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from valleys.construct.filters import (
    apply_qt,
    distinct_rows,
    draw_filters,
    independent_columns,
    leading_rank,
    pivoted_qr,
    unit_columns,
)
from valleys.paths.path import Path, polygon
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError

TOLERANCES = tuple(10.0 ** -(k / 4) for k in range(8, 49))
NEW_ROWS_TOLERANCE = 1e-6
ALLOWED_RISE = 1e-15
#: A leg of ``U`` stops this share before the least squares, so that it falls to its very end: rounding makes no rise of
#: it. From a loss above ``E|Y|^2`` the share is less: ``L(end) - L*`` grows by ``SHORT^2 min(L, E|Y|^2)`` at most.
SHORT = 1e-11
ROUNDS = 4
#: Candidates whose filter is smaller than this share of the median one are passed over.
FAINT = 1e-2


@dataclass(frozen=True)
class Descent:
    """A descent path and what is to be reported of it.

    Attributes:
        path: from the start to the minimum, one to three straight legs.
        rank: filters of the start that are independent at ``tolerance``.
        tolerance: of that rank.
        reached: dimension of the span at the end (``dim*``, unless filters are numerically deficient).
        condition: of the live filters at the end, scaled to length 1 (LAPACK's estimate, 1-norm).
    """

    path: Path
    rank: int
    tolerance: float
    reached: int
    condition: float


def descend(theta: Theta, risk: FeatureRisk, generator: torch.Generator, dimension: int) -> Descent:
    """The descent path of Theorem 8 from ``theta``.

    Args:
        theta: the start, of any rank, ``p >= dimension``.
        risk: the loss.
        generator: draws the new rows of leg 2.
        dimension: ``dim*`` of (activation, law).

    Returns:
        the path.

    Raises:
        InputError: if the width is below ``dimension``, or ``theta`` does not fit the data.
    """
    risk.check(theta)
    if theta.p < dimension:
        raise InputError("--width", theta.p, f"a width >= {dimension} = dim*({risk.sigma.name}, {risk.law.name})")
    return descend_any_width(theta, risk, generator, dimension)


def descend_any_width(theta: Theta, risk: FeatureRisk, generator: torch.Generator, dimension: int) -> Descent:
    """The same construction without the hypothesis on the width: below ``dim*`` its end need not be the minimum."""
    factors = _Factors(theta, risk)
    for tolerance in TOLERANCES:
        rank = min(leading_rank(factors.packed, tolerance), dimension)
        if factors.rise(best := factors.least_squares(rank)) <= ALLOWED_RISE * factors.loss:
            fibre = factors.fibre(rank)
            # Of the way from what the network already is on the pivots half, which rounding cannot make too much; the end
            # of the path all but a little.
            freed = Theta(factors.short_of(fibre, best) if rank >= dimension else (fibre + best) / 2, theta.W)
            break
    else:
        tolerance = float(np.finfo(float).eps) * max(factors.F.shape)
        rank = min(leading_rank(factors.packed, tolerance), dimension)
        freed = Theta(factors.fibre(rank), theta.W)
    if rank >= dimension:
        return Descent(polygon([theta, freed]), rank, tolerance, rank, factors.condition(rank))
    moved, end, reached, condition = factors.complete(rank, freed, generator, dimension - rank)
    return Descent(polygon([theta, freed, moved, end]), rank, tolerance, reached, condition)


class _Factors:
    """Pivoted QR of ``F^T`` (columns scaled to length 1; of equal units the first), used by all three legs.

    ``F^T = Q R P^T``; pivots ``I`` are the first ``r``, ``J`` the rest. New filters ``F_C`` are seen as
    ``Q_r^T F_C^T = (A; B)``, with the first ``r`` reflections of ``Q``: ``B`` is what they add to the span.
    """

    def __init__(self, theta: Theta, risk: FeatureRisk) -> None:
        self.theta, self.risk = theta, risk
        self.F = risk.features(theta.W)
        self.loss = float((theta.U @ self.F - risk.target).square().sum()) + risk.constant
        first, original = distinct_rows(theta.W)
        scaled, norms = unit_columns(self.F[first].T)
        self.packed, self.tau, order = pivoted_qr(scaled)
        copies = np.setdiff1d(np.arange(theta.p), first)
        self.pivots, self.norms = np.concatenate([first[order], copies]), norms[original]
        #: Which column of ``R`` each pivot has: a copy that of its original.
        self.columns = np.concatenate([np.arange(len(order)), np.argsort(order)[original[copies]]])
        self.target = apply_qt(self.packed, self.tau, np.asfortranarray(risk.target.T.numpy()))

    def short_of(self, U0: Tensor, U1: Tensor) -> Tensor:
        """``U1`` less the share of the way from ``U0`` that its loss allows; ``U0`` sees only filters of the start."""
        loss = float((U0 @ self.F - self.risk.target).square().sum()) + self.risk.constant
        zero = float(self.risk.scale) + self.risk.constant
        return U1 - SHORT * min(1.0, (zero / loss) ** 0.5 if loss > 0 else 1.0) * (U1 - U0)

    def _solve(self, r: int, right: np.ndarray) -> np.ndarray:
        """``R11^{-1} right``, back in the scale of the filters."""
        if r == 0:
            return np.zeros((0, right.shape[1]))
        solution = scipy.linalg.solve_triangular(self.packed[:r, :r], right, check_finite=False)
        return solution / self.norms[self.pivots[:r], None]

    def _rotated(self, r: int, columns: np.ndarray | Tensor) -> np.ndarray:
        """``Q_r^T columns``."""
        return apply_qt(self.packed, self.tau[:r], np.asfortranarray(columns))

    def _with_U(self, columns: np.ndarray, values: np.ndarray) -> Tensor:
        U = torch.zeros_like(self.theta.U)
        U[:, torch.from_numpy(columns)] = torch.from_numpy(np.ascontiguousarray(values.T))
        return U

    def least_squares(self, r: int) -> Tensor:
        """End of leg 1, "descent" form: the best ``U`` on the pivots, 0 elsewhere."""
        return self._with_U(self.pivots[:r], self._solve(r, self.target[:r]))

    def rise(self, U: Tensor) -> float:
        """The builder's own look at a leg to ``U`` (the judge has another): how far ``L`` rises after its lowest."""
        R, D = U @ self.F - self.risk.target, (U - self.theta.U) @ self.F
        s, a = float((R * D).sum()), float((D * D).sum())
        return 0.0 if s <= 0 else (2 * s - a if s >= a else s * s / a)

    def fibre(self, r: int) -> Tensor:
        """End of leg 1, the paper's form: ``U_I += U_J C^T``, ``C = R11^{-1} R12``, ``U_J -> 0``; ``Phi`` unchanged."""
        live, J = self.pivots[:r], self.pivots[r:]
        C = self._solve(r, np.triu(self.packed[:r])[:, self.columns[r:]]) * self.norms[J]
        U = self.theta.U.numpy()
        return self._with_U(live, U[:, live].T + C @ U[:, J].T)

    def complete(
        self, r: int, freed: Theta, generator: torch.Generator, missing: int
    ) -> tuple[Theta, Theta, int, float]:
        """Legs 2 and 3: new rows for dead units, then the least squares; also the dimension reached, the condition."""
        J = self.pivots[r:]
        rows, A_new, packed, tau = self._choose(r, generator, min(missing, len(J)))
        k = len(rows)
        W = freed.W.clone()
        W[torch.from_numpy(J[:k])] = rows
        moved = Theta(freed.U, W)
        R2 = packed[:k, :k]
        left = apply_qt(packed, tau, self._rotated(r, self.risk.target.T)[r:])
        U_new = scipy.linalg.solve_triangular(R2, left[:k], check_finite=False)
        U_old = self._solve(r, self.target[:r] - A_new @ U_new)
        norms = self.risk.features(W[torch.from_numpy(J[:k])]).norm(dim=1).numpy()[:, None]
        best = self._with_U(np.concatenate([self.pivots[:r], J[:k]]), np.concatenate([U_old, U_new / norms]))
        end = Theta(self.short_of(freed.U, best), W)
        triangle = np.block([[np.triu(self.packed[:r, :r]), A_new], [np.zeros((k, r)), np.triu(R2)]])
        return moved, end, r + k, _condition(triangle)

    def _choose(
        self, r: int, generator: torch.Generator, missing: int
    ) -> tuple[Tensor, np.ndarray, np.ndarray, np.ndarray]:
        """New rows, as far as ``missing`` independent ones are found among the candidates; ``A``, and the QR of ``B``."""
        risk, count = self.risk, 3 * missing + 8
        for attempt in range(ROUNDS):
            rows = draw_filters(risk, count << attempt, generator)
            F = risk.features(rows)
            norms = F.norm(dim=1)
            # A unit that hardly fires would need a huge output weight.
            F[norms < FAINT * norms.median()] = 0.0
            coordinates = self._rotated(r, unit_columns(F.T)[0])
            packed, tau, chosen = independent_columns(coordinates[r:], missing, NEW_ROWS_TOLERANCE)
            if len(chosen) == missing:
                break
        return rows[torch.from_numpy(chosen)], coordinates[:r, chosen], packed, tau

    def condition(self, r: int) -> float:
        """Condition of the first ``r`` pivots."""
        return _condition(np.triu(self.packed[:r, :r]))


def _condition(triangle: np.ndarray) -> float:
    if len(triangle) == 0:
        return 1.0
    reciprocal, _ = scipy.linalg.lapack.dtrcon(triangle, norm="1")
    return float(1 / reciprocal) if reciprocal > 0 else float("inf")
