"""A descent path small enough to watch: a ReLU network on a few points of the plane, each unit an arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from valleys.construct.descent import descend
from valleys.paths.path import Path
from valleys.paths.tour import Level, Targets, outputs_at, tour
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.animation import Watched

POINTS, WIDTH, EQUAL = 5, 7, 5


def around(count: int, first: float) -> torch.Tensor:
    """``count`` directions evenly around the circle, the first at the angle ``first``; ``(count, 2)``."""
    angle = first + 2 * torch.pi * torch.arange(count, dtype=torch.float64) / count
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def circle() -> Sample:
    """Points of the circle with targets 1 and -1 by turns."""
    Y = torch.where(torch.arange(POINTS) % 2 == 0, 1.0, -1.0).double()[:, None]
    return Sample(around(POINTS, 0.0), Y)


def planar(seed: int) -> tuple[FeatureRisk, Path]:
    """A ReLU network with ``n = 2`` and the path of Theorem 8; most rows start equal, so that all three legs are there."""
    generator = stream(seed, "planar tour")
    risk = FeatureRisk(activation("relu"), circle())
    W = around(WIDTH - EQUAL + 1, 0.4)
    start = Theta(random_theta(1, WIDTH, 2, generator).U, torch.cat([W[:1].expand(EQUAL, -1), W[1:]]))
    return risk, descend(start, risk, generator, Span(risk).dimension).path


def planar_tour(seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The path for the page, see ``planar``."""
    risk, path = planar(seed)
    span = Span(risk)
    return tour(
        "descent_path", path, risk,
        f"Theorem 8: {WIDTH} ReLU units on {POINTS} points of a circle",
        f"{EQUAL} rows start equal. First the output weights of units that add nothing go to 0, then those dead units turn "
        f"to new directions and no loss notices, then the output weights go straight to the least squares. "
        f"Width {WIDTH}, dim* = {span.dimension}.",
        # as many independent filters as points: every target is met
        (Level("minimum", 0.0 if span.dimension == POINTS else span.minimum, "minimum"),),
        targets=Targets(
            "output at each point", tuple(f"x{i}" for i in range(1, POINTS + 1)), tuple(circle().Y[:, 0].tolist()),
            outputs_at(circle().X, risk.sigma),
        ),
    )  # fmt: skip


def planar_watched(seed: int, points: int = 181) -> Watched:
    """The same path as an animation: the output over the angle of the input, which lies on the circle."""
    risk, _ = planar(seed)
    values, arrays = planar_tour(seed)
    W, U = (torch.from_numpy(arrays[f"tour/{key}"]) for key in ("W", "U"))
    angles = torch.linspace(0, 2 * torch.pi, points, dtype=torch.float64)
    outputs = (U @ risk.sigma(W @ torch.stack([angles.cos(), angles.sin()])))[:, 0]
    degrees = np.linspace(0, 360, points)
    X, Y = circle().X, circle().Y
    targets = (np.degrees(torch.atan2(X[:, 1], X[:, 0]).numpy()) % 360, Y[:, 0].numpy())
    told = values["descent_path_tour"]
    return Watched(
        told["title"], W.numpy(), U[:, 0].numpy(), arrays["tour/loss"], arrays["tour/leg"], tuple(told["legs"]),
        degrees, outputs.numpy(), targets, "angle of the input (degrees)",
        (0, 90, 180, 270, 360),
    )  # fmt: skip
