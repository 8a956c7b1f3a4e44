"""What training asks of a risk: its fastest gradient, the networks that a cache holds, its dtype and device."""

from __future__ import annotations

from torch import Tensor

from valleys.problem.law import Gradient
from valleys.problem.risk import Risk

#: Networks trained together where the risk does not say.
CHUNK = 64


def gradient_of(risk: Risk) -> Gradient:
    """The fastest ``theta -> (L, gradient)`` known for the risk; each call makes a workspace of its own."""
    fast = getattr(risk, "fast_gradient", None)
    return risk.value_and_gradient if fast is None else fast()


def chunk_size(risk: Risk, p: int) -> int:
    """How many networks of width ``p`` to train together so that their hidden layer stays in cache."""
    together = getattr(risk, "together", None)
    return CHUNK if together is None else together(p) or CHUNK


def pieces(ids: Tensor, size: int) -> list[Tensor]:
    """The networks ``ids`` in pieces of at most ``size``."""
    return [ids[i : i + size] for i in range(0, len(ids), size)]


def like(risk: Risk, reference: Tensor) -> Risk:
    """The risk in the dtype and on the device of ``reference``, where the risk can be moved."""
    to = getattr(risk, "to", None)
    return risk if to is None else to(reference)
