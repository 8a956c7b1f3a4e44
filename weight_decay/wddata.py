"""Data: examples whose landscapes are known by hand, the points of Theorem B, and random draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from valleys.problem.activations import activation
from valleys.problem.decay import DecayRisk
from valleys.problem.laws import Sample
from valleys.problem.streams import stream


@dataclass(frozen=True, eq=False)
class Example:
    """One data set with its weight decay.

    Attributes:
        X: inputs ``(N, n)``.
        y: targets ``(N,)``.
        beta: the weight decay.
    """

    X: np.ndarray
    y: np.ndarray
    beta: float

    @property
    def risk(self) -> DecayRisk:
        """The loss of ReLU networks."""
        return DecayRisk(
            activation("relu"), Sample(torch.from_numpy(self.X), torch.from_numpy(self.y)[:, None]), self.beta
        )


def example(X: object, y: object, beta: float) -> Example:
    """An example from plain numbers."""
    return Example(np.array(X, dtype=np.float64), np.array(y, dtype=np.float64), beta)


#: One unit, one input: all of parameter space is a plane.
PLANE = example([[1], [-1]], [2, 1], 0.5)
#: Two points, mirror images: a unit for each, or one in the middle for both.
MIRROR = example([[28, 45], [28, -45]], [1, 1], 10.0)
#: The same with shorter numbers: local minima at every width.
COPIES = example([[3, 4], [3, -4]], [1, 1], 1.0)
#: Three points in the plane with spurious valleys at width 3.
THREE = example([[6, -5], [-7, -4], [-2, 6]], [-0.25, -1.75, -0.75], 0.5)


def equiangular(N: int, eps: float, Y: float = 1.0, beta: float = 0.1) -> Example:
    """Theorem B's data: unit vectors in ``R^N`` with ``x_i . x_j = -eps``, targets ``Y``.

    ``x_i`` are the rows of the symmetric root of the Gram matrix ``(1 + eps) I - eps 1 1^T``, ``0 < eps < 1/(N - 1)``.

    >>> X = equiangular(3, 0.25).X
    >>> np.allclose(X @ X.T, [[1, -0.25, -0.25], [-0.25, 1, -0.25], [-0.25, -0.25, 1]], rtol=0, atol=1e-15)
    True
    """
    along = (1 - (N - 1) * eps) ** 0.5 - (1 + eps) ** 0.5
    return Example((1 + eps) ** 0.5 * np.eye(N) + along / N * np.ones((N, N)), np.full(N, Y), beta)


def random_example(N: int, n: int, beta: float, seed: int, *purpose: int | str) -> Example:
    """Standard normal inputs and targets."""
    generator = stream(seed, *purpose)
    X, y = (torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((N, n), (N,)))
    return Example(X.numpy(), y.numpy(), beta)


def random_integers(N: int, seed: int, *purpose: int | str) -> Example:
    """Inputs in ``{-9, .., 9}^2``, no two of them parallel, standard normal targets, weight decay 1/2."""
    generator = stream(seed, *purpose)
    while True:
        X = torch.randint(-9, 10, (N, 2), generator=generator).numpy().astype(np.float64)
        if all(abs(np.linalg.det(X[[i, j]])) > 0.5 for i in range(N) for j in range(i)):
            return Example(X, torch.randn(N, generator=generator, dtype=torch.float64).numpy(), 0.5)
