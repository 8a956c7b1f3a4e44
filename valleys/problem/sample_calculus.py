"""The loss on a finite sample: its gradient and its Hessian, written out."""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.network import Theta


def sample_gradient(sigma: Activation, X: Tensor, target: Tensor, theta: Theta) -> tuple[Tensor, Theta]:
    """``L`` and its gradient; ``target = Y^T/sqrt(N)`` as in the loss's coordinates."""
    Z = theta.W @ X.T
    H = sigma(Z)
    scale = 1 / len(X)
    R = theta.U @ H - target * len(X) ** 0.5
    grad_U = 2 * scale * (R @ H.mT)
    grad_W = 2 * scale * ((theta.U.mT @ R * sigma.derivative(Z)) @ X)
    return R.square().sum(dim=(-2, -1)) * scale, Theta(grad_U, grad_W)


class ReluSampleGradient:
    """``L`` and its gradient for ReLU networks with one output on a sample, batched, without temporaries.

    With ``Q_i = (2/N) sum_a 1{<w_i, x_a> > 0} r_a x_a`` (``r`` the residuals): ``dL/dw_i = u_i Q_i`` and, ReLU being
    homogeneous, ``dL/du_i = <w_i, Q_i>``: two large matrix products a step and three passes over the hidden layer. The
    networks are the last index in memory, so that the passes run over long rows.

    Args:
        X: inputs, shape ``(N, n)``.
        Y: outputs, shape ``(N, 1)``.
    """

    def __init__(self, X: Tensor, Y: Tensor) -> None:
        self.inputs = X.T.contiguous()
        # In float64 the product with few columns is a quarter faster if their number is a multiple of four.
        spare = -X.shape[1] % 4 if X.dtype == torch.float64 else 0
        self.padded = torch.nn.functional.pad(X, (0, spare))
        self.target = Y.T
        self.workspace: tuple[Tensor, Tensor, Tensor] | None = None

    def __call__(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L(theta)`` and ``(dL/dU, dL/dW)`` for ``U (B, 1, p)``, ``W (B, p, n)``."""
        R, gradient = self._weighted_residual(theta)
        return R.square().sum(dim=(-2, -1)) * (R.shape[-1] / 4), gradient

    def gradient(self, theta: Theta) -> Theta:
        """``(dL/dU, dL/dW)`` alone: a step of descent asks for no loss."""
        return self._weighted_residual(theta)[1]

    @staticmethod
    def arranged(x: Tensor) -> Tensor:
        """``(B, r, s)`` with the networks last in memory: what a step reads without a copy."""
        return x.permute(2, 1, 0).contiguous().permute(2, 1, 0)

    def _weighted_residual(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``(2/N) (Phi - Y)``, shape ``(B, 1, N)``, and the gradient."""
        B, p, n = theta.W.shape
        N = self.inputs.shape[1]
        U, W = theta.U.permute(2, 1, 0).reshape(p * B), theta.W.permute(2, 1, 0).reshape(n, p * B)
        if self.workspace is None or self.workspace[0].shape[:2] != (p, B):
            self.workspace = (W.new_empty(p, B, N), W.new_empty(B, 1, N), W.new_empty(self.padded.shape[1], p * B))
        Z, R, Q = self.workspace
        flat = Z.view(p * B, N)
        torch.mm(W.mT, self.inputs, out=flat).clamp_min_(0)
        torch.baddbmm(self.target, theta.U.contiguous(), Z.transpose(0, 1), beta=-2 / N, alpha=2 / N, out=R)
        # The mask in one pass: R where Z > 0, else 0.
        torch.ops.aten.threshold_backward.grad_input(R.view(1, B, N).expand_as(Z), Z, 0, grad_input=Z)
        # X^T (mask R)^T, not (mask R) X: the product with few rows is twice as fast in this order.
        torch.mm(self.padded.mT, flat.mT, out=Q)
        pulled = Q[:n]
        grad_U = (pulled * W).sum(dim=0).view(p, 1, B).permute(2, 1, 0)
        return R, Theta(grad_U, (pulled * U).view(n, p, B).permute(2, 1, 0))


def sample_hessian(sigma: Activation, X: Tensor, Y: Tensor, theta: Theta) -> Tensor:
    """The Hessian on a finite sample: ``(2/N) sum_a [J_a^T J_a + sum_o r_oa (second derivatives of Phi_o)]``."""
    N, m, p = len(X), theta.m, theta.p
    Z = theta.W @ X.T
    H, D = sigma(Z), sigma.derivative(Z)
    R = theta.U @ H - Y.T
    eye_m, eye_p = torch.eye(m).to(Z), torch.eye(p).to(Z)
    # Phi_o by U_oi is H_i; by W_ij it is U_oi D_i x_j.
    DX = D[..., None] * X
    J = torch.einsum("...oi,...iaj->...oija", theta.U, DX).flatten(-3, -2)
    WW = torch.einsum("...oka,...ola->...kl", J, J)
    bend = torch.einsum("...oi,...oa,...ia,aj,al->...ijl", theta.U, R, _second(sigma, Z), X, X)
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
