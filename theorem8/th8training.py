"""Gradient descent beside the paths: its step, what is kept of it, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from valleys.problem.dimension import Span
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.search.training import Training, train

#: Points of a run that are kept besides the start.
KEPT = 50


def calm_descent(
    risk: FeatureRisk, theta: Theta, steps: int, record: Sequence[int] = (), share: float = 0.1
) -> tuple[Training, float]:
    """Gradient descent whose step is cut by four until no recorded loss lies above the start; also the step."""
    step = safe_step(risk, theta, share)
    while True:
        run = train(risk, theta, step=step, steps=steps, record=[0, *record], keep_path=True)
        if (run.losses <= run.losses[0] * (1 + 1e-12)).all():
            return run, step
        step /= 4


def safe_step(risk: FeatureRisk, theta: Theta, share: float) -> float:
    """A step for gradient descent: ``share`` over the curvature in ``U`` at the start (``2 |F|_2^2``, at least 2)."""
    F = risk.features(theta.W)
    curvature = 2 * max(float(torch.linalg.matrix_norm(F, 2)) ** 2, 1.0)
    return share / curvature


def gradient_descent(risk: FeatureRisk, span: Span, theta: Theta, steps: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Plain gradient descent on both layers, with nearly the largest step that the curvature in ``U`` allows.

    Returns:
        ``(2, points)``, steps and ``L - L*``; and ``step, steps, end`` (of the start) and ``fate``, for the record.
    """
    recorded = np.unique(np.round(np.linspace(0, steps, KEPT + 1)).astype(int))
    run, step = calm_descent(risk, theta, steps, recorded.tolist(), 0.9)
    losses = np.array([span.excess(point) for point in run.path])
    return np.array([recorded, losses]), {
        "step": step, "steps": steps, "end": losses[-1] / losses[0], "fate": fate(losses),
    }  # fmt: skip


def fate(losses: np.ndarray) -> str:
    """How a run ends, in words: by how far it fell, and whether it still falls in its last tenth.

    >>> fate(np.array([1.0, 0.9999])), fate(np.array([1.0] * 9 + [0.5, 0.4])), fate(np.array([1.0] + [0.5] * 20))
    ('stays', 'still falls', 'comes to rest')
    """
    first, late, last = losses[0], losses[-1 - max(len(losses) // 10, 1)], losses[-1]
    if last > 0.999 * first:
        return "stays"
    if last < 1e-6 * first:
        return "arrives"
    return "still falls" if late - last > 1e-3 * late else "comes to rest"
