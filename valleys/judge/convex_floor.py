"""A floor under a convex loss, for every width: a Fenchel dual bound over the space of all filters.

For any ``G (m, N)`` with ``G A = 0`` (``A (N, q)`` an orthonormal basis of the filters' space) and every network
``L >= D(G) = -(1/N) sum_i l*(g_i)``. In floating point, for outputs ``|Phi|_F <= R``: ``L >= D(G) - |G A|_F R / N``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
import scipy.optimize
import scipy.sparse
import torch
from torch import Tensor

from valleys.problem.convex_risk import ConvexRisk

#: Probabilities below these shares are set to 0: partly separable data need it.
SHARES = (0.0, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
#: Outputs up to this many times the size of those near the minimum, and of the targets, lie above the floor.
REACH = 10.0
ENOUGH = 1e-12
#: Added to the diagonal of a matrix that may be singular, as a share of its largest entry there.
RIDGE = 1e-13
#: Smaller probabilities in the dual count as 0: then the infimum is not attained.
VANISHING = 1e-8


@dataclass(frozen=True)
class Floor:
    """A lower bound of the loss.

    Attributes:
        value: the bound; ``-inf`` where none is known.
        radius: it holds for outputs ``|Phi|_F <= radius`` (``inf``: for all).
        attained: whether the infimum is attained, as far as the dual point tells; None where it does not.
    """

    value: float
    radius: float
    attained: bool | None


def dual_value(risk: ConvexRisk, G: Tensor, radius: float) -> float:
    """``-(1/N) sum_i l*(g_i) - |G A|_F radius / N``; ``-inf`` outside the conjugate's domain, or where none is known."""
    conjugate = risk.loss.conjugate(G, risk.target)
    if conjugate is None:
        return -inf
    residual = float((G @ risk.basis).norm())
    return 0.0 - float(conjugate.mean()) - (residual * radius / risk.N if residual > 0 else 0.0)


def floor_of(risk: ConvexRisk, end: Tensor) -> Floor:
    """The best lower bound found from outputs ``(m, N)`` near the minimum."""
    level = float(risk.value_of(end))
    radius = REACH * (max(float(end.norm()), float(risk.target.norm())) or 1.0)
    dual = torch.zeros_like(risk.target)
    best = dual_value(risk, dual, radius)
    if best == -inf:  # no conjugate
        plain = _by_slope(risk, end, level, radius)
        return Floor(max(risk.loss.least, plain), inf if risk.loss.least >= plain else radius, None)
    enough = ENOUGH * max(level, risk.at_zero)
    if risk.basis.shape[1] < risk.N:
        for G in _candidates(risk, end):
            if level - best <= enough:
                break
            value = dual_value(risk, G, radius)
            if value > best:
                best, dual = value, G
    return Floor(best, radius if (dual @ risk.basis).any() else inf, _attained(risk, dual))


def _candidates(risk: ConvexRisk, Z: Tensor) -> Iterator[Tensor]:
    """Dual points: the gradient moved onto ``{G A = 0}`` within a face of the domain, for faces of each share."""
    for share in SHARES:
        face = risk.loss.face(Z, risk.target, share)
        if face is None:  # no Hessian: the hinge
            yield _hinge_dual(risk)
            return
        yield risk.loss.feasible(_projected(*face, risk.basis), risk.target)


def _projected(G: Tensor, H: Tensor, A: Tensor) -> Tensor:
    """``G + H (M A^T)`` with ``(G + H (M A^T)) A = 0``, in three rounds; ``H (m, m, N)``, ``M (m, q)``."""
    m, q = len(G), A.shape[1]
    if q == 0:  # every filter is 0 on the data, as on a row of zeros without a bias
        return G
    matrix = torch.einsum("jki,ia,ib->jakb", H, A, A).reshape(m * q, m * q)
    matrix.diagonal().add_(RIDGE * matrix.diagonal().max())
    factor = torch.linalg.cholesky_ex(matrix)[0]
    for _ in range(3):
        M = -torch.cholesky_solve((G @ A).reshape(-1, 1), factor).reshape(m, q)
        moved = G + torch.einsum("jki,ki->ji", H, M @ A.T)
        if not torch.isfinite(moved).all() or (moved @ A).norm() > (G @ A).norm():
            break
        G = moved
    return G


def _hinge_dual(risk: ConvexRisk) -> Tensor:
    """The hinge's best dual point by a linear program of its own; 0 where its solver gives up.

    ``max (1/N) sum <s_i, 1 - e_y>`` with ``s_i`` in the simplex and ``(s - E) A = 0``; one output: ``max (1/N) sum q_i`` with
    ``0 <= q <= 1`` and ``(y q) A = 0``.
    """
    m, N, T, A = risk.m, risk.N, risk.target, risk.basis.numpy()
    if m == 1:
        cost, equal, right, most = np.ones(N), T.numpy() * A.T, np.zeros(A.shape[1]), 1.0
    else:
        span = scipy.sparse.kron(scipy.sparse.eye(m), A.T)
        simplex = scipy.sparse.kron(np.ones((1, m)), scipy.sparse.eye(N))
        equal = scipy.sparse.vstack([span, simplex]).tocsr()
        right = np.concatenate([(T.numpy() @ A).ravel(), np.ones(N)])
        cost, most = (1 - T.numpy()).ravel(), inf
    found = scipy.optimize.linprog(-cost / N, A_eq=equal, b_eq=right, bounds=(0, most))
    if found.x is None:
        return torch.zeros_like(T)
    x = torch.from_numpy(found.x).reshape(m, N)
    return risk.loss.feasible(-T * x if m == 1 else x - T, T)


def _by_slope(risk: ConvexRisk, Z: Tensor, level: float, radius: float) -> float:
    """By convexity alone, for a loss with a gradient and nothing more: ``L >= L(Z) - |G A|_F (radius + |Z|)/N``."""
    G = risk.loss.gradient(Z, risk.target)
    return level - float((G @ risk.basis).norm()) * (radius + float(Z.norm())) / risk.N


def _attained(risk: ConvexRisk, G: Tensor) -> bool:
    """Whether every probability of the dual point is positive (then the infimum is attained)."""
    if risk.loss.name not in {"cross_entropy", "logistic"}:
        return True
    s = (G + risk.target) if risk.m > 1 else torch.cat([-risk.target * G, 1 + risk.target * G])
    return bool(s.min() > VANISHING)
