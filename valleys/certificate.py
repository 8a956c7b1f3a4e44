"""The judge: recomputes the loss along a path from the parameters alone and says how far it rises.

A leg that moves only ``U`` is an exact parabola; a leg that moves only rows of ``W`` whose output weights are zero is
constant; any other leg is evaluated on a stated grid. Nothing here knows how a path was built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from valleys.network import Theta
from valleys.path import Line, Path, Piece
from valleys.risk import Risk

Kind = Literal["proved", "computed", "verified", "measured"]
RISE_BOUND = 1e-12
GRID = 256
MAX_GRID = 8192


@dataclass(frozen=True)
class Claim:
    """One claim of a record.

    Attributes:
        id: unique within its script.
        source: where the paper says it.
        statement: what is claimed, in words.
        measured: the value found.
        bound: what the value is held against.
        slack: how far the claim is from failing (negative: it fails).
        holds: the verdict.
        kind: proved, computed, verified or measured.
    """

    id: str
    source: str
    statement: str
    measured: float
    bound: float
    slack: float
    holds: bool
    kind: Kind

    def as_dict(self) -> dict[str, Any]:
        """The claim as a record holds it."""
        return asdict(self)


def at_most(id: str, source: str, statement: str, measured: float, bound: float, kind: Kind) -> Claim:
    """The claim ``measured <= bound``; NaN fails.

    >>> at_most("a", "", "", 1.0, 2.0, "verified").holds
    True
    """
    return Claim(id, source, statement, measured, bound, bound - measured, measured <= bound, kind)


def at_least(id: str, source: str, statement: str, measured: float, bound: float, kind: Kind) -> Claim:
    """The claim ``measured >= bound``; NaN fails."""
    return Claim(id, source, statement, measured, bound, measured - bound, measured >= bound, kind)


class Parabolic(Protocol):
    """A risk that gives the exact parabola of a leg that moves only ``U``."""

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """``s = <R1, D>`` and ``a = |D|^2`` with ``D = R1 - R0``."""


@dataclass(frozen=True)
class Leg:
    """The verdict on one leg.

    Attributes:
        kind: ``U`` (exact parabola), ``dead`` (rows without output weight: constant), ``still`` (nothing moves),
            ``grid`` (evaluated at ``points`` points).
        rise: the largest ``L(t) - L(s)``, ``s < t``, on the leg.
        start, end: the loss at both ends.
        points: evaluations that the verdict rests on.
    """

    kind: str
    rise: float
    start: float
    end: float
    points: int


@dataclass(frozen=True)
class Verdict:
    """The verdict on a path.

    Attributes:
        legs: one verdict a leg.
        excess: ``L(end) - L*``, or None where no minimum was given.
    """

    legs: tuple[Leg, ...]
    excess: float | None

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
        return max(leg.rise for leg in self.legs)

    @property
    def relative_rise(self) -> float:
        """``rise / L(start)`` (0 where nothing rises)."""
        return self.rise / self.start if self.rise > 0 else 0.0


def rise_of_parabola(s: float, a: float) -> float:
    """Largest rise on [0, 1] of ``L(t) = |R0 + t D|^2``, with ``s = <R1, D>``, ``a = |D|^2``.

    ``0`` if ``s <= 0``; ``L(1) - L(0) = 2 s - a`` if ``s >= a``; else ``s^2/a`` (the minimum lies inside, near the
    end). Never sampled: a rise at the very end would be missed.

    >>> rise_of_parabola(2.0, 1.0)
    3.0
    """
    if s <= 0:
        return 0.0
    return 2 * s - a if s >= a else s * s / a


def rise_of_values(values: Tensor) -> float:
    """Largest rise of a sequence: ``max_{i < j} values[j] - values[i]``, at least 0.

    >>> rise_of_values(torch.tensor([3.0, 1.0, 2.0, 0.0]))
    1.0
    """
    lowest = torch.cummin(values, dim=0).values
    return float((values - lowest).max())


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
    points, rise = GRID, -1.0
    while True:
        values = torch.stack([risk.value(piece.at(i / points)) for i in range(points + 1)])
        last, rise = rise, rise_of_values(values)
        if abs(rise - last) <= RISE_BOUND * max(L0, L1) or points >= MAX_GRID:
            return Leg("grid", rise, L0, L1, points + 1)
        points *= 2


def judge_path(path: Path, risk: Risk, excess: float | None = None) -> Verdict:
    """The verdict on every leg of ``path`` for the loss ``risk``.

    Args:
        path: the path.
        risk: the loss; with a method ``parabola`` legs of ``U`` are judged in closed form.
        excess: ``L(end) - L*``, computed by the caller where a minimum is known.

    Returns:
        the verdict.
    """
    return Verdict(tuple(judge_leg(piece, risk) for piece in path.pieces), excess)


def judge_points(points: Theta, risk: Risk, excess: float | None = None) -> Verdict:
    """The verdict on points along a curve (a batch ``(K, ...)``): the loss at the points, nothing between them."""
    values = torch.stack([risk.value(points[i]) for i in range(len(points.U))])
    return Verdict((Leg("points", rise_of_values(values), float(values[0]), float(values[-1]), len(values)),), excess)


def path_claims(verdict: Verdict, prefix: str, source: str, scale: float, gap: float = 2e-12) -> list[Claim]:
    """The two claims on a descent path: it never rises, it ends at the minimum.

    Args:
        verdict: of the judge.
        prefix: begins the ids.
        source: theorem and page.
        scale: size of the loss, for the gap at the end.
        gap: allowed ``(L(end) - L*)/scale``.

    Returns:
        one claim, or two where the minimum is known.
    """
    rising = "largest rise on a leg, relative to the loss at the start"
    claims = [at_most(f"{prefix}.never_rises", source, rising, verdict.relative_rise, RISE_BOUND, "verified")]
    if verdict.excess is not None:
        ending = "loss at the end less the minimum, relative"
        claims.append(at_most(f"{prefix}.ends_at_minimum", source, ending, verdict.excess / scale, gap, "verified"))
    return claims


def all_hold(claims: Sequence[Claim]) -> bool:
    """True where every claim holds."""
    return all(claim.holds for claim in claims)
