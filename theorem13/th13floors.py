"""Lower bounds of Theorem 13: what every path out of the valley has to pay.

eps(p) = inf over p-1 units with non-negative output weights of E|f - sum_{j<=p} sigma(<v_j, x>)|^2.  On the way out
of {u > 0} some output weight vanishes while none is negative; there L >= floor + alpha^2 eps / 2.

- ``eps_closed``: closed forms from the Hermite expansion.  Flattened, each even order of the teacher is a matrix with p
  singular values 1 (or lambda_min of a Hadamard power), each order of f one of rank <= p-1: Eckart-Young.
- ``eps_best``: for ReLU, 2 <= p <= 20, the sharper bound of ``th13sharper``, where it is the larger one.

The arguments are written out in PROOF.md.  Here are the closed forms in float64; ``th13balls`` has them in balls, and
only these are claimed.
"""

from __future__ import annotations

import math

import torch
from flint import arb
from torch import Tensor

from theorem13 import th13balls
from theorem13.th13data import VANISHES_AT_ZERO, Setting
from theorem13.th13sharper import WIDEST_SHARPER, relu_ball
from valleys.problem.activations import activation
from valleys.problem.kernels import gauss_nodes


def moments(name: str) -> tuple[float, float, float]:
    """Return c0 = E sigma(z), mu = E sigma(z)^2 and E sigma'(z), z ~ N(0, 1).

    Polynomials and ReLU have closed forms; the smooth activations are integrated by the trapezoidal rule.

    Args:
        name: the activation.

    Returns:
        (c0, mu, c1).
    """
    exact = {"relu": (1 / math.sqrt(2 * math.pi), 0.5, 0.5), "z2": (1.0, 3.0, 0.0), "z4": (3.0, 105.0, 0.0)}
    if name in exact:
        return exact[name]
    z, w = gauss_nodes(4.0)
    sigma = activation(name)
    return float(w @ sigma(z)), float(w @ sigma(z) ** 2), float(w @ sigma.derivative(z))


def valley_floor(setting: Setting) -> float:
    """The infimum of L over {u > 0}: beta^2 E sigma^2 / 2, or gamma^2 / 2 under the decoupled law; rounded down."""
    return th13balls.below(th13balls.level(setting, arb(0)))


def eps_closed(setting: Setting) -> float:
    """A lower bound of eps(p); p = 1 leaves no unit at all, so eps(1) = E sigma^2.

    Orthonormal directions, sigma(0) = 0:  E + c0^2 (E/N) / (c0^2 + E/N) with N = p-1 and E the energy of the even
    orders k >= 2 (all of the variance for an even sigma, 1/4 - 1/(2 pi) for ReLU).  Otherwise E2 = Var sigma - c1^2,
    the energy of the orders k >= 2.  More directions than dimensions (ReLU): the Hadamard-power bound.

    Args:
        setting: the instance.

    Returns:
        The bound, at unit strength of the teacher.
    """
    c0, mu, c1 = moments(setting.activation)
    if setting.p == 1:
        return mu
    if not setting.orthonormal:
        return hadamard_bound(setting.directions)
    if setting.activation not in VANISHES_AT_ZERO:
        return mu - c0**2 - c1**2
    energy = mu - c0**2 - c1**2
    share = energy / (setting.p - 1)
    return energy + c0**2 * share / (c0**2 + share)


def hadamard_bound(V: Tensor, orders: int = 60) -> float:
    """ReLU, any width: sum over even k >= 2 of c_k^2 lambda_min(G^{o k/2})^2, G = V V^T (Hadamard powers).

    c_k^2 = ((k-3)!!)^2 / (2 pi k!), and the c_k^2 sum to 1/4 - 1/(2 pi).  lambda_min never falls with k (Schur's product
    theorem: lambda_min(A o B) >= lambda_min(A) min_i B_ii), so the orders beyond the last one computed are bounded
    by its lambda_min.  Eigenvalues are taken less p^2 roundings: those of a p x p matrix with entries of size 1.

    Args:
        V: unit directions (p, n-1), pairwise not collinear.
        orders: number of even orders computed one by one.

    Returns:
        The bound on eps(p).
    """
    G = V @ V.T
    power, total, smallest = torch.ones_like(G), 0.0, 0.0
    c2, rest, rounding = 1 / (4 * math.pi), 0.25 - 1 / (2 * math.pi), len(V) ** 2 * 2.0**-52
    for k in range(2, 2 * orders + 1, 2):
        power = power * G
        smallest = max(smallest, float(torch.linalg.eigvalsh(power)[0]) - rounding)
        total, rest = total + c2 * smallest**2, rest - c2
        c2 *= (k - 1) ** 2 / ((k + 1) * (k + 2))
    return total + rest * smallest**2


def eps_best(setting: Setting) -> arb:
    """The best lower bound of eps(p) known here, in a ball: ``eps_closed``, or for ReLU B(p) where it is larger."""
    closed, p = th13balls.eps_closed(setting), setting.p
    if setting.activation != "relu" or not setting.orthonormal or not 2 <= p <= WIDEST_SHARPER:
        return closed
    sharper = relu_ball(p)
    return sharper if sharper > closed else closed
