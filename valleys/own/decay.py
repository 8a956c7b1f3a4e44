"""Weight decay, in one call: the floor under every width, the best network, and the certified path down to it.

The paper's theorems are about the loss alone; these are about what people train, ``L + lam (|U|^2 + |W|^2)``, with ReLU or
leaky ReLU, biases of hidden units among the weights (``with_bias``) and no other bias. See ``weight_decay/PROOF.md``.

In torch, ``weight_decay=wd`` of SGD (and of Adam, not AdamW) adds ``wd theta`` to the gradient: with ``MSELoss`` and one output
that is ``L + (wd/2)(|U|^2 + |W|^2)``, so ``lam = wd/2`` and ``beta = lam N = wd N/2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch

from valleys.construct.decay_optimum import Oracle, network, optimum, signed
from valleys.construct.decay_path import atoms_of, descend
from valleys.construct.decay_refined import refined
from valleys.judge.certificate import Verdict, judge_path
from valleys.judge.decay_floor import floor
from valleys.judge.decay_legs import ExactVerdict, exact_value, judge_exactly
from valleys.paths.masses import MassPath
from valleys.problem.arrangement import Faces, faces
from valleys.problem.decay import DecayRisk
from valleys.problem.dimension import Span
from valleys.problem.network import Theta
from valleys.run.errors import InputError

#: Four roundings to nearest.
ROUNDING = 2.0**-50
#: Data and weight decay may be larger and smaller by so much, weights by so much.
LARGEST, LARGEST_WEIGHT = 1e30, 1e100


@dataclass(frozen=True, eq=False)
class Lowest:
    """What ``f`` is at best, over all widths.

    Attributes:
        theta: the best network, optimal to rounding.
        value: ``f`` there, exactly.
        floor: no network of any width is below it; rational.
        rank: ``r``, the dimension of the span of the units' outputs on the data.
        faces: of the inputs.
        rounding: what doubles cost, relative to the value: a unit on a kink misses it by rounding of ``|x_j||w|``.
    """

    theta: Theta
    value: Fraction
    floor: Fraction
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
        if size and not 1 / LARGEST <= size <= LARGEST:
            raise InputError(name, f"{size:.3g}", f"0, or sizes from {1 / LARGEST:g} to {LARGEST:g}: rescale")
    found, rank = faces(X), Span(risk.plain).dimension
    rough = optimum(risk, found, rank).theta
    signs, V = signed(rough)
    V, nu = refined(signs, V, y, risk.beta, Oracle(X, found, risk.leak))
    value, theta = min(
        ((exact_value(t, risk), t) for t in (rough, network(signs, V, rough.p))), key=lambda pair: pair[0]
    )
    missed = float((np.abs(nu.astype(np.float64)) @ np.linalg.norm(X, axis=1)) * np.linalg.norm(V, axis=1).sum())
    rounding = ROUNDING * missed / float(value) if value else 0.0
    return Lowest(theta, value, floor(nu, y, risk.beta, found, risk.leak), rank, found, rounding)


def check_weights(theta: Theta) -> None:
    """Refuse weights whose squares are not kept.

    Raises:
        InputError: if one is beyond ``LARGEST_WEIGHT``, or nearer to 0 than its inverse without being 0.
    """
    sizes = torch.cat([theta.U.abs().flatten(), theta.W.abs().flatten()])
    live = sizes[sizes > 0]
    if len(live) and not (float(live.min()) >= 1 / LARGEST_WEIGHT and float(live.max()) <= LARGEST_WEIGHT):
        got = f"weights of size {float(live.min()):.2g} to {float(live.max()):.2g}"
        raise InputError("model", got, f"0, or sizes from {1 / LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}")


@dataclass(frozen=True, eq=False)
class DecayDescent:
    """A path down to the best network of any width, with its verdicts.

    Attributes:
        path: the construction's path.
        verdict: of the judge that recomputes ``f`` from the parameters.
        excess: ``f`` at the end, computed without rounding, less the floor.
        exact: of the judge in rationals; None where it was not asked for.
    """

    path: MassPath
    verdict: Verdict
    excess: float
    exact: ExactVerdict | None


def certified_decay(theta: Theta, risk: DecayRisk, best: Lowest, exact: bool = False) -> DecayDescent:
    """Theorem A from ``theta``: the path, then the judge.

    Args:
        theta: any network of width ``p >= r + 1``.
        risk: the loss.
        best: of ``lowest``.
        exact: rational masses, and the judge in rationals too (small data).

    Returns:
        path and verdicts; an ``InputError`` names a width that is too small, or sizes that do not fit.
    """
    risk.plain.check(theta)
    check_weights(theta)
    path = descend(theta, risk, best.rank, atoms_of(best.theta), exact)
    excess = float(exact_value(path.path().end, risk) - best.floor)
    exactly = judge_exactly(path, risk) if exact else None
    return DecayDescent(path, judge_path(path.path(), risk, excess), excess, exactly)
