"""Training under weight decay: L-BFGS, gradient descent, Adam, and a rescue that knows no target.

``scipy``'s L-BFGS-B runs one network at a time (the losses have kinks, its line search copes); gradient descent and Adam are the
project's own trainer, all networks at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize

from valleys.construct.decay_optimum import Oracle
from valleys.construct.decay_path import Atom, Descent, descent_of
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.search.training import train

#: L-BFGS: stop where neither the gradient nor the loss moves.
LBFGS = {"maxiter": 3000, "maxfun": 6000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20}
#: Where its line search gives up, at a kink, it starts again with an empty memory, so often at most.
RESTARTS = 3
#: Step sizes of gradient descent and Adam.
RATES = {"gd": 0.01, "adam": 0.003}


def starts(p: int, n: int, runs: int, seed: int, *purpose: int | str) -> Theta:
    """Random starts, a batch."""
    return random_theta(1, p, n, stream(seed, *purpose, p), (runs,))


def lbfgs(risk: DecayRisk, theta: Theta) -> Theta:
    """Where L-BFGS stops for good, from one network."""
    p, n = theta.p, theta.n

    def unpacked(z: np.ndarray) -> Theta:
        return Theta(torch.from_numpy(z[:p]).reshape(1, p), torch.from_numpy(z[p:]).reshape(p, n))

    def value(z: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = risk.value_and_gradient(unpacked(z))
        return float(loss), np.concatenate([gradient.U.numpy().ravel(), gradient.W.numpy().ravel()])

    z = np.concatenate([theta.U.numpy().ravel(), theta.W.numpy().ravel()])
    last = np.inf
    for _ in range(RESTARTS):
        found = minimize(value, z, jac=True, method="L-BFGS-B", options=LBFGS)
        z = found.x.copy()
        if found.fun >= last * (1 - 1e-9):
            break
        last = found.fun
    return unpacked(z)


def trained(risk: DecayRisk, theta: Theta, method: str, steps: int) -> Theta:
    """Where a batch ends under ``gd`` or ``adam`` after so many steps."""
    return train(risk, theta, step=RATES[method], steps=steps, method=method).theta


@dataclass(frozen=True, eq=False)
class Rescue:
    """What the rescue did.

    Attributes:
        theta: the network at its end.
        values: ``f`` at its start and after every round.
    """

    theta: Theta
    values: tuple[float, ...]


def rescued(
    risk: DecayRisk, theta: Theta, rank: int, oracle: Oracle, tolerance: float = 1e-9, rounds: int = 30
) -> Rescue:
    """Thin out, descend on the face, give a free unit the direction that the residual asks for, L-BFGS again.

    No optimum is needed for it: ``S(nu) <= (1 + tolerance) beta`` certifies the end.

    Args:
        risk: the loss.
        theta: where an optimiser stopped, of width ``p >= rank + 1``.
        rank: ``dim*(sigma, X)``.
        oracle: maximises ``|nu . sigma(X u)|``.
        tolerance: of the end.
        rounds: at most so many.

    Returns:
        the end and the losses on the way; a round that L-BFGS would make worse keeps its own network.
    """
    values = [float(risk.value(theta))]
    for _ in range(rounds):
        _, state = descent_of(theta, risk, rank)
        state.thin()
        state.face()
        height, _ = oracle.best(state.residual())
        if height > (1 + tolerance) * risk.beta:
            state.exchange(once(oracle))
        reborn = state.units.theta(state.k)
        better = min((reborn, lbfgs(risk, reborn)), key=lambda network: float(risk.value(network)))
        values.append(min(float(risk.value(better)), values[-1]))
        theta = better
        if height <= (1 + tolerance) * risk.beta:
            break
    return Rescue(theta, tuple(values))


def once(oracle: Oracle) -> Callable[[Descent], Atom | None]:
    """The oracle's unit, offered one time."""
    offers = [True]

    def best(state: Descent) -> Atom | None:
        return oracle.best(state.residual())[1] if offers and offers.pop() else None

    return best
