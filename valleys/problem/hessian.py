"""Second derivatives of a risk by the trained parameters, batched: written out where known, by differences else."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from valleys.problem.gradients import pieces
from valleys.problem.network import Theta
from valleys.problem.risk import Risk

DIFFERENCE = 1e-5
#: Networks at which the gradient is taken at once.
TOGETHER = 1024


def flatten(theta: Theta, frozen: str = "") -> Tensor:
    """The trained parameters as vectors ``(..., P)``: the entries of ``U`` row by row, then those of ``W``."""
    parts = [getattr(theta, part).flatten(-2) for part in ("U", "W") if part != frozen]
    return torch.cat(parts, dim=-1)


def moved(theta: Theta, change: Tensor, frozen: str = "") -> Theta:
    """``theta`` plus a change of its trained parameters, given as vectors ``(..., P)``."""
    split = 0 if frozen == "U" else theta.m * theta.p
    U = theta.U if frozen == "U" else theta.U + change[..., :split].reshape(theta.U.shape)
    W = theta.W if frozen == "W" else theta.W + change[..., split:].reshape(theta.W.shape)
    return Theta(U, W)


def hessian(risk: Risk, theta: Theta, frozen: str = "") -> Tensor:
    """The Hessian of ``L`` by the trained parameters, shape ``(..., P, P)``, in the order of ``flatten``.

    A risk may bring its own (a method ``hessian`` for all of ``(U, W)``; of ReLU on a finite sample the one that holds
    away from the kinks); else the exact gradient is differenced.

    Args:
        risk: the loss.
        theta: parameters, with any leading dimensions.
        frozen: ``"U"`` or ``"W"`` is not trained.

    Returns:
        symmetric matrices.
    """
    mine = getattr(risk, "hessian", None)
    full = None if mine is None else mine(theta)
    if full is None:
        return difference_hessian(risk, theta, frozen)
    split = theta.m * theta.p
    if frozen == "U":
        return full[..., split:, split:]
    return full[..., :split, :split] if frozen == "W" else full


def difference_hessian(risk: Risk, theta: Theta, frozen: str = "") -> Tensor:
    """Central differences of the gradient, symmetrised: the error is about 1e-9 of the Hessian's size."""
    P, batch = flatten(theta, frozen).shape[-1], theta.batch
    steps = DIFFERENCE * torch.eye(P, dtype=theta.U.dtype, device=theta.U.device).reshape(P, *[1] * len(batch), P)

    def slopes(change: Tensor) -> Tensor:
        around = theta.map(lambda x: x.expand(len(change), *x.shape))
        return flatten(risk.value_and_gradient(moved(around, change, frozen))[1], frozen)

    columns = []
    for some in pieces(torch.arange(P, device=theta.U.device), max(1, TOGETHER // max(1, prod(batch)))):
        change = steps[some].expand(len(some), *batch, P)
        columns.append((slopes(change) - slopes(-change)) / (2 * DIFFERENCE))
    H = torch.cat(columns).movedim(0, -1)
    return (H + H.mT) / 2
