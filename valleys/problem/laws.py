"""Laws of ``(X, Y)``: a finite sample, or ``X ~ N(0, I_n)`` with a polynomial teacher; reading user files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import comb
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.features import Hermite, hermite_space, sample_features
from valleys.problem.law import Gradient, Law
from valleys.problem.network import Theta
from valleys.problem.rows import rows_on_gaussian, rows_on_sample
from valleys.problem.sample_calculus import ReluSampleGradient, sample_gradient, sample_hessian
from valleys.problem.spanning import columns_on_sample, monomials_in_hermite
from valleys.problem.tables import read_table
from valleys.run.errors import InputError
from valleys.run.limits import DATA

#: Bytes that one chunk's hidden layer may hold in training: it should stay in cache.
CHUNK_BYTES = 5_000_000


@dataclass(frozen=True, eq=False)
class Sample(Law):
    """``N`` data points with equal weight: ``L(theta) = (1/N) sum_i |Phi(x_i) - y_i|^2``.

    Attributes:
        X: inputs, shape ``(N, n)``.
        Y: outputs, shape ``(N, m)``.

    Raises:
        InputError: if the shapes do not fit or an entry is NaN or inf.
    """

    X: Tensor
    Y: Tensor

    def __post_init__(self) -> None:
        if self.X.dim() != 2 or self.Y.dim() != 2 or len(self.X) != len(self.Y) or self.X.numel() == 0:
            got = f"X {tuple(self.X.shape)}, Y {tuple(self.Y.shape)}"
            raise InputError("data", got, "X (N, n) and Y (N, m) of the same length N >= 1")
        if not (torch.isfinite(self.X).all() and torch.isfinite(self.Y).all()):
            raise InputError("data", "NaN or inf", "finite numbers")

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.X.shape[1]

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.Y.shape[1]

    @property
    def name(self) -> str:
        """How records name the law."""
        return f"sample of {len(self.X)} points"

    def features(self, sigma: Activation, W: Tensor) -> Tensor:
        """``F = sigma(W X^T)/sqrt(N)``, shape ``(..., p, N)``."""
        return sample_features(sigma, self.X, W)

    def target(self, sigma: Activation) -> Tensor:
        """``Y^T/sqrt(N)``."""
        return self.Y.T / len(self.X) ** 0.5

    def spanning(self, sigma: Activation) -> Tensor:
        """Columns ``(N, >= dim*)`` that span all filters."""
        return columns_on_sample(sigma, self.X)

    def rows(self, sigma: Activation, count: int, generator: torch.Generator) -> Tensor:
        """Candidate rows, see ``rows_on_sample``."""
        return rows_on_sample(sigma, self.X, count, generator)

    def points(self, N: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``N`` of the points, drawn with replacement."""
        index = torch.randint(len(self.X), (N,), generator=generator).to(self.X.device)
        return self.X[index], self.Y[index]

    def gradient(self, sigma: Activation, target: Tensor) -> Gradient:
        """``theta -> (L, gradient)``."""
        return partial(sample_gradient, sigma, self.X, target)

    def fast_gradient(self, sigma: Activation) -> Gradient | None:
        """For ReLU networks with one output: ``ReluSampleGradient``."""
        return ReluSampleGradient(self.X, self.Y) if sigma.is_relu and self.m == 1 else None

    def hessian(self, sigma: Activation, theta: Theta) -> Tensor:
        """Second derivatives by ``(U, W)``; away from the kinks of ``sigma``."""
        return sample_hessian(sigma, self.X, self.Y, theta)

    def together(self, p: int) -> int:
        """Networks of width ``p`` whose hidden layers stay in cache."""
        return max(1, CHUNK_BYTES // (p * self.X[:, 0].nbytes))

    def to(self, like: Tensor) -> Sample:
        """The sample in the dtype and on the device of ``like``."""
        return Sample(self.X.to(like), self.Y.to(like))

    def stored(self) -> dict[str, np.ndarray]:
        """``X`` and ``Y``."""
        return {"X": self.X.numpy(), "Y": self.Y.numpy()}


@dataclass(frozen=True, eq=False)
class GaussianTeacher(Law):
    """``X ~ N(0, I_n)``, ``Y = U* sigma*(W* X) + noise`` with a polynomial ``sigma*`` and independent noise.

    Attributes:
        teacher: ``theta* = (U*, W*)``, shapes ``(m, q)`` and ``(q, n)``.
        sigma: the teacher's activation, a polynomial.
        noise: ``E |noise|^2``, all outputs together.

    Raises:
        InputError: if the activation is no polynomial or the noise is negative.
    """

    teacher: Theta
    sigma: Activation
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.sigma.coefficients is None:
            raise InputError("activation", self.sigma.name, "a polynomial, for X ~ N(0, I_n)")
        if self.noise < 0:
            raise InputError("noise", self.noise, "a number >= 0")

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.teacher.n

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.teacher.m

    @property
    def name(self) -> str:
        """How records name the law."""
        return f"N(0, I_{self.n}) with a teacher of {self.teacher.p} units"

    @property
    def constant(self) -> float:
        """The noise."""
        return self.noise

    def space(self, sigma: Activation) -> Hermite:
        """The Hermite coordinates that hold both the filters of ``sigma`` and the teacher.

        Raises:
            InputError: if ``sigma`` is no polynomial: its filters span an infinite-dimensional space.
        """
        if sigma.degree is None or self.sigma.degree is None:
            raise InputError("activation", sigma.name, "a polynomial, for X ~ N(0, I_n) (else dim* is infinite)")
        return hermite_space(self.n, max(sigma.degree, self.sigma.degree))

    def features(self, sigma: Activation, W: Tensor) -> Tensor:
        """Orthonormal Hermite coefficients of the filters, shape ``(..., p, Q)``."""
        return self.space(sigma).features(sigma, W)

    def target(self, sigma: Activation) -> Tensor:
        """Those of the teacher, shape ``(m, Q)``."""
        return self.teacher.U @ self.space(sigma).features(self.sigma, self.teacher.W)

    def spanning(self, sigma: Activation) -> Tensor:
        """The monomials of the degrees of ``sigma``."""
        space = self.space(sigma)
        return torch.cat([monomials_in_hermite(space, k) for k in sigma.powers], dim=1)

    def dimension(self, sigma: Activation) -> int:
        """``sum_{k: a_k != 0} C(n+k-1, k)`` (Lemma 4, with the constant term counted)."""
        return sum(comb(self.n + k - 1, k) for k in sigma.powers)

    def rows(self, sigma: Activation, count: int, generator: torch.Generator) -> Tensor:
        """Candidate rows, see ``rows_on_gaussian``."""
        return rows_on_gaussian(self.n, count, generator)

    def points(self, N: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """``N`` independent points; the noise is normal, the same in every output."""
        X = torch.randn(N, self.n, generator=generator, dtype=torch.float64)
        noise = torch.randn(N, self.m, generator=generator, dtype=torch.float64) * (self.noise / self.m) ** 0.5
        return X, self.sigma(X @ self.teacher.W.T) @ self.teacher.U.T + noise

    def stored(self) -> dict[str, np.ndarray]:
        """``law``, the teacher and the noise."""
        return {
            "law": np.array("gaussian"), "teacher_U": self.teacher.U.numpy(), "teacher_W": self.teacher.W.numpy(),
            "teacher_activation": np.array(self.sigma.stored), "noise": np.array(self.noise),
        }  # fmt: skip


def with_bias(X: Tensor) -> Tensor:
    """``X`` with a last column of ones: the bias of a hidden unit is then its last weight.

    >>> with_bias(torch.zeros(2, 1)).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    return torch.cat([X, torch.ones_like(X[:, :1])], dim=1)


def standardised(X: Tensor) -> Tensor:
    """Each column with mean 0 and variance 1 (division by N); a constant column becomes 0."""
    centred = X - X.mean(dim=0)
    scale = centred.square().mean(dim=0).sqrt()
    return centred / torch.where(scale > 0, scale, 1.0)


def read_sample(file: str | Path, target: tuple[str, ...] = (), argument: str = "--data") -> Sample:
    """A user's data, used as given: .csv (target: the last column unless named) or .npz (``X``, ``Y``).

    A first line of a .csv that is all numbers is data, not a header; its columns are then called 1, 2, ...

    Args:
        file: path; .npz holds ``X (N, n)`` and ``Y (N,)`` or ``(N, m)``.
        target: names of the target columns of a .csv.
        argument: the option that named the file, for the error line.

    Returns:
        the sample, float64.

    Raises:
        InputError: missing file or column, text in a number column, NaN, inf, numbers whose largest is outside of ``DATA``,
             lengths that differ.
    """
    sample = Sample(*map(torch.from_numpy, read_table(Path(file), target, argument)))
    for name, values in (("X", sample.X), ("Y", sample.Y)):
        largest = float(values.abs().max())
        if largest > DATA.most or 0 < largest < DATA.least:
            allowed = f"numbers up to {DATA.most:g}, and not all of them below {DATA.least:g}"
            raise InputError(argument, f"{largest:.3g} in {file} as the largest of {name}", allowed)
    return sample
