"""The best output weights, in balls, once every unit has its cost (PROOF.md, section 5: the pieces)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flint import arb

from theorem13.th13balls import exact
from theorem13.th13tilt import C0, C2, E, square


@dataclass(frozen=True)
class Weights:
    """The loss is at least ``constant + c g^2 - 2 K g + 2 sum a_i ell_i + e V``, ``V = sum (a_i - g)^2``, ``g = mean a_i``.

    Attributes:
        p: the width.
        kappa: the share of ``|sum a_i v_i|^2`` that is judged against the teachers; the rest is left to the pairs of units.
    """

    p: int
    kappa: float

    @property
    def N(self) -> int:
        """Number of units."""
        return self.p - 1

    @cached_property
    def pairs(self) -> arb:
        """``theta^2/(64 c_2^2)``, ``theta = 1 - kappa``: ``a_i a_l`` times this is what a pair of units saves at most."""
        return square(1 - exact(self.kappa)) / (64 * C2)

    @cached_property
    def e(self) -> arb:
        """Unequal ``a_i`` cost ``e V``."""
        return E + (1 - exact(self.kappa)) / 4 + self.pairs

    @cached_property
    def K(self) -> arb:
        """Half the coefficient of ``-g``."""
        return C0 * self.N * self.p + E * self.N

    @cached_property
    def c(self) -> arb:
        """The coefficient of ``g^2``."""
        return C0 * self.N**2 - self.pairs * self.N**2 + self.e * self.N

    def constant(self, y: arb) -> arb:
        """What depends on neither the units nor ``g``, for ``|y|^2``."""
        return C0 * self.p**2 + E * self.p + (self.p - y / exact(self.kappa)) / 4

    def level(self, costs: list[arb], y: arb | None = None) -> arb:
        """``constant - (K - L)^2/c - (1/e) sum (ell_i - L/N)^2``: the best weights for costs ``ell_i``, ``L`` their sum.

        Args:
            costs: ``ell_i``, N of them.
            y: ``|y|^2``; left out: p.

        Returns:
            The level.
        """
        L = sum(costs, arb(0))
        apart = sum((square(cost - L / self.N) for cost in costs), arb(0))
        return self.constant(arb(self.p) if y is None else y) - square(self.K - L) / self.c - apart / self.e

    def sound(self) -> bool:
        """``0 < kappa <= 1``, ``c > 0`` and ``e > E``."""
        return bool(0 < self.kappa <= 1 and self.c > 0 and self.e > E)
