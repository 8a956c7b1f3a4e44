"""The descent of Theorem 16 small enough to watch: random units of two inputs, and the line in u to the best readout."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem16.th16data import atom_teacher
from theorem16.th16law import InputLaw
from theorem16.th16model import KernelRisk, random_networks
from theorem16.th16readout import readout
from valleys.paths.path import Line, Path
from valleys.paths.tour import Level, Targets, outputs_at, tour
from valleys.problem.network import Theta
from valleys.problem.streams import stream

WIDTH, ATOMS, DIRECTIONS = 12, 3, 12
#: What each atom of the teacher contributes.
STRENGTHS = (6.0, -6.0, 4.5)


def around(count: int, first: float) -> Tensor:
    """``count`` unit vectors evenly around the circle, ``(count, 2)``."""
    angle = first + 2 * pi * torch.arange(count, dtype=torch.float64) / count
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def planar_tour(seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The line in u for ``d = 2`` and a teacher of three units: only output weights move."""
    law = InputLaw(2, bias=False)
    teacher = atom_teacher(around(ATOMS, 0.5), torch.tensor(STRENGTHS, dtype=torch.float64), law)
    risk = KernelRisk(law, teacher)
    start = random_networks(law, WIDTH, [stream(seed, "planar tour")])[0]
    end = Theta(readout(law, teacher, start.W).weights(WIDTH)[None], start.W)
    X = around(DIRECTIONS, 0.0)
    wanted = torch.relu(X @ teacher.atoms.T) @ teacher.weights
    return tour(
        "th16_descent", Path((Line(start, end),)), risk,
        f"Theorem 16: {WIDTH} random ReLU units of two inputs",
        "The hidden units are random and stay as they are. The output weights go straight to the best ones, along a parabola "
        "that falls, and end low: random units are nearly enough.",
        (Level("minimum over all networks", 0.0, "minimum"),),
        targets=Targets("output in twelve directions", tuple(f"{360 // DIRECTIONS * i}°" for i in range(DIRECTIONS)),
                        tuple(wanted.tolist()), outputs_at(X, torch.relu)),
    )  # fmt: skip
