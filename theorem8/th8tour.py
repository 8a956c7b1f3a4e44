"""A descent path small enough to watch: a ReLU network on a few points of the plane, each unit an arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from valleys.construct.descent import descend
from valleys.paths.tour import Level, tour
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream

POINTS, WIDTH, EQUAL = 5, 7, 5


def around(count: int, first: float) -> torch.Tensor:
    """``count`` directions evenly around the circle, the first at the angle ``first``; ``(count, 2)``."""
    angle = first + 2 * torch.pi * torch.arange(count, dtype=torch.float64) / count
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def planar_tour(seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The path of Theorem 8 for ``n = 2``; most rows start equal, so that all three legs are there."""
    generator = stream(seed, "planar tour")
    X = around(POINTS, 0.0)
    Y = torch.where(torch.arange(POINTS) % 2 == 0, 1.0, -1.0).double()[:, None]
    risk = FeatureRisk(activation("relu"), Sample(X, Y))
    span = Span(risk)
    W = around(WIDTH - EQUAL + 1, 0.4)
    start = Theta(random_theta(1, WIDTH, 2, generator).U, torch.cat([W[:1].expand(EQUAL, -1), W[1:]]))
    path = descend(start, risk, generator, span.dimension).path
    return tour(
        "descent_path", path, risk,
        f"Theorem 8: {WIDTH} ReLU units on {POINTS} points of a circle",
        f"{EQUAL} rows start equal. First the output weights of units that add nothing go to 0, then those dead units turn "
        f"to new directions and no loss notices, then the output weights go straight to the least squares. "
        f"Width {WIDTH}, dim* = {span.dimension}.",
        # as many independent filters as points: every target is met
        (Level("minimum", 0.0 if span.dimension == POINTS else span.minimum, "minimum"),),
    )  # fmt: skip
