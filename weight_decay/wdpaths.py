"""What is computed for ``path_down``: where L-BFGS stopped at width r + 1, and the certified paths from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np

from valleys.construct.decay_algebra import Rationals
from valleys.construct.decay_optimum import network
from valleys.judge.decay_claims import decay_claims, share_above
from valleys.judge.decay_floor import rounded_down
from valleys.judge.exact import judged_exactly, rise_of
from valleys.own.decay import DecayDescent, Lowest, certified_decay, lowest
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta
from valleys.run.claims import at_most, worst
from valleys.run.pictures import Part
from weight_decay.wddata import COPIES, random_example
from weight_decay.wdoptions import Config
from weight_decay.wdown import SOURCE, bounded, values_along
from weight_decay.wdtraining import lbfgs, starts

#: Data of the picture; starts of L-BFGS (with ``--quick``); runs shown.
POINTS, INPUTS, BETA = 8, 2, 0.1
STARTS, QUICK_STARTS, SHOWN = 24, 3, 3
#: Rational paths: points, inputs and width.
RATIONAL = ((2, 2, 3), (3, 2, 4), (4, 3, 6))
#: How far above the floor a run is called stuck.
STUCK = 1e-4


def stuck_runs(risk: DecayRisk, best: Lowest, runs: int, seed: int) -> list[Theta]:
    """Ends of L-BFGS at width ``r + 1``, the highest first."""
    batch = starts(best.rank + 1, risk.n, runs, seed, "path_down")
    ends = [lbfgs(risk, batch[i]) for i in range(runs)]
    return sorted(ends, key=lambda theta: -float(risk.value(theta)))


def units_of(theta: Theta) -> np.ndarray:
    """``(s, |u| w)`` of every unit, ``(p, 1 + n)``."""
    u = theta.U.numpy()[0]
    return np.concatenate([np.sign(u)[:, None], np.abs(u)[:, None] * theta.W.numpy()], axis=1)


def copies(width: int) -> Theta:
    """A local minimum of ``COPIES`` at any even width: a unit along each point, split into equal copies."""
    along = (COPIES.X / np.linalg.norm(COPIES.X, axis=1, keepdims=True)) * (1 - 1 / 5) / 5
    V = np.repeat(along / (width // 2), width // 2, axis=0)
    return network(np.ones(width), V, width)


def written(done: DecayDescent, file: File) -> dict[str, Any]:
    """The exact checker's verdict on a path, from the file in which it stays."""
    done.save(file)
    return judged_exactly(file)


def rational_paths(folder: File, seed: int) -> list[dict[str, Any]]:
    """Paths whose masses are not rounded at all, from drawn networks and from a local minimum: what the checker says."""
    rows = []
    cases = [
        (random_example(N, n, 0.3, seed, "rational", N), starts(p, n, 1, seed, "rational")[0]) for N, n, p in RATIONAL
    ]
    for k, (data, theta) in enumerate([*cases, (COPIES, copies(4))]):
        risk = data.risk
        best = lowest(risk)
        done = certified_decay(theta, risk, best, Rationals())
        exact = written(done, folder / f"rational_{k}.npz")
        rows.append({"points": len(data.y), "p": theta.p, "legs": done.path.names, "exact": exact})
    return rows


def path_down(folder: File, config: Config) -> Part:
    """``path_down``: the highest ends of L-BFGS at width r + 1, and what the construction makes of them.

    Each path is written to ``folder``, and the exact checker reads it from there.
    """
    data = random_example(POINTS, INPUTS, BETA, config.seed, "path_down", "data")
    risk = data.risk
    best = lowest(risk)
    ends = stuck_runs(risk, best, QUICK_STARTS if config.quick else STARTS, config.seed)[:SHOWN]
    done = [certified_decay(theta, risk, best) for theta in ends]
    done = [replace(found, exact=written(found, folder / f"down_{k}.npz")) for k, found in enumerate(done)]
    arrays: dict[str, np.ndarray] = {"X": data.X}
    rows: list[dict[str, Any]] = []
    for k, (theta, found) in enumerate(zip(ends, done, strict=True)):
        arrays[f"loss_{k}"], arrays[f"position_{k}"] = values_along(risk, found.path)
        arrays[f"before_{k}"], arrays[f"after_{k}"] = units_of(theta), units_of(found.path.path().end)
        norm = float(sum(part.square().sum() for part in vars(risk.value_and_gradient(theta)[1]).values()) ** 0.5)
        rows.append({
            "start": found.verdict.start, "end": found.verdict.end, "rise": found.verdict.rise, "legs": found.path.names,
            "gradient": norm, "above": found.verdict.start / float(best.floor) - 1, "exact": found.exact,
        })  # fmt: skip
    exact = rational_paths(folder, config.seed)
    values = {
        "p": best.rank + 1,
        "r": best.rank,
        "floor": rounded_down(best.floor),
        "gap": best.gap,
        "runs": rows,
        "rational": exact,
    }
    claims = [
        bounded(best, "path"),
        *decay_claims("path", SOURCE, [found.judged for found in done]),
        at_most("path.rational_rise", SOURCE, f"largest rise on {len(exact)} paths with rational masses, relative to f(start): "
                "from their files alone", max(rise_of(row["exact"]) for row in exact), 0, "exact"),
        at_most("path.rational_end", SOURCE, "ends of these paths less the floor under every width, relative",
                worst(share_above(row["exact"]) for row in exact), 1e-13, "exact"),
    ]  # fmt: skip
    above, legs = rows[0]["above"], rows[0]["legs"]
    caption = (
        f"{POINTS} random points, width r + 1 = {best.rank + 1}, weight decay {BETA:g}. L-BFGS stopped {above:.1%} above "
        f"the floor under every width; from there {len(legs)} legs lead down to it and the loss never rises."
    )
    return Part({"path_down": values}, arrays, claims, caption)
