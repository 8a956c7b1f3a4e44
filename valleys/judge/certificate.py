"""The judge: recomputes the loss along a path from the parameters alone and says how far it rises.

A leg that moves only ``U`` is an exact parabola; a leg that moves only rows of ``W`` whose output weights are zero is
constant; any other leg is evaluated on a stated grid. Nothing here knows how a path was built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from valleys.judge.grid import Leg as Leg
from valleys.judge.grid import judge_grid
from valleys.judge.grid import rise_of_values as rise_of_values
from valleys.paths.curves import points_of
from valleys.paths.path import Line, Path, Piece
from valleys.problem.network import Theta
from valleys.problem.risk import Risk
from valleys.run.claims import Claim, at_most

RISE_BOUND = 1e-12


class Parabolic(Protocol):
    """A risk that gives the exact parabola of a leg that moves only ``U``."""

    def parabola(self, start: Theta, end: Theta) -> tuple[float, float]:
        """``s = <R1, D>`` and ``a = |D|^2`` with ``D = R1 - R0``."""


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
