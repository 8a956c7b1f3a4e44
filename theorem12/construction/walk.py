"""A path under construction: where it stands, and the moves that are exactly harmless."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from valleys.paths.path import Line, Path, Piece
from valleys.problem.network import Theta


@dataclass
class Walk:
    """Legs so far.

    Attributes:
        start: where it began.
        pieces: the legs; one that does not move is left out.
    """

    start: Theta
    pieces: list[Piece] = field(default_factory=list)

    @property
    def here(self) -> Theta:
        """Where it stands."""
        return self.pieces[-1].end if self.pieces else self.start

    def go(self, piece: Piece | None) -> None:
        """Append a leg."""
        if piece is not None and not piece.end.equal(piece.start):
            self.pieces.append(piece)

    def output(self, rows: Tensor, value: Tensor | float) -> None:
        """``u[rows] -> value`` on a line."""
        U = self.here.U.clone()
        U[0, rows] = value
        self.go(Line(self.here, Theta(U, self.here.W)))

    def hidden(self, rows: Tensor, value: Tensor | float) -> None:
        """``W[rows] -> value`` on a line."""
        W = self.here.W.clone()
        W[rows] = value
        self.go(Line(self.here, Theta(self.here.U, W)))

    def path(self) -> Path:
        """The path; one leg that stands still if nothing moved."""
        return Path(tuple(self.pieces) or (Line(self.start, self.start),))
