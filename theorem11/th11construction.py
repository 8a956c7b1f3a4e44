"""Theorem 11, one hidden layer: a path that never rises, from any ``(U, W)`` to a global minimum, at any width.

In whitened coordinates ``Wt = W K (p x r)`` the loss is ``|U Wt - C|^2 + c``. With ``k = min(p, r)`` and the
singular value decomposition ``Wt = A diag(s) B^T`` (``A: p x k``, ``B: r x k``):

0. *balance*, where rows of ``W`` differ in length by more than ``UNEVEN``: unit rows, undone in ``U``;
1. *fibre*: ``U`` loses what ``Wt`` cannot see (directions of ``A`` with ``s_i = 0``): the function stays;
2. *polar*: ``s_i -> 1`` as ``s_i^(1-t)``, undone in ``U`` by ``s_i^t``, and as ``t`` where ``s_i = 0``: it stays;
3. *readout*: ``U`` moves on a line to the least squares ``C Wt^+``: a convex parabola;
4. *geodesic* (only if ``p < r``): the row space of ``Wt`` turns into the dominant ``p``-space of ``M = C^T C``, ``U``
   the least squares all along; the loss falls by a closed form (``geodesic_rise``).

The two factors of step 2 are never inverted, so nearly dependent rows cost no digits. Legs that would not move are left
out. ``W = Wt K^+`` plus what the data cannot see, which stays where it is.
"""

from __future__ import annotations

import torch
from torch import Tensor

from theorem11.th11risk import LinearRisk
from valleys.paths.curves import Geodesic, curve
from valleys.paths.path import Line, Path, Piece
from valleys.problem.network import Theta

EPS = torch.finfo(torch.float64).eps
UNEVEN = 1e3


def descent_path(start: Theta, risk: LinearRisk) -> Path:
    """The path from ``start`` to a global minimum of ``risk``, one to five legs.

    Args:
        start: any parameters, ``U (m, p)``, ``W (p, n)``.
        risk: the loss, in whitened coordinates.

    Returns:
        the path; a single leg that stands still where ``start`` is a minimum of its own readout already.
    """
    risk = risk.in_units  # rows W K of length 1 are as large as those of the start, however large the inputs are
    legs: list[Piece] = []
    here = start
    whitened = start.W @ risk.K
    p, r = whitened.shape
    if p >= r and _rank(whitened) == r and balance(start, risk) is None:
        # the rows see everything: the best readout is a global minimum
        change = -risk.residual(start) @ torch.linalg.pinv(whitened)
        return Path((Line(start, Theta(start.U + change, start.W)),))
    for leg in (balance, fibre, polar, readout, turn):
        piece = leg(here, risk)
        if piece is not None and not piece.end.equal(here):
            legs.append(piece)
            here = piece.end
    return Path(tuple(legs) or (Line(start, start),))


def _rank(whitened: Tensor) -> int:
    s = torch.linalg.svdvals(whitened)
    return int((s > EPS * max(whitened.shape) * s.max()).sum())


def balance(theta: Theta, risk: LinearRisk) -> Piece | None:
    """Step 0: rows of ``W`` to length 1, ``u_k |w_k|`` held fixed; None if they are of like length (or 0) already."""
    length = torch.linalg.vector_norm(theta.W @ risk.K, dim=1)
    seen = length > 0
    if not seen.any() or length[seen].max() <= UNEVEN * length[seen].min():
        return None
    log = torch.where(seen, length, 1.0).log()

    def formula(t: Tensor) -> Theta:
        power = (t[:, None] * log).exp()
        return Theta(theta.U * power[:, None, :], theta.W / power[..., None])

    return curve(theta, formula)


def fibre(theta: Theta, risk: LinearRisk) -> Piece | None:
    """Step 1: ``U -> U A A^T`` over the directions of ``A`` that ``W K`` uses; None if it uses all ``min(p, r)``."""
    whitened = theta.W @ risk.K
    rank = _rank(whitened)
    if rank == min(whitened.shape) == theta.p:
        return None
    A = torch.linalg.svd(whitened).U[:, :rank]
    return Line(theta, Theta(theta.U @ A @ A.T, theta.W))


def polar(theta: Theta, risk: LinearRisk) -> Piece:
    """Step 2: ``W K = A diag(s) B^T -> A B^T`` with the function held fixed."""
    whitened = theta.W @ risk.K
    A, s, Bt = torch.linalg.svd(whitened, full_matrices=False)
    used = s > EPS * max(whitened.shape) * s.max()
    power, UA, unseen = torch.where(used, s, 1.0).log(), theta.U @ A, risk.unseen(theta.W)

    def formula(t: Tensor) -> Theta:
        stretch = torch.where(used, ((1 - t)[:, None] * power).exp(), t[:, None])
        undone = torch.where(used, (t[:, None] * power).exp(), 1.0)
        # products, not changes: a difference of numbers of size 1e8 would lose the digits
        return Theta((UA * undone[:, None, :]) @ A.T, unseen + (A * stretch[:, None, :]) @ Bt @ risk.inverse)

    return curve(theta, formula)


def readout(theta: Theta, risk: LinearRisk) -> Piece:
    """Step 3: ``U -> C (W K)^+``, on a line."""
    return Line(theta, Theta(risk.C @ torch.linalg.pinv(theta.W @ risk.K), theta.W))


def turn(theta: Theta, risk: LinearRisk) -> Piece | None:
    """Step 4: the geodesic to the dominant ``p``-space of ``M``; None where ``W K`` spans the whole space."""
    whitened = theta.W @ risk.K
    p, r = whitened.shape
    if p >= r:
        return None
    road, unseen = Geodesic.between(whitened, risk.spectrum[1][:p]), risk.unseen(theta.W)

    def formula(t: Tensor) -> Theta:
        basis = road.basis(t)
        return Theta(risk.C @ basis.mT, unseen + basis @ risk.inverse)

    return curve(theta, formula)


def geodesic_rise(start: Tensor, end: Tensor, risk: LinearRisk) -> float:
    """A bound on the rise of ``L`` along the geodesic between two row spaces, in closed form.

    ``tr(M P_t) = sum_i [b_i^T M b_i cos^2 + d_i^T M d_i sin^2 + b_i^T M d_i sin 2](theta_i (1-t))``; each summand is a
    sinusoid on ``[0, theta_i]``, and the rise of the loss is at most the sum of their falls. Lemma 19 in one leg:
    ``b_i^T M d_i = 0`` since ``d_i`` is orthogonal to an invariant space, and ``b_i^T M b_i >= d_i^T M d_i``.

    Args:
        start: ``(p, r)``, orthonormal rows.
        end: ``(p, r)``, orthonormal rows.
        risk: gives ``M = C^T C``.

    Returns:
        the bound.
    """
    road = Geodesic.between(start, end)
    Cb, Cd = risk.C @ road.b.T, risk.C @ road.d.T
    mean_difference = (Cb.square().sum(dim=0) - Cd.square().sum(dim=0)) / 2
    cross = (Cb * Cd).sum(dim=0)
    # g(y) = e cos y + f sin y, y = 2 theta (1-t), turns where y = phase and phase + pi; fall of g = rise of L
    phase, double = torch.atan2(cross, mean_difference), 2 * road.angles
    stops = torch.stack([double, phase + torch.pi, phase, torch.zeros_like(phase)])
    y = torch.minimum(stops.clamp(min=0.0), double)
    loss = -(mean_difference * y.cos() + cross * y.sin())
    return float((loss - loss.cummin(dim=0).values).amax(dim=0).sum())
