"""Step 2: the mean square error ``L(U, W) = |U sigma(W X^T) - Y^T|^2/N`` on a sample, over the rationals."""

import re
from importlib import import_module
from math import comb
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, nmod_mat

LEAKS = {"relu": fmpq(0), "leaky_relu": fmpq(*(0.01).as_integer_ratio())}  #: slopes on the negative side
ATTAINED = "a global minimum, after one more leg of U alone (convex, not in the file)"
UNDECIDED = "not decided: the filters at the end are not known to span all that filters can"


def plugin(name: str) -> Any:
    """A module of ``kinds/`` or ``balls/``; what needs none is decided by the files beside this one alone."""
    return import_module(f"check.{name}")


def rational(array: np.ndarray) -> fmpq_mat:
    """A matrix of float64 as what it is: integers times powers of two."""
    return fmpq_mat(*array.shape, [fmpq(*x.as_integer_ratio()) for x in array.ravel().tolist()])


def inner(A: Any, B: Any) -> Any:
    """``<A, B>``."""
    return sum(x * y for x, y in zip(A.entries(), B.entries(), strict=True))


def rank(F: fmpq_mat) -> int:
    """A lower bound of the rank over the rationals: the rank modulo a prime, of integers that are proportional to ``F``."""
    integers, prime = F.numer_denom()[0].entries(), (1 << 62) - 57
    return int(nmod_mat(F.nrows(), F.ncols(), [int(x) % prime for x in integers], prime).rank())


class Sigma:
    """``sigma`` by its name: ``leak`` (else None), ``powers`` ``{k: a_k}`` (else empty), ``exact``: values are rational."""

    def __init__(self, name: str) -> None:
        self.name, self.leak, power = name, LEAKS.get(name), re.fullmatch("z([1-9][0-9]?)?", name)
        powers = {} if power or name in LEAKS else plugin("balls.functions").powers(name)
        self.powers: dict[int, fmpq] = {int(power[1] or 1): fmpq(1)} if power else powers
        self.exact = self.leak is not None or bool(self.powers)

    def __call__(self, Z: fmpq_mat) -> Any:
        """``sigma(Z)``, entry by entry: rationals, or balls."""
        if not self.exact:
            return plugin("balls.functions").values(self.name, Z)
        if self.leak is None:
            return fmpq_mat(Z.nrows(), Z.ncols(), [sum(a * z**k for k, a in self.powers.items()) for z in Z.entries()])
        return fmpq_mat(Z.nrows(), Z.ncols(), [z if z > 0 else self.leak * z for z in Z.entries()])


class Sample:
    """``X (N, n)``, ``Y (N, m)``; every point has weight ``1/N``. Other laws override ``along`` and ``spans``."""

    def __init__(self, sigma: Sigma, X: fmpq_mat, Y: fmpq_mat) -> None:
        self.sigma, self.exact, self.X, self.Y = sigma, sigma.exact, X.transpose(), Y.transpose()
        self.N, self.n, self.m = X.nrows(), X.ncols(), Y.ncols()

    def features(self, W: fmpq_mat) -> Any:
        """``F = sigma(W X^T)``, shape ``(p, N)``."""
        return self.sigma(W * self.X)

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> tuple[Any, Any, Any]:
        """``<R, D>/N``, ``|D|^2/N`` and ``L = |R|^2/N``: residual ``R = U F - Y``, its change ``D = dU F``."""
        F = self.features(W)
        kind = type(F)  # a matrix of rationals, or of balls
        R, D = kind(U) * F - kind(self.Y), kind(dU) * F
        return inner(R, D) / self.N, inner(D, D) / self.N, inner(R, R) / self.N

    def apart(self) -> int:
        """How many data points filters can tell apart: on a ray from 0 ReLU is linear, and 0 at 0."""
        points = self.X.transpose().tolist()
        sizes = [1 if self.sigma.leak is None else next((abs(v) for v in x if v != 0), 0) for x in points]
        return len({tuple(v / size for v in x) for x, size in zip(points, sizes, strict=True) if size})

    def spans(self, W: fmpq_mat) -> bool:
        """Whether the filters of ``W`` are known to have the largest rank that filters can have on the data."""
        if not self.exact:
            return bool(plugin("balls.functions").spans(self, W))
        powers, most = self.sigma.powers, self.apart()
        monomials = sum(comb(self.n + k - 1, k) for k in powers) if powers else most
        return rank(self.features(W)) == (self.X.rank() if set(powers) == {1} else min(most, monomials))

    def attained(self, W: fmpq_mat) -> str:
        """What an end is at: on the line from it to the best readout ``L`` is a convex parabola down to its minimum."""
        return ATTAINED if self.spans(W) else UNDECIDED
