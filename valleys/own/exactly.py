"""A path written to a file and judged exactly, from the very bytes that are saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as File
from typing import Any

from valleys.construct.low import low_weights
from valleys.judge.exact import if_judged, judged_exactly, judged_in_passing
from valleys.paths.files import load_path, save_path
from valleys.paths.law_files import law_arrays
from valleys.paths.path import polygon
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


def verdict_of(save: Callable[[File], None]) -> dict[str, Any] | None:
    """What ``python -m check`` says of a path file; None where no file can hold the path, or the checker does not judge it.

    Args:
        save: writes the path.
    """
    try:
        return if_judged(lambda: judged_in_passing(save))
    except InputError:
        return None


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
