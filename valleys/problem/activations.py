"""Activations ``sigma`` with the exact facts that the theorems use."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from valleys.run.errors import InputError

KNOWN = "z z2 z3 z4 .. poly:a0,a1,.. relu leaky_relu tanh sigmoid softplus erf erf01"
LEAK = 0.01

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Activation:
    """An activation ``sigma: R -> R``, applied entry by entry.

    Attributes:
        name: its name on the command line and in records.
        function: ``sigma``.
        slope: ``sigma'``; None for a callable of the user (autograd is used there).
        coefficients: ``(a_0, .., a_d)`` of a polynomial ``sum a_k z^k``, else None.
        homogeneous: ``k`` where ``sigma(c z) = c^k sigma(z)`` for every ``c > 0``, else None.
        even, odd: what the even part ``(sigma(z) + sigma(-z))/2`` and the odd part are, for the dimension of their
            span on a finite sample: ``zero``, ``constant``, ``linear``, ``absolute`` (a multiple of ``|z|``),
            ``generic`` (continuous, no polynomial, not homogeneous) or ``unknown``.
    """

    name: str
    function: Function
    slope: Function | None = None
    coefficients: tuple[float, ...] | None = None
    homogeneous: int | None = None
    even: str = "unknown"
    odd: str = "unknown"

    def __call__(self, z: Tensor) -> Tensor:
        """``sigma(z)``, entry by entry."""
        return self.function(z)

    def derivative(self, z: Tensor) -> Tensor:
        """``sigma'(z)``, entry by entry; 0 is taken for ReLU's kink."""
        if self.slope is not None:
            return self.slope(z)
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(self.function(z).sum(), z)
        return gradient

    @property
    def is_relu(self) -> bool:
        """Whether this is the built-in ReLU itself; a callable that bears its name is not."""
        return self is TABLE["relu"]

    @property
    def stored(self) -> str:
        """The name that ``activation`` reads back as this very function: what a path file says of it.

        Raises:
            InputError: for a callable of the user, which no file can hold.
        """
        if self.coefficients is None:
            if TABLE.get(self.name) is not self:
                instead = "judge this path in Python: valleys.judge.certificate.judge_path(path, risk)"
                raise InputError("activation", f"the callable {self.name}", f"one of {KNOWN} in a path file; {instead}")
            return self.name
        degree = len(self.coefficients) - 1
        if self.coefficients == (0.0,) * degree + (1.0,) and 1 <= degree < 100:
            return f"z{degree}" if degree > 1 else "z"
        return "poly:" + ",".join(map(repr, self.coefficients))

    @property
    def degree(self) -> int | None:
        """Degree of a polynomial activation, else None."""
        return None if self.coefficients is None else len(self.coefficients) - 1

    @property
    def powers(self) -> tuple[int, ...]:
        """The ``k`` with ``a_k != 0`` of a polynomial activation."""
        return tuple(k for k, a in enumerate(self.coefficients or ()) if a != 0.0)


def horner(coefficients: tuple[float, ...], z: Tensor) -> Tensor:
    """``sum_k a_k z^k``.

    >>> horner((1.0, 0.0, 2.0), torch.tensor([3.0])).item()
    19.0
    """
    value = torch.full_like(z, coefficients[-1])
    for a in reversed(coefficients[:-1]):
        value = value * z
        if a != 0.0:
            value = value + a
    return value


def polynomial(coefficients: tuple[float, ...], name: str | None = None) -> Activation:
    """The activation ``sum_k a_k z^k``; trailing zeros are dropped.

    Raises:
        InputError: if every coefficient is zero.

    >>> polynomial((0.0, 0.0, 1.0)).homogeneous
    2
    """
    kept = coefficients
    while kept and kept[-1] == 0.0:
        kept = kept[:-1]
    if not kept:
        raise InputError("--activation", name or coefficients, "a polynomial other than zero")
    powers = [k for k, a in enumerate(kept) if a != 0.0]
    derived = tuple(k * a for k, a in enumerate(kept))[1:] or (0.0,)
    return Activation(
        name or "poly:" + ",".join(f"{a:g}" for a in kept),
        lambda z: horner(kept, z),
        lambda z: horner(derived, z),
        coefficients=kept,
        homogeneous=powers[0] if len(powers) == 1 else None,
    )


def _bell(z: Tensor) -> Tensor:
    return (-z * z).exp() * (2.0 / torch.pi**0.5)


def _table() -> dict[str, Activation]:
    rows = [
        Activation(
            "relu", torch.relu, lambda z: (z > 0).to(z.dtype),
            homogeneous=1, even="absolute", odd="linear",
        ),
        Activation(
            "leaky_relu", lambda z: torch.where(z > 0, z, LEAK * z),
            lambda z: torch.where(z > 0, 1.0, LEAK).to(z.dtype),
            homogeneous=1, even="absolute", odd="linear",
        ),
        Activation("tanh", torch.tanh, lambda z: 1 - torch.tanh(z) ** 2, even="zero", odd="generic"),
        Activation(
            "sigmoid", torch.sigmoid, lambda z: torch.sigmoid(z) * torch.sigmoid(-z),
            even="constant", odd="generic",
        ),
        Activation(
            "softplus", torch.nn.functional.softplus, torch.sigmoid,
            even="generic", odd="linear",
        ),
        Activation("erf", torch.erf, _bell, even="zero", odd="generic"),
        Activation(
            "erf01", lambda z: 0.5 * torch.erfc(-z), lambda z: 0.5 * _bell(z),
            even="constant", odd="generic",
        ),
    ]  # fmt: skip
    return {row.name: row for row in rows}


TABLE = _table()


def activation(name: str | Activation | Function) -> Activation:
    """The activation with this name, or one made from any callable (then for finite samples only).

    Raises:
        InputError: for an unknown name; the line lists the known ones.

    >>> activation("z3").coefficients
    (0.0, 0.0, 0.0, 1.0)
    """
    if isinstance(name, Activation):
        return name
    if not isinstance(name, str):
        for row in TABLE.values():
            if row.function is name:
                return row
        return Activation(getattr(name, "__name__", "callable"), name)
    if name in TABLE:
        return TABLE[name]
    if match := re.fullmatch(r"z([1-9]\d?)?", name):
        k = int(match[1] or 1)
        return polynomial((0.0,) * k + (1.0,), name)
    if name.startswith("poly:"):
        try:
            coefficients = tuple(float(a) for a in name[5:].split(","))
        except ValueError:
            raise InputError("--activation", name, "poly:a0,a1,.. with numbers a_k") from None
        if not all(abs(a) < float("inf") for a in coefficients):
            raise InputError("--activation", name, "poly:a0,a1,.. with finite a_k")
        return polynomial(coefficients, name)
    raise InputError("--activation", name, f"one of: {KNOWN}")
