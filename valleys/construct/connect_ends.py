"""An end of a path brought onto a basis: the independent units that stay, and the output weights on them.

"Descend first": the weights become the best ones on pivots of tolerance 1e-2, then less, down to 1e-9, the first that do
not raise the loss. The fall pays for all rounding on the way. Only where both ends are minimisers there is nothing to pay with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from torch import Tensor

from valleys.construct.best_output import best_output
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import Theta

TOLERANCES = tuple(10.0 ** -(k / 2) for k in range(4, 19))
#: Where the same function is wanted: no tolerance is good for smooth activations, so only these are tried.
FIBRE = (1e-9, 1e-7, 1e-11)
#: Of Newton's method: any fall will do here.
STEPS = 8
#: A rise of this share of ``L(0)`` is none: it is what rounding does to an exact minimiser.
NONE = 1e-24


@dataclass(frozen=True)
class Settled:
    """One end on a basis.

    Attributes:
        units: indices of the units that stay, the pinned one first; their filters are independent.
        theta: the end with output weights on those alone, 0 elsewhere.
        outputs: ``Phi`` of it, ``(m, N)``.
        loss: of it, as the builder sees it.
        condition: of the filters that stay, scaled to length 1.
    """

    units: np.ndarray
    theta: Theta
    outputs: Tensor
    loss: float
    condition: float


def independent(
    F: np.ndarray, groups: list[np.ndarray], tolerance: float, Q: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Independent filters, group after group: pivots of what a group adds to the span of those before it.

    Args:
        F: filters as rows, ``(p, N)``.
        groups: indices, in order of preference.
        tolerance: what a filter of length 1 must add; fainter filters than this share of the median are left out.
        Q: an orthonormal basis ``(N, k)`` of what is there already.

    Returns:
        the chosen indices, and ``Q`` with an orthonormal basis of what they add, in the same order.
    """
    norms = np.linalg.norm(F, axis=1)
    faint = tolerance * np.median(norms[norms > 0]) if (norms > 0).any() else 0.0
    Q = np.zeros((F.shape[1], 0)) if Q is None else Q
    chosen: list[int] = []
    for group in groups:
        kept = group[norms[group] > min(faint, norms[group].max(initial=0.0) / 2)]
        if len(kept) == 0:
            continue
        columns = (F[kept] / norms[kept, None]).T
        for _ in range(2):
            columns = columns - Q @ (Q.T @ columns)
        R, pivots = scipy.linalg.qr(columns, mode="r", pivoting=True, check_finite=False)
        r = int((np.abs(np.diagonal(R)) > tolerance).sum())
        new = kept[pivots[:r]]
        chosen += new.tolist()
        Q = np.hstack([Q, _orthonormal(columns[:, pivots[:r]], Q)])
    return np.array(chosen, dtype=int), Q


def _orthonormal(columns: np.ndarray, Q: np.ndarray) -> np.ndarray:
    basis = scipy.linalg.qr(columns, mode="economic", check_finite=False)[0]
    return scipy.linalg.qr(basis - Q @ (Q.T @ basis), mode="economic", check_finite=False)[0]


def weights(F: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, float]:
    """``U (m, k)`` with ``U F = outputs`` for independent rows ``F (k, N)``, and ``F``'s condition (rows of length 1)."""
    if len(F) == 0:
        return np.zeros((len(outputs), 0)), 1.0
    norms = np.linalg.norm(F, axis=1)
    unit = F / norms[:, None]
    factors = scipy.linalg.qr(unit.T, mode="economic", check_finite=False)
    U = np.zeros((len(outputs), len(F)))
    for _ in range(2):
        U += scipy.linalg.solve_triangular(factors[1], factors[0].T @ (outputs - U @ unit).T, check_finite=False).T
    reciprocal, _ = scipy.linalg.lapack.dtrcon(factors[1], norm="1")
    return U / norms, float(1 / reciprocal) if reciprocal > 0 else float("inf")


def settle(theta: Theta, risk: ConvexRisk, apart: np.ndarray | None = None, descend: bool = True) -> Settled:
    """Bring ``theta`` onto a basis without raising the loss.

    Args:
        theta: the end.
        risk: the loss.
        apart: units that should rather not stay (the other end's), or None.
        descend: whether the best output weights are taken; otherwise those of the same function.

    Returns:
        the first that does not raise the loss, else the one that raises it least.
    """
    F = risk.features(theta.W)
    own = theta.U @ F
    start = float(risk.value_of(own))
    hidden = np.arange(theta.p - risk.pinned)
    groups = [hidden] if apart is None else [np.setdiff1d(hidden, apart), np.intersect1d(hidden, apart)]
    groups = [np.array([theta.p - 1])] * risk.pinned + groups
    found: list[Settled] = []
    for tolerance in TOLERANCES if descend else FIBRE:
        units, Q = independent(F.numpy(), groups, tolerance)
        if found and len(units) == len(found[-1].units) and descend:
            continue
        basis = torch.from_numpy(Q)
        outputs = own @ basis @ basis.T
        if descend:
            outputs = best_output(risk, basis, outputs, STEPS)
        found.append(_on(theta, risk, F, units, outputs))
        if found[-1].loss <= start + NONE * risk.at_zero:
            return found[-1]
    return min(found, key=lambda settled: settled.loss)


def _on(theta: Theta, risk: ConvexRisk, F: Tensor, units: np.ndarray, outputs: Tensor) -> Settled:
    values, condition = weights(F.numpy()[units], outputs.numpy())
    U = torch.zeros_like(theta.U)
    U[:, torch.from_numpy(units)] = torch.from_numpy(values)
    moved = Theta(U, theta.W)
    there = U @ F
    return Settled(units, moved, there, float(risk.value_of(there)), condition)
