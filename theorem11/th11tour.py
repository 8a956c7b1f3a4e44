"""The path of Theorem 11 small enough to watch: one linear unit between two inputs and two outputs, from a saddle."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem11.th11construction import two_layers
from theorem11.th11risk import LinearRisk
from valleys.paths.path import polygon
from valleys.paths.tour import Level, Targets, tour
from valleys.problem.network import Theta

#: The best map of rank one keeps the larger of the two; the start knows the smaller alone, and gradient descent stays there.
TEACHER = ((3.0, 0.0), (0.0, 1.5))


def planar_tour() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The path for ``n = m = 2``, ``p = 1``, ``Sigma = I``: the row turns, and U follows it."""
    teacher = torch.tensor(TEACHER, dtype=torch.float64)
    risk = LinearRisk.from_covariance(torch.eye(2, dtype=torch.float64), teacher)
    start = Theta(torch.tensor([[0.0], [1.5]], dtype=torch.float64), torch.tensor([[0.0, 1.0]], dtype=torch.float64))
    knots = [knot.weights for knot in two_layers(start, risk).knots]
    return tour(
        "linear_path", polygon([Theta(U, W) for W, U in knots]), risk,
        "Theorem 11: one linear unit, two inputs, two outputs",
        "It starts at a saddle: the unit has learnt the weaker of the two directions, and the gradient is zero. One leg leads "
        "away from it, U becomes the best readout, then the row turns to the stronger direction. The loss never rises.",
        (Level("minimum", risk.minimum(1), "minimum"),),
        targets=Targets("entries of P = UW, and of the teacher", ("P11", "P12", "P21", "P22"),
                        tuple(teacher.flatten().tolist()), product),
    )  # fmt: skip


def product(theta: Theta) -> Tensor:
    """The entries of ``P = U W``, ``(K, m n)``."""
    return (theta.U @ theta.W).flatten(-2)
