"""One unit more opens the valley: the path of Theorem A from the valley of width 2, small enough to watch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from valleys.own.decay import certified_decay, lowest
from valleys.paths.tour import Level, Targets, outputs_at, tour
from valleys.problem.network import Theta, widened
from weight_decay.wddata import MIRROR

#: Points on each leg.
POINTS = 24


def planar_tour(bottom: Theta, barrier: float) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The way down for ``MIRROR`` from a valley's lowest network and one unit that is 0.

    Args:
        bottom: of width 2, the lowest network of the spurious valley.
        barrier: what every way out of it climbs to at width 2.

    Returns:
        values and arrays for the record, see ``valleys.paths.tour.tour``.
    """
    risk = MIRROR.risk
    best = lowest(risk)
    path = certified_decay(widened(bottom, best.rank + 1), risk, best).path.path()
    return tour(
        "merge_tree", path, risk,
        f"Weight decay: one unit more, {best.rank + 1} instead of {best.rank}, opens the valley",
        f"Two points, one unit along each: with {best.rank} units every way out climbs to the barrier. A third unit, 0 at "
        f"first, takes over along the middle while the two fade, and the loss with its weight decay never rises.",
        (Level(f"barrier at width {bottom.p}", barrier, "gate"), Level("minimum", float(best.value), "minimum")),
        points=POINTS,
        targets=Targets("output at each point", ("x1", "x2"), tuple(MIRROR.y.tolist()),
                        outputs_at(torch.from_numpy(MIRROR.X), risk.sigma)),
    )  # fmt: skip
