"""The guarantee beside what happens: the width of part 1 against lambda, the probability of part 2 against frequency.

Without bias, where d(lambda) is known exactly: features on the sphere of R^d, d as in the thesis' setting.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from scipy.stats import beta

from theorem16.th16data import ZonalTeacher, zonal_teacher
from theorem16.th16law import InputLaw
from theorem16.th16options import WIDEST, Config
from theorem16.th16own import place
from theorem16.th16proof import effective_dimension, part_two_claim, stated_probability, width_by_dimension
from theorem16.th16readout import errors_for, theorem_groups
from theorem16.th16sphere import draw_features
from theorem16.th16trials import run_trials
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_least
from valleys.run.pictures import Part
from valleys.run.shards import Arrays

SOURCE = "Theorem 16, part 1, pp. 13 and 29"
SIZES = (16, 64, 256)
TRIALS = 60
REGULARISATIONS = np.geomspace(1e-6, 1e-2, 25)
RATIOS = np.linspace(0.0, 4.5, 91)
"""eps / sqrt(v)."""


def compute(config: Config) -> Part:
    """Widths asked for and observed, probabilities stated and measured."""
    law, teacher = setting(config)
    widest, count = sizes(config)
    groups = group_sizes(widest)
    trials, shards = run_trials(draw, config, count, "guarantee")
    errors = np.stack([trial["errors"] for trial in trials])
    draws = {size: np.concatenate([trial[str(size)] for trial in trials]) for size in groups}
    rows = [_part_one(float(value), teacher, errors, config.delta) for value in REGULARISATIONS]
    values = {
        "d": law.d, "teacher": config.teacher, "delta": config.delta, "g_norm2": teacher.g2, "C": teacher.bound,
        "part1": rows, "part2": [_part_two(draws[size], teacher, size) for size in groups],
    }  # fmt: skip
    claims = [_part_one_claim(rows, len(errors), config.delta)]
    claims += [part_two_claim(torch.from_numpy(draws[size]), teacher.bound, size) for size in groups]
    return Part({"guarantee": values}, {}, claims, _caption(values), shards=[shards])


def sizes(config: Config) -> tuple[int, int]:
    """The largest width, and draws."""
    return (128, 12) if config.quick else (WIDEST, TRIALS)


def group_sizes(widest: int) -> list[int]:
    """The widths at which part 2 is looked at."""
    return [size for size in SIZES if size <= widest // 2]


@lru_cache(maxsize=4)
def setting(config: Config) -> tuple[InputLaw, ZonalTeacher]:
    """Law and teacher, remembered: every draw on a worker asks for them."""
    law = InputLaw(config.d_in + config.bias, bias=False)
    return law, zonal_teacher(config.teacher, law)


def draw(config: Config, number: int) -> Arrays:
    """One draw of the features: errors at every width, and the theorem's own weights on groups of them."""
    law, teacher = setting(config)
    (dtype, device), widest = place(config), sizes(config)[0]
    W = draw_features(widest, law.d, stream(config.seed, "guarantee", number)).to(device, dtype)
    K, b = law.gram(W), teacher.inner(W)
    groups = {str(size): theorem_groups(K, b, teacher, W, size).cpu().numpy() for size in group_sizes(widest)}
    return {"errors": errors_for(law, [teacher], W)[0].cpu().numpy(), **groups}


def _part_one(value: float, teacher: ZonalTeacher, errors: np.ndarray, delta: float) -> dict[str, Any]:
    """The widths for one lambda: by the paper's bound, by the exact d(lambda), and the first that serves 1 - delta."""
    dimension = effective_dimension(teacher.law.d, value)
    asked = width_by_dimension(dimension, delta)
    good = (errors <= 4 * value * teacher.g2).mean(axis=0)
    served = np.flatnonzero(good >= 1 - delta)
    return {
        "lambda": value,
        "risk": 4 * value * teacher.g2,
        "dimension": dimension,
        "width_paper": width_by_dimension(1 / (2 * value), delta),
        "width_exact": asked,
        "width_observed": int(served[0]) + 1 if len(served) else None,
        # R^2 never rises with p: a draw that is good at a smaller width is good at the width asked for.
        "frequency": float(good[min(math.ceil(asked), len(good)) - 1]),
    }


def _part_one_claim(rows: list[dict[str, Any]], count: int, delta: float) -> Claim:
    """The frequency at the width asked for, by its upper 99.9 % limit, is at least 1 - delta.

    Where that width is larger than those drawn, a lambda counts only if the largest drawn width already serves.
    """
    checked = [row for row in rows if row["width_observed"] is not None]
    hits = np.array([round(row["frequency"] * count) for row in checked])
    upper = np.where(hits < count, beta.ppf(0.999, hits + 1, np.maximum(count - hits, 1)), 1.0)
    lowest = float(upper.min()) if len(upper) else math.nan
    statement = (
        f"lowest frequency (99.9 % limit) of R^2 <= 4 lambda |g|^2 at p = 5 d log(16 d / delta), "
        f"{len(checked)} lambdas, {count} draws"
    )
    return at_least("t16.guarantee.part1", SOURCE, statement, lowest, 1 - delta, "measured")


def _part_two(draws: np.ndarray, teacher: ZonalTeacher, size: int) -> dict[str, Any]:
    """Measured P(R_MC <= eps) and the stated lower bound, at eps = ratio sqrt(v)."""
    epsilon = RATIOS * teacher.bound / math.sqrt(size)
    measured = (np.sqrt(draws.clip(0))[:, None] <= epsilon).mean(axis=0)
    return {
        "p": size,
        "draws": len(draws),
        "ratio": RATIOS.tolist(),
        "measured": measured.tolist(),
        "stated": stated_probability(epsilon, teacher.bound, size).tolist(),
    }


def _caption(values: dict[str, Any]) -> str:
    seen = [row["width_exact"] / row["width_observed"] for row in values["part1"] if row["width_observed"]]
    paper = [row["width_paper"] / row["width_observed"] for row in values["part1"] if row["width_observed"]]
    if not seen:
        return "Both parts of the theorem against what happens."
    return (
        f"Gaussian inputs without bias, $d = {values['d']}$. (a) Part 1: the error is at most $4\\lambda|g|^2$ with probability "
        f"${1 - values['delta']:g}$ once $p \\geq 5D\\log(16D/{values['delta']:g})$, where $D = d(\\lambda)$ counts the "
        f"directions that matter at level $\\lambda$; that width is {min(seen):.0f} to {max(seen):.0f} times the one that "
        f"serves, and {min(paper):.0f} to {max(paper):.0f} times with the bound $d(\\lambda) \\leq 1/(2\\lambda)$. "
        "(b) Part 2: the weights "
        "$g(w_k)/p$ have an error of at most $\\varepsilon^2$ with the probability stated (dashed, from "
        "$\\varepsilon = \\sqrt{v}$ on; $C$ is the largest $|g|$ times the largest size of a unit); what happens is far better."
    )
