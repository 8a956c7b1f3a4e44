"""The data of Theorem 12: targets with their law, and starts, by name."""

from __future__ import annotations

from collections.abc import Callable

import torch

from theorem12.th12corollary import Valley
from theorem12.th12model import QuadraticRisk
from valleys.problem.network import Theta, random_theta
from valleys.run.errors import InputError

#: Sizes of the teacher of Corollary 14's law: ``alpha``, ``beta``.
ALPHA, BETA = 1.0, 1.5
#: ``u_k`` of ``scaled`` starts lies between ``10^-SPREAD`` and ``10^SPREAD``, the rows undo it.
SPREAD = 8.0


def positive_target(n: int, p: int) -> QuadraticRisk:
    """``A*`` diagonal with entries from 2 to 1/2, Gaussian inputs; the same for every width."""
    return QuadraticRisk(torch.diag(torch.linspace(2, 0.5, n, dtype=torch.float64)))


def indefinite_target(n: int, p: int) -> QuadraticRisk:
    """``A*`` diagonal with entries from 2 to -2, Gaussian inputs; the same for every width."""
    return QuadraticRisk(torch.diag(torch.linspace(2, -2, n, dtype=torch.float64)))


def valley_target(n: int, p: int) -> QuadraticRisk:
    """Corollary 14's law, made for the width: ``A*`` has ``min(p, n - 1)`` positive eigenvalues.

    Raises:
        InputError: for ``n = 1``.
    """
    if n < 2:
        raise InputError("--target", "theorem13 with n = 1", "n >= 2 for the law of Theorem 13")
    return Valley(n, min(p, n - 1), ALPHA, BETA).risk


TARGETS: dict[str, Callable[[int, int], QuadraticRisk]] = {
    "psd": positive_target,
    "indefinite": indefinite_target,
    "theorem13": valley_target,
}


def random_start(risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """``u ~ N(0, 1/p)``, ``w ~ N(0, I/n)``."""
    return random_theta(1, p, risk.n, generator)


def repeated_start(risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """Rows in equal pairs, each pair with opposite signs: ``A = 0`` for even ``p``."""
    theta = random_start(risk, p, generator)
    sign = torch.where(torch.arange(p) % 2 == 0, 1.0, -1.0).to(torch.float64)
    pair = torch.arange(p) // 2
    return Theta(sign * theta.U[:, pair].abs(), theta.W[pair].clone())


def zero_start(risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """All parameters 0."""
    return Theta(torch.zeros(1, p, dtype=torch.float64), torch.zeros(p, risk.n, dtype=torch.float64))


def saddle_start(risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """The best fit on the first half of the eigenvectors of ``A*``, other rows 0: the gradient vanishes, no minimum."""
    values, V = torch.linalg.eigh(risk.target)
    count = min(p, max(1, risk.n // 2))
    kept = values.abs().argsort(descending=True)[:count]
    U, W = torch.zeros(1, p, dtype=torch.float64), torch.zeros(p, risk.n, dtype=torch.float64)
    # the kept eigenvalues take up the trace of the rest; under the two-part law those of x_n stay apart
    counted = torch.ones(risk.n, dtype=torch.bool) if risk.law == "gaussian" else V[-1].abs() < 0.5
    left = values[counted].sum() - values[kept][counted[kept]].sum()
    shift = torch.where(counted[kept], left / (counted[kept].sum() + 2), 0.0)
    U[0, :count], W[:count] = values[kept] + shift, V[:, kept].T
    return Theta(U, W)


def scaled_start(risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """A random start with ``u_k`` stretched by ``10^-8`` to ``10^8``; the rows undo it."""
    theta = random_start(risk, p, generator)
    stretch = 10 ** torch.linspace(-SPREAD, SPREAD, p, dtype=torch.float64)
    return Theta(theta.U * stretch, theta.W / stretch.sqrt()[:, None])


def opposite_start(risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """``A = -A*`` on the first eigenvectors: on the straight line to ``A*`` all eigenvalues vanish at once."""
    values, V = torch.linalg.eigh(risk.target)
    count = min(p, risk.n)
    U, W = torch.zeros(1, p, dtype=torch.float64), torch.zeros(p, risk.n, dtype=torch.float64)
    U[0, :count], W[:count] = -values[:count], V.T[:count]
    return Theta(U, W)


STARTS: dict[str, Callable[[QuadraticRisk, int, torch.Generator], Theta]] = {
    "random": random_start,
    "repeated": repeated_start,
    "zero": zero_start,
    "saddle": saddle_start,
    "scaled": scaled_start,
    "opposite": opposite_start,
}


def start(name: str, risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """A start of width ``p``, by name.

    Args:
        name: a key of ``STARTS``.
        risk: gives ``n`` and the target.
        p: width.
        generator: draws the random numbers.

    Returns:
        the parameters.

    Raises:
        InputError: for another name.
    """
    if name not in STARTS:
        raise InputError("--start", name, ", ".join(STARTS))
    return STARTS[name](risk, p, generator)


def near(risk: QuadraticRisk, p: int, generator: torch.Generator, noise: float = 0.1) -> Theta:
    """A start near the optimum: the eigenform of ``1.2 A*``, spare rows 0, every parameter perturbed by ``noise``.

    The noise of ``u`` is in proportion to ``|A*|``, so that a small target is no further away than a large one. It is halved
    until ``L <= L(0)/4``: then the step as printed climbs, ``|(D/8) - (3/4) A*| >= (11/8) |D|`` at its middle, in the norm of
    the law, as ``|D| <= |A*|/2``.
    """
    values, V = torch.linalg.eigh(risk.target)
    theta = random_start(risk, p, generator)
    size = values.abs().max() / 2
    U, W = size * theta.U * p**0.5, theta.W * risk.n**0.5
    U0, W0 = torch.zeros_like(U), torch.zeros_like(W)
    U0[0, : risk.n], W0[: risk.n] = 1.2 * values, V.T
    found = Theta(U0 + noise * U, W0 + noise * W)
    while risk.value(found) > risk.of_matrix(torch.zeros_like(risk.target)) / 4:
        noise /= 2
        found = Theta(U0 + noise * U, W0 + noise * W)
    return found
