"""Corollary A': a path between two networks under weight decay on which ``f`` is never above the worse of the two.

Both go down to optima (Theorem A). Optima have one output and one total decay, so on the union of their units they are points
of a polytope; the simplex method walks along its edges, on which ``f`` stays, exchanging the first network's units for the
second's. Then units are moved into the second network's slots through a free one. Nothing here judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from valleys.construct.decay_algebra import Algebra
from valleys.construct.decay_path import DOUBLES, Atom, Descent, descent_to
from valleys.paths.curves import Curve
from valleys.paths.masses import BalanceLeg, MassLeg, MassPath
from valleys.paths.path import Path, Piece
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta

CROSS, MOVE, SETTLE = "cross", "move to its slot", "settle"
#: More pivots than this a unit mean that rounding goes in circles.
PIVOTS = 20
#: A pivot counts where it takes this part of the decay from the first network's units.
GAIN = 1e-9


@dataclass(frozen=True, eq=False)
class MassJoin:
    """A path down from the first network, flat legs between two optima, and the path down from the second, walked upwards.

    Attributes:
        down: from the first network.
        flat: legs on which ``f`` stays.
        up: from the second network down.
    """

    down: MassPath
    flat: tuple[MassLeg, ...]
    up: MassPath

    @property
    def names(self) -> list[str]:
        """The step of the construction that each leg belongs to."""
        return [*self.down.names, *(leg.name for leg in self.flat), *reversed(self.up.names)]

    def path(self) -> Path:
        """The path in parameters."""
        there = MassPath(self.down.balance, (*self.down.legs, *self.flat)).path()
        return Path((*there.pieces, *(backwards(piece) for piece in reversed(self.up.path().pieces))))


def backwards(piece: Piece) -> Curve[Theta]:
    """The same curve from its end to its start."""
    assert isinstance(piece, Curve)  # every leg in masses is one
    formula: Callable[[Tensor], Theta] = piece.formula
    return Curve(piece.end, piece.start, lambda t: formula(1 - t))


def join(a: Theta, b: Theta, risk: DecayRisk, rank: int, targets: list[Atom], algebra: Algebra = DOUBLES) -> MassJoin:
    """The path between two networks of one width ``p >= rank + 1``.

    Args:
        a: the first network.
        b: the second.
        risk: the loss.
        rank: the dimension of the span of the units' outputs.
        targets: units of an optimum.
        algebra: of the masses.

    Returns:
        the path.
    """
    balances: list[BalanceLeg] = []
    states: list[Descent] = []
    for theta in (a, b):
        balance, state = descent_to(theta, risk, rank, targets, algebra)
        balances.append(balance)
        states.append(state)
    here, there = states
    done = len(here.legs)
    home = cross(here, there)
    into_slots(here, home)
    settle(here, there)
    down, up = (MassPath(leg, tuple(s.legs)) for leg, s in zip(balances, (here, there), strict=True))
    return MassJoin(MassPath(down.balance, down.legs[:done]), down.legs[done:], up)


def cross(here: Descent, there: Descent) -> dict[int, int]:
    """Pivots until the live units are those of ``there``; returned is where each of them belongs, by its slot.

    Raises:
        ArithmeticError: after too many pivots.
    """
    home: dict[int, int] = {}
    for _ in range(PIVOTS * (len(here.live) + len(there.live) + 1)):
        missing = [j for j in there.live if j not in home.values()]
        if not missing:
            return home
        for j in missing:  # Bland's rule: the first that helps
            if pivot(here, there, j, home):
                break
        else:
            raise ArithmeticError("two optima with no edge between them")
    raise ArithmeticError("the pivots go in circles")


def pivot(here: Descent, there: Descent, j: int, home: dict[int, int]) -> bool:
    """Bring unit ``j`` of ``there`` in, if that takes decay from units that are to go, or completes a basis."""
    atom = there.atom(j)
    column = here.column(atom.e, atom.d)[:, None]
    v = here.algebra.kernel(np.concatenate([here.A[:, here.live], column], axis=1), here.rank)
    if v is not None:
        v = v / v[-1]
        lost = sum(here.decay[i] * c for i, c in zip(here.live, v[:-1], strict=True) if i not in home)
        if lost > -GAIN * there.decay[j]:
            return False
    slot = here.insert(atom, None if j in here.live else j)
    home[slot] = j
    if v is not None:
        walls = [(-here.k[i] / c, i) for i, c in zip(here.live, v, strict=True) if c < 0]
        step, dead = min(walls)
        here.go(CROSS, v, step, dead)
        home.pop(dead, None)
    return True


def into_slots(here: Descent, home: dict[int, int]) -> None:
    """Move each unit into its slot, through a free slot where another one is in the way."""
    while wrong := [slot for slot, j in home.items() if slot != j]:
        slot = next((s for s in wrong if home[s] not in here.live), None)
        if slot is None:
            slot = wrong[0]
            free = next(i for i in range(len(here.k)) if i not in here.live)
            move(here, slot, free)
            home[free] = home.pop(slot)
        else:
            j = home.pop(slot)
            move(here, slot, j)
            home[j] = j


def move(here: Descent, slot: int, to: int) -> None:
    """All of a unit's mass to a dead slot, in the same direction: the network stays."""
    here.insert(here.atom(slot), to)
    v = here.algebra.numbers([0] * len(here.live))
    v[here.live.index(slot)], v[here.live.index(to)] = v[0] - 1, here.decay[slot] / here.decay[to]
    here.go(MOVE, v, here.k[slot], slot)


def settle(here: Descent, there: Descent) -> None:
    """The last leg: from masses that are the second network's to rounding to its own, with its own directions."""
    for i in there.live:
        if i not in here.live:
            here.insert(there.atom(i), i)
    if (here.k != there.k).any():
        here.legs.append(MassLeg(SETTLE, here.units, here.k, there.k))
