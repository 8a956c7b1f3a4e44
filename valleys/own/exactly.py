"""A path written to a file and judged exactly; where it has no slack, with a second float64 for its output weights."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

from valleys.construct.low import low_weights
from valleys.judge.exact import judged_exactly
from valleys.paths.files import load_path, save_path
from valleys.paths.law_files import law_arrays
from valleys.paths.path import polygon
from valleys.problem.risk import FeatureRisk


def longer(verdict: dict[str, Any], folder: File, risk: FeatureRisk) -> dict[str, Any]:
    """The verdict on a path; one that rises, having no slack, is written again with a second float64 for its weights."""
    if verdict["verdict"] != "rises":
        return verdict
    file = folder / verdict["file"]
    knots = load_path(file).points
    path = polygon([knots[i] for i in range(len(knots.U))])
    low = low_weights(path, risk)
    if low is None:
        return verdict
    save_path(file, path, law_arrays(risk) | {"U_low": low})
    return judged_exactly(file)
