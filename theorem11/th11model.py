"""Parameters of deep linear networks ``Phi(x) = W_{K+1} .. W_1 x``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from valleys.paths.curves import Curve, straight
from valleys.run.errors import InputError


@dataclass(frozen=True, eq=False)
class Layers:
    """``weights = (W_1, .., W_{K+1})``, ``W_k`` of shape ``(..., p_k, p_{k-1})``, ``p_0 = n``, ``p_{K+1} = m``.

    Raises:
        InputError: with fewer than two layers, or where neighbours do not fit.

    >>> Layers((torch.zeros(3, 2), torch.zeros(1, 3))).widths
    (3,)
    """

    weights: tuple[Tensor, ...]

    def __post_init__(self) -> None:
        shapes = [tuple(w.shape) for w in self.weights]
        chained = all(b.shape[-1] == a.shape[-2] for a, b in zip(self.weights, self.weights[1:], strict=False))
        if len(shapes) < 2 or not chained:
            raise InputError("layers", shapes, "two layers or more, W_k (p_k, p_{k-1})")

    @property
    def widths(self) -> tuple[int, ...]:
        """``(p_1, .., p_K)``."""
        return tuple(w.shape[-2] for w in self.weights[:-1])

    def map(self, f: Callable[[Tensor], Tensor]) -> Layers:
        """``f`` of every layer."""
        return Layers(tuple(f(w) for w in self.weights))

    def __getitem__(self, index: int) -> Layers:
        """The network ``index`` of a batch."""
        return Layers(tuple(w[index] for w in self.weights))

    def equal(self, other: Layers) -> bool:
        """True where all layers agree bit for bit."""
        return all(torch.equal(a, b) for a, b in zip(self.weights, other.weights, strict=True))

    def through(self, K: Tensor) -> Tensor:
        """``W_{K+1} .. W_1 K``, multiplied from the right."""
        return reduce(lambda x, w: w @ x, self.weights, K)


def product(matrices: tuple[Tensor, ...], size: int) -> Tensor:
    """``matrices[-1] .. matrices[0]``; the identity of ``size`` where there is none."""
    return reduce(lambda x, w: w @ x, matrices, torch.eye(size, dtype=torch.float64))


@dataclass(frozen=True, eq=False)
class LayerLine:
    """The segment from ``start`` to ``end``, all layers at once."""

    start: Layers
    end: Layers

    def formula(self, t: Tensor) -> Layers:
        """The points at ``t (T,)``, a batch."""
        pairs = zip(self.start.weights, self.end.weights, strict=True)
        return Layers(tuple(straight(a, b, t) for a, b in pairs))

    def at(self, t: float) -> Layers:
        """The point at ``t``; both ends bit for bit."""
        return self.end if t == 1.0 else self.formula(torch.tensor([t], dtype=torch.float64))[0]

    @property
    def moved(self) -> int:
        """How many layers move."""
        pairs = zip(self.start.weights, self.end.weights, strict=True)
        return sum(not torch.equal(a, b) for a, b in pairs)


LayerCurve = Curve[Layers] | LayerLine


@dataclass(frozen=True, eq=False)
class DeepPath:
    """Pieces one after the other; each begins where the last one ended, bit for bit.

    Raises:
        InputError: if a piece does not begin where the last one ended.
    """

    pieces: tuple[LayerCurve, ...]

    def __post_init__(self) -> None:
        for i, (a, b) in enumerate(zip(self.pieces, self.pieces[1:], strict=False), 1):
            if not a.end.equal(b.start):
                raise InputError("path", f"piece {i + 1}", f"a start that is the end of piece {i}, bit for bit")

    @property
    def start(self) -> Layers:
        """The first point."""
        return self.pieces[0].start

    @property
    def end(self) -> Layers:
        """The last point."""
        return self.pieces[-1].end
