"""Training for Theorem 12: gradient descent on both layers of many networks, and whether it reached the minimum."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from theorem12.th12corollary import Valley
from theorem12.th12data import ALPHA, BETA
from theorem12.th12model import QuadraticRisk
from theorem12.th12own import risk_for
from valleys.problem.network import Theta, random_theta, widened
from valleys.problem.streams import stream
from valleys.run.shards import Arrays
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


class Job(NamedTuple):
    """Widths that are trained as one batch: a shard.

    Attributes:
        n: number of inputs.
        j: number of the target.
        widths: ascending, of one law.
    """

    n: int
    j: int
    widths: tuple[int, ...]


def jobs(config: Config) -> list[Job]:
    """The batches: one a target, but where the law depends on the width."""
    found = []
    for n, (j, target) in product(config.phase_ns, enumerate(config.targets)):
        groups: dict[int, list[int]] = {}
        for p in config.phase_widths(n):
            groups.setdefault(min(p, n - 1) if target == "theorem13" else 0, []).append(p)
        found += [Job(n, j, tuple(group)) for group in groups.values()]
    return found


def descended(config: Config, number: int) -> Arrays:
    """Where gradient descent ends, ``runs`` networks a width: ``u ~ N(0, 1/p)``, ``w ~ N(0, I/n)``."""
    n, j, widths = jobs(config)[number]
    begin = [
        widened(random_theta(1, p, n, stream(config.seed, 3, n, p, j), (config.runs,)), widths[-1]) for p in widths
    ]
    theta = Theta(torch.cat([x.U for x in begin]), torch.cat([x.W for x in begin]))
    end = train(risk_for(config.targets[j], n, widths[0]), theta, step=config.step, steps=config.steps, chunk=CHUNK)
    return {"U": end.theta.U.numpy(), "W": end.theta.W.numpy(), "diverged": end.diverged.numpy()}


def ends_of(config: Config, job: Job, arrays: Arrays) -> dict[int, Ends]:
    """The end points of a batch by width, and which of them are at the minimum."""
    U, W, diverged = (torch.from_numpy(arrays[name]) for name in ("U", "W", "diverged"))
    ends = {}
    for i, p in enumerate(job.widths):
        block = slice(i * config.runs, (i + 1) * config.runs)
        theta, risk = Theta(U[block, :, :p], W[block, :p]), risk_for(config.targets[job.j], job.n, p)
        ends[p] = Ends(theta, diverged[block], reached(theta, risk, p) & ~diverged[block])
    return ends


def minimum(risk: QuadraticRisk, p: int) -> float:
    """``min L`` over all networks of width ``p``: closed form for the Gaussian law, Corollary 14 for its own."""
    if risk.law == "gaussian" or p >= risk.n:
        return risk.minimum(p)
    return Valley(risk.n, p, ALPHA, BETA).minimum


def reached(end: Theta, risk: QuadraticRisk, p: int) -> Tensor:
    """Which networks have the least loss of width ``p``, to ``REACHED |A*|^2`` (``A* = 0``: of the starts' size, 1)."""
    return risk.value(end) - minimum(risk, p) <= REACHED * (float(risk.target.square().sum()) or 1.0)
