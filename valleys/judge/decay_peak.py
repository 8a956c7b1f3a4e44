"""The judge of a path between two networks under weight decay: the largest loss on a grid of every leg."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import torch

from valleys.judge.grid import GRID
from valleys.paths.curves import points_of, seam
from valleys.paths.path import Path
from valleys.problem.risk import Risk
from valleys.run.claims import Claim, at_most, worst

#: Allowed excess over the worse end, relative; how far a curve may be from the ends that it owns.
EXCESS, SEAM = 1e-12, 1e-12
SOURCE = "weight_decay/PROOF.md, Corollary A'"


@dataclass(frozen=True)
class Peak:
    """The verdict.

    Attributes:
        start: the loss of the first network.
        end: the loss of the second.
        peak: the largest loss on the grid.
        seam: how far a leg's formula is from the ends that it owns, the most.
    """

    start: float
    end: float
    peak: float
    seam: float

    @property
    def bound(self) -> float:
        """The loss of the worse network."""
        return max(self.start, self.end)

    @property
    def excess(self) -> float:
        """``peak/bound - 1``; where the bound is 0 it is 0 or ``inf``."""
        if self.bound > 0:
            return self.peak / self.bound - 1
        return 0.0 if self.peak == 0 else inf

    def claims(self, prefix: str) -> list[Claim]:
        """The path stays below the worse end, and holds together."""
        return [
            at_most(f"{prefix}.below_worse_end", SOURCE, "largest loss on a grid of the legs over the worse end, less 1",
                    self.excess, EXCESS, "verified"),
            at_most(f"{prefix}.holds_together", SOURCE, "distance of a leg's formula from its ends, relative", self.seam, SEAM,
                    "verified"),
        ]  # fmt: skip


def judge_peak(path: Path, risk: Risk) -> Peak:
    """The verdict on a path, from the parameters at ``GRID + 1`` points a leg.

    >>> from valleys.paths.path import polygon
    >>> from valleys.problem.activations import activation
    >>> from valleys.problem.laws import Sample
    >>> from valleys.problem.network import Theta
    >>> from valleys.problem.risk import FeatureRisk
    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> risk = FeatureRisk(activation("z"), Sample(one, one))
    >>> found = judge_peak(polygon([Theta(one, one), Theta(-one, -one)]), risk)
    >>> found.bound, found.peak, found.excess
    (0.0, 1.0, inf)
    """
    t = torch.linspace(0, 1, GRID + 1, dtype=torch.float64)
    values = torch.cat([risk.value(points_of(piece, t)) for piece in path.pieces])
    start, end = (float(risk.value(theta)) for theta in (path.start, path.end))
    return Peak(start, end, worst([start, end, float(values.max())]), worst(map(seam, path.pieces)))
