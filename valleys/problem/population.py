"""Exact risk of ReLU students of a ReLU teacher under ``x ~ N(0, I_n)``: value, gradient, Hessian, batched.

With ``rows r_j`` the students and the teachers, ``s_j`` their weights (a teacher's with a minus sign), ``phi_ij`` the
angle between ``w_i`` and ``r_j``, and ``g(w, v) = E relu(<w, x>) relu(<v, x>)``,

    ``D_i = sum_j s_j |r_j| ((pi - phi_ij) r_j/|r_j| + sin(phi_ij) w_i/|w_i|)``, so that
    ``grad_{w_i} sum_j s_j g(w_i, r_j) = D_i/(2 pi)`` and ``sum_j s_j g(w_i, r_j) = <w_i, D_i>/(2 pi)``.

Everything is written in ``sin`` and ``phi`` of one and the same cosine: nothing is lost at parallel rows, where
automatic differentiation of ``acos`` gives NaN.
"""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.run.errors import InputError

# Below this sine two rows count as parallel: their share of the Hessian is of the order of the sine and is dropped.
PARALLEL = 1e-14


class PopulationRisk:
    """``L(theta) = E |U relu(W x) - U* relu(W* x)|^2`` for ``x ~ N(0, I_n)``, ``m = 1``; no sampling.

    Args:
        teacher: ``theta* = (U*, W*)``, shapes ``(1, q)`` and ``(q, n)``.

    Raises:
        InputError: if the teacher is a batch or has several outputs.

    >>> teacher = Theta(torch.ones(1, 1, dtype=torch.float64), torch.eye(1, 2, dtype=torch.float64))
    >>> zero = Theta(torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 2, dtype=torch.float64))
    >>> PopulationRisk(teacher).value(zero).item()
    0.5
    """

    m = 1
    sigma = activation("relu")

    def __init__(self, teacher: Theta) -> None:
        if teacher.U.dim() != 2 or teacher.m != 1:
            raise InputError("teacher", f"U {tuple(teacher.U.shape)}", "one network with one output")
        self.teacher = teacher
        length = teacher.W.norm(dim=-1)
        self.directions = teacher.W / length.clamp_min(torch.finfo(length.dtype).tiny)[:, None]
        self.weights = teacher.U[0] * length
        sin, obtuse, cos = _angles(self.directions @ self.directions.mT)
        self.constant = (self.weights @ (sin + obtuse * cos) @ self.weights / (2 * pi)).item()

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.teacher.n

    def sample(self, N: int, generator: torch.Generator) -> Sample:
        """``N`` independent points of the law."""
        W = self.teacher.W
        X = torch.randn(N, self.n, generator=generator, dtype=W.dtype, device=generator.device).to(W.device)
        return Sample(X, torch.relu(X @ W.mT) @ self.teacher.U.mT)

    def to(self, like: Tensor) -> PopulationRisk:
        """The same risk in the dtype and on the device of ``like``."""
        return PopulationRisk(self.teacher.map(lambda x: x.to(like)))

    def _parts(self, theta: Theta) -> tuple[Tensor, Tensor, Tensor]:
        """``D`` of the students, ``D`` of the teachers (with their weights, no minus), and ``w_i/|w_i|``."""
        length = theta.W.norm(dim=-1, keepdim=True)
        units = theta.W / length.clamp_min(torch.finfo(length.dtype).tiny)
        own = _pull(units, units, (theta.U.mT * length).mT)
        return own, _pull(units, self.directions, self.weights), units

    def value(self, theta: Theta) -> Tensor:
        """``L(theta)``, one number a network."""
        return self.value_and_gradient(theta)[0]

    def gradient(self, theta: Theta) -> Theta:
        """``(dL/dU, dL/dW)``."""
        own, others, _ = self._parts(theta)
        D = (own - others) / pi
        return Theta((D * theta.W).sum(dim=-1)[..., None, :], theta.U.mT * D)

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L(theta)`` and ``(dL/dU, dL/dW)``."""
        own, others, _ = self._parts(theta)
        U, W = theta.U[..., 0, :], theta.W
        value = (U * ((own - 2 * others) * W).sum(dim=-1)).sum(dim=-1) / (2 * pi) + self.constant
        D = (own - others) / pi
        return value, Theta((D * W).sum(dim=-1)[..., None, :], theta.U.mT * D)

    def hessian(self, theta: Theta) -> Tensor:
        """Second derivatives by ``(U, W)`` flattened in this order, shape ``(..., p + p n, p + p n)``.

        The diagonal block of ``w_i`` is ``u_i/(pi |w_i|) sum_j s_j |r_j| sin_ij (I - w w^T + n_ij n_ij^T) + u_i^2 I``,
        the block of ``w_i, w_j`` is ``u_i u_j/pi ((pi - phi_ij) I + sin_ij (n_ij n_ji^T + w_i w_j^T))``, with unit
        rows ``w`` and ``n_ij`` the unit vector orthogonal to ``w_i`` in the plane of ``w_i, r_j``.
        """
        own, others, units = self._parts(theta)
        u, p, n = theta.U[..., 0, :], theta.p, theta.n
        length = theta.W.norm(dim=-1)
        eye_n, eye_p = torch.eye(n).to(units), torch.eye(p).to(units)

        sin, obtuse, cos = _angles(units @ units.mT)
        N = _normals(units, units, cos, sin)
        pair = (
            N[..., :, None] * N.transpose(-3, -2)[..., None, :]
            + units[..., :, None, :, None] * units[..., None, :, None, :]
        )
        cross = obtuse[..., None, None] * eye_n + sin[..., None, None] * pair
        blocks = u[..., :, None, None, None] * u[..., None, :, None, None] * cross / pi

        own_weights = (u * length)[..., None, :]
        spread, outer = _curvature(N, sin, own_weights)
        sin_t, _, cos_t = _angles(units @ self.directions.mT)
        spread_t, outer_t = _curvature(_normals(units, self.directions, cos_t, sin_t), sin_t, self.weights)
        total, projector = spread - spread_t, eye_n - units[..., :, None] * units[..., None, :]
        curved = total[..., None, None] * projector + outer - outer_t
        scale = u / (pi * length.clamp_min(torch.finfo(length.dtype).tiny))
        index = torch.arange(p, device=units.device)
        # The cross formula at i = j is u_i^2 I already: angle 0, sine 0.
        blocks[..., index, index, :, :] += scale[..., None, None] * curved
        WW = blocks.transpose(-3, -2).flatten(-4, -3).flatten(-2, -1)

        UU = length[..., :, None] * length[..., None, :] * (sin + obtuse * cos) / pi
        pulled = (
            obtuse[..., None] * theta.W[..., :, None, :]
            + (length[..., :, None] * sin)[..., None] * units[..., None, :, :]
        )
        UW = u[..., None, :, None] * pulled / pi + eye_p[..., None] * ((own - others) / pi)[..., None, :, :]
        UW = UW.flatten(-2, -1)
        return torch.cat([torch.cat([UU, UW], dim=-1), torch.cat([UW.mT, WW], dim=-1)], dim=-2)


def _angles(cos: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """``sin phi``, ``pi - phi`` and ``cos phi`` (clamped) from the cosine."""
    cos = cos.clamp(-1.0, 1.0)
    return ((1 - cos) * (1 + cos)).sqrt_(), torch.acos(cos).neg_().add_(pi), cos


def _pull(units: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """``sum_j weights_j ((pi - phi_ij) rows_j + sin(phi_ij) units_i)`` for unit vectors, shape ``(..., p, n)``."""
    sin, obtuse, _ = _angles(units @ rows.mT)
    return (obtuse.mul_(weights)) @ rows + sin.mul_(weights).sum(dim=-1, keepdim=True) * units


def _normals(units: Tensor, rows: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """``n_ij = (rows_j - cos_ij units_i)/sin_ij``, shape ``(..., p, q, n)``; 0 for parallel vectors."""
    N = rows[..., None, :, :] - cos[..., None] * units[..., :, None, :]
    return torch.where(sin > PARALLEL, 1 / sin.clamp_min(PARALLEL), 0.0)[..., None] * N


def _curvature(N: Tensor, sin: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """``sum_j weights_j sin_ij`` and ``sum_j weights_j sin_ij n_ij n_ij^T``."""
    weighted = sin * weights
    return weighted.sum(dim=-1), (N * weighted[..., None]).mT @ N
