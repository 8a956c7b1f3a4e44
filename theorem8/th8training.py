"""Gradient descent beside the paths: its step, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from valleys.problem.dimension import Span
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.search.training import Training, train


def calm_descent(risk: FeatureRisk, theta: Theta, steps: int, record: Sequence[int] = ()) -> Training:
    """Gradient descent whose step is cut by four until no recorded loss lies above the start."""
    step = safe_step(risk, theta)
    while True:
        run = train(risk, theta, step=step, steps=steps, record=[0, *record], keep_path=True)
        if (run.losses <= run.losses[0] * (1 + 1e-12)).all():
            return run
        step /= 4


def safe_step(risk: FeatureRisk, theta: Theta, share: float = 0.1) -> float:
    """A step for gradient descent: ``share`` over the curvature in ``U`` at the start (``2 |F|_2^2``, at least 2)."""
    F = risk.features(theta.W)
    curvature = 2 * max(float(torch.linalg.matrix_norm(F, 2)) ** 2, 1.0)
    return share / curvature


def gradient_descent(risk: FeatureRisk, span: Span, theta: Theta, steps: int) -> np.ndarray:
    """``(2, points)``: steps and ``L - L*`` of plain gradient descent on both layers from ``theta``."""
    recorded = np.unique(np.round(np.linspace(0, steps, 51)).astype(int))
    run = calm_descent(risk, theta, steps, recorded.tolist())
    return np.array([recorded, [span.excess(point) for point in run.path]])
