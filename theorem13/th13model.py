"""The networks of Theorem 13: the bottom of the valley, the gate, and the good end beyond it.

The gate is a network with one output weight 0 whose other p-1 units are the best found for g1: its loss is
floor + alpha^2 eps_upper / 2.  For even powers the units are e_1 .. e_{p-1} with equal weights and eps_upper = eps.
"""

from __future__ import annotations

import math

import torch
from scipy.special import erfinv
from torch import Tensor

from theorem13.th13data import VANISHES_AT_ZERO, Setting
from theorem13.th13units import Dropped
from valleys.problem.network import Theta
from valleys.run.errors import InputError

CLIFF = 40.0
#: Size of the noise of the thesis' perturbed starts.
NOISE = 0.05
FAR = 1e14


def theta(u: Tensor, wb: Tensor, last: Tensor) -> Theta:
    """Put weights u (..., p), first coordinates wb (..., p, n-1) and last coordinates (..., p) together."""
    return Theta(u.unsqueeze(-2), torch.cat([wb, last.unsqueeze(-1)], dim=-1))


def off(setting: Setting) -> float:
    """The last coordinate of a row that is blind on Z = 0: 0, or far down where sigma only tends to its infimum."""
    return 0.0 if setting.activation in VANISHES_AT_ZERO else -CLIFF


def theta_bad(setting: Setting) -> Theta:
    """The bottom of the valley: W = [v_1 .. v_p], u = alpha (a near-minimiser where the infimum is not attained)."""
    u = torch.full((setting.p,), setting.alpha, dtype=torch.float64)
    return theta(u, setting.directions, torch.full_like(u, off(setting)))


def thesis_good(setting: Setting) -> Theta:
    """The thesis' good end: rows v_1 .. v_{p-1} with weight alpha, and the row e_n with weight -beta."""
    bad = theta_bad(setting)
    W, U = bad.W.clone(), bad.U.clone()
    W[-1], U[:, -1] = 0.0, -setting.beta
    W[-1, -1] = 1.0
    return Theta(U, W)


def perturbed_starts(setting: Setting, runs: int, generator: torch.Generator, size: float = NOISE) -> Theta:
    """The thesis' starts: rows of theta_bad with noise on the first n-1 coordinates, renormalised; u = alpha e^noise.

    Args:
        setting: the instance.
        runs: their number.
        generator: the source of randomness.
        size: of the noise.

    Returns:
        A batch of networks.
    """
    bad = theta_bad(setting)
    W = bad.W.expand(runs, -1, -1).clone()
    rows = W[..., :-1]
    noise = torch.randn(rows.shape, generator=generator, dtype=W.dtype)
    rows = rows + size * noise
    W[..., :-1] = rows / rows.norm(dim=-1, keepdim=True)
    U = bad.U * torch.exp(size * torch.randn(runs, 1, setting.p, generator=generator, dtype=W.dtype))
    return Theta(U, W)


def corners(setting: Setting, units: Dropped, beyond: Dropped | None) -> list[Theta]:
    """Knots of the path that attains the barrier: theta_bad, [merged], gate, gate with its dead row turned, good end.

    At the gate u_p = 0.  Where the kept units have a ``partner``, row p first joins it (merged) and then hands its weight
    over, which changes nothing; otherwise row p stays at v_p while its weight falls.  Turning the dead row costs
    nothing.  Then row p takes over the target of Z = 0.

    Args:
        setting: the instance.
        units: the p-1 units kept at the gate.
        beyond: for bounded activations, the p units (the last of negative weight) of the good end.

    Returns:
        The four or five knots.
    """
    bad, s = theta_bad(setting), setting
    u = torch.cat([s.alpha * units.u, torch.zeros(1, dtype=torch.float64)])
    W = bad.W.clone()
    W[:-1, :-1] = units.w
    if s.activation == "relu":
        W[:-1, :-1] *= units.u.unsqueeze(-1)
        u[:-1] = s.alpha
    joined = [] if units.partner is None else [merged(s, u, W, units.partner)]
    if joined:
        W[-1] = joined[0].W[-1]
    turned, end = W.clone(), u.clone()
    turned[-1] = 0.0
    turned[-1, -1] = FAR if s.activation == "softplus" else 1.0
    end[-1] = -s.beta / (FAR if s.activation == "softplus" else 1.0)
    final = turned
    if beyond is not None:
        end, final = s.alpha * beyond.u, torch.cat([beyond.w, turned[:, -1:]], dim=-1)
        final[-1, -1] = level_row(s, float(-end[-1]))
        turned[-1] = final[-1]
    after = [Theta(u.unsqueeze(0), W), Theta(u.unsqueeze(0), turned), Theta(end.unsqueeze(0), final)]
    return [bad, *joined, *after]


def merged(setting: Setting, u: Tensor, W: Tensor, partner: int) -> Theta:
    """The gate's function with unit ``partner`` in two equal halves, the second of which is unit p."""
    u, W = u.clone(), W.clone()
    if setting.activation == "relu":
        W[partner] /= 2
        u[-1] = u[partner]
    else:
        u[partner] /= 2
        u[-1] = u[partner]
    W[-1] = W[partner]
    return Theta(u.unsqueeze(0), W)


def level_row(setting: Setting, weight: float) -> float:
    """The last coordinate w with weight * sigma(w) = gamma, for the bounded activations.

    Args:
        setting: the instance.
        weight: the size of the negative output weight.

    Returns:
        The coordinate.

    Raises:
        InputError: if gamma is not below the weight.
    """
    share = setting.beta / weight
    if not 0 < share < 1:
        raise InputError("--beta", setting.beta, f"less than {weight:.6g}, the weight of the negative unit here")
    return math.log(share / (1 - share)) if setting.activation == "sigmoid" else float(erfinv(2 * share - 1))
