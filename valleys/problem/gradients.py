"""What training asks of a risk: its fastest gradient, the networks that a cache holds, its dtype and device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from valleys.problem.law import Gradient
from valleys.problem.network import Theta
from valleys.problem.risk import Risk

#: Networks trained together where the risk does not say.
CHUNK = 64


def gradient_of(risk: Risk) -> Gradient:
    """The fastest ``theta -> (L, gradient)`` known for the risk; each call makes a workspace of its own."""
    fast = getattr(risk, "fast_gradient", None)
    return risk.value_and_gradient if fast is None else fast()


@dataclass(frozen=True)
class Slope:
    """What a step of training asks for; all in one workspace.

    Attributes:
        value_and_gradient: ``theta -> (L, gradient)``.
        gradient: ``theta -> gradient``, without the loss where that is faster.
        arranged: a parameter ``(B, r, s)`` in the order in memory that the gradient reads fastest.
    """

    value_and_gradient: Gradient
    gradient: Callable[[Theta], Theta]
    arranged: Callable[[Tensor], Tensor]


def slope_of(risk: Risk) -> Slope:
    """The fastest known for the risk."""
    both = gradient_of(risk)
    alone = getattr(both, "gradient", None) or getattr(risk, "gradient", None)
    return Slope(both, alone or (lambda theta: both(theta)[1]), getattr(both, "arranged", Tensor.contiguous))


def chunk_size(risk: Risk, p: int) -> int:
    """How many networks of width ``p`` to train together so that their hidden layer stays in cache."""
    together = getattr(risk, "together", None)
    return CHUNK if together is None else together(p) or CHUNK


def pieces(ids: Tensor, size: int) -> list[Tensor]:
    """The networks ``ids`` in pieces of at most ``size``, as even as can be: a short one costs nearly as much."""
    return list(ids.tensor_split(-(-len(ids) // size))) if len(ids) else []


def like(risk: Risk, reference: Tensor) -> Risk:
    """The risk in the dtype and on the device of ``reference``, where the risk can be moved."""
    to = getattr(risk, "to", None)
    return risk if to is None else to(reference)
