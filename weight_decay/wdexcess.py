"""What is computed for ``training``: how far above the floor optimisers end, at every width, and what the rescue makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from valleys.construct.decay_optimum import Oracle
from valleys.judge.decay_floor import exact_value, rounded_down
from valleys.own.decay import Lowest, lowest
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta, stack, widened
from valleys.run.claims import at_least, at_most
from valleys.run.pictures import Part
from weight_decay.wddata import random_example
from weight_decay.wdoptions import Config
from weight_decay.wdtraining import RATES, lbfgs, rescued, starts, trained

SOURCE = "weight_decay/PROOF.md, Theorem A"
#: Data: points, inputs, weight decay, data sets (with ``--quick``).
POINTS, INPUTS, BETA, SETS, QUICK_SETS = 8, 2, 0.1, 3, 1
WIDTHS, QUICK_WIDTHS = (2, 4, 6, 8, 9, 12, 20, 40), (4, 9, 20)
#: Steps of the gradient methods (with ``--quick``).
STEPS, QUICK_STEPS = 8000, 2000
#: Ends are called optimal where they are within this part of the floor; rescued networks have to be.
OPTIMAL = 1e-5
METHODS = ("lbfgs", "gd", "adam")


def excess(risk: DecayRisk, best: Lowest, thetas: list[Theta]) -> list[Fraction]:
    """``f/floor - 1`` of each network, in rationals."""
    return [exact_value(theta, risk) / best.floor - 1 for theta in thetas]


def ends(
    risk: DecayRisk, widths: tuple[int, ...], steps: int, runs: int, seed: int, k: int
) -> dict[str, dict[int, list[Theta]]]:
    """Where each optimiser ends from the same starts, by method and width; gradient methods train all widths in one batch."""
    batches = {p: starts(p, risk.n, runs, seed, "training", k) for p in widths}
    found = {"lbfgs": {p: [lbfgs(risk, batch[i]) for i in range(runs)] for p, batch in batches.items()}}
    together = stack([widened(batch[i], max(widths)) for batch in batches.values() for i in range(runs)])
    for method in RATES:
        done = trained(risk, together, method, steps)
        networks = [done[j] for j in range(len(widths) * runs)]
        found[method] = {p: networks[i * runs : (i + 1) * runs] for i, p in enumerate(widths)}
    return found


@dataclass
class Rescues:
    """What the rescue did to the ends of L-BFGS.

    Attributes:
        rounds: how many rounds it took, for each end that was off the floor.
        gradients: norm of the gradient at these ends.
        rises: the largest rise from one round to the next, relative, for each end.
    """

    rounds: list[int] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    rises: list[float] = field(default_factory=list)


def rescue_all(risk: DecayRisk, best: Lowest, thetas: list[Theta], done: Rescues) -> list[Theta]:
    """The networks after the rescue; what it took goes into ``done``."""
    oracle, mended = Oracle(risk.sample.X.numpy(), best.faces, risk.leak), []
    for theta in thetas:
        found = rescued(risk, theta, best.rank, oracle)
        mended.append(found.theta)
        done.rises.append(float(np.diff(found.values).max(initial=0.0)) / found.values[0])
        if found.values[0] / float(best.floor) - 1 > OPTIMAL:
            gradient = risk.value_and_gradient(theta)[1]
            done.rounds.append(len(found.values) - 1)
            done.gradients.append(float((gradient.U.square().sum() + gradient.W.square().sum()) ** 0.5))
    return mended


def training(config: Config) -> Part:
    """``training``: the excess over the floor against the width, for three optimisers, and after the rescue."""
    widths, steps = (QUICK_WIDTHS, QUICK_STEPS) if config.quick else (WIDTHS, STEPS)
    over: dict[tuple[str, int], list[Fraction]] = {(method, p): [] for method in (*METHODS, "rescue") for p in widths}
    done = Rescues()
    for k in range(QUICK_SETS if config.quick else SETS):
        risk = random_example(POINTS, INPUTS, BETA, config.seed, "training", "data", k).risk
        best = lowest(risk)
        found = ends(risk, widths, steps, config.runs, config.seed, k)
        found["rescue"] = {p: rescue_all(risk, best, found["lbfgs"][p], done) for p in widths if p > best.rank}
        for method, networks in found.items():
            for p, thetas in networks.items():
                over[method, p] += excess(risk, best, thetas)
    rows = [
        {"method": method, "p": p, "runs": len(values), "median": median(values), "optimal": share(values)}
        for (method, p), values in over.items()
        if values
    ]
    values = {
        "widths": list(widths), "r": POINTS, "optimal": OPTIMAL, "rows": rows, "steps": steps,
        "stopped_off": len(done.rounds), "gradient_above": sum(norm > OPTIMAL for norm in done.gradients),
        "rescue_rounds_most": max(done.rounds, default=0), "rescue_rounds_median": float(np.median(done.rounds or [0])),
    }  # fmt: skip
    least = min(min(values) for values in over.values() if values)
    mended = max(max(values) for (method, _), values in over.items() if method == "rescue" and values)
    claims = [
        at_least("training.above_floor", SOURCE, "end of any run over the floor under every width, the least, less 1, in "
                 "rationals", rounded_down(least), 0, "proved"),
        at_most("training.rescue", SOURCE, "excess over the floor after the rescue, p >= r + 1, the worst run",
                float(mended), OPTIMAL, "measured"),
        at_most("training.rescue_never_rises", SOURCE, "largest rise of f from one round of the rescue to the next, relative",
                max(done.rises), 1e-12, "measured"),
    ]  # fmt: skip
    wide = [share(over["lbfgs", p]) for p in widths if p > POINTS]
    near, off = f"{min(wide):.0%} to {max(wide):.0%}", f"{values['gradient_above']} of the {values['stopped_off']}"
    caption = (
        f"{POINTS} random points: no valley from width r + 1 = {POINTS + 1}, and yet optimisers end above the floor. There "
        f"{near} of the runs of L-BFGS come within {OPTIMAL:g} of it; at {off} other ends the gradient is above {OPTIMAL:g}: "
        "no smooth minima. A rescue that thins out, descends and gives a free unit the direction that the residual asks for "
        f"brings all of them there, in {values['rescue_rounds_most']} rounds or fewer; it needs no optimum."
    )
    return Part({"training": values}, {f"{m}_{p}": doubles(v) for (m, p), v in over.items()}, claims, caption)


def median(values: list[Fraction]) -> float:
    """The median, to the nearest double."""
    return float(np.median(doubles(values)))


def doubles(values: list[Fraction]) -> np.ndarray:
    """Rationals to the nearest doubles."""
    return np.array(list(map(float, values)))


def share(values: list[Fraction]) -> float:
    """How many of the runs end within ``OPTIMAL`` of the floor."""
    return sum(value <= OPTIMAL for value in values) / len(values)
