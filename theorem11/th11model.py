"""Parameters of deep linear networks ``Phi(x) = W_{K+1} .. W_1 x``, and piecewise linear paths of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from valleys.paths.curves import straight
from valleys.problem.network import Theta
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

    @classmethod
    def of(cls, theta: Theta) -> Layers:
        """A network of one hidden layer."""
        return cls((theta.W, theta.U))

    @property
    def widths(self) -> tuple[int, ...]:
        """``(p_1, .., p_K)``."""
        return tuple(w.shape[-2] for w in self.weights[:-1])

    def map(self, f: Callable[[Tensor], Tensor]) -> Layers:
        """``f`` of every layer."""
        return Layers(tuple(f(w) for w in self.weights))

    def with_layer(self, k: int, weight: Tensor) -> Layers:
        """Another ``weights[k]``."""
        return Layers((*self.weights[:k], weight, *self.weights[k + 1 :]))

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


def between(a: Layers, b: Layers, t: Tensor) -> Layers:
    """The points at ``t (T,)`` of the segment from ``a`` to ``b``, all layers at once: a batch."""
    return Layers(tuple(straight(v, w, t) for v, w in zip(a.weights, b.weights, strict=True)))


@dataclass(frozen=True, eq=False)
class Stage:
    """Straight legs with one purpose.

    Attributes:
        name: what they are for.
        knots: two or more.
    """

    name: str
    knots: tuple[Layers, ...]

    def sampled(self, points: int) -> Layers:
        """So many points after the first knot, the last one among them; every leg has the same share: a batch."""
        legs = len(self.knots) - 1
        places = torch.arange(1, points, dtype=torch.float64) * (legs / points)
        parts = []
        for k, (a, b) in enumerate(pairwise(self.knots)):
            here = places[(places >= k) & (places < k + 1)] - k
            parts.append(between(a, b, here))
        parts.append(self.knots[-1].map(lambda w: w[None]))
        return Layers(tuple(torch.cat(layer) for layer in zip(*(part.weights for part in parts), strict=True)))


@dataclass(frozen=True, eq=False)
class DeepPath:
    """A piecewise linear path, in stages; each begins at the knot where the last one ended.

    Raises:
        InputError: if there is no stage, or one does not begin where the last one ended.
    """

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise InputError("path", "no stage", "at least one stage")
        for i, (a, b) in enumerate(pairwise(self.stages), 1):
            if not a.knots[-1].equal(b.knots[0]):
                raise InputError("path", f"stage {i + 1}", f"a start that is the end of stage {i}, bit for bit")

    @property
    def knots(self) -> list[Layers]:
        """All knots, the ends of the straight legs."""
        return [self.start, *(knot for stage in self.stages for knot in stage.knots[1:])]

    @property
    def start(self) -> Layers:
        """The first point."""
        return self.stages[0].knots[0]

    @property
    def end(self) -> Layers:
        """The last point."""
        return self.stages[-1].knots[-1]

    def sampled(self, points: int) -> Layers:
        """``stages * points + 1`` points, every end of a stage among them: a batch."""
        parts = [self.start.map(lambda w: w[None]), *(stage.sampled(points) for stage in self.stages)]
        return Layers(tuple(torch.cat(layer) for layer in zip(*(part.weights for part in parts), strict=True)))

    def arrays(self) -> dict[str, np.ndarray]:
        """The knots as a path file holds them: ``W1 (K, p_1, n) .. W{D + 1} (K, m, p_D)``."""
        layers = zip(*(knot.weights for knot in self.knots), strict=True)
        return {f"W{k}": torch.stack(layer).numpy() for k, layer in enumerate(layers, 1)}


class Walk:
    """A path under construction: where it stands, and the stages so far."""

    def __init__(self, start: Layers) -> None:
        self.here = self.start = start
        self.stages: list[Stage] = []

    def go(self, name: str, *knots: Layers) -> None:
        """Append straight legs through ``knots``; one that does not move is left out."""
        moved = [self.here]
        moved += [knot for knot in knots if not knot.equal(moved[-1])]
        if len(moved) > 1:
            self.stages.append(Stage(name, tuple(moved)))
            self.here = moved[-1]

    def path(self) -> DeepPath:
        """The path; one leg that stands still if nothing moved."""
        return DeepPath(tuple(self.stages) or (Stage("stand", (self.start, self.start)),))
