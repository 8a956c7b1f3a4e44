"""Weight decay, in one call: the floor under every width, the best network, and the certified path down to it.

The paper's theorems are about the loss alone; these are about what people train, ``L + lam (|U|^2 + |W|^2)``, with ReLU or
leaky ReLU, biases of hidden units among the weights (``with_bias``) and no other bias. See ``weight_decay/PROOF.md``.

In torch, ``weight_decay=wd`` of SGD (and of Adam, not AdamW) adds ``wd theta`` to the gradient: with ``MSELoss`` and one output
that is ``L + (wd/2)(|U|^2 + |W|^2)``, so ``lam = wd/2`` and ``beta = lam N = wd N/2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import numpy as np
import torch

from valleys.construct.decay_algebra import Algebra, Doubles, Rounded
from valleys.construct.decay_optimum import Oracle, network, optimum, signed
from valleys.construct.decay_path import atoms_of, descend
from valleys.construct.decay_refined import refined
from valleys.judge.certificate import Verdict, judge_path
from valleys.judge.decay_claims import Judged
from valleys.judge.decay_floor import exact_value, floor, rounded_up
from valleys.own.exactly import verdict_of
from valleys.paths.mass_files import mass_knots, save_masses
from valleys.paths.masses import MassPath
from valleys.problem.arrangement import Faces, faces
from valleys.problem.decay import DecayRisk
from valleys.problem.dimension import Span
from valleys.problem.network import Theta
from valleys.run.errors import InputError
from valleys.run.limits import DECAY_DATA, DECAY_WEIGHT

#: Up to so many outputs on the data, products of the construction, and units at all knots masses are rational, and the exact
#: checker judges the path: in some seconds. The floor's faces, too, for inputs in the plane, and for so many points in space.
EXACT, WORK, UNITS, EXACT_SPACE = 64, 3e5, 2e4, 16
#: Four roundings to nearest.
ROUNDING = 2.0**-50


@dataclass(frozen=True, eq=False)
class Lowest:
    """What ``f`` is at best, over all widths.

    Attributes:
        theta: the best network, optimal to rounding.
        value: ``f`` there, exactly.
        floor: no network of any width is below it; rational.
        nu: what it is made from, ``(N,)``, rationals.
        rank: ``r``, the dimension of the span of the units' outputs on the data.
        faces: of the inputs.
        rounding: what doubles cost, relative to the value: a unit on a kink misses it by rounding of ``|x_j||w|``.
    """

    theta: Theta
    value: Fraction
    floor: Fraction
    nu: Any
    rank: int
    faces: Faces
    rounding: float

    @property
    def gap(self) -> float:
        """``(value - floor)/value``, 0 where the value is 0."""
        return float((self.value - self.floor) / self.value) if self.value else 0.0


def lowest(risk: DecayRisk) -> Lowest:
    """The floor and the best network.

    Args:
        risk: one output, inputs of rank 3 at most.

    Returns:
        both.

    Raises:
        InputError: for several outputs or inputs of higher rank.

    >>> import torch
    >>> from valleys.problem.activations import activation
    >>> from valleys.problem.laws import Sample
    >>> X, Y = torch.tensor([[3.0, 4.0], [3.0, -4.0]]).double(), torch.ones(2, 1).double()
    >>> best = lowest(DecayRisk(activation("relu"), Sample(X, Y), 1.0))
    >>> abs(float(best.floor) - 11 / 36) < 1e-15, best.gap < 1e-15
    (True, True)
    """
    if risk.m != 1:
        raise InputError("Y", f"{risk.m} outputs", "one output, for a floor under every width with weight decay")
    X, y = risk.sample.X.numpy(), risk.sample.Y.numpy()[:, 0]
    for name, size in (("X", np.abs(X).max()), ("y", np.abs(y).max()), ("weight decay", risk.beta)):
        if size and not DECAY_DATA.least <= size <= DECAY_DATA.most:
            allowed = f"0, or sizes from {DECAY_DATA.least:g} to {DECAY_DATA.most:g}: rescale"
            raise InputError(name, f"{size:.3g}", allowed)
    found, rank = faces(X), Span(risk.plain).dimension
    rough = optimum(risk, found, rank).theta
    signs, V = signed(rough)
    V, nu = refined(signs, V, y, risk.exact_beta, Oracle(X, found, risk.leak))
    value, theta = min(
        ((exact_value(t, risk), t) for t in (rough, network(signs, V, rough.p))), key=lambda pair: pair[0]
    )
    missed = float((np.abs(nu.astype(np.float64)) @ np.linalg.norm(X, axis=1)) * np.linalg.norm(V, axis=1).sum())
    rounding = ROUNDING * missed / float(value) if value else 0.0
    return Lowest(theta, value, floor(nu, y, risk.exact_beta, found, risk.leak), nu, rank, found, rounding)


def check_weights(theta: Theta) -> None:
    """Refuse weights whose squares are not kept.

    Raises:
        InputError: if one is outside of ``DECAY_WEIGHT``.
    """
    sizes = torch.cat([theta.U.abs().flatten(), theta.W.abs().flatten()])
    live = sizes[sizes > 0]
    if len(live) and not (float(live.min()) >= DECAY_WEIGHT.least and float(live.max()) <= DECAY_WEIGHT.most):
        got = f"weights of size {float(live.min()):.2g} to {float(live.max()):.2g}"
        raise InputError("model", got, f"0, or sizes from {DECAY_WEIGHT.least:g} to {DECAY_WEIGHT.most:g}")


@dataclass(frozen=True, eq=False)
class DecayDescent:
    """A path down to the best network of any width, with its verdicts.

    Attributes:
        risk: the loss.
        best: the floor.
        path: the construction's path.
        verdict: of the judge that recomputes ``f`` from the parameters, in doubles.
        excess: ``f`` at the end, computed without rounding, less the floor.
        exact: what the exact checker says of the path's file; None where it does not judge it.
    """

    risk: DecayRisk
    best: Lowest
    path: MassPath
    verdict: Verdict
    excess: Fraction
    exact: dict[str, Any] | None

    @property
    def judged(self) -> Judged:
        """What claims are made from."""
        gap = rounded_up(self.excess / self.best.value) if self.best.value else float(self.excess)
        return Judged(self.exact, self.verdict.relative_rise, gap, self.best.rounding)

    def save(self, file: str | File) -> None:
        """Write the path for ``python -m check`` and ``python -m valleys.verify``."""
        save_decay(file, self.path, self.risk, self.best)


def save_decay(file: str | File, path: MassPath, risk: DecayRisk, best: Lowest) -> None:
    """Write a path, and what the floor is made from where the checker is quick to make it anew."""
    X = risk.sample.X
    known = risk.m == 1 and len(X) <= (EXACT if int(torch.linalg.matrix_rank(X)) <= 2 else EXACT_SPACE)
    save_masses(file, mass_knots(path), risk, nu=best.nu if known else None)


def algebra_for(risk: DecayRisk, width: int) -> Algebra:
    """The numbers of a path's masses: rationals on small data and at widths that leave few units to thin out, doubles else."""
    outputs = len(risk.sample.X) * risk.m
    few = outputs <= EXACT and (outputs + width) * outputs**2 <= WORK and (outputs + width) * width <= UNITS
    return Rounded() if few else Doubles()


def certified_decay(theta: Theta, risk: DecayRisk, best: Lowest, algebra: Algebra | None = None) -> DecayDescent:
    """Theorem A from ``theta``: the path, then the judges.

    Args:
        theta: any network of width ``p >= r + 1``.
        risk: the loss.
        best: of ``lowest``.
        algebra: of the masses; None: by the size of the data.

    Returns:
        path and verdicts; an ``InputError`` names a width that is too small, or sizes that do not fit.
    """
    risk.plain.check(theta)
    check_weights(theta)
    algebra = algebra or algebra_for(risk, theta.p)
    path = descend(theta, risk, best.rank, atoms_of(best.theta), algebra)
    excess = exact_value(path.path().end, risk) - best.floor
    exact = None if isinstance(algebra, Doubles) else verdict_of(lambda file: save_decay(file, path, risk, best))
    return DecayDescent(risk, best, path, judge_path(path.path(), risk, float(excess)), excess, exact)
