"""The sharp path of Theorem 12 small enough to watch: quadratic units of two inputs, each an arrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from theorem12.construction.sharp_path import sharp_path
from theorem12.th12data import start
from theorem12.th12own import risk_for
from theorem12.th12training import minimum
from valleys.paths.tour import Level, tour
from valleys.problem.streams import stream

SIZE, WIDTH = 2, 3


def planar_tour(seed: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The sharp path for ``n = 2``, ``p = 3`` from a random start to ``A* = diag(2, 1/2)``."""
    risk = risk_for("psd", SIZE, WIDTH)
    path = sharp_path(start("random", risk, WIDTH, stream(seed, 3)), risk.target)
    return tour(
        "quadratic_path", path, risk,
        f"Theorem 12: {WIDTH} quadratic units of {SIZE} inputs",
        f"Width p = {WIDTH}, between n = {SIZE} and the paper's 2n + 1 = {2 * SIZE + 1}. The arrows stretch and turn, and A = "
        "Σ uₖ wₖ wₖᵀ stays what it is, until a unit is free; then A goes straight to its target.",
        (Level("minimum", minimum(risk, WIDTH), "minimum"),),
    )  # fmt: skip
