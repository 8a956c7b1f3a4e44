"""The sharp path of Theorem 12 small enough to watch: quadratic units of two inputs, each an arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem12.construction.falling_path import falling_path
from theorem12.th12data import start
from theorem12.th12model import matrix
from theorem12.th12own import risk_for
from theorem12.th12training import minimum
from valleys.paths.tour import Level, Targets, tour
from valleys.problem.streams import stream
from valleys.run.animation import Watched

SIZE, WIDTH = 2, 3
#: Every so many points of the tour are a frame of the animation, which stays below 2 MB.
EVERY = 2


def upper(A: Tensor) -> Tensor:
    """The entries of a symmetric 2 x 2 matrix that are free, ``(..., 3)``."""
    return torch.stack([A[..., 0, 0], A[..., 0, 1], A[..., 1, 1]], dim=-1)


def planar_tour(seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The sharp path for ``n = 2``, ``p = 3`` from a random start to ``A* = diag(2, 1/2)``."""
    risk = risk_for("psd", SIZE, WIDTH)
    path = falling_path(start("random", risk, WIDTH, stream(seed, 3)), risk, stream(seed, "tour"))
    return tour(
        "quadratic_path", path, risk,
        f"Theorem 12: {WIDTH} quadratic units of {SIZE} inputs",
        f"Width p = {WIDTH}, between n = {SIZE} and the paper's 2n + 1 = {2 * SIZE + 1}. The arrows stretch and turn on straight "
        "legs, and A = Σ uₖ wₖ wₖᵀ goes to its target; the loss falls on each leg.",
        (Level("minimum", minimum(risk, WIDTH), "minimum"),),
        targets=Targets(
            "entries of A, and of A*", ("A11", "A12", "A22"), tuple(upper(risk.target).tolist()),
            lambda theta: upper(matrix(theta)),
        ),
    )  # fmt: skip


def planar_watched(seed: int, points: int = 181) -> Watched:
    """The same path as an animation: the output over the angle of the input, which lies on the circle."""
    values, arrays = planar_tour(seed)
    count = len(arrays["tour/loss"])
    some = np.unique(np.append(np.arange(0, count, EVERY), count - 1))
    W, U, loss, leg = (arrays[f"tour/{key}"][some] for key in ("W", "U", "loss", "leg"))
    angles = torch.linspace(0, 2 * torch.pi, points, dtype=torch.float64)
    x = torch.stack([angles.cos(), angles.sin()])
    outputs = (torch.from_numpy(U) @ (torch.from_numpy(W) @ x).square())[:, 0]
    wanted = (x * (risk_for("psd", SIZE, WIDTH).target @ x)).sum(dim=0)
    told, degrees = values["quadratic_path_tour"], np.linspace(0, 360, points)
    return Watched(
        told["title"], W, U[:, 0], loss, leg, tuple(told["legs"]),
        degrees, outputs.numpy(), (degrees, wanted.numpy()), "angle of the input (degrees)",
        (0, 90, 180, 270, 360),
    )  # fmt: skip
