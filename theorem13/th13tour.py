"""The way out of the valley as a tour: up to the gate, then down, with the floors that no path stays under."""

from __future__ import annotations

from typing import Any

import numpy as np

from theorem13.th13proof import Barrier
from valleys.paths.tour import Level, tour
from valleys.problem.risk import Risk


def way_out(b: Barrier, risk: Risk) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The best path known out of the valley, with all levels."""
    s = b.setting
    levels = (
        Level("valley floor", b.valley_floor, "start"),
        Level("proved floor of every path", b.proved, "proved"),
        Level("computed floor of every path", b.computed, "floor"),
        Level("gate", b.upper, "gate"),
    )
    return tour(
        "path_loss", b.path, risk,
        f"Theorem 13: the way out of the valley, sigma = {s.activation}, n = {s.n}, p = {s.p}",
        "The path starts at the bottom of the valley, where all output weights are positive. To leave it one of them has to "
        "pass 0, and wherever one does the loss is at least the floor.",
        levels,
    )  # fmt: skip
