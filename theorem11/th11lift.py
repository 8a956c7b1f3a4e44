"""A deep linear network as one of two layers beside the narrowest, ``U = W_{K+1} Cm`` and ``W = Bm W_1``, moved by its ends."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem11.th11model import Layers, product
from valleys.problem.network import Theta


class Lift:
    """``W_1 = (what Bm does not see) + Bm^+ W``, ``W_{K+1} = (what Cm does not see) + U Cm^+``; the layers between stay.

    Attributes:
        below: ``Bm = W_s .. W_2 (p_s, p_1)``.
        above: ``Cm = W_K .. W_{s+1} (p_K, p_s)``, ``s`` the narrowest layer.
    """

    def __init__(self, layers: Layers) -> None:
        first, *middle, last = layers.weights
        s = narrowest(layers)
        self.middle = tuple(middle)
        self.below, self.above = product(self.middle[:s], len(first)), product(self.middle[s:], layers.widths[s])
        self.still: tuple[Tensor, Tensor] | None = None
        if middle:
            self.down, self.up = torch.linalg.pinv(self.below), torch.linalg.pinv(self.above)
            apart = torch.eye(len(first), dtype=first.dtype) - self.down @ self.below
            beside = torch.eye(last.shape[1], dtype=last.dtype) - self.above @ self.up
            # projected twice: a difference of large layers would lose digits
            self.still = apart @ (apart @ first), (last @ beside) @ beside

    def seen(self, layers: Layers) -> Theta:
        """``(U, W)`` of the layers."""
        first, *_, last = layers.weights
        return Theta(last, first) if self.still is None else Theta(last @ self.above, self.below @ first)

    def at(self, theta: Theta) -> Layers:
        """The layers with ``(U, W)``."""
        if self.still is None:
            return Layers.of(theta)
        return Layers((self.still[0] + self.down @ theta.W, *self.middle, self.still[1] + theta.U @ self.up))


def narrowest(layers: Layers) -> int:
    """The number, from 0, of the narrowest hidden layer."""
    return min(range(len(layers.widths)), key=lambda k: layers.widths[k])
