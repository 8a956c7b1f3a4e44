"""Path files of networks along masses (``valleys.paths.masses``), for the exact checker: format 1, read by ``python -m check``.

Beside the data, the activation and ``loss`` (``square+decay:LAM``, ``LAM`` a float64 or a fraction): directions ``U (K, m, p)``,
``W (K, p, n)`` and ``ratio (K, p)`` at each knot, float64, and ``mass (K, p)``, rationals as texts. Unit ``i`` of a knot has the
output weights ``U sqrt(mass/ratio)`` and the row ``W sqrt(mass ratio)``. ``nu (1, N)``, texts: what a floor under every width is
made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import numpy as np

from valleys.paths.files import save_arrays
from valleys.paths.law_files import decay_arrays
from valleys.paths.masses import MassLeg, MassPath, Units
from valleys.problem.decay import DecayRisk
from valleys.problem.network import read_npz


@dataclass(frozen=True, eq=False)
class MassKnot:
    """Units and their masses ``(p,)``, doubles or Fractions."""

    units: Units
    masses: Any


def after(legs: Sequence[MassLeg]) -> list[MassKnot]:
    """The knots at which legs end."""
    return [MassKnot(leg.units, leg.last) for leg in legs]


def mass_knots(path: MassPath) -> list[MassKnot]:
    """The knots of a path: its start, balanced, without the units that have no output, and the end of each leg."""
    first, ones = path.balance, np.ones(len(path.balance.stretch))
    start = Units(first.start.U.numpy().T, first.start.W.numpy(), ones)
    balanced = Units(start.E, start.D, np.where(first.last > 0, first.units.ratio, 1.0))
    return [MassKnot(start, ones), MassKnot(balanced, ones), MassKnot(balanced, first.last), *after(path.legs)]


def join_knots(down: MassPath, flat: Sequence[MassLeg], up: MassPath) -> list[MassKnot]:
    """The knots of a path that goes down, along flat legs, and another path upwards."""
    return [*mass_knots(down), *after(flat), *reversed(mass_knots(up))]


def save_masses(
    file: str | File, knots: Sequence[MassKnot], risk: DecayRisk, claim: str = "descent", nu: Any = None
) -> None:
    """Write a path along masses.

    Args:
        file: the .npz.
        knots: of the path.
        risk: the loss.
        claim: what it is to show: ``descent`` or ``connection``.
        nu: ``(N,)``, doubles or Fractions, for the floor that the end is held against; None: none.
    """
    arrays = {
        "U": np.array([knot.units.E.T for knot in knots]),
        "W": np.array([knot.units.D for knot in knots]),
        "ratio": np.array([knot.units.ratio for knot in knots]),
        "mass": texts([knot.masses for knot in knots]),
    }
    if nu is not None:
        arrays["nu"] = texts([nu])
    arrays = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    if claim != "descent":
        arrays["claim"] = np.array(claim)
    save_arrays(file, arrays, decay_arrays(risk))


def along_masses(file: str | File, argument: str = "FILE") -> bool:
    """Whether a path file is one of these."""
    return "mass" in read_npz(file, argument, ())


def texts(rows: Sequence[Any]) -> np.ndarray:
    """Rationals as texts like ``-3`` and ``2/7``."""
    return np.array([[str(Fraction(v)) for v in row] for row in rows])
