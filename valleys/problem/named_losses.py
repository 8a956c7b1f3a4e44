"""Losses by name or made from a callable, and targets as each loss wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from typing import ClassVar

import torch
from torch import Tensor

from valleys.problem.losses import CrossEntropy, Hinge, Huber, Logistic, Loss, Square
from valleys.run.errors import InputError

KNOWN = "square cross_entropy logistic huber:DELTA hinge"

Pointwise = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class OwnLoss(Loss):
    """A convex loss of the user: ``function(outputs (N, m), targets (N, m)) -> (N,)``.

    Attributes:
        function: the loss of each sample.
        slope: its gradient, ``(N, m)``; None: automatic differentiation.
        lower: a number that it never goes below.
    """

    function: Pointwise = lambda Z, T: (Z - T).square().sum(dim=-1)
    slope: Pointwise | None = None
    lower: float = -inf
    named: ClassVar[bool] = False

    @property
    def least(self) -> float:
        """``lower``."""
        return self.lower

    def _each(self, f: Pointwise, Z: Tensor, T: Tensor) -> Tensor:
        """``f`` with samples and networks as rows."""
        rows = Z.movedim(-2, -1)
        flat = f(rows.reshape(-1, rows.shape[-1]), T.T.expand(rows.shape).reshape(-1, rows.shape[-1]))
        return flat.reshape(rows.shape[: rows.dim() - 2 + flat.dim()] if flat.dim() == 2 else rows.shape[:-1])

    def values(self, Z: Tensor, T: Tensor) -> Tensor:
        """``function`` on every column."""
        return self._each(self.function, Z, T)

    def gradient(self, Z: Tensor, T: Tensor) -> Tensor:
        """``slope`` on every column, or automatic differentiation of ``function``."""
        with torch.enable_grad():
            return self._slopes(Z.detach().requires_grad_(), T, False).detach()

    def _slopes(self, z: Tensor, T: Tensor, again: bool) -> Tensor:
        """The gradient, which can be differentiated ``again``."""
        if self.slope is not None:
            return self._each(self.slope, z, T).movedim(-1, -2)
        return torch.autograd.grad(self.values(z, T).sum(), z, create_graph=again)[0]

    def curvature(self, Z: Tensor, T: Tensor) -> Tensor | None:
        """By automatic differentiation of the gradient; None where it cannot be differentiated."""
        with torch.enable_grad():
            z = Z.detach().requires_grad_()
            g = self._slopes(z, T, True)
            if not g.requires_grad:
                return None
            rows = [torch.autograd.grad(g[k].sum(), z, retain_graph=True, allow_unused=True)[0] for k in range(len(g))]
        return torch.stack([torch.zeros_like(Z) if row is None else row for row in rows])


def loss_named(loss: str | Loss | Pointwise | tuple[Pointwise, Pointwise]) -> Loss:
    """The loss of this name, or one made from a callable or a pair (callable, gradient).

    Raises:
        InputError: for an unknown name.

    >>> loss_named("huber:0.5").lipschitz(4)
    1.0
    """
    if isinstance(loss, Loss):
        return loss
    if callable(loss):
        return OwnLoss(getattr(loss, "__name__", "callable"), False, loss)
    if isinstance(loss, tuple) and len(loss) == 2 and all(callable(f) for f in loss):
        return OwnLoss(getattr(loss[0], "__name__", "callable"), False, *loss)
    table: dict[str, Loss] = {
        "square": Square("square", False), "cross_entropy": CrossEntropy("cross_entropy", True),
        "logistic": Logistic("logistic", True), "hinge": Hinge("hinge", True),
    }  # fmt: skip
    if isinstance(loss, str):
        if loss in table:
            return table[loss]
        kind, _, number = loss.partition(":")
        if kind == "huber":
            try:
                delta = float(number or 1.0)
            except ValueError:
                delta = -1.0
            if not (delta > 0 and isfinite(delta)):
                raise InputError("--loss", loss, "huber:DELTA with a number DELTA > 0")
            return Huber(f"huber:{delta:g}", False, delta)
    raise InputError("--loss", loss, f"one of: {KNOWN}; in Python also a convex callable")


def targets(y: Tensor, loss: Loss, m: int) -> Tensor:
    """Targets ``(N, m)`` as ``loss`` wants them, float64.

    Integers ``(N,)`` are classes: one-hot rows where ``m >= 2``, ``-1`` and ``+1`` where ``m = 1`` (given as 0 and 1 or so).
    Any loss takes classes; a loss on classes takes nothing else, but one-hot rows and signs as floats.

    Args:
        y: ``(N,)`` or ``(N, m)``.
        loss: the loss.
        m: number of outputs.

    Returns:
        the targets.

    Raises:
        InputError: for targets that do not fit ``m`` or the loss.

    >>> targets(torch.tensor([2, 0]), loss_named("cross_entropy"), 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    if loss.classes:
        loss.check(torch.eye(m)[:, :1])  # first whether there may be so many outputs
    values = y.detach().to("cpu", torch.float64)
    if values.numel() == 0 or not torch.isfinite(values).all():
        raise InputError("y", "NaN, inf or nothing", "finite numbers")
    integers = not y.is_floating_point()
    if values.dim() == 2 and values.shape[1] == 1 and (m == 1 or integers or loss.classes):
        values = values[:, 0]
    if values.dim() == 1 and (loss.classes or (integers and m > 1)):
        values = _classes(values, m)
    elif values.dim() == 1:
        values = values[:, None]
    if values.dim() != 2 or values.shape[1] != m:
        raise InputError("y", f"shape {tuple(y.shape)}", f"(N,) or (N, {m}), as the network has {m} outputs")
    loss.check(values.T)
    return values


def _classes(labels: Tensor, m: int) -> Tensor:
    found = sorted(set(labels.tolist()))
    allowed = f"classes 0 .. {m - 1}, as the network has {m} outputs" if m > 1 else "classes 0, 1 or -1, 1"
    if m == 1:
        if not (set(found) <= {0.0, 1.0} or set(found) <= {-1.0, 1.0}):
            raise InputError("y", f"classes {found[:5]}", allowed)
        return torch.where(labels > 0, 1.0, -1.0).to(torch.float64)[:, None]
    if any(k != int(k) or not 0 <= k < m for k in found):
        raise InputError("y", f"classes {[k for k in found if k != int(k) or not 0 <= k < m][:5]}", allowed)
    return torch.nn.functional.one_hot(labels.long(), m).to(torch.float64)
