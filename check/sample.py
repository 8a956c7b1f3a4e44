"""Step 2: the mean square error ``L(U, W) = |U sigma(W X^T) - Y^T|^2/N`` on a sample, over the rationals."""

import re
from importlib import import_module
from math import comb
from typing import Any

import numpy as np
from flint import arb_mat, ctx, fmpq, fmpq_mat, fmpz, fmpz_mat, nmod_mat

LEAKS = {"relu": fmpq(0), "leaky_relu": fmpq(*(0.01).as_integer_ratio())}  #: slopes on the negative side
ATTAINED = "a global minimum, after one more leg of U alone (convex, not in the file)"
UNDECIDED = "not decided: the filters at the end are not known to span all that filters can"
PRIME = (1 << 62) - 57  #: the rank of integers modulo a prime is a lower bound of their rank


def plugin(name: str) -> Any:
    """A module of ``kinds/`` or ``balls/``; what needs none is decided by the files beside this one alone."""
    return import_module(f"check.{name}")


def rational(array: np.ndarray) -> fmpq_mat:
    """A matrix of float64 as what it is: integers times powers of two."""
    return fmpq_mat(*array.shape, [fmpq(*x.as_integer_ratio()) for x in array.ravel().tolist()])


def inner(A: Any, B: Any) -> Any:
    """``<A, B>``."""
    return sum(x * y for x, y in zip(A.entries(), B.entries(), strict=True))


class Sigma:
    """``sigma`` by its name: ``leak`` (else None), ``powers`` ``{k: a_k}`` (else empty), ``exact``: values are rational."""

    def __init__(self, name: str) -> None:
        self.name, self.leak, power = name, LEAKS.get(name), re.fullmatch("z([1-9][0-9]?)?", name)
        powers = {} if power or name in LEAKS else plugin("balls.functions").powers(name)
        self.powers: dict[int, fmpq] = {int(power[1] or 1): fmpq(1)} if power else powers
        self.exact = self.leak is not None or bool(self.powers)

    def __call__(self, Z: fmpz_mat, d: fmpz) -> tuple[Any, fmpz]:
        """``sigma(Z/d)``, entry by entry: integers over a common denominator, or balls over 1."""
        if not self.exact:
            return plugin("balls.functions").values(self.name, Z, d), fmpz(1)
        if self.leak is None:
            powers = [sum(a * fmpq(z, d) ** k for k, a in self.powers.items()) for z in Z.entries()]
            return fmpq_mat(Z.nrows(), Z.ncols(), powers).numer_denom()
        a, b = self.leak.p, self.leak.q
        return fmpz_mat(Z.nrows(), Z.ncols(), [b * z if z > 0 else a * z for z in Z.entries()]), b * d


class Sample:
    """``X (N, n)``, ``Y (N, m)``; every point has weight ``1/N``. Other laws override ``along`` and ``spans``."""

    def __init__(self, sigma: Sigma, X: fmpq_mat, Y: fmpq_mat) -> None:
        self.sigma, self.exact, self.X, self.Y = sigma, sigma.exact, X.transpose(), Y.transpose()
        self.N, self.n, self.m = X.nrows(), X.ncols(), Y.ncols()
        self.last: tuple[Any, ...] = (None, 0)  # W, bits, and what features gave

    def features(self, W: fmpq_mat) -> tuple[Any, fmpz]:
        """Integers or balls ``F (p, N)`` and ``d``, ``sigma(W X^T) = F/d``; those of the last ``W`` are remembered."""
        if self.last[:2] != (W, ctx.prec):
            (A, a), (B, b) = W.numer_denom(), self.X.numer_denom()
            self.last = W, ctx.prec, self.sigma(A * B, a * b)
        return self.last[2]

    def outputs(self, U: fmpq_mat, W: fmpq_mat) -> Any:
        """``U sigma(W X^T)``: a matrix of rationals, or of balls."""
        (A, a), (F, d) = U.numer_denom(), self.features(W)
        return fmpq_mat(A * F) / (a * d) if self.exact else arb_mat(U) * F

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> tuple[Any, Any, Any]:
        """``<R, D>/N``, ``|D|^2/N`` and ``L = |R|^2/N``: residual ``R = U F - Y``, its change ``D = dU F``."""
        P, D = self.outputs(U, W), self.outputs(dU, W)
        R = P - type(P)(self.Y)
        return inner(R, D) / self.N, inner(D, D) / self.N, inner(R, R) / self.N

    def spans(self, W: fmpq_mat) -> bool:
        """Whether filters of ``W`` have the rank of all: points apart (on a ray ReLU is linear), or monomials if fewer."""
        if not self.exact:
            return bool(plugin("balls.functions").spans(self, W))
        powers, points = self.sigma.powers, self.X.transpose().tolist()
        sizes = [1 if powers else next((abs(v) for v in x if v != 0), 0) for x in points]
        most = len({tuple(v / size for v in x) for x, size in zip(points, sizes, strict=True) if size})
        if powers:
            most = self.X.rank() if set(powers) == {1} else min(most, sum(comb(self.n + k - 1, k) for k in powers))
        return int(nmod_mat(self.features(W)[0], PRIME).rank()) == most

    def attained(self, W: fmpq_mat) -> str:
        """What an end is at: on the line from it to the best readout ``L`` is a convex parabola down to its minimum."""
        return ATTAINED if self.spans(W) else UNDECIDED
