"""Second derivatives of a risk by the trained parameters, batched: written out where known, by differences else."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.gradients import pieces
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk, Risk

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

    A risk may bring its own (a method ``hessian`` for all of ``(U, W)``); on a finite sample it is written out (ReLU:
    the one that holds away from the kinks); else the exact gradient is differenced.

    Args:
        risk: the loss.
        theta: parameters, with any leading dimensions.
        frozen: ``"U"`` or ``"W"`` is not trained.

    Returns:
        symmetric matrices.
    """
    mine = getattr(risk, "hessian", None)
    if mine is not None:
        full = mine(theta)
    elif isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
        full = sample_hessian(risk.sigma, risk.law, theta)
    else:
        return difference_hessian(risk, theta, frozen)
    split = theta.m * theta.p
    if frozen == "U":
        return full[..., split:, split:]
    return full[..., :split, :split] if frozen == "W" else full


def sample_hessian(sigma: Activation, law: Sample, theta: Theta) -> Tensor:
    """The Hessian on a finite sample: ``(2/N) sum_a [J_a^T J_a + sum_o r_oa (second derivatives of Phi_o)]``."""
    N, m, p = len(law.X), theta.m, theta.p
    Z = theta.W @ law.X.T
    H, D = sigma(Z), sigma.derivative(Z)
    R = theta.U @ H - law.Y.T
    eye_m, eye_p = torch.eye(m).to(Z), torch.eye(p).to(Z)
    # Phi_o by U_oi is H_i; by W_ij it is U_oi D_i x_j.
    DX = D[..., None] * law.X
    J = torch.einsum("...oi,...iaj->...oija", theta.U, DX).flatten(-3, -2)
    WW = torch.einsum("...oka,...ola->...kl", J, J)
    bend = torch.einsum("...oi,...oa,...ia,aj,al->...ijl", theta.U, R, _second(sigma, Z), law.X, law.X)
    WW = WW + torch.einsum("...ijl,ik->...ijkl", bend, eye_p).flatten(-4, -3).flatten(-2, -1)
    UU = torch.einsum("op,...ik->...oipk", eye_m, H @ H.mT).flatten(-4, -3).flatten(-2, -1)
    UW = torch.einsum("...ia,...oka->...oik", H, J)
    UW = UW + torch.einsum("...oa,...iaj,ik->...oikj", R, DX, eye_p).flatten(-2, -1)
    UW = UW.flatten(-3, -2)
    return (2 / N) * torch.cat([torch.cat([UU, UW], dim=-1), torch.cat([UW.mT, WW], dim=-1)], dim=-2)


def _second(sigma: Activation, Z: Tensor) -> Tensor:
    """``sigma''`` by automatic differentiation of ``sigma'``; 0 where ``sigma'`` is piecewise constant."""
    with torch.enable_grad():
        Z = Z.detach().requires_grad_()
        slope = sigma.derivative(Z)
        if not slope.requires_grad:
            return torch.zeros_like(Z)
        (second,) = torch.autograd.grad(slope.sum(), Z)
    return second


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
