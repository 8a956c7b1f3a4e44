"""The square loss ``L(theta) = E |U sigma(W X) - Y|^2`` in isometric coordinates: value, gradient, best ``U``."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.law import Gradient, Law
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.run.errors import InputError


class Risk(Protocol):
    """A loss on parameters. Leading dimensions of ``theta`` are a batch of networks.

    A risk may also have: ``parabola(start, end)``, the exact parabola of a leg that moves only ``U``; ``hessian(theta)``;
    ``sample(N, generator)`` with ``sigma``, for SGD; ``fast_gradient()``, ``together(p)`` and ``to(like)``, for training.
    """

    @property
    def n(self) -> int:
        """Number of inputs."""

    @property
    def m(self) -> int:
        """Number of outputs."""

    def value(self, theta: Theta) -> Tensor:
        """``L(theta)``, one number a network."""

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L(theta)`` and ``(dL/dU, dL/dW)``."""


def check_sizes(theta: Theta, law: Law, argument: str) -> None:
    """Raise InputError unless ``theta`` has the law's numbers of inputs and outputs.

    Raises:
        InputError: names the sizes that do not fit.
    """
    if (theta.m, theta.n) != (law.m, law.n):
        got = f"m = {theta.m}, n = {theta.n}"
        raise InputError(argument, got, f"m = {law.m} outputs and n = {law.n} inputs, as the data")


class FeatureRisk:
    """``L(theta) = |U F(W) - T|^2 + c`` for a finite sample, or a polynomial network under ``N(0, I_n)``.

    Args:
        sigma: the activation.
        law: the law of ``(X, Y)``.

    Raises:
        InputError: if the coordinates are infinite-dimensional (no polynomial under ``N(0, I_n)``).
    """

    def __init__(self, sigma: Activation, law: Law) -> None:
        self.sigma = sigma
        self.law = law
        self.target = law.target(sigma)
        self.constant = law.constant
        self.written: Gradient | None = law.gradient(sigma, self.target)

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.law.n

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.law.m

    def check(self, theta: Theta, argument: str = "theta") -> None:
        """InputError unless ``theta`` has the law's numbers of inputs and outputs."""
        check_sizes(theta, self.law, argument)

    def features(self, W: Tensor) -> Tensor:
        """``F(W)``, shape ``(..., p, Q)``."""
        return self.law.features(self.sigma, W)

    def residual(self, theta: Theta) -> Tensor:
        """``R = U F(W) - T``, shape ``(..., m, Q)``."""
        return theta.U @ self.features(theta.W) - self.target

    def value(self, theta: Theta) -> Tensor:
        """``L(theta) = |R|^2 + c``, one number a network."""
        return self.residual(theta).square().sum(dim=(-2, -1)) + self.constant

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L`` and its gradient; written out for samples, by automatic differentiation of ``F`` otherwise."""
        if self.written is not None:
            return self.written(theta)
        with torch.enable_grad():
            theta = theta.map(lambda x: x.detach().requires_grad_())
            value = self.value(theta)
            U, W = torch.autograd.grad(value.sum(), (theta.U, theta.W))
        return value.detach(), Theta(U, W)

    def fast_gradient(self) -> Gradient:
        """``value_and_gradient`` in its fastest form, with a workspace of its own."""
        return self.law.fast_gradient(self.sigma) or self.value_and_gradient

    def hessian(self, theta: Theta) -> Tensor | None:
        """Second derivatives by ``(U, W)``, shape ``(..., P, P)``, where the law has them written out."""
        return self.law.hessian(self.sigma, theta)

    def together(self, p: int) -> int | None:
        """Networks of width ``p`` that a cache holds, where it matters."""
        return self.law.together(p)

    def to(self, like: Tensor) -> FeatureRisk:
        """The same risk in the dtype and on the device of ``like``."""
        return FeatureRisk(self.sigma, self.law.to(like))

    def sample(self, N: int, generator: torch.Generator) -> Sample:
        """``N`` independent points of the law."""
        return Sample(*self.law.points(N, generator))

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """``s = <R1, D>``, ``a = |D|^2`` for a leg that moves only ``U``: ``L(t) = |R0 + t D|^2 + c``, ``D = R1 - R0``."""
        R1, D = self.residual(end), (end.U - start.U) @ self.features(end.W)  # D so, since R1 - R0 would cancel
        return float((R1 * D).sum()), float(D.square().sum())

    def best_U(self, W: Tensor) -> Tensor:
        """``argmin_U L(U, W)`` of smallest norm, shape ``(..., m, p)`` (singular value decomposition)."""
        return self.target @ torch.linalg.pinv(self.features(W), rtol=1e-13)

    @cached_property
    def scale(self) -> Tensor:
        """``L(0) - c = |T|^2``: what the loss is where the network is zero."""
        return self.target.square().sum()
