"""The best outputs in the span of some filters: ``argmin_Z (1/N) sum_i l(z_i, y_i)``, ``Z = V A^T``, ``A`` orthonormal.

Closed form for the square loss, and at full span (``A`` square) for every loss with a name; a linear program for the
hinge; Newton's method from the least squares for Huber's loss, from ``V = 0`` for the others (a far start would be
saturated: Hessian 0, no step), L-BFGS beside it for a callable of the user.
"""

from __future__ import annotations

import numpy as np
import scipy.optimize
import scipy.sparse
import torch
from torch import Tensor

from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.losses import CrossEntropy, Hinge, Huber, Loss, Square

#: Loss at which an infimum of 0 that is not attained counts as reached.
REACHED = 1e-10
STEPS = 200
#: Relative to the largest curvature: beyond it a direction in which the loss has nothing left to fall would be followed far out.
LEAST_DAMPING = 1e-13
#: A linear program meets its constraints to 1e-7: by so much more the outputs are beyond the hinge's margin.
SPARE = 1e-6
#: From one Huber loss to the next with a smaller ``delta``.
NARROWER = 4.0


def best_output(risk: ConvexRisk, A: Tensor, at: Tensor, steps: int = STEPS) -> Tensor:
    """The best outputs ``(m, N)`` in the span of ``A``.

    Args:
        risk: the loss.
        A: ``(N, r)``, orthonormal columns.
        at: outputs ``(m, N)`` in that span, from which one wants to go there.
        steps: of Newton's method at most.

    Returns:
        ``Z``; where the minimum is not attained, outputs near the infimum.
    """
    if isinstance(risk.loss, Square):
        return risk.target @ A @ A.T
    if A.shape[1] == 0:
        return torch.zeros_like(risk.target)
    if A.shape[1] == risk.N and (free := risk.loss.lowest(at, risk.target, REACHED)) is not None:
        return free
    if isinstance(risk.loss, Hinge):
        return _hinge(risk, A)
    if isinstance(risk.loss, Huber):
        return _huber(risk, risk.loss, A, steps)
    if risk.loss.named:
        return _newton(risk, A, steps)
    # Nothing is known of a callable: it may have a useful Hessian or none.
    tried = [_quasi_newton(risk, A)]
    if risk.loss.curvature(risk.target, risk.target) is not None:
        tried.append(_newton(risk, A, steps))
    return min(tried, key=lambda Z: float(risk.value_of(Z)))


def _huber(risk: ConvexRisk, loss: Huber, A: Tensor, steps: int) -> Tensor:
    """From the least squares by Huber losses of smaller and smaller ``delta``: far residuals alone have no curvature."""
    V = risk.target @ A
    delta = float((V @ A.T - risk.target).abs().max())
    while delta > NARROWER * loss.delta:
        delta /= NARROWER
        wide = ConvexRisk(risk.sigma, risk.law, Huber(loss.name, False, delta), risk.pinned)
        V = _newton(wide, A, steps, V) @ A
    return _newton(risk, A, steps, V)


def _newton(risk: ConvexRisk, A: Tensor, steps: int, start: Tensor | None = None) -> Tensor:
    """Newton's method with Levenberg's damping; it ends where no step lowers the loss, or at a loss of ``REACHED``."""
    m, r = risk.m, A.shape[1]
    V = torch.zeros(m, r, dtype=A.dtype) if start is None else start
    value, damping = float(risk.value_of(V @ A.T)), 1e-6
    eye = torch.eye(m * r, dtype=A.dtype)
    for _ in range(steps):
        Z = V @ A.T
        g = (risk.loss.gradient(Z, risk.target) @ A).reshape(-1)
        H = risk.loss.curvature(Z, risk.target)
        assert H is not None
        hessian = torch.einsum("jki,ia,ib->jakb", H, A, A).reshape(m * r, m * r)
        scale = float(hessian.diagonal().max()) or 1.0
        while damping < 1e8:
            step = torch.cholesky_solve(g[:, None], torch.linalg.cholesky_ex(hessian + damping * scale * eye)[0])
            trial = V - _within(risk.loss, step.reshape(m, r))
            new = float(risk.value_of(trial @ A.T))
            if new < value:
                break
            damping *= 10
        else:
            break
        V, fall, value, damping = trial, value - new, new, max(damping / 30, LEAST_DAMPING)
        if value <= REACHED or fall <= 1e-15 * value:
            break
    return V @ A.T


def _within(loss: Loss, step: Tensor) -> Tensor:
    """A step without what the loss does not see: an equal shift of all classes, which rounding would make large."""
    return step - step.mean(dim=0) if isinstance(loss, CrossEntropy) else step


def _quasi_newton(risk: ConvexRisk, A: Tensor) -> Tensor:
    """L-BFGS on ``V`` for a loss that has a gradient and nothing more."""
    shape = (risk.m, A.shape[1])

    def fun(v: np.ndarray) -> tuple[float, np.ndarray]:
        Z = torch.from_numpy(v).reshape(shape) @ A.T
        g = risk.loss.gradient(Z, risk.target) @ A / risk.N
        return float(risk.value_of(Z)), g.reshape(-1).numpy()

    options = {"maxiter": 5000, "maxfun": 20000, "ftol": 0.0, "gtol": 1e-13, "maxcor": 50}
    found = scipy.optimize.minimize(fun, np.zeros(risk.m * A.shape[1]), jac=True, method="L-BFGS-B", options=options)
    return torch.from_numpy(found.x).reshape(shape) @ A.T


def hinge_program(risk: ConvexRisk, A: Tensor) -> tuple[Tensor, Tensor]:
    """The hinge's minimum over the span as a linear program (HiGHS): outputs ``(m, N)``, and the multipliers as ``G``.

    Minimise ``(1/N) sum xi_i`` subject to ``xi_i >= 1 - [k = y_i] + z_ki - z_{y_i i}`` for all ``k``.
    """
    m, (N, r) = risk.m, A.shape
    T, a = risk.target, A.numpy()
    blocks, right = [], []
    if m == 1:
        blocks.append(scipy.sparse.hstack([scipy.sparse.csr_matrix(-T[0].numpy()[:, None] * a), -scipy.sparse.eye(N)]))
        right.append(-np.ones(N))
    else:
        labels = T.argmax(dim=0).numpy()
        for k in range(m):
            rows = np.zeros((N, m, r))
            rows[:, k] += a
            rows[np.arange(N), labels] -= a
            other = (labels != k).astype(float)
            blocks.append(scipy.sparse.hstack([scipy.sparse.csr_matrix(rows.reshape(N, m * r)), -scipy.sparse.eye(N)]))
            right.append(-other)
    cost = np.concatenate([np.zeros(m * r), np.full(N, 1 / N)])
    bounds = [(None, None)] * (m * r) + [(0, None)] * N
    found = scipy.optimize.linprog(
        cost, scipy.sparse.vstack(blocks).tocsr(), np.concatenate(right), bounds=bounds, method="highs"
    )
    Z = torch.from_numpy(found.x[: m * r].reshape(m, r)) @ A.T
    duals = torch.from_numpy(-N * found.ineqlin.marginals)
    if m == 1:
        return Z, -T * duals[None]
    s = duals.reshape(m, N)
    return Z, s + T * (1 - s.sum(dim=0)) - T


def _hinge(risk: ConvexRisk, A: Tensor) -> Tensor:
    """The outputs of the linear program, or where that is lower a little more of them."""
    Z = hinge_program(risk, A)[0]
    return min((Z, (1 + SPARE) * Z), key=lambda outputs: float(risk.value_of(outputs)))
