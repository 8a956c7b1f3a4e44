"""Training for Theorem 16: gradient descent on both layers with the exact population gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem16.th16law import InputLaw
from theorem16.th16model import KernelRisk
from valleys.problem.network import Theta
from valleys.search.training import Training, train


def stable_step(law: InputLaw, W: Tensor) -> float:
    """1 / (2 lambda_max(K)) for the worst of a batch: half the largest step at which descent in u alone is stable."""
    largest = 0.0
    for rows in W:
        K = law.kernel_symmetric(rows)
        v = torch.ones_like(rows[:, 0])
        for _ in range(20):
            v = K @ (v / v.norm())
        largest = max(largest, float(v.norm()))
    return 1 / (2 * largest)


def train_both_layers(risk: KernelRisk, start: Theta, steps: int) -> Training:
    """Gradient descent on both layers of a batch with the exact population gradient; every loss is kept."""
    return train(risk, start, step=stable_step(risk.law, start.W), steps=steps, record=range(steps + 1))
