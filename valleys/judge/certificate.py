"""The judge: recomputes the loss along a path from the parameters alone and says how far it rises.

A leg that moves only ``U`` is an exact parabola; a leg that moves only rows of ``W`` whose output weights are zero is
constant; any other leg is evaluated on a stated grid. Nothing here knows how a path was built, and nothing that is not
finite holds: a number that is not makes every verdict that it enters NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan

import torch

from valleys.judge.grid import Leg as Leg
from valleys.judge.grid import judge_grid, largest_jump
from valleys.judge.grid import rise_of_values as rise_of_values
from valleys.paths.curves import points_of
from valleys.paths.path import Line, Path, Piece
from valleys.problem.network import Theta
from valleys.problem.risk import Risk
from valleys.run.claims import Claim, at_most, worst

#: Allowed rise on a leg, see ``Verdict.relative_rise``; allowed gap at the end, see ``Verdict.end_gap``.
RISE_BOUND, GAP = 1e-12, 1e-12
#: Allowed rise on straight lines between points of a curve: they leave the curve by the square of the spacing.
CHORD_BOUND = 1e-3
#: A loss below this share of ``E|Y|^2`` is rounding of ``E|Y|^2``.
ROUNDING = 2.0**-52


@dataclass(frozen=True)
class Verdict:
    """The verdict on a path.

    Attributes:
        legs: one verdict a leg.
        excess: ``L(end) - L*``, or None where no minimum was given.
        zero: ``E|Y|^2``, the loss of the zero network; None where it is not known.
        jump: of points along a curve, the largest rise on a straight line between neighbours, see ``largest_jump``.
    """

    legs: tuple[Leg, ...]
    excess: float | None
    zero: float | None = None
    jump: float | None = None

    @property
    def start(self) -> float:
        """Loss at the start."""
        return self.legs[0].start

    @property
    def end(self) -> float:
        """Loss at the end."""
        return self.legs[-1].end

    @property
    def rise(self) -> float:
        """The largest rise on one leg."""
        return worst(leg.rise for leg in self.legs)

    @property
    def relative_rise(self) -> float:
        """The largest rise on one leg, relative to ``L(start)``; NaN if any loss on the way is not finite.

        A start above ``E|Y|^2`` excuses no rise further down: there a leg is held against the larger of ``E|Y|^2`` and
        the loss where the leg starts. A start that is optimal to rounding is held against rounding of ``E|Y|^2``.
        """
        return worst(self._relative(leg) for leg in self.legs)

    def _relative(self, leg: Leg) -> float:
        if not all(map(isfinite, (self.start, leg.start, leg.end, leg.rise))):
            return nan
        scale = self.start
        if self.zero is not None:
            scale = max(min(scale, max(leg.start, self.zero)), ROUNDING * self.zero)
        return 0.0 if leg.rise <= 0 else leg.rise / scale if scale > 0 else inf

    @property
    def end_gap(self) -> float:
        """``(L(end) - L*)/E|Y|^2``: what is left of what can be explained. Where the path began does not count.

        Raises:
            ValueError: where no minimum was given or ``E|Y|^2`` is not known.
        """
        if self.excess is None or self.zero is None:
            raise ValueError("a verdict without a minimum has no gap at the end")
        if not (isfinite(self.excess) and isfinite(self.zero)):
            return nan
        if self.zero <= 0:
            return 0.0 if self.excess == 0 else inf
        return self.excess / self.zero


def rise_of_parabola(s: float, a: float) -> float:
    """Largest rise on [0, 1] of ``L(t) = |R0 + t D|^2``, with ``s = <R1, D>``, ``a = |D|^2``.

    ``0`` if ``s <= 0``; ``L(1) - L(0) = 2 s - a`` if ``s >= a``; else ``s^2/a`` (the minimum lies inside, near the
    end). Never sampled: a rise at the very end would be missed. NaN if either is not finite.

    >>> rise_of_parabola(2.0, 1.0)
    3.0
    """
    if not (isfinite(s) and isfinite(a)):
        return nan
    if s <= 0:
        return 0.0
    return 2 * s - a if s >= a else s * s / a


def moves(start: Theta, end: Theta) -> str:
    """What a straight leg moves: ``still``, ``U``, ``dead`` rows of ``W`` only, or anything else (``grid``)."""
    if torch.equal(start.W, end.W):
        return "still" if torch.equal(start.U, end.U) else "U"
    if not torch.equal(start.U, end.U):
        return "grid"
    moved = (start.W != end.W).any(dim=1)
    return "grid" if (start.U[:, moved] != 0).any() else "dead"


def live_part(theta: Theta) -> Theta:
    """The network without its units of zero output weight: the same function (one unit is kept)."""
    live = (theta.U != 0).any(dim=0)
    live[0] |= ~live.any()
    return Theta(theta.U[:, live], theta.W[live])


def judge_leg(piece: Piece, risk: Risk) -> Leg:
    """The verdict on one piece; closed form where the piece is straight and one exists, a grid otherwise."""
    kind = moves(piece.start, piece.end) if isinstance(piece, Line) else "grid"
    if kind in {"still", "dead"}:
        L0, L1 = (float(risk.value(live_part(theta))) for theta in (piece.start, piece.end))
        return Leg(kind, abs(L1 - L0), L0, L1, 2)
    L0, L1 = (float(risk.value(theta)) for theta in (piece.start, piece.end))
    if kind == "U" and hasattr(risk, "parabola"):
        s, a = risk.parabola(piece.start, piece.end)
        return Leg(kind, rise_of_parabola(s, a), L0, L1, 2)
    return judge_grid(piece.start, piece.end, lambda t: points_of(piece, t), risk.value)


def loss_of_zero(theta: Theta, risk: Risk) -> float:
    """``E|Y|^2``: the loss of ``theta`` with output weights 0."""
    return float(risk.value(Theta(torch.zeros_like(theta.U), theta.W)))


def judge_path(path: Path, risk: Risk, excess: float | None = None) -> Verdict:
    """The verdict on every leg of ``path`` for the loss ``risk``.

    Args:
        path: the path.
        risk: the loss; with a method ``parabola`` legs of ``U`` are judged in closed form.
        excess: ``L(end) - L*``, computed by the caller where a minimum is known.

    Returns:
        the verdict.
    """
    return Verdict(tuple(judge_leg(piece, risk) for piece in path.pieces), excess, loss_of_zero(path.start, risk))


def judge_points(points: Theta, risk: Risk, excess: float | None = None) -> Verdict:
    """The verdict on points along a curve (a batch ``(K, ...)``): the loss at the points.

    The curve between them is not in the batch. Straight lines between neighbours are looked at instead (``jump``): a jump
    is seen there, however smooth the losses at its ends are.
    """
    values = torch.stack([risk.value(points[i]) for i in range(len(points.U))])
    leg = Leg("points", rise_of_values(values), float(values[0]), float(values[-1]), len(values))
    zero = loss_of_zero(points[0], risk)
    return Verdict((leg,), excess, zero, largest_jump(points, values, risk.value, zero))


def descent_claims(
    prefix: str,
    source: str,
    rises: Sequence[float],
    gaps: Sequence[float],
    *,
    rise_bound: float = RISE_BOUND,
    gap_bound: float = GAP,
    to: str = "relative to E|Y|^2",
) -> list[Claim]:
    """The claims on descent paths, each of the worst of them: none rises, each ends at the minimum.

    Args:
        prefix: begins the ids.
        source: theorem and page.
        rises: the relative rise of each path.
        gaps: the relative gap of each at its end; none where no minimum is known.
        rise_bound: what is allowed of the first.
        gap_bound: and of the second.
        to: what the gaps are relative to.

    Returns:
        a claim for each of the two that has numbers.
    """
    of = f" (worst of {len(rises)} paths)" if len(rises) > 1 else ""
    rising = f"largest rise on a leg, relative to the loss at the start{of}"
    claims = []
    if rises:
        claims.append(at_most(f"{prefix}.never_rises", source, rising, worst(rises), rise_bound, "verified"))
    if gaps:
        ending = f"loss at the end less the minimum, {to}{of}"
        claims.append(at_most(f"{prefix}.ends_at_minimum", source, ending, worst(gaps), gap_bound, "verified"))
    return claims


def path_claims(verdict: Verdict, prefix: str, source: str) -> list[Claim]:
    """The claims on one path: it never rises; where the minimum is known, it ends there.

    Of points along a curve (``judge_points``) it is measured at the points, and on straight lines between them, that the
    loss does not rise; nothing is verified of the curve itself.
    """
    gaps = [] if verdict.excess is None else [verdict.end_gap]
    if verdict.jump is None:
        return descent_claims(prefix, source, [verdict.relative_rise], gaps)
    words = (
        f"largest rise among {verdict.legs[0].points} points, relative to the loss at the start; the curve between them "
        "is not in the file and was not looked at"
    )
    chords = "largest rise on a straight line between neighbouring points, relative to E|Y|^2: the points do not jump"
    return [
        at_most(f"{prefix}.never_rises_at_its_points", source, words, verdict.relative_rise, RISE_BOUND, "measured"),
        at_most(f"{prefix}.no_jump_between_points", source, chords, verdict.jump, CHORD_BOUND, "measured"),
        *descent_claims(prefix, source, [], gaps),
    ]
