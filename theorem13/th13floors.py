"""Lower bounds of Theorem 13: what every path out of the valley has to pay.

eps(p) = inf over p-1 units with non-negative output weights of E|f - sum_{j<=p} sigma(<v_j, x>)|^2.  On the way out
of {u > 0} some output weight vanishes while none is negative; there L >= floor + alpha^2 eps / 2.

- ``eps_proved``: closed forms from the Hermite expansion.  Flattened, each even order of the teacher is a matrix with p
  singular values 1 (or lambda_min of a Hadamard power), each order of f one of rank <= p-1: Eckart-Young.
- ``eps_computed``: for ReLU, 3 <= p <= 20, a sharper bound whose value needs a numerical minimisation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from scipy.optimize import minimize, minimize_scalar
from torch import Tensor

from theorem13.th13data import VANISHES_AT_ZERO, Setting
from valleys.problem.activations import activation
from valleys.problem.kernels import gauss_nodes, kappa

SEARCH_MARGIN = 2e-6
WIDEST_COMPUTED = 20
SMALL_WIDTHS = {3: 0.1505, 4: 0.1378}
E4 = 0.25 - 3 / (4 * math.pi)


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
    """The infimum of L over {u > 0}: beta^2 E sigma^2 / 2, or gamma^2 / 2 under the decoupled law."""
    power = 1.0 if setting.law == "decoupled" else moments(setting.activation)[1]
    return setting.beta**2 * power / 2


def eps_proved(setting: Setting) -> float:
    """A proved lower bound of eps(p); p = 1 leaves no unit at all, so eps(1) = E sigma^2.

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
    by its lambda_min.

    Args:
        V: unit directions (p, n-1), pairwise not collinear.
        orders: number of even orders computed one by one.

    Returns:
        The bound on eps(p).
    """
    G = V @ V.T
    power, total, smallest = torch.ones_like(G), 0.0, 0.0
    c2, rest = 1 / (4 * math.pi), 0.25 - 1 / (2 * math.pi)
    for k in range(2, 2 * orders + 1, 2):
        power = power * G
        smallest = max(smallest, float(torch.linalg.eigvalsh(power)[0]))
        total, rest = total + c2 * smallest**2, rest - c2
        c2 *= (k - 1) ** 2 / ((k + 1) * (k + 2))
    return total + rest * smallest**2


def eps_computed(setting: Setting) -> float:
    """The best lower bound of eps(p) known here: ``eps_proved``, or for ReLU the computed B(p) where it is larger."""
    proved, p = eps_proved(setting), setting.p
    if setting.activation != "relu" or not setting.orthonormal or not 2 <= p <= WIDEST_COMPUTED:
        return proved
    return max(proved, relu_bound(p))


@cache
def relu_bound(p: int) -> float:
    """B(p) <= eps(p) for ReLU, 2 <= p <= 20: min(B_A, B_1) less the margin of the search (theory of item 4).

    p = 2 is one unit against two orthogonal ones: the best angle is found in one dimension.

    Args:
        p: the width.

    Returns:
        The bound.
    """
    if p == 2:
        t = _minimise_angle()
        return t - SEARCH_MARGIN / 1e3
    found = min(_tilted(p), _untilted(p)) - SEARCH_MARGIN
    return SMALL_WIDTHS.get(p, found)


def _minimise_angle() -> float:
    """Min over w of E|w-unit - relu(x1) - relu(x2)|^2 = 1 + 1/pi - 2 (kappa(cos) + kappa(sin))^2."""

    def loss(angle: float) -> float:
        c = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
        return 1 + 1 / math.pi - 2 * float(kappa(c).sum()) ** 2

    return float(minimize_scalar(loss, bounds=(0.0, math.pi / 2), method="bounded", options={"xatol": 1e-12}).fun)


def _R(r: float) -> float:
    r = min(max(r, 0.0), 1.0)
    arc = math.sqrt(r) * math.asin(math.sqrt(r))
    return (math.sqrt(1 - r) + arc) / (2 * math.pi) - 1 / (2 * math.pi) - r / (4 * math.pi)


def tilt_cost(x: float) -> float:
    """l(x) = E4 - R(1 - x^2) - R(x^2): what turning the lost unit by asin x costs in the orders k >= 4."""
    return E4 - _R(1 - x * x) - _R(x * x)


def _common(p: int, g: float, o: float, sig: float) -> float:
    """The terms that B_A and B_1 share: orders 0 and 2, and the orders k >= 4 of the diagonal."""
    N, c2, E = p - 1, 1 / (2 * math.pi), 0.25 - 1 / (2 * math.pi)
    if g < 0 or g + o < 0:
        return math.inf
    trace = math.sqrt(N * g * (g + o)) - math.sqrt(p - sig**2)
    spread = o * o * N / ((N - 1) * 4 * math.pi)
    return c2 * (N * g - p) ** 2 + 0.25 * (sig**2 + trace**2) + E * (1 + N * (g - 1) ** 2) + spread


def _tilted(p: int) -> float:
    N = p - 1

    def bound(v: np.ndarray) -> float:
        g, o, th = v
        if not 0 <= th <= math.pi / 2:
            return math.inf
        sig = math.cos(th) - math.sqrt(N) * math.sin(th)
        return _common(p, g, o, sig) + 2 * g * N * tilt_cost(math.sin(th) / math.sqrt(N))

    starts = [(1 + 1 / p, o, th) for o in (-0.1, 0.0, 0.1) for th in (0.1, 0.3, 0.6, 1.2)]
    return _nelder_mead(bound, starts)


def _untilted(p: int) -> float:
    N, E = p - 1, 0.25 - 1 / (2 * math.pi)
    q = E4 - 2 * _R(0.5)

    def bound(v: np.ndarray) -> float:
        return _common(p, v[0], v[1], 0.0) + 2 * v[0] * q - q * q * (1 - 1 / N) / E

    return _nelder_mead(bound, [(1 + 1 / p, o) for o in (-0.1, 0.0, 0.1)])


def _nelder_mead(bound: Callable[[np.ndarray], float], starts: Sequence[tuple[float, ...]]) -> float:
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}
    return min(float(minimize(bound, s, method="Nelder-Mead", options=options).fun) for s in starts)
