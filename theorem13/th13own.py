"""The lowest pass between two networks of the user, on the user's data or on the theorem's law."""

from __future__ import annotations

import numpy as np

from theorem13 import th13data
from theorem13.th13options import Config
from theorem13.th13problem import setting_of
from valleys.paths.files import save_path
from valleys.paths.heights import profile, straight_peak
from valleys.paths.law_files import law_arrays
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.laws import read_sample
from valleys.problem.network import Theta, load_theta
from valleys.problem.risk import FeatureRisk, Risk
from valleys.problem.streams import stream
from valleys.run.claims import at_most
from valleys.run.pictures import Part
from valleys.search.lowest_pass import find_pass

#: Units times data times steps that a quick search takes, and its fewest steps.
QUICK_WORK, FEWEST = 1_500_000, 20


def risk_of(config: Config) -> tuple[Risk, dict[str, np.ndarray]]:
    """The loss on the user's data, or the theorem's exact risk where no data is given; and what a path file says of it."""
    if config.data is None:
        setting = setting_of(config)
        return th13data.risk(setting), th13data.law_arrays(setting)
    risk = FeatureRisk(activation(config.activation), read_sample(config.data, config.target))
    return risk, law_arrays(risk)


def steps_for(config: Config, theta: Theta) -> int:
    """Steps of the search, fewer where a step is dear: its work is units times data, or pairs of units under the law."""
    most, work = (300, QUICK_WORK) if config.quick else (2000, 20 * QUICK_WORK)
    points = len(read_sample(config.data, config.target).X) if config.data else theta.p + config.p
    steps = max(FEWEST, min(most, work // (theta.p * points)))
    if steps < most:
        print(f"{theta.p} units, {points} points: {steps} steps of the search, not {most}", flush=True)
    return steps


def path_between(config: Config) -> Part:
    """Compute path_between.png: the path found, against the straight line.

    Args:
        config: the options, with --from and --to.

    Returns:
        The part.
    """
    risk, law = risk_of(config)
    a, b = load_theta(config.start or "", "--from"), load_theta(config.to or "", "--to")
    steps = steps_for(config, a)
    found = find_pass(risk, a, b, stream(config.seed, "pass"), steps=steps, progress="lowest pass")
    if config.save_path is not None:
        save_path(config.save_path, found.path, law)
    line = straight_peak(risk, a, b)
    found_t, found_L = profile(risk, found.path, max(20, config.path_points // len(found.path.pieces)))
    line_t, line_L = profile(risk, polygon([a, b]), config.path_points)
    values = {
        "path_between": {
            "from": float(found_L[0]), "to": float(found_L[-1]), "peak": found.peak, "straight_line_peak": line,
            "saddle": found.level, "saddle_gradient": found.gradient_norm, "legs": len(found.path.pieces),
        }
    }  # fmt: skip
    arrays = {"found_t": found_t, "found_L": found_L, "line_t": line_t, "line_L": line_L}
    text = (
        f"Loss between two networks: the straight line peaks at {line:.6g}, the path found at {found.peak:.6g} (ends "
        f"{float(found_L[0]):.6g} and {float(found_L[-1]):.6g}). An upper bound of the barrier: nothing here proves that "
        "no lower path exists."
    )
    statement = "peak of the path found, evaluated again on its profile; bound: the peak reported"
    claims = [at_most("path_between", "search", statement, float(found_L.max()), found.peak * (1 + 1e-9), "verified")]
    return Part(values, {k: v.numpy() for k, v in arrays.items()}, claims, text)
