"""Laws of ``(X, Y)``: a finite sample, or ``X ~ N(0, I_n)`` with a polynomial teacher; reading user files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.network import Theta, read_npz
from valleys.run.errors import InputError

#: Larger numbers overflow once they are squared and added (and cubed by some activations).
LARGEST = 1e100


@dataclass(frozen=True, eq=False)
class Sample:
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


@dataclass(frozen=True, eq=False)
class GaussianTeacher:
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


Law = Sample | GaussianTeacher


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
        InputError: missing file or column, text in a number column, NaN, inf or numbers above ``LARGEST``, lengths that
            differ.
    """
    sample = _read(Path(file), target, argument)
    largest = max(float(values.abs().max()) for values in (sample.X, sample.Y))
    if largest > LARGEST:
        raise InputError(argument, f"{largest:.3g} in {file}", f"numbers up to {LARGEST:g}: their squares are added")
    return sample


def _read(path: Path, target: tuple[str, ...], argument: str) -> Sample:
    if not path.is_file():
        raise InputError(argument, path, "an existing .csv or .npz file")
    if path.suffix == ".npz":
        if target:
            raise InputError("--target", " ".join(target), "nothing for an .npz file: Y is the target")
        arrays = read_npz(path, argument, ("X", "Y"))
        X, Y = arrays["X"], arrays["Y"]
        Y = Y[:, None] if Y.ndim == 1 else Y
        if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or X.size == 0 or Y.size == 0:
            got = f"X {X.shape}, Y {arrays['Y'].shape} in {path}"
            raise InputError(argument, got, "X (N, n) and Y (N,) or (N, m) of the same length N >= 1")
        return Sample(torch.from_numpy(X), torch.from_numpy(Y))
    if path.suffix == ".csv":
        return _read_csv(path, target, argument)
    raise InputError(argument, path, "a .csv or an .npz file")


def _read_csv(path: Path, target: tuple[str, ...], argument: str) -> Sample:
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            rows = [row for row in csv.reader(handle) if row and not row[0].startswith("#")]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(argument, path, "a .csv file of UTF-8 text") from None
    bare = bool(rows) and all(map(_is_number, rows[0]))
    if bare:
        rows.insert(0, [str(j) for j in range(1, len(rows[0]) + 1)])
    if len(rows) < 2 or len(rows[0]) < 2:
        raise InputError(argument, path, "at least one row of two columns or more, below a header if there is one")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        raise InputError(argument, f"{path} with header {header}", "column names that differ")
    for name in target:
        if name not in header:
            raise InputError("--target", name, f"columns of {path}: {', '.join(header)}")
    table = np.array([
        _numbers(row, header, line, path, argument) for line, row in enumerate(rows[1:], 1 if bare else 2)
    ])
    chosen = [header.index(name) for name in dict.fromkeys(target)] or [len(header) - 1]
    rest = [j for j in range(len(header)) if j not in chosen]
    if not rest:
        raise InputError("--target", " ".join(target), "at least one column left as input")
    return Sample(torch.from_numpy(table[:, rest]), torch.from_numpy(table[:, chosen]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(row: list[str], header: list[str], line: int, path: Path, argument: str) -> list[float]:
    if len(row) != len(header):
        raise InputError(argument, f"{len(row)} fields in row {line} of {path}", f"{len(header)} fields")
    values = []
    for name, text in zip(header, row, strict=True):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise InputError(argument, f"'{text}' in column {name}, row {line} of {path}", "finite numbers")
        values.append(value)
    return values
