"""One step of gradient descent or of Adam, in place, for a batch of parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from valleys.problem.network import Theta

METHODS = ("gd", "sgd", "adam")


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
    """Adam (Kingma and Ba 2015).

    Attributes:
        step: step size, or what it is at step ``s = 0, 1, ..``.
        beta1, beta2: decay rates of the moments.
        epsilon: added to the root of the second moment.
    """

    step: float | Callable[[int], float]
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def state(self, theta: Theta, trained: tuple[str, ...]) -> dict[str, Tensor]:
        """First and second moments of each trained parameter."""
        return {key: moment for part in trained for key, moment in self.moments(getattr(theta, part), part).items()}

    def moments(self, value: Tensor, part: str) -> dict[str, Tensor]:
        """Both moments of one parameter, 0 so far."""
        return {f"{k}{part}": torch.zeros_like(value) for k in (1, 2)}

    def apply(self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], part: str, s: int) -> None:
        """Move ``value`` and its moments in place."""
        first, second = state[f"1{part}"], state[f"2{part}"]
        first.lerp_(gradient, 1 - self.beta1)
        second.mul_(self.beta2).addcmul_(gradient, gradient, value=1 - self.beta2)
        scale = (1 - self.beta2 ** (s + 1)) ** 0.5
        step = self.step(s) if callable(self.step) else self.step
        value.addcdiv_(first, (second.sqrt() / scale).add_(self.epsilon), value=-step / (1 - self.beta1 ** (s + 1)))


def update_rule(method: str, step: float) -> Update:
    """The rule of a method: Adam, or plain steps for ``gd`` and ``sgd``."""
    return Adam(step) if method == "adam" else Descent(step)
