"""Why float64 leaves a network uncertified: what the data and the start alone say, before any construction."""

from __future__ import annotations

import torch

from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.dimension import orthonormal
from valleys.problem.network import Theta
from valleys.problem.rows import rows_through_points
from valleys.run.limits import SPREAD

#: Filters whose singular values are above this share are told apart.
APART = 1e-6
#: Filters that are drawn beyond ``dim*`` to be told apart.
MORE = 200


def few_digits(risk: ConvexRisk, theta: Theta, generator: torch.Generator) -> tuple[str, str] | None:
    """What is too much for float64, and what would do; None where nothing is, so that a false claim has no excuse.

    Args:
        risk: the loss on the data.
        theta: the start.
        generator: draws filters.

    Returns:
        one of three: filters that differ by ``SPREAD`` and more from point to point, or so much that they hide ``dim*``; a start
        that far above the network 0; fewer drawn filters than ``dim*`` that can be told apart.
    """
    columns = risk.law.spanning(risk.sigma)
    size = columns.abs().amax(dim=1)
    spread = float(size.max() / size[size > 0].min()) if size.any() else 1.0
    level = columns / torch.where(size > 0, size, 1.0)[:, None]
    if spread > SPREAD.most or orthonormal(level).shape[1] > orthonormal(columns).shape[1]:
        got = f"points where {risk.sigma.name} is {spread:.1g} times as large as at others"
        return got, "points of like size: centre and rescale the columns, leave outliers out, or take a lower degree"
    far = float(risk.value(theta)) / max(risk.at_zero, torch.finfo(torch.float64).tiny)
    if far > SPREAD.most:
        allowed = f"at most {SPREAD.most:g} times: rescale the columns, or a start nearer to the targets"
        return f"a loss at the start that is {far:.1g} times that of the network 0", allowed
    count = min(4 * risk.dimension, risk.dimension + MORE)
    rows = risk.law.rows(risk.sigma, count, generator)
    if risk.sigma.coefficients is None:
        rows = torch.cat([rows, rows_through_points(risk.law.X, count, generator, torch.arange(risk.N))])
    F = risk.features(torch.cat([rows, torch.zeros_like(rows[:1])]))  # the last is the pinned unit, if there is one
    F = F / F.norm(dim=1, keepdim=True).clamp(min=torch.finfo(F.dtype).tiny)
    squares = torch.linalg.eigvalsh(F @ F.T if len(F) < risk.N else F.T @ F)
    apart = int((squares > APART**2 * squares[-1]).sum())
    if apart >= risk.dimension:
        return None
    got = f"filters of {risk.sigma.name} of which float64 tells {apart} apart, with dim* {risk.dimension}"
    return got, "columns of like size around 0 (centre and rescale them), and fewer rows or more columns"
