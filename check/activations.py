"""Activations: exact on integers where the activation allows it, in balls else."""

from __future__ import annotations

from math import prod
from typing import Any

from flint import arb, arb_mat, arb_series, fmpq, fmpz_mat

from check.reading import RefusedError

UNKNOWN = arb_series([arb.nan()] * 3)  #: not a number: compares as false with everything
BALLS = {
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: 1 - 2 / (1 + (z + z).exp()),
    "softplus": lambda z: (1 + z.exp()).log(),
    "erf": lambda z: z.erf(),
    "erf01": lambda z: (1 + z.erf()) / 2,
}


class Sigma:
    """``sigma`` by its name; the numbers in a name are read as float64, like all others.

    Attributes:
        name: as the file says.
        powers: ``{k: a_k}`` of a polynomial, else empty.
        leak: slope on the negative side of ReLU and leaky ReLU, else None.
    """

    def __init__(self, name: str) -> None:
        self.name, self.powers = name, dict[int, fmpq]()
        self.leak = {"relu": fmpq(0), "leaky_relu": fmpq(*(0.01).as_integer_ratio())}.get(name)
        try:
            if name.startswith("poly:"):
                numbers = [fmpq(*float(a).as_integer_ratio()) for a in name[5:].split(",")]
                self.powers = {k: a for k, a in enumerate(numbers) if a != 0}
            elif name[:1] == "z" and len(name) <= 3:
                self.powers = {int(name[1:] or 1): fmpq(1)}
        except (ValueError, OverflowError):
            self.powers = {}
        if not (self.exact or name in BALLS) or max(self.powers, default=0) > 99 or min(self.powers, default=0) < 0:
            raise RefusedError(f"activation {name!r}")

    @property
    def exact(self) -> bool:
        """Whether values are exact."""
        return bool(self.powers) or self.leak is not None

    def on(self, Z: fmpz_mat, d: int) -> tuple[Any, int]:
        """``sigma(Z/d)``, entry by entry: an integer matrix and its denominator, or a matrix of balls and 1."""
        rows, columns, entries = Z.nrows(), Z.ncols(), Z.entries()
        if self.leak is not None:
            p, q = self.leak.p, self.leak.q
            return fmpz_mat(rows, columns, [z * q if z > 0 else z * p for z in entries]), d * int(q)
        if self.powers:
            top, a = max(self.powers), prod(c.q for c in self.powers.values())
            terms = [(k, (c * a).p * d ** (top - k)) for k, c in self.powers.items()]
            return fmpz_mat(rows, columns, [sum(c * z**k for k, c in terms) for z in entries]), a * d**top
        return arb_mat(rows, columns, [BALLS[self.name](arb(z) / d) for z in entries]), 1

    def ball(self, z: arb_series) -> arb_series:
        """``sigma`` of a ball with its Taylor terms; not a number where a kink may lie in the ball."""
        if self.leak is not None:
            return z if z[0] > 0 else z * self.leak if z[0] < 0 else UNKNOWN
        if self.powers:
            return sum((a * z**k for k, a in self.powers.items()), arb_series([0]))
        return BALLS[self.name](z)
