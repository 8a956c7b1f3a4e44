"""The judge of paths for a convex loss on a sample: no sampling on any leg that moves ``U`` alone, or dead rows alone.

A leg of ``U``: the outputs are affine in ``t``, so ``g(t) = L`` is convex, and it never rises iff ``g'(1-) <= 0``; else
it rises by at most ``g'(1-)`` above its lowest. On legs of both kinds ``L`` is at most what it is at the worse end, which
is all that a connection claims: its certificate is the loss at its knots.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import torch

from valleys.judge.certificate import Verdict, moves
from valleys.judge.grid import Leg, judge_grid
from valleys.paths.curves import points_of
from valleys.paths.path import Line, Path, Piece
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import Theta
from valleys.run.claims import Claim, at_most, worst

#: A connection may rise above its bound by this share of ``max(L(a), L(b), L(0))``: rounding.
EXCESS_BOUND = 1e-12
CONNECTED = "every two networks of width dim* + 1"
#: Kinds of legs on which ``Phi`` is affine.
AFFINE = frozenset({"still", "U", "dead"})


def live_part(theta: Theta) -> Theta:
    """The network without its units of zero output weight: the same function (the last unit is kept: it may be pinned)."""
    live = (theta.U != 0).any(dim=0)
    live[-1] = True
    return Theta(theta.U[:, live], theta.W[live])


def leg_kind(piece: Piece, risk: ConvexRisk) -> str:
    """``still``, ``U``, ``dead`` (rows of units without output weight) or ``grid``; a pinned row may not move."""
    if not isinstance(piece, Line) or (risk.pinned and not torch.equal(piece.start.W[-1], piece.end.W[-1])):
        return "grid"
    return moves(piece.start, piece.end)


def judge_convex_leg(piece: Piece, risk: ConvexRisk) -> Leg:
    """The verdict on one piece."""
    kind = leg_kind(piece, risk)
    L0, L1 = (float(risk.value(live_part(theta))) for theta in (piece.start, piece.end))
    if kind in {"still", "dead"}:
        return Leg(kind, abs(L1 - L0), L0, L1, 2)
    if kind == "U":
        return Leg(kind, rise_of_leg(piece, risk), L0, L1, 2)
    return judge_grid(piece.start, piece.end, lambda t: points_of(piece, t), risk.value)


def rise_of_leg(piece: Piece, risk: ConvexRisk) -> float:
    """A bound on the rise of a leg that moves only ``U``.

    0 if ``g'(1-) <= -eta``, else ``g'(1-) + eta`` or, where less, ``(1/N) sum_i Lip |dPhi_i|``; ``eta`` bounds the
    rounding of ``g'``.
    """
    slope, eta = risk.slope(piece.start, piece.end)
    if slope <= -eta:
        return 0.0
    change = (piece.end.U - piece.start.U) @ risk.features(piece.end.W)
    moved = float(change.norm(dim=0).mean()) * risk.loss.lipschitz(risk.m)
    # The first where `moved` is NaN: a leg on which no output moves, for a loss without a Lipschitz constant.
    return min(slope + eta, moved)


def judge_descent(path: Path, risk: ConvexRisk, floor: float | None = None) -> Verdict:
    """The verdict on a descent path: the rise of every leg, and how far the end is above ``floor``."""
    legs = tuple(judge_convex_leg(piece, risk) for piece in path.pieces)
    return Verdict(legs, None if floor is None else legs[-1].end - floor, risk.at_zero)


@dataclass(frozen=True)
class JoinVerdict:
    """The verdict on a path that should stay below the worse of its ends.

    Attributes:
        kinds: of the legs.
        losses: at the knots, ``legs + 1`` numbers.
        between: the largest loss found on legs of another kind than ``U`` and ``dead``, NaN if any is not a number; 0 where
            there is none.
        scale: ``max(L(a), L(b), L(0))``.
    """

    kinds: tuple[str, ...]
    losses: tuple[float, ...]
    between: float
    scale: float

    @property
    def bound(self) -> float:
        """``max(L(a), L(b))``."""
        return max(self.losses[0], self.losses[-1])

    @property
    def peak(self) -> float:
        """The largest loss on the path."""
        return max(*self.losses, self.between)

    @property
    def excess(self) -> float:
        """``peak - bound`` in units of ``scale``."""
        if not all(isfinite(loss) for loss in (*self.losses, self.between)):
            return inf
        if self.peak <= self.bound:
            return 0.0
        return (self.peak - self.bound) / self.scale if self.scale > 0 else inf

    @property
    def affine(self) -> bool:
        """Whether ``Phi`` is affine on every leg, so that the losses at the knots decide."""
        return AFFINE.issuperset(self.kinds)

    def claims(self, prefix: str, source: str = CONNECTED) -> list[Claim]:
        """The two claims: ``Phi`` is affine on every leg, and no knot lies above the worse end."""
        others = sum(kind not in AFFINE for kind in self.kinds)
        return [
            at_most(f"{prefix}.affine", source, "legs on which the output is not affine", others, 0, "verified"),
            at_most(
                f"{prefix}.below_worse_end", source, "largest loss at a knot less max(L(a), L(b)), relative",
                self.excess, EXCESS_BOUND, "verified",
            ),
        ]  # fmt: skip


def judge_join(path: Path, risk: ConvexRisk) -> JoinVerdict:
    """The verdict on a connection: kinds of its legs and the loss at its knots, from the parameters alone."""
    kinds = tuple(leg_kind(piece, risk) for piece in path.pieces)
    losses = [float(risk.value(live_part(knot))) for knot in path.knots]
    between = 0.0
    for piece, kind in zip(path.pieces, kinds, strict=True):
        if kind == "grid":
            leg = judge_grid(piece.start, piece.end, lambda t, piece=piece: points_of(piece, t), risk.value)  # type: ignore[misc]
            between = worst([between, leg.start + leg.rise])
    return JoinVerdict(kinds, tuple(losses), between, max(losses[0], losses[-1], risk.at_zero))
