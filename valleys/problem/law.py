"""What every law of ``(X, Y)`` answers: coordinates of the filters, their span, rows to draw, points to train on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.network import Theta

Gradient = Callable[[Theta], tuple[Tensor, Theta]]


class Law(ABC):
    """A law under which filters ``x -> sigma(<w, x>)`` have isometric coordinates: ``L = |U F(W) - T|^2 + c``."""

    @property
    def constant(self) -> float:
        """``c``: what no network explains."""
        return 0.0

    @property
    @abstractmethod
    def n(self) -> int:
        """Number of inputs."""

    @property
    @abstractmethod
    def m(self) -> int:
        """Number of outputs."""

    @property
    @abstractmethod
    def name(self) -> str:
        """How records name the law."""

    @abstractmethod
    def features(self, sigma: Activation, W: Tensor) -> Tensor:
        """``F(W)``, shape ``(..., p, Q)``: ``<F_i, F_j> = E sigma(<w_i, x>) sigma(<w_j, x>)``."""

    @abstractmethod
    def target(self, sigma: Activation) -> Tensor:
        """``T``, shape ``(m, Q)``: the coordinates of ``Y``."""

    @abstractmethod
    def spanning(self, sigma: Activation) -> Tensor:
        """Columns ``(Q, >= dim*)`` that span all filters, by formula: no filter is drawn."""

    def dimension(self, sigma: Activation) -> int | None:
        """``dim*`` where a printed formula has it, else None."""
        return None

    @abstractmethod
    def rows(self, sigma: Activation, count: int, generator: torch.Generator) -> Tensor:
        """Candidate rows ``w``, shape ``(count, n)``, whose filters together span as much as possible."""

    @abstractmethod
    def points(self, N: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``N`` independent points ``X (N, n)``, ``Y (N, m)``."""

    def gradient(self, sigma: Activation, target: Tensor) -> Gradient | None:
        """``theta -> (L, gradient)`` where it is written out; None: by automatic differentiation."""
        return None

    def fast_gradient(self, sigma: Activation) -> Gradient | None:
        """The same with a workspace of its own, where there is one that is faster."""
        return None

    def hessian(self, sigma: Activation, theta: Theta) -> Tensor | None:
        """Second derivatives of ``L`` where they are written out; None: by differences of the gradient."""
        return None

    def together(self, p: int) -> int | None:
        """How many networks of width ``p`` a cache holds, where it matters."""
        return None

    def to(self, like: Tensor) -> Law:
        """The law in the dtype and on the device of ``like``, where it can be moved."""
        return self

    @abstractmethod
    def stored(self) -> dict[str, np.ndarray[Any, Any]]:
        """What a path file says of the law."""
