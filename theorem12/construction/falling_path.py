"""The drawn path for every width ``p >= n``: straight legs of ``(u, W)``, on each of which the loss falls.

1. *free*: units of zero rows lose their output weight, units without output weight get new rows: nothing changes, exactly.
2. *go*: damped Gauss-Newton steps: ``A`` moves straight to its target to first order, and the loss falls.
3. *around*: where that gains little, the direction in which the loss is bent down most, away from a saddle.
4. *untangle*: where units cancel each other (``sum |a_k|`` well above ``sum |eigenvalues|``), a move along the fibre of ``A``
   with a tenth of the step down: the fibre is curved, so a straight leg along it would rise; the tenth pays for it.

Each leg ends short of where it would rise. That such paths exist from everywhere is the lifted certificate's (PROOF.md); this
one is a search: it is tried again from another direction where it gets stuck, and what it finds is judged over the rationals.
"""

from __future__ import annotations

import torch
from torch import Tensor

from theorem12.construction.straight import Here
from theorem12.th12model import QuadraticRisk
from valleys.paths.path import Path, moving, polygon
from valleys.problem.network import Theta
from valleys.run.errors import InputError

#: Done once the loss is this share of ``E|Y|^2``: what is left is nearly rounding.
TINY = 1e-26
#: A step that leaves more than this share of the loss is compared with the way around.
SLOW = 0.5
#: From here on units are untangled first; the share of a step down that pays for it.
TANGLED, PAID = 1.05, 0.1
#: So many legs an attempt, and attempts.
LEGS, ATTEMPTS = 80, 12
#: How often a move is halved until it falls.
HALVED = 12


def falling_path(start: Theta, risk: QuadraticRisk, generator: torch.Generator) -> Path:
    """From any ``(u, W)`` with ``p >= n`` down to ``A = A*``.

    Args:
        start: ``U (1, p)``, ``W (p, n)``.
        risk: the loss; its target is reached, as ``p >= n``.
        generator: draws new rows for units without effect, and the first direction of another attempt.

    Returns:
        the path, of the attempts the first that arrives, or else the lowest.

    Raises:
        InputError: if ``p < n``: below, Corollary 14 has laws with spurious valleys.
    """
    if start.p < start.n:
        raise InputError("--p", start.p, f"p >= n = {start.n} for the sharp path (below, Corollary 14 forbids one)")
    zero = float(risk.of_matrix(torch.zeros_like(risk.target)))
    done = TINY * (zero or float(risk.value(start)))
    best: list[Theta] = []
    for attempt in range(ATTEMPTS):
        knots = freed(start, generator) if float(risk.value(start)) > done else [start]
        while len(knots) < LEGS and float(risk.value(knots[-1])) > done:
            here = Here(knots[-1], risk)
            step = next_step(here, generator if len(knots) <= 2 * attempt else None)
            knots.append(Theta(here.theta.U + step.U, here.theta.W + step.W))
        if not best or risk.value(knots[-1]) < risk.value(best[-1]):
            best = knots
        if float(risk.value(best[-1])) <= done:
            break
    return polygon(moving(best))


def freed(start: Theta, generator: torch.Generator) -> list[Theta]:
    """Step 1: the knots, ``start`` first."""
    empty = (start.W == 0).all(dim=1)
    U = torch.where(empty, 0.0, start.U)
    dead = U[0] == 0
    rows = torch.randn(start.W.shape, generator=generator, dtype=torch.float64) / start.n**0.5
    return [start, Theta(U, start.W), Theta(U, torch.where(dead[:, None], rows, start.W))]


def next_step(here: Here, generator: torch.Generator | None) -> Theta:
    """The leg's change of ``(u, W)``: steps 2 to 4, or where ``generator`` is given first a step aside in a random direction."""
    if generator is not None or here.tangled > TANGLED:
        move = here.untangling if generator is None else random_step(here, generator)
        for k in range(HALVED):
            y = PAID * here.newton + move / 2**k
            if here.leg(y)[0] >= 1:
                return here.moved(y)
    y, (t, loss) = here.newton, here.leg(here.newton)
    if loss > SLOW * float(here.residual.square().sum()):
        around = here.leg(here.curvature)
        if around[1] < loss:
            y, t = here.curvature, around[0]
    return here.moved(t * y)


def random_step(here: Here, generator: torch.Generator) -> Tensor:
    """A move of every unit by its own size that leaves ``A`` as it is to first order."""
    Qt = here.decomposed[2]
    y = torch.randn(Qt.shape[1], generator=generator, dtype=torch.float64)
    return y - (Qt @ y) @ Qt
