"""Paths in parameter space: pieces, each owning both of its ends. Pure geometry; no loss is known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from valleys.problem.network import Theta, move, stack
from valleys.run.errors import InputError


class Piece(Protocol):
    """A continuous map from ``[0, 1]`` to parameters."""

    @property
    def start(self) -> Theta:
        """The point at ``t = 0``."""

    @property
    def end(self) -> Theta:
        """The point at ``t = 1``."""

    def at(self, t: float) -> Theta:
        """The point at ``t``; ``start`` at 0 and ``end`` at 1, bit for bit."""


@dataclass(frozen=True, eq=False)
class Line:
    """The segment from ``start`` to ``end``."""

    start: Theta
    end: Theta

    def at(self, t: float) -> Theta:
        """``start + t (end - start)``."""
        return move(self.start, self.end, t)


@dataclass(frozen=True, eq=False)
class Path:
    """Pieces one after the other; each begins where the last one ended, bit for bit.

    Attributes:
        pieces: at least one.

    Raises:
        InputError: if there is no piece, or a piece does not begin where the last one ended.
    """

    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        if not self.pieces:
            raise InputError("path", "no piece", "at least one piece")
        for i, (a, b) in enumerate(pairwise(self.pieces), 1):
            if not a.end.equal(b.start):
                raise InputError("path", f"piece {i + 1}", f"a start that is the end of piece {i}, bit for bit")

    @property
    def start(self) -> Theta:
        """The point at ``t = 0``."""
        return self.pieces[0].start

    @property
    def end(self) -> Theta:
        """The point at ``t = 1``."""
        return self.pieces[-1].end

    @property
    def knots(self) -> list[Theta]:
        """Both ends of every piece, ``legs + 1`` points."""
        return [self.start, *(piece.end for piece in self.pieces)]

    def at(self, t: float) -> Theta:
        """The point at ``t`` in ``[0, 1]``; every piece takes the same share of time."""
        legs = len(self.pieces)
        i = min(int(t * legs), legs - 1)
        return self.pieces[i].at(min(t * legs - i, 1.0))

    def sampled(self, points: int) -> Theta:
        """A batch of ``legs * points + 1`` parameters along the path, every knot among them."""
        thetas = [self.start]
        for piece in self.pieces:
            thetas += [piece.at(i / points) for i in range(1, points + 1)]
        return stack(thetas)

    def __add__(self, other: Path) -> Path:
        """This path, then ``other``."""
        return Path(self.pieces + other.pieces)


def moving(knots: Sequence[Theta]) -> list[Theta]:
    """The knots without those that are the one before, bit for bit; two at least."""
    kept = [knots[0], *(after for before, after in pairwise(knots) if not before.equal(after))]
    return kept if len(kept) > 1 else [knots[0], knots[0]]


def polygon(knots: Sequence[Theta]) -> Path:
    """The piecewise linear path through ``knots`` (two or more).

    Raises:
        InputError: with fewer than two knots.
    """
    if len(knots) < 2:
        raise InputError("path", f"{len(knots)} knots", "two knots or more")
    return Path(tuple(Line(a, b) for a, b in pairwise(knots)))
