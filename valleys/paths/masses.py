"""Paths of networks with positively homogeneous units, in the coordinates in which weight decay is linear.

A unit is an output direction ``e (m,)``, an input direction ``d (n,)``, a mass ``k >= 0`` and a ratio ``q > 0``:
``u = e sqrt(k/q)``, ``w = d sqrt(k q)``. It adds ``k e sigma(d . x)`` to the network and ``k (|e|^2/q + q |d|^2)/2`` to
``(|U|^2 + |W|^2)/2``: both are linear in ``k``, so on a leg on which the masses move straight the square loss with weight
decay is a parabola whose coefficients are rational where ``e, d, q, k`` are. ``q = |e|/|d|`` is the balance ``|u| = |w|``.
A unit of mass 0 is ``u = 0, w = 0``: its directions may be changed without moving the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from valleys.paths.curves import Curve, straight
from valleys.paths.path import Path
from valleys.problem.network import Theta


@dataclass(frozen=True, eq=False)
class Units:
    """Directions of ``p`` units.

    Attributes:
        E: output directions ``(p, m)``, doubles.
        D: input directions ``(p, n)``, doubles.
        ratio: ``q (p,)``, doubles above 0.
    """

    E: np.ndarray
    D: np.ndarray
    ratio: np.ndarray

    def theta(self, masses: Any) -> Theta:
        """The network with these masses ``(..., p)``."""
        k = torch.from_numpy(np.asarray(masses, dtype=np.float64))[..., None]
        ratio = torch.from_numpy(self.ratio)[:, None]
        return Theta(((k / ratio).sqrt() * torch.from_numpy(self.E)).mT, (k * ratio).sqrt() * torch.from_numpy(self.D))

    def replaced(self, slot: int, e: np.ndarray, d: np.ndarray, ratio: float) -> Units:
        """The same with another unit in one slot, whose mass must be 0."""
        E, D, q = self.E.copy(), self.D.copy(), self.ratio.copy()
        E[slot], D[slot], q[slot] = e, d, ratio
        return Units(E, D, q)


@dataclass(frozen=True, eq=False)
class MassLeg:
    """A leg on which masses move straight.

    Attributes:
        name: which step of the construction.
        units: the directions, constant on the leg.
        first: masses at the start ``(p,)``, doubles or Fractions.
        last: masses at the end.
    """

    name: str
    units: Units
    first: Any
    last: Any


@dataclass(frozen=True, eq=False)
class BalanceLeg:
    """The leg ``u s^{1/2}, w s^{-1/2}`` with ``s`` from 1 to ``stretch`` in each live unit; the others go straight to 0.

    Attributes:
        start: the network.
        stretch: ``(p,)``, above 0; 0 marks the units that go to 0.
        units: the directions after it; masses 1 for live units, 0 for the others.
    """

    start: Theta
    stretch: np.ndarray
    units: Units
    name: str = "balance"

    @property
    def last(self) -> np.ndarray:
        """Masses at the end."""
        return (self.stretch > 0).astype(np.float64)


@dataclass(frozen=True, eq=False)
class MassPath:
    """A balance leg, then mass legs. Between legs the directions of units of mass 0 may change.

    Attributes:
        balance: the first leg.
        legs: the others.
    """

    balance: BalanceLeg
    legs: tuple[MassLeg, ...]

    @property
    def names(self) -> list[str]:
        """The step of the construction that each leg belongs to."""
        return [self.balance.name, *(leg.name for leg in self.legs)]

    def path(self) -> Path:
        """The path in parameters; ends that two legs share are taken from the earlier one, equal bit for bit."""
        pieces = [_balance_curve(self.balance)]
        for leg in self.legs:
            pieces.append(_mass_curve(leg, pieces[-1].end))
        return Path(tuple(pieces))


def _balance_curve(leg: BalanceLeg) -> Curve[Theta]:
    stretch = torch.from_numpy(leg.stretch)
    live = stretch > 0
    logs = torch.where(live, stretch, 1.0).log() / 2

    def formula(t: Tensor) -> Theta:
        down = torch.where(live, 1.0, 1 - t[:, None])
        up = (t[:, None] * logs).exp()
        return Theta(leg.start.U * (down * up)[:, None, :], leg.start.W * (down / up)[..., None])

    return Curve(leg.start, leg.units.theta(leg.last), formula)


def _mass_curve(leg: MassLeg, start: Theta) -> Curve[Theta]:
    first, last = (torch.from_numpy(np.asarray(k, dtype=np.float64)) for k in (leg.first, leg.last))
    return Curve(start, leg.units.theta(leg.last), lambda t: leg.units.theta(straight(first, last, t).clamp(min=0)))
