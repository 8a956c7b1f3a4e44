"""Several teachers without bias, exact by Funk-Hecke: how fast the best readout falls for d = 3, 5 and 11."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from theorem16.th16data import PROFILES, ZonalTeacher, zonal_teacher
from theorem16.th16law import InputLaw
from theorem16.th16options import WIDEST, Config
from theorem16.th16own import place
from theorem16.th16readout import errors_for, floor
from theorem16.th16sphere import draw_features
from theorem16.th16trials import run_trials
from theorem16.th16widths import slope, thinned
from valleys.problem.streams import stream
from valleys.run.claims import at_most
from valleys.run.pictures import Part
from valleys.run.shards import Arrays

SOURCE = "Theorem 16, p. 13"
DIMENSIONS = (3, 5, 11)
TRIALS = 20
DRAWN = 60


def compute(config: Config) -> Part:
    """Medians, slopes and the exact law for each dimension and teacher."""
    widest, trials = sizes(config)
    dtype, teachers = place(config)[0], {d: known(d) for d in DIMENSIONS}
    found, shards = run_trials(draw, config, trials * len(DIMENSIONS), "teachers")
    widths = np.arange(1, widest + 1)
    shown = thinned(widths, DRAWN)
    rows: list[dict[str, Any]] = []
    for d in sorted({int(trial["d"]) for trial in found}):
        errors = np.stack([trial["errors"] for trial in found if trial["d"] == d])
        for index, (name, teacher) in enumerate(zip(PROFILES, teachers[d], strict=True)):
            low, median, high = np.quantile(errors[:, index], [0.05, 0.5, 0.95], axis=0)
            trusted = floor(teacher, dtype)
            rows.append({
                "d": d,
                "teacher": name,
                "law_constant": teacher.law_constant,
                "f_norm2": teacher.norm2,
                "slope_median": slope(widths, median, trusted),
                "slope_heuristic": -(d + 2) / (d - 1),
                "largest_ratio_to_law": float((median * widths).max() / teacher.law_constant),
                "trusted_from": trusted,
                "widths": widths[shown].tolist(),
                "median": median[shown].tolist(),
                "q05": low[shown].tolist(),
                "q95": high[shown].tolist(),
            })
    worst = max(row["largest_ratio_to_law"] for row in rows)
    statement = f"largest median R^2 over the exact law, {len(rows)} pairs of dimension and teacher, p = 1 .. {widest}"
    claims = [at_most("t16.teachers.median_below_law", SOURCE, statement, worst, 1.0, "measured")]
    return Part({"teachers": rows}, {}, claims, _caption(rows), shards=[shards])


def sizes(config: Config) -> tuple[int, int]:
    """The largest width, and draws of each dimension."""
    return (128, 4) if config.quick else (WIDEST, TRIALS)


@cache
def known(d: int) -> list[ZonalTeacher]:
    """The teachers of a dimension, remembered: every draw on a worker asks for them."""
    return [zonal_teacher(name, InputLaw(d, bias=False)) for name in PROFILES]


def draw(config: Config, number: int) -> Arrays:
    """One draw of the features: errors at every width for every teacher of one dimension."""
    dtype, device = place(config)
    d, trial = DIMENSIONS[number % len(DIMENSIONS)], number // len(DIMENSIONS)
    W = draw_features(sizes(config)[0], d, stream(config.seed, "teachers", d, trial)).to(device, dtype)
    return {"d": np.array(d), "errors": errors_for(InputLaw(d, bias=False), known(d), W).cpu().numpy()}


def _caption(rows: list[dict[str, Any]]) -> str:
    parts = []
    for d in sorted({row["d"] for row in rows}):
        slopes = [row["slope_median"] for row in rows if row["d"] == d and row["slope_median"] is not None]
        if slopes:
            heuristic = f"{-(d + 2) / (d - 1):.2f}"
            parts.append(f"${max(slopes):.2f}$ to ${min(slopes):.2f}$ for $d = {d}$ (heuristic ${heuristic}$)")
    measured = f" The exponent of $p$ is measured as {', '.join(parts)}." if parts else ""
    return (
        "The median error of the best output weights, over $|f^*|^2$, for four teachers $f^*(x) = \\int g(w)\\,"
        "\\sigma(\\langle w,x\\rangle)\\,d\\tau(w)$, $\\sigma$ the ReLU, $v$ a fixed axis; Gaussian inputs without bias. Dashed: "
        "the exact mean error of the weights $g(w_k)/p$ of the proof, which falls like $1/p$ (between both lines for all four)."
        f"{measured} The heuristic, from the spectrum of the kernel, proves nothing."
    )
