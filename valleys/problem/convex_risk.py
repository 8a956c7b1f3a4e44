"""The loss of a network with or without output bias on a sample: ``L(theta) = (1/N) sum_i l(Phi(x_i), y_i)``, ``l`` convex.

An output bias ``c`` is one *pinned* unit, the last: its filter is the constant 1, its output weights are ``c``, and its
row of ``W`` is zero and never moves. So ``theta = ([U, c], [W; 0])``, and whatever moves ``U`` moves ``c`` with it.
A hidden bias is a last column of ``X`` that holds ones.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.dimension import orthonormal
from valleys.problem.laws import Sample
from valleys.problem.losses import Loss
from valleys.problem.network import Theta
from valleys.problem.risk import check_sizes
from valleys.run.errors import InputError

CHUNK = 16


class ConvexRisk:
    """A convex loss on a sample.

    Args:
        sigma: the activation.
        law: the sample; ``Y (N, m)`` as the loss wants it (``named_losses.targets``).
        loss: the convex loss.
        pinned: whether the last unit is pinned (output bias).

    Raises:
        InputError: if the targets do not fit the loss.
    """

    def __init__(self, sigma: Activation, law: Sample, loss: Loss, pinned: bool = False) -> None:
        loss.check(law.Y.T)
        self.sigma, self.law, self.loss, self.pinned = sigma, law, loss, pinned
        self.target = law.Y.T.contiguous()

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.law.n

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.law.m

    @property
    def N(self) -> int:
        """Number of data points."""
        return len(self.law.X)

    def check(self, theta: Theta, argument: str = "theta") -> None:
        """InputError unless ``theta`` has the data's numbers of inputs and outputs."""
        check_sizes(theta, self.law, argument)

    def features(self, W: Tensor) -> Tensor:
        """``F(W)``: ``sigma(<w_j, x_i>)``, the last row 1 if it is pinned; shape ``(..., p, N)``."""
        F = self.sigma(W @ self.law.X.T)
        if self.pinned:
            F[..., -1, :] = 1.0
        return F

    def value_of(self, outputs: Tensor) -> Tensor:
        """The loss of outputs ``(..., m, N)``."""
        return self.loss.values(outputs, self.target).mean(dim=-1)

    def value(self, theta: Theta) -> Tensor:
        """``L(theta)``, one number a network."""
        if len(theta.batch) == 1 and theta.batch[0] > CHUNK:
            return torch.cat([self.value(theta[i : i + CHUNK]) for i in range(0, theta.batch[0], CHUNK)])
        return self.value_of(theta.U @ self.features(theta.W))

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L`` and its gradient; a pinned row has none."""
        Z = theta.W @ self.law.X.T
        F = self.features(theta.W)
        outputs = theta.U @ F
        G = self.loss.gradient(outputs, self.target) / self.N
        grad_W = (theta.U.mT @ G * self.sigma.derivative(Z)) @ self.law.X
        if self.pinned:
            grad_W[..., -1, :] = 0.0
        return self.value_of(outputs), Theta(G @ F.mT, grad_W)

    def slope(self, start: Theta, end: Theta) -> tuple[float, float]:
        """``g'(1-)`` of a leg that moves only ``U``, and a bound ``eta`` on its rounding.

        ``g'(1-) = (1/N) sum_i <g_i, d_i>``, ``D = (U_1 - U_0) F``; ``eta = 4 eps (1/N) sum |g| (|U_1| + |U_0|) |F|``: what
        rounding makes of the outputs counts, too.
        """
        return self.slope_along(end.U, start.U, self.features(end.W))

    def slope_along(self, U1: Tensor, U0: Tensor, F: Tensor, sizes: Tensor | None = None) -> tuple[float, float]:
        """The same with the features ``F`` at hand, and perhaps their ``sizes``, ``|F|``."""
        Z1, D = U1 @ F, (U1 - U0) @ F
        G = self.loss.gradient(Z1, self.target).abs()
        size = float((G * ((U1.abs() + U0.abs()) @ (F.abs() if sizes is None else sizes))).sum()) / self.N
        return float(self.loss.left_slope(Z1, D, self.target).mean()), 4 * torch.finfo(F.dtype).eps * size

    @cached_property
    def basis(self) -> Tensor:
        """An orthonormal basis ``(N, q)`` of the filters' space, with the constant where a unit is pinned.

        Raises:
            InputError: if float64 does not hold what the activation makes of the data.
        """
        columns = self.law.spanning(self.sigma)
        if self.pinned:
            columns = torch.cat([columns, torch.ones(self.N, 1, dtype=torch.float64)], dim=1)
        if not torch.isfinite(columns).all():
            raise InputError(
                "X", f"outputs of {self.sigma.name} beyond float64", "columns of smaller size: rescale them"
            )
        return orthonormal(columns)

    @property
    def dimension(self) -> int:
        """``q = dim V``; with a pinned unit ``dim(V + <1>)``, that unit counted."""
        return self.basis.shape[1]

    @property
    def width_needed(self) -> int:
        """Hidden units (the pinned one not counted) that suffice for Theorem 8; one more for ``connect``."""
        return self.dimension - self.pinned

    @cached_property
    def at_zero(self) -> float:
        """``L(0)``: the loss of the network that is zero."""
        return float(self.value_of(torch.zeros_like(self.target)))
