"""One step of gradient descent or of Adam, in place, for a batch of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from valleys.problem.network import Theta

METHODS = ("gd", "sgd", "adam")
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Update(Protocol):
    """A rule that moves parameters along their gradients."""

    def state(self, theta: Theta, trained: tuple[str, ...]) -> dict[str, Tensor]:
        """What the rule remembers, one row a network."""

    def apply(self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], part: str, s: int) -> None:
        """Move ``value`` in place; ``s`` counts the steps from 0."""


@dataclass(frozen=True)
class Descent:
    """``x -> x - step * gradient``."""

    step: float

    def state(self, theta: Theta, trained: tuple[str, ...]) -> dict[str, Tensor]:
        """Nothing is remembered."""
        return {}

    def apply(self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], part: str, s: int) -> None:
        """Move ``value`` in place."""
        value.sub_(gradient, alpha=self.step)


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015) with decay rates 0.9 and 0.999 and ``epsilon = 1e-8``."""

    step: float

    def state(self, theta: Theta, trained: tuple[str, ...]) -> dict[str, Tensor]:
        """First and second moments of each trained parameter."""
        return {f"{k}{part}": torch.zeros_like(getattr(theta, part)) for part in trained for k in (1, 2)}

    def apply(self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], part: str, s: int) -> None:
        """Move ``value`` and its moments in place."""
        first, second = state[f"1{part}"], state[f"2{part}"]
        first.lerp_(gradient, 1 - BETA1)
        second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        scale = (1 - BETA2 ** (s + 1)) ** 0.5
        value.addcdiv_(first, (second.sqrt() / scale).add_(EPSILON), value=-self.step / (1 - BETA1 ** (s + 1)))


def update_rule(method: str, step: float) -> Update:
    """The rule of a method: Adam, or plain steps for ``gd`` and ``sgd``."""
    return Adam(step) if method == "adam" else Descent(step)
