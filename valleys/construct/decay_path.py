"""Theorem A: from any network of width ``p >= r + 1`` a path of finitely many legs down to the optimum of every width.

``r`` is the dimension of the span of the units' outputs on the data (``r m`` for ``m`` outputs). The legs: balance each unit;
thin out to independent units (Caratheodory); descend on the face of the units that are left; exchange units for those of a
target. See ``weight_decay/PROOF.md``. Nothing here judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from valleys.construct.decay_algebra import Algebra, Doubles
from valleys.paths.masses import BalanceLeg, MassLeg, MassPath, Units
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta
from valleys.run.errors import InputError

THIN, FACE, EXCHANGE = "thin out", "face descent", "exchange"
#: More exchanges than this mean that rounding goes in circles.
ROUNDS = 10000
DOUBLES = Doubles()


@dataclass(frozen=True, eq=False)
class Atom:
    """A unit without a mass.

    Attributes:
        e: output direction ``(m,)``.
        d: input direction ``(n,)``.
        ratio: at which it is balanced, ``|e|/|d|``; 0 asks for this.
    """

    e: np.ndarray
    d: np.ndarray
    ratio: float = 0.0

    def __post_init__(self) -> None:
        if not self.ratio:
            object.__setattr__(self, "ratio", float(np.linalg.norm(self.e) / np.linalg.norm(self.d)))


def balanced_leg(theta: Theta, leak: float, X: np.ndarray) -> BalanceLeg:
    """The first leg: each unit with an output to ``|u| = |w|``, from the side of its start; the others to 0."""
    E, D = theta.U.numpy().T.copy(), theta.W.numpy().copy()
    Z = D @ X.T
    live = (E != 0).any(axis=1) & (np.where(Z > 0, Z, leak * Z) != 0).any(axis=1)
    ratio = np.ones(theta.p)
    for i in np.flatnonzero(live):
        ratio[i] = ratio_toward(E[i], D[i])
    return BalanceLeg(theta, np.where(live, 1 / ratio, 0.0), Units(E, D, ratio))


def ratio_toward(e: np.ndarray, d: np.ndarray) -> float:
    """The double next to ``|e|/|d|`` that lies between it and 1: on the way there the decay never rises, exactly."""
    q = float(np.linalg.norm(e) / np.linalg.norm(d))
    u, w = (sum(Fraction(v) ** 2 for v in vector) for vector in (e, d))
    while (Fraction(q) ** 2 * w - u) * (1 if u > w else -1) > 0:
        q = float(np.nextafter(q, 1.0))
    return q


@dataclass
class Descent:
    """The state of a descent: units, masses ``k (p,)``, which slots are live, and the legs so far.

    Attributes:
        risk: the loss.
        rank: more live units than this are dependent.
        units: directions.
        k: masses.
        live: indices of live units (a new one has mass 0).
        algebra: doubles, or rationals.
        legs: the legs.
    """

    risk: DecayRisk
    rank: int
    units: Units
    k: Any
    live: list[int]
    algebra: Algebra
    legs: list[MassLeg] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.X = self.algebra.numbers(self.risk.sample.X.numpy())
        self.y = self.algebra.numbers(self.risk.sample.Y.numpy().T.ravel())
        self.beta, self.leak = self.algebra.numbers([self.risk.exact_beta, Fraction(self.risk.leak)])
        p = len(self.units.ratio)
        self.A = self.algebra.numbers(np.zeros((len(self.y), p)))
        self.decay = self.algebra.numbers(np.zeros(p))
        for i in self.live:
            self.fill(i)

    def column(self, e: np.ndarray, d: np.ndarray) -> Any:
        """``e sigma(X d)``, shape ``(m N,)``."""
        z = self.X @ self.algebra.numbers(d)
        return np.outer(self.algebra.numbers(e), np.where(z > 0, z, self.leak * z)).ravel()

    def rate(self, e: np.ndarray, d: np.ndarray, ratio: float) -> Any:
        """``(|e|^2/q + q |d|^2)/2``, the decay of a mass 1."""
        e, d, q = (self.algebra.numbers(v) for v in (e, d, [ratio]))
        return ((e @ e) / q[0] + q[0] * (d @ d)) / 2

    def fill(self, i: int) -> None:
        """Column and rate of slot ``i``."""
        e, d, q = self.units.E[i], self.units.D[i], float(self.units.ratio[i])
        self.A[:, i], self.decay[i] = self.column(e, d), self.rate(e, d, q)

    def residual(self) -> Any:
        """``y - A k``."""
        return self.y - self.A[:, self.live] @ self.k[self.live]

    def value(self) -> Any:
        """``f``."""
        r = self.residual()
        return r @ r / 2 + self.beta * (self.decay[self.live] @ self.k[self.live])

    def go(self, name: str, change: Any, step: Any, dead: int | None) -> None:
        """One leg: the live masses by ``step * change``; unit ``dead`` ends at 0 and is live no more."""
        k = self.k.copy()
        moved = k[self.live] + step * change
        k[self.live] = self.algebra.rounded(np.where(moved > 0, moved, 0 * moved))
        if dead is not None:
            k[dead] = 0 * k[dead]
            self.live.remove(dead)
        if (k != self.k).any():
            self.legs.append(MassLeg(name, self.units, self.k, k))
        self.k = k

    def thin(self, name: str = THIN, entering: int | None = None) -> None:
        """Until the live columns are independent: masses along a kernel vector that does not raise the decay.

        A unit that enters, because ``f`` falls in its mass, gains mass: so says its slope, and better than the decay's own
        sign where the two columns are equal to rounding.

        Raises:
            InputError: if rounding leaves no mass that falls along the kernel vector.
        """
        while (v := self.algebra.kernel(self.A[:, self.live], self.rank)) is not None:
            gain = -self.decay[self.live] @ v if entering not in self.live else v[self.live.index(entering)]
            if gain < 0:
                v = -v
            steps = [(-self.k[i] / c, i) for i, c in zip(self.live, v, strict=True) if c < 0]
            if not steps:
                allowed = "columns of like size around 0, a target of like size, or a larger weight decay"
                raise InputError("X", "numbers that float64 does not resolve", allowed)
            step, dead = min(steps)
            self.go(name, v, step, dead)

    def face(self) -> None:
        """To the minimum over the masses of the live units, dropping each unit that reaches 0 on the way."""
        while self.live:
            k = self.k[self.live]
            A, weights = self.A[:, self.live], self.beta * self.decay[self.live]
            z = self.algebra.stationary(A, self.y, weights)
            walls = [(a / (a - b), i) for i, a, b in zip(self.live, k, z, strict=True) if b <= 0]
            if not walls:
                self.go(FACE, z - k, self.algebra.stop, None)
                return
            step, dead = min(walls)
            self.go(FACE, z - k, step, dead)

    def slope(self, atom: Atom) -> Any:
        """How fast ``f`` falls in the atom's mass, over the decay's own part: ``a . r/rate - beta``."""
        return self.column(atom.e, atom.d) @ self.residual() / self.rate(atom.e, atom.d, atom.ratio) - self.beta

    def atom(self, i: int) -> Atom:
        """The unit in slot ``i``."""
        return Atom(self.units.E[i], self.units.D[i], float(self.units.ratio[i]))

    def insert(self, atom: Atom, slot: int | None = None) -> int:
        """The atom in a free slot (the first, or ``slot``), at mass 0, live; returned is the slot."""
        if slot is None:
            slot = next(i for i in range(len(self.k)) if i not in self.live)
        self.units = self.units.replaced(slot, atom.e, atom.d, atom.ratio)
        self.live.append(slot)
        self.fill(slot)
        return slot

    def exchange(self, best: Callable[[Descent], Atom | None]) -> None:
        """Atoms one by one, each followed by thinning and face descent, until none is offered or nothing falls."""
        for _ in range(ROUNDS):
            atom, before = best(self), self.value()
            if atom is None:
                return
            self.thin(EXCHANGE, self.insert(atom))
            self.face()
            if not self.value() < before:
                return


def descent_of(theta: Theta, risk: DecayRisk, rank: int, algebra: Algebra = DOUBLES) -> tuple[BalanceLeg, Descent]:
    """The balance leg, and the state after it."""
    leg = balanced_leg(theta, risk.leak, risk.sample.X.numpy())
    live = [int(i) for i in np.flatnonzero(leg.last)]
    return leg, Descent(risk, rank, leg.units, algebra.numbers(leg.last), live, algebra)


def descend(theta: Theta, risk: DecayRisk, rank: int, targets: list[Atom], algebra: Algebra = DOUBLES) -> MassPath:
    """The path of Theorem A from ``theta`` to the minimum over ``targets`` and the units that it kept.

    Args:
        theta: the start, of any width ``p >= rank + 1``.
        risk: the loss.
        rank: the dimension of the span of the units' outputs: ``dim*(sigma, X) m``.
        targets: units of an optimum.
        algebra: of the masses; in rationals, for small data, no leg rises by anything at all.

    Returns:
        the path.
    """
    balance, state = descent_to(theta, risk, rank, targets, algebra)
    return MassPath(balance, tuple(state.legs))


def descent_to(
    theta: Theta, risk: DecayRisk, rank: int, targets: list[Atom], algebra: Algebra = DOUBLES
) -> tuple[BalanceLeg, Descent]:
    """The same, as the balance leg and the state at the end.

    Raises:
        InputError: for a width below ``rank + 1``.
    """
    if theta.p < rank + 1:
        raise InputError("width", theta.p, f"at least r + 1 = {rank + 1} units, for a path down from every network")
    balance, state = descent_of(theta, risk, rank, algebra)
    state.thin()
    state.face()

    def best(state: Descent) -> Atom | None:
        slopes = [state.slope(atom) for atom in targets]
        top = max(range(len(targets)), key=slopes.__getitem__, default=None)
        return None if top is None or slopes[top] <= state.algebra.slope * state.beta else targets[top]

    state.exchange(best)
    return balance, state


def atoms_of(theta: Theta) -> list[Atom]:
    """The units of a network that are not zero."""
    E, D = theta.U.numpy().T, theta.W.numpy()
    return [Atom(e, d) for e, d in zip(E, D, strict=True) if e.any() and d.any()]


def empty(p: int, m: int, n: int) -> Theta:
    """The zero network."""
    return Theta(torch.zeros(m, p, dtype=torch.float64), torch.zeros(p, n, dtype=torch.float64))
