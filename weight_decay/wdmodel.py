"""Networks and levels of Theorem B, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from valleys.construct.decay_optimum import network
from valleys.problem.network import Theta
from weight_decay.wddata import Example


def cost(rho: float, Y: float, beta: float) -> float:
    """``phi(rho) = beta Y/rho - beta^2/(2 rho^2)``: the least ``(rho c - Y)^2/2 + beta c``, where ``Y rho > beta``.

    >>> cost(1.0, 1.0, 0.5)
    0.375
    """
    return beta * Y / rho - beta**2 / (2 * rho**2)


@dataclass(frozen=True)
class Levels:
    """Theorem B at one ``N``: the valley's lowest value, the level at which it can be left, and a lower value elsewhere."""

    valley: float
    exit: float
    lower: float


def levels(N: int, eps: float, Y: float = 1.0, beta: float = 0.1) -> Levels:
    """The three levels, from the formulas of Theorem B."""
    one, turned, kappa = cost(1, Y, beta), cost((1 - eps**2) ** 0.5, Y, beta), ((1 - eps) / 2) ** 0.5
    pair = beta * Y / kappa - beta**2 / (4 * kappa**2)
    return Levels(N * one, (N - 1) * one + min(turned, Y**2 / 2), pair + (N - 2) * one)


def single_network(data: Example) -> Theta:
    """The valley's lowest network: one unit along each point, mass ``Y - beta``."""
    return network(np.ones(len(data.y)), (data.y - data.beta)[:, None] * data.X, len(data.y))


def paired_network(data: Example, eps: float) -> Theta:
    """The lower network of the same width: one unit along ``x_1 + x_2`` for two points, the others as before, one unit spare."""
    kappa = ((1 - eps) / 2) ** 0.5
    middle = (data.X[0] + data.X[1]) / np.linalg.norm(data.X[0] + data.X[1])
    mass = (data.y[0] - data.beta / (2 * kappa)) / kappa
    V = np.vstack([mass * middle, (data.y[2:] - data.beta)[:, None] * data.X[2:]])
    return network(np.ones(len(V)), V, len(data.y))


def turned_network(data: Example, eps: float) -> Theta:
    """The lowest way out of the valley: the first unit in the plane ``x_2 . v = 0``, the others as they were."""
    rho = (1 - eps**2) ** 0.5
    V = (data.y - data.beta)[:, None] * data.X
    V[0] = (data.y[0] - data.beta / rho) / rho * (data.X[0] + eps * data.X[1]) / rho
    return network(np.ones(len(V)), V, len(V))
