"""The way out of the valley as a tour: up to the gate, then down, with the floors that no path stays under."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from theorem13.th13data import Setting
from theorem13.th13problem import problem
from theorem13.th13proof import Barrier
from valleys.paths.tour import Level, Targets, outputs_at, tour
from valleys.problem.activations import activation
from valleys.problem.risk import Risk
from valleys.run.animation import Watched


def along_axes(s: Setting) -> Targets | None:
    """The output at the unit vectors beside the target there, where the law looks along the axes one by one."""
    if not s.orthonormal or s.law != "theorem":
        return None
    sigma = activation(s.activation)
    X = torch.eye(s.n, dtype=torch.float64)
    one = float(sigma(torch.ones(1, dtype=torch.float64)))
    wanted = [s.alpha * one] * s.p + [0.0] * (s.n - 1 - s.p) + [-s.beta * one]
    return Targets(
        "output at each unit vector", tuple(f"e{i}" for i in range(1, s.n + 1)), tuple(wanted), outputs_at(X, sigma)
    )


def way_out(b: Barrier, risk: Risk) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The best path known out of the valley, with all levels."""
    s = b.setting
    levels = (
        Level("valley floor", b.valley_floor, "start"),
        Level("floor of every path, closed form", b.closed, "proved"),
        Level("floor of every path", b.floor, "floor"),
        Level("gate", b.upper, "gate"),
    )
    return tour(
        "path_loss", b.path, risk,
        f"Theorem 13: the way out of the valley, sigma = {s.activation}, n = {s.n}, p = {s.p}",
        "The path starts at the bottom of the valley, where all output weights are positive. To leave it one of them has to "
        "pass 0, and wherever one does the loss is at least the floor.",
        levels,
        targets=along_axes(s),
    )  # fmt: skip


def planar_watched(alpha: float, beta: float, points: int = 181) -> Watched:
    """The way out for one ReLU unit and two inputs, as an animation: the output over the angle of the input.

    The law has inputs on both axes alone, so there are four targets: at the ends of the axes.
    """
    b, risk = problem(Setting("relu", "theorem", 2, 1, alpha, beta))
    values, arrays = way_out(b, risk)
    W, U = (torch.from_numpy(arrays[f"tour/{key}"]) for key in ("W", "U"))
    angles = torch.linspace(0, 2 * torch.pi, points, dtype=torch.float64)
    outputs = (U @ (W @ torch.stack([angles.cos(), angles.sin()])).clamp_min(0))[:, 0]
    corners = np.array([0.0, 90.0, 180.0, 270.0])
    told = values["path_loss_tour"]
    return Watched(
        told["title"], W.numpy(), U[:, 0].numpy(), arrays["tour/loss"], arrays["tour/leg"], tuple(told["legs"]),
        np.linspace(0, 360, points), outputs.numpy(), (corners, np.array([alpha, -beta, 0.0, 0.0])),
        "angle of the input (degrees)", (0, 90, 180, 270, 360), (b.floor, "floor of every path"),
    )  # fmt: skip
