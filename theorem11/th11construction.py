"""Theorem 11 as straight legs on which the loss falls: from any linear network, of any depth, to a global minimum.

Two layers move, ``W`` and ``U``; what lies between, if anything, was made ready before (``th11deepconstruction``). In
whitened coordinates ``Wt = W K (p x r)`` the loss is ``|U Wt - C|^2 + c``. No leg is constant only to rounding, each falls:

1. *rows*: where the rows of ``Wt`` are dependent, ``Wt`` gains ``v n^T`` and ``U`` gains ``C n v^+``, ``v^T Wt = 0`` and
   ``Wt n = 0``: the loss falls as ``|(1 - t^2/2) C n - (t/sqrt 2) s U v|^2`` for every new direction;
2. *readout*: ``U`` moves on a line to the least squares ``C Wt^+``: a convex parabola;
3. *turn* (only if ``p < r``): the row space of ``Wt`` turns into the dominant ``p``-space of ``M = C^T C``, the least squares at
   every knot. ``knots_of_turn`` takes as many knots as the closed form of the loss on a chord needs to fall;
4. *away*: at a saddle the turn would begin level. One straight leg along it falls as ``-t^2``, or its opposite does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theorem11.th11lift import Lift
from theorem11.th11model import DeepPath, Layers, Walk
from theorem11.th11risk import LinearRisk
from theorem11.th11slope import change, downhill
from theorem11.th11turn import Turn
from valleys.problem.network import Theta

EPS = torch.finfo(torch.float64).eps
#: Singular values of rows of unit length below this count as 0: new rows are given then.
DEPENDENT = 1e-7
#: Legs to least squares stop this share before them at least, where rounding would decide whether they rise.
SHORT = 1e-8
#: How often the rounding of the change that leads there fits into what is left of it.
SAFE = 2
#: A leg of which more would be left away is not worth it.
SHARE = 0.5
#: One that leaves away no more has arrived.
WELL = 1e-4
#: So many legs to a least squares at most; one nearly always.
LEGS = 4


def two_layers(start: Theta, risk: LinearRisk) -> DeepPath:
    """The path of a network of one hidden layer."""
    walk = Walk(Layers.of(start))
    down(walk, risk)
    return walk.path()


def down(walk: Walk, risk: LinearRisk) -> None:
    """Append the legs to a global minimum.

    Args:
        walk: stands where the middle layers have the rank of the narrowest layer.
        risk: the loss, in whitened coordinates.
    """
    risk = risk.in_units  # rows W K of length 1 are as large as those of the start, however large the inputs are
    lift = Lift(walk.here)
    new_rows(walk, lift, risk)
    readout(walk, lift, risk)
    turn = Turn.of(lift.seen(walk.here), risk)
    if turn is not None and turn.level:
        walk.go("away", opposite(walk.here, lift, turn.first(), risk))
        readout(walk, lift, risk)
        turn = Turn.of(lift.seen(walk.here), risk)
    if turn is not None:
        walk.go("turn", *(lift.at(theta) for theta in turn.knots()))


def opposite(here: Layers, lift: Lift, move: Theta, risk: LinearRisk) -> Layers:
    """``here + move`` or ``here - move``, whichever goes down."""
    base = lift.seen(here)
    ends = tuple(lift.at(Theta(base.U + s * move.U, base.W + s * move.W)) for s in (1.0, -1.0))
    return downhill(here, (ends[0], ends[1]), risk)


def readout(walk: Walk, lift: Lift, risk: LinearRisk) -> None:
    """Step 2, on one leg or, where the first stops well short of it, on a few: ``U -> C Wt^+``."""
    knots, short = [walk.here], 1.0
    while short > WELL and len(knots) <= LEGS:
        theta = lift.seen(knots[-1])
        whitened = theta.W @ risk.K
        best = Rows.of(whitened).readout(risk.C, whitened)
        short = shortened(knots[-1], lift.at(Theta(best, theta.W)), risk)
        if short >= SHARE:
            break
        knots.append(lift.at(Theta(best + short * (theta.U - best), theta.W)))
    walk.go("readout", *knots)


def shortened(here: Layers, end: Layers, risk: LinearRisk) -> float:
    """Which share of the leg to the least squares is left away, so that rounding at its ``end`` does not decide.

    The residual there is rounded by ``eps (|W_{K+1}| .. |W_1| |K| + |C|)``, and layers between that nearly lack rank move it away
    from where it should be orthogonal to its change ``D``, which is rounded itself, by ``eps (|dW_{K+1}| .. |W_1| |K|)``:
    much where the rows lie along what the data hardly see.
    """
    R, D = risk.residual(end), change(here, end, risk.K)  # never the difference of two residuals
    moved, size = float(D.norm()), float((end.map(torch.abs).through(risk.K.abs()) + risk.C.abs()).norm())
    if moved == 0:
        return 1.0
    steps = Layers(tuple(a.abs() + (b - a).abs() for a, b in zip(here.weights, end.weights, strict=True)))
    turned = EPS * float(R.norm() * change(here.map(torch.abs), steps, risk.K.abs()).norm()) / moved
    left = max(
        SAFE * EPS * size, SHORT * min(moved, float(risk.C.norm())), 2 * float((R * D).sum()) / moved + SAFE * turned
    )
    return left / moved


def new_rows(walk: Walk, lift: Lift, risk: LinearRisk) -> None:
    """Step 1; nothing where the rows are independent, or span all that the data see, or the residual is 0 already."""
    theta = lift.seen(walk.here)
    whitened = theta.W @ risk.K
    rows = Rows.of(whitened)
    count = min(whitened.shape) - rows.rank
    rest = (risk.C - (risk.C @ rows.basis.T) @ rows.basis) @ rows.beside
    if count == 0 or rest.norm() <= EPS * risk.C.norm():
        return
    v = rows.dead[:, :count]
    # the largest of what is missing, mixed so that each new row has its share
    n = mixed(count) @ (rows.beside @ torch.linalg.svd(rest).Vh.T)[:, :count].T
    c, u = risk.C @ n.T, theta.U @ v
    n = torch.where((c * u).sum(dim=0) < 0, -1.0, 1.0)[:, None] * n
    c = risk.C @ n.T
    natural = rows.size if whitened.any() else c.norm(dim=0).sqrt()
    size = torch.minimum(natural, c.norm(dim=0) / (2 * u.norm(dim=0)).clamp(min=1e-300))
    move = Theta((c / size) @ torch.linalg.pinv(v) / 2**0.5, (v * size) @ n @ risk.inverse / 2**0.5)
    walk.go("rows", opposite(walk.here, lift, move, risk))


def mixed(k: int) -> Tensor:
    """An orthogonal matrix ``(k, k)`` without zeros in its first column: ``I - 2 h h^T`` with ``h`` near the diagonal."""
    h = torch.ones(k, dtype=torch.float64)
    h[0] += k**0.5
    return torch.eye(k, dtype=torch.float64) - 2 * torch.outer(h, h) / (h @ h)


@dataclass(frozen=True, eq=False)
class Rows:
    """What rows ``Wt (p, r)`` span, whatever their lengths.

    Attributes:
        scale: ``(p,)``, their lengths; 1 for rows of zeros.
        rank: of the rows.
        basis: ``(rank, r)``, orthonormal.
        beside: ``(r, r - rank)``, an orthonormal basis of the complement.
        dead: ``(p, p - rank)``: ``v`` with ``v^T Wt = 0``, rows of zeros first.
        inverse: ``(rank, p)``: ``basis = inverse Wt``.
    """

    scale: Tensor
    rank: int
    basis: Tensor
    beside: Tensor
    dead: Tensor
    inverse: Tensor

    @classmethod
    def of(cls, whitened: Tensor) -> Rows:
        """Take rows apart."""
        p = len(whitened)
        length = torch.linalg.vector_norm(whitened, dim=1)
        zero = length == 0
        scale = torch.where(zero, 1.0, length)
        live = (~zero).nonzero()[:, 0]
        A, s, Bt = torch.linalg.svd(whitened[live] / scale[live, None], full_matrices=True)
        rank = int((s > DEPENDENT).sum())
        dead, inverse = torch.zeros(p, p - rank, dtype=torch.float64), torch.zeros(rank, p, dtype=torch.float64)
        zeros = zero.nonzero()[:, 0]
        dead[zeros, torch.arange(len(zeros))] = 1.0
        dead[live, len(zeros) :] = A[:, rank:] / scale[live, None]
        inverse[:, live] = (A[:, :rank] / s[:rank]).T / scale[live]
        return cls(scale, rank, Bt[:rank], Bt[rank:].T, dead / dead.norm(dim=0), inverse)

    @property
    def size(self) -> Tensor:
        """A length for new rows."""
        return self.scale.log().mean().exp()

    def readout(self, C: Tensor, whitened: Tensor) -> Tensor:
        """The least squares ``C Wt^+``, up to what the rows cannot see: ``(C B^T) inverse``."""
        best = (C @ self.basis.T) @ self.inverse
        return (
            best + ((C - best @ whitened) @ self.basis.T) @ self.inverse
        )  # once more: nearly dependent rows lose digits
