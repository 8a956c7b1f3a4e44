"""Convex losses ``l(z, y)`` of one output: value, gradient, conjugate, Lipschitz constant.

Outputs are columns: ``Z (..., m, N)``, targets ``T (m, N)``. Classes are one-hot columns where ``m >= 2`` and signs
``-1, +1`` where ``m = 1``; the loss of a network is the mean over the columns.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf
from typing import ClassVar

import torch
from torch import Tensor

from valleys.run.errors import InputError


@dataclass(frozen=True, eq=False)
class Loss(ABC):
    """A convex loss.

    Attributes:
        name: how files and commands call it.
        classes: whether targets are classes.
        named: whether a file may hold its name.
    """

    name: str
    classes: bool
    named: ClassVar[bool] = True

    @property
    def least(self) -> float:
        """A number that the loss never goes below."""
        return 0.0

    @abstractmethod
    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """``l(z_i, y_i)``, shape ``(..., N)``."""

    @abstractmethod
    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """Columns ``g_i``, a gradient (at kinks: a subgradient) of ``l`` at ``z_i``, shape ``(..., m, N)``."""

    def left_slope(self, Z: Tensor, D: Tensor, T: Tensor) -> Tensor:
        """``d/dt l(z_i + (t - 1) d_i)`` at ``t = 1``, from the left, shape ``(..., N)``."""
        return (self.gradient(Z, T) * D).sum(dim=-2)

    def curvature(self, Z: Tensor, T: Tensor) -> Tensor | None:
        """The Hessians of ``l`` at ``z_i``, shape ``(m, m, N)``; None where Newton's method is not for this loss."""
        return None

    def face(self, Z: Tensor, T: Tensor, share: float) -> tuple[Tensor, Tensor] | None:
        """Gradient ``(m, N)`` and Hessians ``(m, m, N)`` with probabilities below ``share`` set exactly to 0.

        They are a point of the conjugate's domain and the directions in which it may move there; None where no Hessian is.
        """
        H = self.curvature(Z, T)
        return None if H is None else (self.gradient(Z, T), H)

    def feasible(self, G: Tensor, T: Tensor) -> Tensor:
        """The columns of ``G`` brought into the domain of the conjugate."""
        return G

    def conjugate(self, G: Tensor, T: Tensor) -> Tensor | None:
        """``l*(g_i) = sup_z <g_i, z> - l(z, y_i)``, ``inf`` outside its domain; None where it is not known."""
        return None

    def lipschitz(self, m: int) -> float:
        """A Lipschitz constant of ``l`` in ``z`` (Euclidean), ``inf`` where there is none."""
        return inf

    def lowest(self, Z: Tensor, T: Tensor, eps: float) -> Tensor | None:
        """Outputs, each free, of loss at most ``eps``, to which the loss falls all the way from ``Z``; None: not known."""
        return None

    def check(self, T: Tensor) -> None:
        """Raise InputError unless ``T`` are targets of this loss.

        Raises:
            InputError: for classes that do not fit the number of outputs.
        """
        m = len(T)
        if self.name == "cross_entropy" and m == 1:
            raise InputError(
                "--loss", "cross_entropy for 1 output", "logistic or hinge; cross_entropy has 2 outputs or more"
            )
        if self.name == "logistic" and m > 1:
            raise InputError("--loss", f"logistic for {m} outputs", "cross_entropy or hinge for several outputs")
        if not self.classes:
            return
        one_hot = m > 1 and bool(((T == 0) | (T == 1)).all()) and bool((T.sum(dim=0) == 1).all())
        signs = m == 1 and bool((T.abs() == 1).all())
        if not (one_hot or signs):
            raise InputError("y", f"targets of shape {tuple(T.T.shape)}", f"classes, for the loss {self.name}")


class Square(Loss):
    """``|z - y|^2``."""

    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """``|z - y|^2``."""
        return (Z - T).square().sum(dim=-2)

    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """``2 (z - y)``."""
        return 2 * (Z - T)

    def curvature(self, Z: Tensor, T: Tensor) -> Tensor:
        """``2 I``."""
        return torch.diag_embed(torch.full_like(T.T, 2.0)).permute(1, 2, 0)

    def conjugate(self, G: Tensor, T: Tensor) -> Tensor:
        """``|g|^2/4 + <g, y>``."""
        return (G.square() / 4 + G * T).sum(dim=-2)

    def lowest(self, Z: Tensor, T: Tensor, eps: float) -> Tensor:
        """``y``."""
        return T


class CrossEntropy(Loss):
    """``log sum_k exp(z_k) - z_y``, for two classes or more."""

    def _margin(self, Z: Tensor, T: Tensor) -> Tensor:
        """``log sum_{k != y} exp(z_k) - z_y``: the loss is its softplus, without cancellation where it is small."""
        others = Z.masked_fill(T == 1, -inf)
        return torch.logsumexp(others, dim=-2) - (Z * T).sum(dim=-2)

    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """``log(1 + exp(margin))``."""
        return torch.nn.functional.softplus(self._margin(Z, T))

    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """``softmax(z) - e_y``; the entry of ``y`` as minus the sum of the others."""
        others = torch.softmax(Z, dim=-2) * (1 - T)
        return others - T * others.sum(dim=-2, keepdim=True)

    def curvature(self, Z: Tensor, T: Tensor) -> Tensor:
        """``diag(s) - s s^T``."""
        return self.face(Z, T, 0.0)[1]

    def face(self, Z: Tensor, T: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """``s - e_y`` and ``diag(s) - s s^T`` for ``s = softmax(z)`` without its entries below ``share``."""
        s = torch.softmax(Z, dim=-2)
        s = torch.where(s < share, 0.0, s)
        s = s / s.sum(dim=-2, keepdim=True)
        return s - T, torch.diag_embed(s.T).permute(1, 2, 0) - s[:, None] * s

    def feasible(self, G: Tensor, T: Tensor) -> Tensor:
        """``g + e_y`` brought into the simplex."""
        s = (G + T).clamp(min=0.0)
        return s / s.sum(dim=-2, keepdim=True).clamp(min=1e-300) - T

    def conjugate(self, G: Tensor, T: Tensor) -> Tensor:
        """``sum_k s_k log s_k``, ``s = g + e_y`` in the simplex."""
        s = G + T
        outside = (s < 0).any(dim=-2) | ((s.sum(dim=-2) - 1).abs() > 1e-12)
        return torch.xlogy(s.clamp(min=0.0), s.clamp(min=0.0)).sum(dim=-2).masked_fill(outside, inf)

    def lipschitz(self, m: int) -> float:
        """``sqrt 2``."""
        return 2**0.5

    def lowest(self, Z: Tensor, T: Tensor, eps: float) -> Tensor:
        """``z + kappa e_y``, ``kappa = log((m - 1)/eps) + max_i (max_k z_k - z_y)_+``."""
        behind = (Z.amax(dim=-2) - (Z * T).sum(dim=-2)).clamp(min=0.0).max()
        return Z + (torch.log(torch.tensor((len(T) - 1) / eps, dtype=Z.dtype)) + behind) * T


class Logistic(Loss):
    """``log(1 + exp(-y z))``, one output, ``y = -1`` or ``+1``."""

    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """``softplus(-y z)``."""
        return torch.nn.functional.softplus(-Z * T)[..., 0, :]

    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """``-y / (1 + exp(y z))``."""
        return -T * torch.sigmoid(-Z * T)

    def curvature(self, Z: Tensor, T: Tensor) -> Tensor:
        """``s(z) s(-z)``."""
        return (torch.sigmoid(Z) * torch.sigmoid(-Z))[None]

    def face(self, Z: Tensor, T: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """``-y q`` and ``q (1 - q)`` for ``q = 1/(1 + exp(y z))``, which is 0 below ``share`` and 1 above ``1 - share``."""
        q = torch.sigmoid(-Z * T)
        q = torch.where(q < share, 0.0, torch.where(q > 1 - share, 1.0, q))
        return -T * q, (q * (1 - q))[None]

    def feasible(self, G: Tensor, T: Tensor) -> Tensor:
        """``-y g`` clipped to ``[0, 1]``."""
        return -T * (-T * G).clamp(0.0, 1.0)

    def conjugate(self, G: Tensor, T: Tensor) -> Tensor:
        """``q log q + (1 - q) log(1 - q)``, ``q = -y g`` in ``[0, 1]``."""
        q = (-T * G)[..., 0, :]
        inside = q.clamp(0.0, 1.0)
        value = torch.xlogy(inside, inside) + torch.xlogy(1 - inside, 1 - inside)
        return value.masked_fill(q != inside, inf)

    def lipschitz(self, m: int) -> float:
        """1."""
        return 1.0

    def lowest(self, Z: Tensor, T: Tensor, eps: float) -> Tensor:
        """``z + kappa y``, ``kappa = log(1/eps) + max_i (-y z)_+``."""
        return Z + (torch.log(torch.tensor(1 / eps, dtype=Z.dtype)) + (-Z * T).clamp(min=0.0).max()) * T


@dataclass(frozen=True, eq=False)
class Huber(Loss):
    """``sum_k h(z_k - y_k)``, ``h(r) = r^2/2`` for ``|r| <= delta``, ``delta |r| - delta^2/2`` beyond."""

    delta: float = 1.0

    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """``sum_k h(z_k - y_k)``."""
        r = (Z - T).abs()
        return torch.where(r <= self.delta, r * r / 2, self.delta * (r - self.delta / 2)).sum(dim=-2)

    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """``r`` clipped to ``[-delta, delta]``."""
        return (Z - T).clamp(-self.delta, self.delta)

    def curvature(self, Z: Tensor, T: Tensor) -> Tensor:
        """1 where ``|r| <= delta``, 0 beyond."""
        return torch.diag_embed(((Z - T).abs() <= self.delta).to(Z.dtype).T).permute(1, 2, 0)

    def feasible(self, G: Tensor, T: Tensor) -> Tensor:
        """``g`` clipped to the box."""
        return G.clamp(-self.delta, self.delta)

    def conjugate(self, G: Tensor, T: Tensor) -> Tensor:
        """``|g|^2/2 + <g, y>``, ``|g_k| <= delta``."""
        value = (G.square() / 2 + G * T).sum(dim=-2)
        return value.masked_fill((G.abs() > self.delta).any(dim=-2), inf)

    def lipschitz(self, m: int) -> float:
        """``delta sqrt m``."""
        return self.delta * m**0.5

    def lowest(self, Z: Tensor, T: Tensor, eps: float) -> Tensor:
        """``y``."""
        return T


class Hinge(Loss):
    """``max_k (1 - [k = y] + z_k) - z_y`` for two outputs or more; ``max(0, 1 - y z)`` for one."""

    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """The loss."""
        if len(T) == 1:
            return (1 - Z * T).clamp(min=0.0)[..., 0, :]
        return (Z + (1 - T)).amax(dim=-2) - (Z * T).sum(dim=-2)

    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """``e_k - e_y`` at the first ``k`` that attains the maximum; ``-y`` where ``y z < 1``."""
        if len(T) == 1:
            return -T * (Z * T < 1).to(Z.dtype)
        first = (Z + (1 - T)).argmax(dim=-2, keepdim=True)
        return torch.zeros_like(Z).scatter(-2, first, 1.0) - T

    def left_slope(self, Z: Tensor, D: Tensor, T: Tensor) -> Tensor:
        """The least ``<g, d>`` over subgradients."""
        if len(T) == 1:
            at, up = (Z * T)[..., 0, :], -(D * T)[..., 0, :]
            return torch.where(at < 1, up, torch.where(at == 1, up.clamp(max=0.0), 0.0))
        scores = Z + (1 - T)
        attained = scores == scores.amax(dim=-2, keepdim=True)
        return D.masked_fill(~attained, inf).amin(dim=-2) - (D * T).sum(dim=-2)

    def feasible(self, G: Tensor, T: Tensor) -> Tensor:
        """``g + e_y`` in the simplex; one output: ``-y g`` clipped to ``[0, 1]``."""
        if len(T) == 1:
            return -T * (-T * G).clamp(0.0, 1.0)
        s = (G + T).clamp(min=0.0)
        return s / s.sum(dim=-2, keepdim=True).clamp(min=1e-300) - T

    def conjugate(self, G: Tensor, T: Tensor) -> Tensor:
        """``g_y``: ``-<s, 1 - e_y>`` for ``s = g + e_y`` in the simplex; one output: ``y g``, ``-y g`` in ``[0, 1]``."""
        if len(T) == 1:
            q = (-T * G)[..., 0, :]
            return (-q).masked_fill((q < 0) | (q > 1), inf)
        s = G + T
        outside = (s < 0).any(dim=-2) | ((s.sum(dim=-2) - 1).abs() > 1e-12)
        return (-(s * (1 - T)).sum(dim=-2)).masked_fill(outside, inf)

    def lipschitz(self, m: int) -> float:
        """``sqrt 2``; one output: 1."""
        return 1.0 if m == 1 else 2**0.5

    def lowest(self, Z: Tensor, T: Tensor, eps: float) -> Tensor:
        """``z + kappa e_y`` (``y``), ``kappa = 1 + max_i (max_k z_k - z_y)_+ + max |z|/10^6``: loss 0, also after rounding."""
        behind = (-Z * T if len(T) == 1 else Z.amax(dim=-2) - (Z * T).sum(dim=-2)).clamp(min=0.0).max()
        return Z + (1 + behind + 1e-6 * Z.abs().max()) * T
