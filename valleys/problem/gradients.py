"""The gradients that training calls millions of times: for chunks of networks, with their workspace, in any dtype."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.population import PopulationRisk
from valleys.problem.risk import FeatureRisk, Risk

Gradient = Callable[[Theta], tuple[Tensor, Theta]]

# Bytes that one chunk's hidden layer may hold: it should stay in cache.
CHUNK_BYTES = 2_500_000
CHUNK = 64


class ReluSampleGradient:
    """``L`` and its gradient for ReLU networks with one output on a sample, batched, without temporaries.

    With ``Q_i = (2/N) sum_a 1{<w_i, x_a> > 0} r_a x_a`` (``r`` the residuals): ``dL/dw_i = u_i Q_i`` and, ReLU being
    homogeneous, ``dL/du_i = <w_i, Q_i>``: two large matrix products a step and three passes over the hidden layer.

    Args:
        X: inputs, shape ``(N, n)``.
        Y: outputs, shape ``(N, 1)``.
    """

    def __init__(self, X: Tensor, Y: Tensor) -> None:
        self.inputs = X.T.contiguous()
        # In float64 the product with few rows is a quarter faster if their number is a multiple of four.
        spare = -X.shape[1] % 4 if X.dtype == torch.float64 else 0
        self.padded = torch.nn.functional.pad(self.inputs, (0, 0, 0, spare))
        self.target = Y.T
        self.workspace: tuple[Tensor, Tensor, Tensor] | None = None

    def __call__(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``L(theta)`` and ``(dL/dU, dL/dW)`` for ``U (B, 1, p)``, ``W (B, p, n)``."""
        U, W = theta.U, theta.W
        B, p, n = W.shape
        N = self.inputs.shape[1]
        if self.workspace is None or self.workspace[0].shape[:2] != (B, p):
            self.workspace = (W.new_empty(B, p, N), W.new_empty(B, 1, N), W.new_empty(len(self.padded), B * p))
        Z, R, Q = self.workspace
        flat = Z.view(B * p, N)
        torch.mm(W.reshape(B * p, n), self.inputs, out=flat).relu_()
        torch.baddbmm(self.target, U, Z, beta=-1, out=R)
        # The mask in one pass: R where Z > 0, else 0.
        torch.ops.aten.threshold_backward.grad_input(R.expand_as(Z), Z, 0, grad_input=Z)
        # X^T (mask R)^T, not (mask R) X: the product with few rows is twice as fast in this order.
        torch.mm(self.padded, flat.mT, out=Q)
        pulled = Q[:n].view(n, B, p).permute(1, 2, 0) * (2.0 / N)
        grad_U = torch.linalg.vecdot(pulled, W)[:, None, :]
        return R.square().mean(dim=(-2, -1)), Theta(grad_U, U.mT * pulled)


def sample_gradient(sigma: Activation, law: Sample) -> Gradient:
    """``theta -> (L, gradient)`` on a sample."""
    if sigma.is_relu and law.m == 1:
        return ReluSampleGradient(law.X, law.Y)
    return FeatureRisk(sigma, law).value_and_gradient


def gradient_of(risk: Risk) -> Gradient:
    """The fastest ``theta -> (L, gradient)`` known for the risk; each call makes a workspace of its own."""
    if isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
        return sample_gradient(risk.sigma, risk.law)
    return risk.value_and_gradient


def chunk_size(risk: Risk, p: int) -> int:
    """How many networks of width ``p`` to train together so that their hidden layer stays in cache."""
    if isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
        return max(1, CHUNK_BYTES // (p * risk.law.X[:, 0].nbytes))
    return CHUNK


def pieces(ids: Tensor, size: int) -> list[Tensor]:
    """The networks ``ids`` in pieces of at most ``size``."""
    return [ids[i : i + size] for i in range(0, len(ids), size)]


def like(risk: Risk, reference: Tensor) -> Risk:
    """The risk in the dtype and on the device of ``reference``, where the risk can be moved."""
    if isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
        return FeatureRisk(risk.sigma, Sample(risk.law.X.to(reference), risk.law.Y.to(reference)))
    if isinstance(risk, PopulationRisk):
        return risk.to(reference)
    return risk
