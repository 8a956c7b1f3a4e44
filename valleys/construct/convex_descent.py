"""Theorem 8's descent path for a convex loss, with or without output bias: from any start down to the minimum.

Leg 1 frees units: ``U`` moves to weights on independent filters alone. Leg 2 gives dead units new rows. Leg 3 takes ``U``
to the best outputs on the completed basis; once more, from a start whose rounding was too coarse for that. The legs of ``U``
end at ``t* = sup {t: g'(t) <= -eta}``: on the line the root of ``g'`` is the minimum, so nothing is lost, and the loss does
not rise however its rounding falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from valleys.construct.best_output import best_output
from valleys.construct.connect_ends import STEPS, TOLERANCES, independent, weights
from valleys.paths.path import Path, moving, polygon
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.losses import Huber, Square
from valleys.problem.network import Theta
from valleys.problem.rows import rows_through_points
from valleys.run.errors import InputError

#: What a new row must add to the span: at first, and when nothing else has helped; a tenth from round to round.
NEW_ROWS, LAST = 1e-6, 1e-9
FAINT = 1e-2
ROUNDS = 6
#: From so many points on random rows miss more than they find.
MANY = 1000
#: A start of so many times the loss at the end, and of that of the network 0, may leave a further leg to do.
HIGH = 1e6
#: Numbers in the filters that are drawn at a time, beyond as many filters as are missing: thousands of data take no hours.
ENOUGH = 4_000_000
STEEPNESS = 10.0
#: Leg 1 goes so far of its way where leg 3 is still to come: that leg then has something to fall.
HALF_WAY = 0.5
#: Of filters, relative, in units of eps: an exponential has that of its argument, tens of them.
ROUNDING = 64
#: A leg ends short of what float64 decides, by the slack below, unless that is more than so little of the way.
CAREFUL = 1 - 2.0**-22
HALVES = tuple(2.0**-k for k in range(40))


@dataclass(frozen=True)
class ConvexDescent:
    """A descent path and what is to be reported of it.

    Attributes:
        path: one to three straight legs, four from a start of huge outputs.
        rank: filters of the start that leg 1 keeps, the pinned one counted.
        reached: dimension of the span at the end; the pinned unit counted.
        condition: of the live filters at the end, scaled to length 1.
    """

    path: Path
    rank: int
    reached: int
    condition: float


def descend_convex(theta: Theta, risk: ConvexRisk, generator: torch.Generator) -> ConvexDescent:
    """The descent path of Theorem 8 from ``theta``.

    Args:
        theta: the start, of any rank; its width must suffice.
        risk: the loss.
        generator: draws the new rows of leg 2.

    Returns:
        the path.

    Raises:
        InputError: if the width is below ``dim*``, or ``theta`` does not fit the data.
    """
    risk.check(theta)
    q = risk.dimension
    if theta.p < q:
        allowed = f"a width >= {risk.width_needed} = dim* of this activation and data (valleys.widen adds dead units)"
        raise InputError("width", theta.p - risk.pinned, allowed)
    F = risk.features(theta.W)
    units, Q, freed = _freed(theta, risk, F)
    knots = [theta, freed]
    if len(units) < q:
        dead = np.setdiff1d(np.arange(theta.p - risk.pinned), units)
        rows, Q = _new_rows(risk, Q, min(q - len(units), len(dead)), generator)
        W = theta.W.clone()
        taken = dead[: len(rows)]
        W[torch.from_numpy(taken)] = rows
        knots.append(Theta(freed.U, W))
        live = np.concatenate([units, taken])
        F = risk.features(W)
        start = freed.U @ F
        end, above = _line(knots[-1], risk, F, live, start, best_output(risk, torch.from_numpy(Q), start))
        if above <= 0.0 or risk.value(end) < risk.value(knots[-1]):
            knots.append(end)
        units, rank = live, len(units)
    else:
        rank = len(units)
    _further(knots, risk, F, units, torch.from_numpy(Q))
    condition = weights(F.numpy()[units], risk.target.numpy())[1]
    path = polygon(moving(knots))
    return ConvexDescent(path, rank, len(units), condition)


def _further(knots: list[Theta], risk: ConvexRisk, F: Tensor, units: np.ndarray, basis: Tensor) -> None:
    """From a start of huge outputs a leg ends where their rounding hides its slope: one more leg goes on from there."""
    begin = knots[-1]
    start = begin.U @ F
    loss = float(risk.value_of(start))
    if float(risk.value(knots[0])) <= HIGH * max(loss, risk.at_zero):
        return
    end, above = _line(begin, risk, F, units, start, best_output(risk, basis, start))
    if above <= 0.0 and float(risk.value(end)) < loss:
        knots.append(end)


def _freed(theta: Theta, risk: ConvexRisk, F: Tensor) -> tuple[np.ndarray, np.ndarray, Theta]:
    """Leg 1: to the best weights on pivots, at the first tolerance at which the loss falls all the way."""
    own = theta.U @ F
    hidden = np.arange(theta.p - risk.pinned)
    groups = [np.array([theta.p - 1])] * risk.pinned + [hidden]
    found: list[tuple[float, np.ndarray, np.ndarray, Theta]] = []
    for tolerance in TOLERANCES:
        units, Q = independent(F.numpy(), groups, tolerance)
        units, Q = units[: risk.dimension], Q[:, : risk.dimension]
        if found and len(units) == len(found[-1][1]):
            continue
        basis = torch.from_numpy(Q)
        start = own @ basis @ basis.T
        last = len(units) == risk.dimension
        best = best_output(risk, basis, start) if last else best_output(risk, basis, start, STEPS)
        end, slope = _line(theta, risk, F, units, start, best, 1.0 if last else HALF_WAY)
        found.append((slope, units, Q, end))
        if slope <= 0.0:
            break
    return min(found, key=lambda each: each[0])[1:]


def _line(
    begin: Theta, risk: ConvexRisk, F: Tensor, units: np.ndarray, start: Tensor, best: Tensor, far: float = 1.0
) -> tuple[Theta, float]:
    """The end of a leg of ``U`` on the way from ``start`` to ``best`` on ``units``, at most the share ``far`` of it.

    Returns:
        the end, and how far ``g'`` is above ``-eta`` there: the loss falls all the way where this is at most 0.
    """
    both = weights(F.numpy()[units], torch.cat([start, best]).numpy())[0]
    first, last = (_on_units(begin.U, units, part) for part in (both[: risk.m], both[risk.m :]))
    sizes = F.abs()

    def at(t: float) -> Tensor:
        return last if t == 1.0 else first + t * (last - first)

    def above(t: float, careful: bool = False) -> float:
        slope, eta = risk.slope_along(at(t), begin.U, F, sizes)
        return slope + eta + (slack(risk, at(t), begin.U, F, sizes) if careful else 0.0)

    low = farthest(above, far)
    short = farthest(partial(above, careful=True), low)
    low = short if short >= CAREFUL * low else low
    return Theta(at(low), begin.W), 0.0 if torch.equal(at(low), begin.U) else above(low)


def farthest(above: Callable[[float], float], far: float) -> float:
    """The largest ``t`` found in ``[0, far]`` with ``above(t) <= 0``, for a function that grows; 0 where there is none.

    The largest such power of 1/2 first: where the loss is saturated, far ends have slopes below their rounding.
    """
    low = far if above(far) <= 0.0 else next((t for t in HALVES if t <= far and above(t) <= 0.0), 0.0)
    high = min(2 * low, far)
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if above(middle) <= 0.0 else (low, middle)
    return low


def slack(risk: ConvexRisk, U1: Tensor, U0: Tensor, F: Tensor, sizes: Tensor) -> float:
    """What rounding of the outputs may make of ``g'(1-)`` through the gradient, where that is 0 at the minimum: square, Huber.

    ``ROUNDING eps (1/N) sum |D| |H| (|U_1| + |U_0|) |F|``, ``H`` the Hessian of ``l``, ``sizes`` is ``|F|``: so far before
    the root of ``g'`` a leg ends, and what is decided without rounding falls to its very end.
    """
    H = risk.loss.curvature(U1 @ F, risk.target) if isinstance(risk.loss, Square | Huber) else None
    if H is None:
        return 0.0
    outputs = (U1.abs() + U0.abs()) @ sizes
    bent = torch.einsum("ji,jki,ki->", ((U1 - U0) @ F).abs(), H.abs(), outputs)
    return ROUNDING * torch.finfo(F.dtype).eps * float(bent) / risk.N


def _on_units(like: Tensor, units: np.ndarray, values: np.ndarray) -> Tensor:
    U = torch.zeros_like(like)
    U[:, torch.from_numpy(units)] = torch.from_numpy(values)
    return U


def _new_rows(risk: ConvexRisk, Q: np.ndarray, missing: int, generator: torch.Generator) -> tuple[Tensor, np.ndarray]:
    """Drawn rows whose filters complete the span: the rows, and the basis with them."""
    found, start = [torch.zeros(0, risk.n, dtype=torch.float64)], Q.shape[1]
    for attempt in range(ROUNDS):
        short = missing - (Q.shape[1] - start)
        rows = _candidates(
            risk, Q, min((3 * short + 8) << attempt, max(short + 8, ENOUGH // risk.N)), attempt, generator
        )
        F = risk.sigma(rows @ risk.law.X.T)
        norms = F.norm(dim=1)
        F[norms < FAINT * norms.median()] = 0.0
        chosen, basis = independent(F.numpy(), [np.arange(len(F))], max(NEW_ROWS * 0.1**attempt, LAST), Q)
        found.append(rows[torch.from_numpy(chosen[:short])])
        Q = basis[:, : Q.shape[1] + len(found[-1])]
        if len(found[-1]) == short:
            break
    return torch.cat(found), Q


def _candidates(risk: ConvexRisk, Q: np.ndarray, count: int, attempt: int, generator: torch.Generator) -> Tensor:
    """Rows at random; if these were not enough, steep and flat ones too, and kinks at the points that ``Q`` sees least.

    Of thousands of points random rows miss many: there each point has a kink first.
    """
    kinks = risk.sigma.coefficients is None
    if attempt == 0 and kinks and risk.N > MANY:
        return rows_through_points(risk.law.X, risk.N, generator, torch.arange(risk.N))
    if attempt == 0:
        return risk.law.rows(risk.sigma, count, generator)
    rows = risk.law.rows(risk.sigma, count // 2, generator)
    rows = rows * STEEPNESS ** (2 * torch.rand(len(rows), 1, generator=generator, dtype=rows.dtype) - 0.5)
    if not kinks:
        return rows
    unseen = torch.from_numpy(np.argsort((Q * Q).sum(axis=1), kind="stable")[: max(count // 4, 1)].copy())
    return torch.cat([rows, rows_through_points(risk.law.X, count - len(rows), generator, unseen)])
