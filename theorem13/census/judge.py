"""The judge of the census: losses, gradients and eigenvalues again, from the end points alone, and the claims.

Losses and gradients come from the table of kernels (``valleys.problem.mixture``), not from the code that trained. Everything is
stated for HALF the square loss, as published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import torch
from scipy.stats import binom
from torch import Tensor

from theorem13.census.family import symmetric
from theorem13.census.published import (
    EXTRA_UNIT,
    K7_EIGENVALUE,
    K7_ENTRIES,
    K7_LOSS,
    SOURCES,
    Source,
    no_surprise,
)
from theorem13.census.training import SPURIOUS_LOSS, Setting, orthonormal_risk, student
from valleys.problem.hessian import difference_hessian, flatten, hessian
from valleys.problem.mixture import MixtureRisk, gaussian_risk
from valleys.run.claims import Claim, at_most
from valleys.run.intervals import clopper_pearson
from valleys.search.census import SPURIOUS, UNCONVERGED, Family, Thresholds, census

CONVERGED = 1e-9
SURPRISE = 1e-3
PAPER = "Safran and Shamir 2018"


@dataclass(frozen=True, eq=False)
class Judged:
    """What the judge finds in a cell.

    Attributes:
        setting: the cell.
        loss: half the square loss of every end point, shape ``(runs,)``.
        families: end points up to permutations of units and inputs; losses and eigenvalues of the WHOLE square loss.
        diverged: number of runs that diverged.
        cut: number of runs that took all the steps allowed: Newton steps ended them, wherever they were.
        unconverged: number of runs whose gradient norm is above 1e-9 and half loss at the threshold or above, without those that
            diverged or were cut short. Below the threshold a run is not spurious, and no descent can make it so: with units to
            spare one may shrink away, and Newton steps stop at the kink where it vanishes.
        threshold: half loss from which a run counts as spurious.
    """

    setting: Setting
    loss: Tensor
    families: list[Family]
    diverged: int
    cut: int
    unconverged: int
    threshold: float

    @property
    def spurious(self) -> int:
        """Runs that ended at the threshold or above."""
        return int((self.loss >= self.threshold).sum())

    @property
    def percent(self) -> float:
        """Per cent of spurious runs."""
        return 100 * self.spurious / self.setting.runs

    @property
    def limits(self) -> tuple[float, float]:
        """95 % interval of the rate, in per cent."""
        low, high = clopper_pearson(self.spurious, self.setting.runs)
        return 100 * low, 100 * high


def kernel_risk(k: int) -> MixtureRisk:
    """The whole square loss, by the table of kernels."""
    return gaussian_risk("relu", torch.eye(k, dtype=torch.float64), torch.ones(k, dtype=torch.float64))


def judge(setting: Setting, W: Tensor, threshold: float = SPURIOUS_LOSS, steps: Tensor | None = None) -> Judged:
    """Judge the end points ``W (runs, n, k)`` of a cell against the teacher ``I_k``; ``steps``: how many each run took."""
    loss = kernel_risk(setting.k).value(student(W)) / 2
    risk = orthonormal_risk(setting.k)
    limits = Thresholds(gradient=2 * CONVERGED, loss=2 * threshold)
    families = census(risk, student(W), sigma=risk.sigma, frozen="U", any_order=True, thresholds=limits)
    finite = torch.isfinite(loss)
    cut = finite & (steps >= setting.steps) if steps is not None else torch.zeros_like(finite)
    lost = [i for f in families if f.verdict == UNCONVERGED for i in f.members.tolist()]
    unconverged = sum(bool(finite[i]) and not bool(cut[i]) and float(loss[i]) >= threshold for i in lost)
    return Judged(setting, loss, families, int((~finite).sum()), int(cut.sum()), unconverged, threshold)


def published_for(setting: Setting) -> list[Source]:
    """The sources that have a rate for this cell."""
    sources = {0: SOURCES, 1: (EXTRA_UNIT,)}.get(setting.extra, ())
    return [source for source in sources if setting.k in source.percent]


def rate_claims(judged: Sequence[Judged]) -> list[Claim]:
    """One claim for each cell that has a published rate, all of whose runs were let go to their end."""
    claims = []
    for cell in (c for c in judged if c.diverged == c.cut == 0):
        k, runs, name = cell.setting.k, cell.setting.runs, f"rate.k{cell.setting.k}.n{cell.setting.n}"
        sources = published_for(cell.setting)
        if sources and cell.setting.extra == 0:
            gap, width, source = min(
                ((*distance(cell.percent, k, runs, s), s) for s in sources), key=lambda g: g[0] - g[1]
            )
            text = f"per cent spurious, |{cell.percent:.4g} - {source.percent[k]:g}|, within what is no surprise"
            claims.append(at_most(name, source.name, text, gap, width, "measured"))
        elif sources:
            text = (
                f"upper 95 % limit of the per cent spurious ({cell.percent:.4g}); bound: that of the most runs which the"
                " published rate allows"
            )
            claims.append(at_most(name, PAPER, text, cell.limits[1], most_allowed(k, runs), "measured"))
    return claims


def distance(percent: float, k: int, runs: int, source: Source) -> tuple[float, float]:
    """How far a share lies from a published one, and how far it may lie on that side; points of per cent."""
    published = source.percent[k]
    low, high = no_surprise(published, runs, source.runs)
    return abs(percent - published), max(high - published, 0.0) if percent > published else max(published - low, 0.0)


def most_allowed(k: int, runs: int) -> float:
    """With one extra unit: the upper 95 % limit, in per cent, of the largest count of spurious runs that is no surprise.

    A surprise has probability 1e-3 at the upper limit of the published rate.
    """
    published = clopper_pearson(round(EXTRA_UNIT.percent[k] / 100 * EXTRA_UNIT.runs), EXTRA_UNIT.runs)[1]
    return 100 * clopper_pearson(int(binom.ppf(1 - SURPRISE, runs, published)), runs)[1]


def minima_claims(judged: Sequence[Judged]) -> list[Claim]:
    """All runs that were let go to their end are accounted for; at k = 7 the published minimum is among their ends."""
    lost = sum(cell.unconverged for cell in judged)
    text = "runs at the threshold or above, gradient norm above 1e-9, and neither step nor number of steps is to blame"
    claims = [at_most("converged", PAPER, text, lost, 0, "verified")]
    for cell in judged:
        if (cell.setting.k, cell.setting.extra) == (7, 0):
            gaps = [abs(f.loss / 2 - K7_LOSS) for f in cell.families if f.verdict == SPURIOUS]
            text = "distance of our runs' spurious loss from the published minimum's"
            claims += [at_most("k7.reached", PAPER, text, min(gaps), 1e-9, "verified")] if gaps else []
    return claims


def k7_minimum() -> Tensor:
    """The published spurious minimum for k = n = 7, from its five numbers, shape ``(7, 7)``."""
    return symmetric(7, K7_ENTRIES)


def k7_claims() -> list[Claim]:
    """The published k = 7 minimum: gradient, loss and smallest eigenvalue, from its ten printed digits."""
    theta, risk = student(k7_minimum()), kernel_risk(7)
    value, gradient = risk.value_and_gradient(theta)
    norm = float(flatten(gradient, "U").norm()) / 2
    eigenvalue = smallest_eigenvalue(risk, k7_minimum())
    away = abs(float(value) / 2 - K7_LOSS), abs(eigenvalue - K7_EIGENVALUE)
    return [
        at_most("k7.gradient", PAPER, "gradient norm at the k = 7 minimum, from ten digits", norm, 1e-9, "verified"),
        at_most("k7.loss", PAPER, f"distance of its loss from {K7_LOSS}", away[0], 1e-9, "verified"),
        at_most("k7.eigenvalue", PAPER, f"distance of its eigenvalue from {K7_EIGENVALUE}", away[1], 1e-6, "verified"),
    ]  # fmt: skip


def global_claims(ks: Sequence[int]) -> list[Claim]:
    """At the teacher the smallest eigenvalue is ``1/4 - 1/(2 pi)``, whatever ``k >= 2``, and 1/2 for one unit."""
    gaps = []
    for k in ks:
        risk = orthonormal_risk(k)
        eigenvalue = torch.linalg.eigvalsh(hessian(risk, risk.teacher, "U"))[0] / 2
        gaps.append(abs(float(eigenvalue) - (0.25 - 0.5 / pi if k > 1 else 0.5)))
    text = "distance of the smallest eigenvalue at the global minimum from 1/4 - 1/(2 pi) (k = 1: 1/2), largest over k"
    return [at_most("global.eigenvalue", "Safran, Yehudai and Shamir 2021", text, max(gaps), 1e-12, "verified")]


def smallest_eigenvalue(risk: MixtureRisk, W: Tensor) -> float:
    """Of half the loss: by differences of the exact gradient, a second route to the written-out Hessian."""
    return float(torch.linalg.eigvalsh(difference_hessian(risk, student(W), "U"))[0]) / 2
