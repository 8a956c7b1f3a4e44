"""Parameters of one-hidden-layer networks ``Phi(x; theta) = U sigma(W x)``."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from valleys.run.errors import InputError
from valleys.run.limits import FILE, WEIGHT


@dataclass(frozen=True, eq=False)
class Theta:
    """Parameters ``theta = (U, W)``, or a batch of them.

    Attributes:
        U: output weights, shape ``(..., m, p)``.
        W: hidden weights, shape ``(..., p, n)``; leading dimensions (a batch of networks) as in ``U``.

    Raises:
        InputError: if the shapes do not fit together or the dtype is not a floating one.

    >>> theta = Theta(torch.zeros(1, 3), torch.zeros(3, 2))
    >>> theta.m, theta.p, theta.n
    (1, 3, 2)
    """

    U: Tensor
    W: Tensor

    def __post_init__(self) -> None:
        fits = (
            self.U.dim() >= 2
            and self.W.dim() == self.U.dim()
            and self.U.shape[:-2] == self.W.shape[:-2]
            and self.U.shape[-1] == self.W.shape[-2]
        )
        if not fits:
            raise InputError(
                "theta",
                f"U {tuple(self.U.shape)}, W {tuple(self.W.shape)}",
                "U (..., m, p) and W (..., p, n) with the same p and the same leading dimensions",
            )
        if not (self.U.is_floating_point() and self.U.dtype == self.W.dtype):
            raise InputError("theta", f"{self.U.dtype}, {self.W.dtype}", "one floating dtype for U and W")

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.U.shape[-2]

    @property
    def p(self) -> int:
        """Width: number of hidden units."""
        return self.W.shape[-2]

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.W.shape[-1]

    @property
    def batch(self) -> tuple[int, ...]:
        """Leading dimensions, ``()`` for a single network."""
        return tuple(self.U.shape[:-2])

    def map(self, f: Callable[[Tensor], Tensor]) -> Theta:
        """``(f(U), f(W))``, for example ``theta.map(torch.clone)``."""
        return Theta(f(self.U), f(self.W))

    def __getitem__(self, index: int | slice | Tensor) -> Theta:
        """The networks ``index`` of a batch."""
        return Theta(self.U[index], self.W[index])

    def equal(self, other: Theta) -> bool:
        """True where both parameters agree bit for bit."""
        return torch.equal(self.U, other.U) and torch.equal(self.W, other.W)


def move(a: Theta, b: Theta, t: float) -> Theta:
    """The point ``a + t (b - a)`` of the segment from ``a`` to ``b``; ``b`` itself at ``t = 1``.

    ``(1 - t) a + t b`` would perturb entries that do not move.

    >>> a, b = Theta(torch.zeros(1, 1), torch.zeros(1, 1)), Theta(torch.ones(1, 1), torch.zeros(1, 1))
    >>> move(a, b, 0.25).U.item()
    0.25
    """
    return b if t == 1.0 else between(a, b, t)


def between(a: Theta, b: Theta, t: float | Tensor) -> Theta:
    """``a + t (b - a)``; for ``t (T, 1, 1)`` the batch of ``T`` points."""
    return Theta(a.U + t * (b.U - a.U), a.W + t * (b.W - a.W))


def stack(thetas: list[Theta]) -> Theta:
    """A batch of networks, shapes ``(K, m, p)`` and ``(K, p, n)``."""
    return Theta(torch.stack([x.U for x in thetas]), torch.stack([x.W for x in thetas]))


def widened(theta: Theta, p: int) -> Theta:
    """The same function with units of zeros added up to width ``p``: gradient descent leaves them at zero."""
    more = p - theta.p
    pad = torch.nn.functional.pad
    return Theta(pad(theta.U, (0, more)), pad(theta.W, (0, 0, 0, more)))


def random_theta(m: int, p: int, n: int, generator: torch.Generator, batch: tuple[int, ...] = ()) -> Theta:
    """Standard normal ``U`` over ``sqrt(p)`` and standard normal ``W`` over ``sqrt(n)``, float64."""
    U = torch.randn(*batch, m, p, generator=generator, dtype=torch.float64) / p**0.5
    W = torch.randn(*batch, p, n, generator=generator, dtype=torch.float64) / n**0.5
    return Theta(U, W)


def load_theta(file: str | Path, argument: str = "--start") -> Theta:
    """Read ``U (m, p)`` and ``W (p, n)`` from an .npz file, as float64.

    Raises:
        InputError: if the file is missing, is no .npz, lacks a key, or its arrays do not fit or are beyond
            ``WEIGHT``.
    """
    arrays = read_npz(file, argument, ("U", "W"))
    for key in ("U", "W"):
        if arrays[key].size and (largest := float(np.abs(arrays[key]).max())) > WEIGHT.most:
            raise InputError(argument, f"{largest:.3g} in {key} of {file}", f"weights up to {WEIGHT.most:g}")
        if arrays[key].ndim != 2:
            raise InputError(argument, f"{key} {arrays[key].shape} in {file}", "U (m, p) and W (p, n)")
    try:
        return Theta(torch.from_numpy(arrays["U"]), torch.from_numpy(arrays["W"]))
    except InputError as error:
        raise InputError(argument, f"{error.value} in {file}", error.allowed) from None


UNREADABLE = "a readable .npz file of plain arrays"


def read_npz(
    file: str | Path, argument: str, keys: tuple[str, ...], perhaps: tuple[str, ...] = ()
) -> dict[str, np.ndarray]:
    """The arrays of an .npz file: numbers as finite float64, text as it is; no pickles.

    Args:
        file: path of the file.
        argument: the option that named it, for the error line.
        keys: keys that must be there, and hold numbers.
        perhaps: keys that hold numbers, if they are there.

    Returns:
        every array of the file by its key.

    Raises:
        InputError: for a missing or foreign file, one that unpacks to more than ``FILE``, a missing key, objects, text
            under one of the keys, NaN or inf.
    """
    if not Path(file).is_file():
        raise InputError(argument, file, "an existing .npz file")
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except Exception:  # zipfile and zlib each have their own error for a broken file
        raise InputError(argument, file, UNREADABLE) from None
    if size > FILE.most:
        raise InputError(argument, f"{size / 1e9:.3g} GB unpacked from {file}", f"at most {FILE.most / 1e9:.3g} GB")
    try:
        with Path(file).open("rb") as handle, np.load(handle, allow_pickle=False) as data:
            arrays = {key: np.asarray(data[key]) for key in data.files}
    except Exception:  # zipfile, numpy and zlib each have their own error for a broken file
        raise InputError(argument, file, UNREADABLE) from None
    for key in keys:
        if key not in arrays:
            raise InputError(argument, f"{file} with keys {sorted(arrays)}", f"the keys {', '.join(keys)}")
    for key, value in arrays.items():
        if value.dtype.kind in "fiub":
            with np.errstate(over="ignore"):  # long doubles; what overflows is inf, and refused
                arrays[key] = np.asarray(value, dtype=np.float64, order="C")
            if not np.isfinite(arrays[key]).all():
                raise InputError(argument, f"{key} with NaN or inf in {file}", "finite numbers")
        elif value.dtype.kind != "U" or key in keys + perhaps:
            allowed = "real numbers" if key in keys + perhaps else "real numbers or text"
            raise InputError(argument, f"{key} of type {value.dtype} in {file}", allowed)
    return arrays
