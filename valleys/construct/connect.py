"""One unit more than ``dim*`` joins every two networks below the worse of the two, at any convex loss: basis exchange.

Every leg moves ``U`` alone, or rows of units whose output weights are 0: ``Phi`` is affine on it, so the loss is at most
what it is at the worse end. *Legs*: fibre (``U``, ``Phi`` equal at both ends), rows, line (``U``, from ``Phi_a`` to ``Phi_b``).

1. ``a`` and ``b`` are brought onto bases ``I`` and ``K`` of their own filters (``connect_ends``).
2. Rounds: dead units take rows of ``b`` (``rows``), then each new filter ``f = sum c_j f_j`` takes the place of a live one with a
   large ``|c_i|`` (``fibre``): ``U_i f_i = (U_i/c_i)(f - sum_{j != i} c_j f_j)``.
3. When all filters of ``K`` are there: the line; the rows and the weights of ``b``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from valleys.construct.connect_ends import NONE, Settled, settle
from valleys.construct.connect_tableau import INDEPENDENT, Tableau
from valleys.paths.path import Path, moving, polygon
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import Theta
from valleys.run.errors import InputError

#: A unit whose place is wanted is exchanged first unless its pivot is this much smaller than the largest.
PREFERRED = 10.0


@dataclass(frozen=True)
class Connection:
    """A path between two networks.

    Attributes:
        path: legal legs.
        exchanges: filters of ``b`` that took a place while ``Phi_a`` was kept.
        temps: of these, how many stood at a place that is not their own.
        smallest_pivot: the smallest ``|c_i|`` of an exchange (1 where there was none).
        condition: of the filters of both bases, the worse of the two.
    """

    path: Path
    exchanges: int
    temps: int
    smallest_pivot: float
    condition: float


def connect(a: Theta, b: Theta, risk: ConvexRisk) -> Connection:
    """The path from ``a`` to ``b``, for ``p >= dim* + 1``.

    Args:
        a: one network.
        b: the other, of the same sizes.
        risk: the loss.

    Returns:
        of a few constructions the one that is lowest by the builder's own look, then the one with the fewest legs.

    Raises:
        InputError: if the sizes do not fit, or the width is at most ``dim*``.
    """
    risk.check(a, "a")
    risk.check(b, "b")
    if a.p != b.p:
        raise InputError(
            "b", f"width {b.p - risk.pinned}", f"the width of a, {a.p - risk.pinned}: valleys.widen adds dead units"
        )
    if a.p <= risk.dimension:
        raise InputError("width", a.p - risk.pinned, too_narrow(risk))
    bound = max(float(risk.value(a)), float(risk.value(b)))
    best: tuple[float, int, Connection] | None = None
    for descend in (True, False):
        first = settle(a, risk, descend=descend)
        for apart in (first.units, None):
            last = settle(b, risk, apart, descend)
            found = _Exchange(a, b, first, last, risk).run()
            peak = max(float(risk.value(knot)) for knot in found.path.knots)
            rated = (max(peak - bound, 0.0), len(found.path.pieces), found)
            if best is None or rated[:2] < best[:2]:
                best = rated
            if best[0] <= NONE * risk.at_zero:
                return best[2]
    assert best is not None
    return best[2]


def too_narrow(risk: ConvexRisk) -> str:
    """What the line of an error says of a width that is too small."""
    q = risk.width_needed
    return (
        f"a width >= {q + 1} = dim* + 1; with {q} units or fewer two networks can lie in different valleys, "
        "since a swap of two units flips the sign of a determinant that no low path can make 0 (valleys.widen adds dead units)"
    )


@dataclass
class _Exchange:
    """State of a construction: which filter stands where."""

    a: Theta
    b: Theta
    first: Settled
    last: Settled
    risk: ConvexRisk
    temps: int = 0
    exchanges: int = 0
    smallest: float = 1.0
    knots: list[Theta] = field(default_factory=list)

    def __post_init__(self) -> None:
        pinned = self.risk.pinned
        self.K = self.last.units[pinned:]
        units = self.first.units
        self.W = self.a.W.clone()
        F = self.risk.features(self.a.W).numpy()[units]
        G = self.risk.features(self.b.W).numpy()[self.K]
        self.length = np.linalg.norm(F, axis=1)
        self.coming = np.linalg.norm(G, axis=1)
        self.tableau = Tableau((F / self.length[:, None]).T, (G / self.coming[:, None]).T)
        D = len(self.tableau.basis)
        #: For each place of the basis: the unit that stands there (-1: a phantom), and which of K it carries (-1: none).
        self.unit = np.full(D, -1)
        self.unit[: len(units)] = units
        self.carries = np.full(D, -1)
        self.length = np.concatenate([self.length, np.ones(D - len(units))])
        self.fixed = np.zeros(D, dtype=bool)
        self.fixed[:pinned] = True
        self.column = {int(k): j for j, k in enumerate(self.K)}
        for place, unit in enumerate(units[pinned:], pinned):
            if int(unit) in self.column and torch.equal(self.a.W[unit], self.b.W[unit]):
                self.carries[place], self.fixed[place] = self.column[int(unit)], True

    def run(self) -> Connection:
        """All legs."""
        self.knots = [self.a, self.first.theta]
        while self._missing():
            new = self._rows()
            if self._missing(new):
                self._fibre(new)
            else:
                break
        else:
            new = []
        self._line(new)
        path = polygon(moving([*self.knots, Theta(self.last.theta.U, self.b.W), self.b]))
        condition = max(self.first.condition, self.last.condition)
        return Connection(path, self.exchanges, self.temps, self.smallest, condition)

    def _missing(self, new: list[tuple[int, int]] | None = None) -> list[int]:
        """Filters of ``K`` that stand nowhere."""
        there = set(self.carries.tolist()) | {j for _, j in new or []}
        return [j for j in range(len(self.K)) if j not in there]

    def _rows(self) -> list[tuple[int, int]]:
        """Rows for dead units: pairs (unit, filter); the leg is written down."""
        live = set(self.unit.tolist())
        dead = [s for s in range(self.a.p - self.risk.pinned) if s not in live]
        missing = self._missing()
        new = [(s, self.column[s]) for s in dead if s in self.column]
        rest = [s for s in dead if s not in self.column]
        absent = [j for j in missing if j not in {j for _, j in new}]
        if not new or len(absent) <= len(rest):
            temps = list(zip(rest, self._easiest(absent)[: len(rest)], strict=False))
            self.temps += len(temps)
            new = new + temps
        self._move_rows(new)
        return new

    def _easiest(self, absent: list[int]) -> list[int]:
        """Filters in the order in which they exchange well with a unit whose place is wanted."""
        wanted = self._wanted()
        if len(absent) < 2 or not wanted.any():
            return absent
        sizes = np.abs(self.tableau.coordinates(absent)[wanted]).max(axis=0)
        return [absent[i] for i in np.argsort(-sizes, kind="stable")]

    def _wanted(self) -> np.ndarray:
        """Places of the basis where a unit stands whose own row of ``b`` is still to come."""
        home = np.isin(self.unit, self.K) & ~self.fixed
        return np.asarray(home)

    def _move_rows(self, new: list[tuple[int, int]]) -> None:
        W = self.W.clone()
        for s, j in new:
            W[s] = self.b.W[self.K[j]]
        self.W = W
        self.knots.append(Theta(self.knots[-1].U, W))

    def _fibre(self, new: list[tuple[int, int]]) -> None:
        """Every new filter takes the place of a live one, or of a phantom; one leg."""
        settled = {j for s, j in new if s == self.K[j]}
        # A filter that stands at a temp is removable as soon as it stands at home, too.
        self.fixed |= np.isin(self.carries, [j for j in range(len(self.K)) if j not in settled])
        self.fixed &= ~np.isin(self.carries, list(settled))
        waiting = list(new)
        while waiting:
            row, index = self._pivot([j for _, j in waiting])
            s, j = waiting.pop(index)
            if not self.tableau.phantoms[row]:
                self.smallest = min(self.smallest, abs(float(self.tableau.table[row, j])))
            self.tableau.exchange(row, j)
            self.exchanges += 1
            self.unit[row], self.carries[row], self.length[row], self.fixed[row] = s, j, self.coming[j], True
        self._write(self.first.outputs)

    def _pivot(self, waiting: list[int]) -> tuple[int, int]:
        """Which place, and which of the waiting filters takes it."""
        c = np.abs(self.tableau.coordinates(waiting))
        phantoms = self.tableau.phantoms
        if phantoms.any() and c[phantoms].max() > INDEPENDENT:
            c[~phantoms] = 0.0
        else:
            c[self.fixed | phantoms] = 0.0
            c[self._wanted()] *= PREFERRED
        row, index = np.unravel_index(int(c.argmax()), c.shape)
        return int(row), int(index)

    def _write(self, outputs: Tensor) -> None:
        """A knot with the live filters' weights for ``outputs``."""
        values = self.tableau.weights(outputs.numpy()) / self.length
        there = self.unit >= 0
        U = torch.zeros_like(self.a.U)
        U[:, torch.from_numpy(self.unit[there])] = torch.from_numpy(np.ascontiguousarray(values[:, there]))
        self.knots.append(Theta(U, self.W))

    def _line(self, new: list[tuple[int, int]]) -> None:
        """The line to ``b``'s outputs on its own filters, wherever they stand; then every filter goes home."""
        place = {int(j): int(s) for s, j in zip(self.unit, self.carries, strict=True) if j >= 0}
        place |= {j: s for s, j in new if j not in place or s == self.K[j]}
        self.knots.append(Theta(self._at(place), self.W))
        strangers = {j: s for j, s in place.items() if s != self.K[j]}
        if strangers:
            self._move_rows([(int(self.K[j]), j) for j in strangers])
            self.knots.append(Theta(self.last.theta.U, self.W))

    def _at(self, place: dict[int, int]) -> Tensor:
        U = self.last.theta.U
        moved = torch.zeros_like(U)
        if self.risk.pinned:
            moved[:, -1] = U[:, -1]
        for j, s in place.items():
            moved[:, s] = U[:, self.K[j]]
        return moved
