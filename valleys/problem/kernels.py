"""Kernels k(w, v) = E sigma(<w, x>) sigma(<v, x>) for x ~ N(0, I), with their derivatives written out.

Such a kernel depends on a = |w|^2, b = |v|^2 and c = <w, v> alone, so that

    grad_w k(w, v) = P v + Q w,        P = E sigma'(wx) sigma'(vx),        Q = E sigma''(wx) sigma(vx)

(Stein's lemma).  Each kernel returns the three tables (k, P, Q): nothing here differentiates through an arccosine,
and zero and parallel rows are ordinary arguments.  ReLU, z^2, z^4 and (1 + erf)/2 have closed forms; sigmoid and
softplus are computed by the trapezoidal rule, which converges geometrically for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

TINY = 1e-300
#: Of the quadrature: most nodes in the plane at a time, and the scale up to which all pairs share theirs.
TABLE, SHORT = 2_000_000, 4.0


class Kernel(NamedTuple):
    """The tables k, P, Q of a pair of batches of rows; each has shape (..., p, q)."""

    k: Tensor
    P: Tensor
    Q: Tensor


class KernelFunction(Protocol):
    """Maps rows W (..., p, n) and V (..., q, n) to the tables of the kernel."""

    def __call__(self, W: Tensor, V: Tensor) -> Kernel:
        """Return the tables (k, P, Q)."""
        ...


def kappa(c: Tensor) -> Tensor:
    """E relu(z1) relu(z2) for standard normals with correlation c: (sqrt(1-c^2) + (pi/2 + asin c) c) / (2 pi).

    Args:
        c: cosines, any shape; values that rounding put outside [-1, 1] are clamped.

    Returns:
        A tensor of the same shape, between 0 (c = -1) and 1/2 (c = 1).

    >>> kappa(torch.tensor([-1.0, 1.0], dtype=torch.float64)).tolist()
    [0.0, 0.5]
    """
    c = c.clamp(-1.0, 1.0)
    return (((1.0 - c) * (1.0 + c)).sqrt() + (0.5 * math.pi + c.asin()) * c) / (2.0 * math.pi)


def relu_kernel(W: Tensor, V: Tensor) -> Kernel:
    """ReLU: k = |w| |v| kappa(cos phi), P = (pi - phi) / (2 pi), Q = |v| sin(phi) / (2 pi |w|).

    At a zero row, where no gradient exists, P = Q = 0 is taken: the derivative of ReLU at its kink is 0 everywhere
    in this project.

    >>> W = torch.eye(2, dtype=torch.float64)
    >>> relu_kernel(W, 2 * W).k.diagonal().tolist()
    [1.0, 1.0]
    """
    a = W.norm(dim=-1).unsqueeze(-1)
    b = V.norm(dim=-1).unsqueeze(-2)
    c = (W / a.clamp_min(TINY)) @ (V / b.transpose(-1, -2).clamp_min(TINY)).transpose(-1, -2)
    c = c.clamp(-1.0, 1.0)
    sine = ((1.0 - c) * (1.0 + c)).sqrt()
    P = 0.25 + c.asin() / (2.0 * math.pi)
    rest = sine / (2.0 * math.pi)
    alive = (a > 0).to(a.dtype)
    return Kernel(a * b * (rest + c * P), alive * P, alive * b / a.clamp_min(TINY) * rest)


def squares_kernel(W: Tensor, V: Tensor) -> Kernel:
    """z^2: k = a b + 2 c^2, with a = |w|^2, b = |v|^2, c = <w, v>."""
    a, b, c = _invariants(W, V)
    return Kernel(a * b + 2 * c**2, 4 * c, (2 * b).expand_as(c))


def fourths_kernel(W: Tensor, V: Tensor) -> Kernel:
    """z^4: k = 9 a^2 b^2 + 72 a b c^2 + 24 c^4."""
    a, b, c = _invariants(W, V)
    k = 9 * (a * b) ** 2 + 72 * a * b * c**2 + 24 * c**4
    return Kernel(k, 144 * a * b * c + 96 * c**3, 36 * a * b**2 + 144 * b * c**2)


def erf01_kernel(W: Tensor, V: Tensor) -> Kernel:
    """(1 + erf)/2: an orthant probability, k = 1/4 + asin(2c / (A B)) / (2 pi), A^2 = 1 + 2a, B^2 = 1 + 2b."""
    a, b, c = _invariants(W, V)
    A, B = 1 + 2 * a, 1 + 2 * b
    r = 2 * c / (A * B).sqrt()
    slope = 1 / (2.0 * math.pi * (1 - r**2).sqrt())
    return Kernel(0.25 + r.asin() / (2.0 * math.pi), slope * 2 / (A * B).sqrt(), -slope * 2 * r / A)


def _invariants(W: Tensor, V: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return |w|^2 (..., p, 1), |v|^2 (..., 1, q) and <w, v> (..., p, q)."""
    return (W**2).sum(-1).unsqueeze(-1), (V**2).sum(-1).unsqueeze(-2), W @ V.transpose(-1, -2)


Scalar = Callable[[Tensor], Tensor]


def quadrature_kernel(value: Scalar, slope: Scalar, bend: Scalar, strip: float = math.pi) -> KernelFunction:
    """A kernel by the tensor trapezoidal rule in the plane of each pair of rows.

    For sigma analytic in |Im z| < strip the error of a step h is about exp(-2 pi strip / (h r)), r the longest row.
    The step h = strip / (2 pi r) puts it at rounding (and h <= 1/2 does so for the Gaussian itself).

    The work of a pair grows with r^2: long rows have nodes of their own, and beyond TABLE nodes a pair (r about 39 for strip
    = pi), or for rows that are not finite, the tables are NaN, as training that diverges asks for any row.

    Args:
        value: sigma.
        slope: sigma'.
        bend: sigma''.
        strip: distance of the nearest pole of sigma from the real line.

    Returns:
        The kernel.
    """

    def kernel(W: Tensor, V: Tensor) -> Kernel:
        a, b, c = _invariants(W, V)
        shape = c.shape
        a, b, c = (t.expand(shape).reshape(-1, 1, 1) for t in (a.sqrt(), b.sqrt(), c))
        along = c / a.clamp_min(TINY)
        across = (b**2 - along**2).clamp_min(0.0).sqrt()
        scale = torch.maximum(a, b).clamp_min(1.0).flatten() * math.pi / strip
        octave = (scale / SHORT).log2().ceil().clamp_min(0.0)
        octave[~((2 * (18 * scale).ceil() + 1) ** 2 <= TABLE)] = math.nan
        tables = torch.full((3, len(a)), math.nan, dtype=a.dtype)
        for this in sorted(set(octave[octave.isfinite()].tolist())):
            pairs = (octave == this).nonzero().squeeze(1)
            nodes, weights = gauss_nodes(float(scale[pairs].max()), a.dtype)
            z1, z2 = nodes.unsqueeze(-1), nodes
            for chunk in pairs.split(max(1, TABLE // len(nodes) ** 2)):
                first = a[chunk] * z1
                second = along[chunk] * z1 + across[chunk] * z2
                inner = value(second) @ weights
                tables[:, chunk] = torch.stack([
                    (value(first)[..., 0] * inner) @ weights,
                    (slope(first)[..., 0] * (slope(second) @ weights)) @ weights,
                    (bend(first)[..., 0] * inner) @ weights,
                ])
        return Kernel(*tables.reshape(3, *shape))

    return kernel


def gauss_nodes(scale: float, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Nodes and weights of E f(z), z ~ N(0, 1), by the trapezoidal rule of step 1 / (2 scale) on [-9, 9].

    >>> z, w = gauss_nodes(1.0)
    >>> round(float(w @ z**4), 12)
    3.0
    """
    half = math.ceil(18 * scale)
    z = torch.arange(-half, half + 1, dtype=dtype) * (9.0 / half)
    return z, torch.exp(-0.5 * z**2) * (9.0 / half / math.sqrt(2 * math.pi))


def _sigmoid_slope(z: Tensor) -> Tensor:
    return torch.sigmoid(z) * torch.sigmoid(-z)


def _sigmoid_bend(z: Tensor) -> Tensor:
    return _sigmoid_slope(z) * (torch.sigmoid(-z) - torch.sigmoid(z))


def _softplus(z: Tensor) -> Tensor:
    return z.clamp_min(0.0) + torch.exp(-z.abs()).log1p()


KERNELS: dict[str, KernelFunction] = {
    "relu": relu_kernel,
    "z2": squares_kernel,
    "z4": fourths_kernel,
    "softplus": quadrature_kernel(_softplus, torch.sigmoid, _sigmoid_slope),
    "sigmoid": quadrature_kernel(torch.sigmoid, _sigmoid_slope, _sigmoid_bend),
    "erf01": erf01_kernel,
}
