"""What others would draw between two networks, beside the certified path: for comparison only, no claim rests on it.

The straight line; the straight line after the units of ``b`` are matched to those of ``a`` by a permutation (it ends at
another point with the same function as ``b``); a learnt curve of low loss (``valleys.search.lowest_pass``).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment

from valleys.own.joined import Joined
from valleys.paths.path import Path, polygon
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.search.lowest_pass import find_pass

POINTS = 200


@dataclass(frozen=True, eq=False)
class Comparison:
    """Paths between two networks.

    Attributes:
        paths: by name: ``straight line``, ``matched line`` and, where it was asked for, ``learnt curve``.
        peaks: the largest loss found on each.
    """

    paths: dict[str, Path]
    peaks: dict[str, float]


def matched(a: Theta, b: Theta, risk: ConvexRisk) -> Theta:
    """``b`` with its hidden units in the order that makes it most alike ``a``: the same function.

    The permutation maximises ``sum_i <w_i^a, w_i^b> + <u_i^a, u_i^b>`` (a linear assignment); a pinned unit stays.
    """
    hidden = a.p - risk.pinned
    likeness = a.W[:hidden] @ b.W[:hidden].T + a.U[:, :hidden].T @ b.U[:, :hidden]
    _, order = linear_sum_assignment(likeness.numpy(), maximize=True)
    index = torch.cat([torch.from_numpy(order), torch.arange(hidden, a.p)])
    return Theta(b.U[:, index], b.W[index])


def compare(joined: Joined, curve: bool = True, seed: int = 0, steps: int = 1000) -> Comparison:
    """The straight line, the matched line and the learnt curve between the ends of a connection.

    Args:
        joined: from ``valleys.connect``.
        curve: whether the curve is learnt: it takes seconds to minutes.
        seed: of the search.
        steps: of the search.

    Returns:
        the paths and their peaks; peaks of lines on a grid of ``POINTS`` points.
    """
    a, b, risk = joined.path.start, joined.path.end, joined.risk
    paths = {"straight line": polygon([a, b]), "matched line": polygon([a, matched(a, b, risk)])}
    peaks = {name: float(risk.value(path.sampled(POINTS)).max()) for name, path in paths.items()}
    if curve:
        found = find_pass(risk, a, b, stream(seed, "own", "curve"), legs=6, steps=steps, refine=False)
        paths["learnt curve"], peaks["learnt curve"] = found.path, found.peak
    return Comparison(paths, peaks)
