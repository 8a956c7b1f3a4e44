"""Training for Theorem 12: gradient descent on both layers of many networks, and whether it reached the minimum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from theorem12.th12corollary import Valley
from theorem12.th12data import ALPHA, BETA
from theorem12.th12model import QuadraticRisk
from theorem12.th12own import risk_for
from valleys.problem.network import Theta, random_theta, widened
from valleys.problem.streams import stream
from valleys.search.training import train

if TYPE_CHECKING:
    from theorem12.th12options import Config

#: A run has reached the minimum when ``L - L* <= REACHED |A*|^2``.
REACHED = 1e-3
#: Networks trained together: matrices of 4 or 6 rows are so small that the calls, not the numbers, take the time.
CHUNK = 512


@dataclass(frozen=True, eq=False)
class Ends:
    """Where the runs of one width ended.

    Attributes:
        theta: a batch of networks.
        diverged: which of them left for infinity (a step too long): they are not stuck, and nothing is said of them.
        reached: which of them have the least loss of their width, to ``REACHED |A*|^2``.
    """

    theta: Theta
    diverged: Tensor
    reached: Tensor

    @property
    def stuck(self) -> Theta:
        """The runs that stopped above the minimum."""
        return self.theta[~self.reached & ~self.diverged]


def descend(config: Config, n: int, target: str, j: int) -> dict[int, Ends]:
    """Where gradient descent ends, by width, ``runs`` networks each: ``u ~ N(0, 1/p)``, ``w ~ N(0, I/n)``."""
    widths, runs = config.phase_widths(n), config.runs
    groups: dict[int, list[int]] = {}
    for p in widths:
        groups.setdefault(min(p, n - 1) if target == "theorem13" else 0, []).append(p)
    ends: dict[int, Ends] = {}
    for group in groups.values():
        widest = group[-1]
        begin = [widened(random_theta(1, p, n, stream(config.seed, 3, n, p, j), (runs,)), widest) for p in group]
        U, W = torch.cat([x.U for x in begin]), torch.cat([x.W for x in begin])
        run = train(
            risk_for(target, n, group[0]), Theta(U, W), step=config.step, steps=config.steps,
            chunk=CHUNK, threads=2, progress=f"gradient descent, n = {n}, {target}",
        )  # fmt: skip
        for i, p in enumerate(group):
            block = slice(i * runs, (i + 1) * runs)
            theta, diverged = Theta(run.theta.U[block, :, :p], run.theta.W[block, :p]), run.diverged[block]
            ends[p] = Ends(theta, diverged, reached(theta, risk_for(target, n, p), p) & ~diverged)
    return ends


def minimum(risk: QuadraticRisk, p: int) -> float:
    """``min L`` over all networks of width ``p``: closed form for the Gaussian law, Corollary 14 for its own."""
    if risk.law == "gaussian" or p >= risk.n:
        return risk.minimum(p)
    return Valley(risk.n, p, ALPHA, BETA).minimum


def reached(end: Theta, risk: QuadraticRisk, p: int) -> Tensor:
    """Which networks have the least loss of width ``p``, to ``REACHED |A*|^2`` (``A* = 0``: of the starts' size, 1)."""
    return risk.value(end) - minimum(risk, p) <= REACHED * (float(risk.target.square().sum()) or 1.0)
