"""Your network on your data: how far it is from the best network of any width, and the path down."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import torch

from valleys.judge.decay_claims import decay_claims
from valleys.judge.decay_floor import exact_value, rounded_down, rounded_up
from valleys.own.cost import expect_decay
from valleys.own.decay import Lowest, certified_decay, lowest
from valleys.paths.curves import points_of
from valleys.paths.masses import MassPath
from valleys.problem.activations import activation
from valleys.problem.decay import DecayRisk
from valleys.problem.dimension import Span
from valleys.problem.laws import Sample, read_sample, with_bias
from valleys.problem.network import Theta, load_theta, random_theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most
from valleys.run.errors import InputError
from valleys.run.memory import afford
from valleys.run.pictures import Part
from weight_decay.wdoptions import Config

SOURCE = "weight_decay/PROOF.md, Theorem A"
#: Points a leg for drawing.
POINTS = 60
#: Networks and their features that are held at once, about.
HELD = 10
GAP = 1e-14
#: Weaker decay than this share of ``|X| |Y|``, and inputs of a larger condition, leave float64 too few digits.
WEAK, CONDITION = 1e-8, 1e4


def own_risk(config: Config) -> DecayRisk:
    """The loss that the options describe."""
    sample = read_sample(config.data or "", config.target)
    law = Sample(with_bias(sample.X), sample.Y) if config.bias else sample
    return DecayRisk(activation(config.activation), law, config.beta or 0.0)


def own_start(config: Config, risk: DecayRisk) -> Theta:
    """The user's network, or a random one of width ``r + 1``.

    Raises:
        InputError: for a network that does not fit the data, a width beside it, or one that memory does not hold.
    """
    if config.start:
        theta = load_theta(config.start)
        risk.plain.check(theta, "--start")
        if config.width not in {None, theta.p}:
            raise InputError("--width", config.width, f"the width {theta.p} of the start, or leave it out")
        return theta
    width = config.width or Span(risk.plain).dimension + 1
    afford("--width", width, HELD * width * (risk.n + 1 + len(risk.sample.X)))
    return random_theta(1, width, risk.n, stream(config.seed, "own", "start"))


def values_along(risk: DecayRisk, path: MassPath, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """``f`` along a path, ``points`` a leg and its end, and the position (the number of legs that lie behind)."""
    t = torch.linspace(0, 1, points + 1, dtype=torch.float64)
    pieces = path.path().pieces
    values = [risk.value(points_of(piece, t)).numpy() for piece in pieces]
    return np.concatenate(values), np.concatenate([i + t.numpy() for i in range(len(pieces))])


def few_digits(risk: DecayRisk) -> bool:
    """Whether the data alone say that float64 will not find the floor: no solver is asked, so none is excused."""
    stretch = torch.linalg.svdvals(risk.sample.X)
    stretch = stretch[stretch > 0]
    weak = risk.beta < WEAK * float(stretch[0] * risk.sample.Y.norm())
    return weak or bool(stretch[0] > CONDITION * stretch[-1])


def own_path(config: Config) -> Part:
    """``own_path``: the loss of the user's network, the floor under every width, the path down.

    Raises:
        InputError: for data or a network that do not fit, data that float64 does not resolve, or a path that is not promised.
    """
    risk = own_risk(config)
    theta = own_start(config, risk)
    expect_decay(risk.sample.X, config.quick)
    best = lowest(risk)
    if not best.gap <= GAP and few_digits(risk):  # elsewhere the claim below is red
        got = f"numbers of which float64 finds a network within {best.gap:.2g} of the floor, relative, not {GAP:g}"
        raise InputError("--data", got, "columns of like size around 0, a target of like size, or a larger --beta")
    loss = float(risk.value(theta))
    values: dict[str, Any] = {
        "activation": risk.sigma.name, "points": len(risk.sample.X), "beta": risk.beta, "lam": risk.beta / len(risk.sample.X),
        "p": theta.p, "r": best.rank, "floor": rounded_down(best.floor), "upper": float(best.value), "gap": best.gap,
        "loss_start": loss, "loss_end": nan, "rise": nan, "above_any_width": float(exact_value(theta, risk) - best.floor),
    }  # fmt: skip
    arrays, claims = {}, [bounded(best)]
    if theta.p > best.rank:
        done = certified_decay(theta, risk, best)
        values |= {"loss_end": done.verdict.end, "rise": done.verdict.rise, "legs": done.path.names}
        arrays["loss"], arrays["position"] = values_along(risk, done.path)
        claims += decay_claims("own", SOURCE, [done.judged])
        if config.save_path:
            done.save(config.save_path)
    elif config.save_path:
        raise InputError("--save-path", config.save_path, f"a network of width r + 1 = {best.rank + 1} or more")
    for key in ("p", "r", "loss_start", "floor", "above_any_width", "loss_end", "rise"):
        print(f"{key:>16s}  {values[key]:.12g}")
    far = (loss - values["floor"]) / max(values["floor"], 1e-300)
    caption = (
        f"{risk.sigma.name}, {len(risk.sample.X)} points, p = {theta.p}, weight decay {risk.beta:g}: {far:.2%} above the floor "
        f"under the networks of every width, {values['floor']:.6g}."
    )
    return Part({"own": values}, arrays, claims, caption)


def bounded(best: Lowest, name: str = "own") -> Claim:
    """The floor and the best network found agree: both in rationals, rounded up."""
    statement = "f of the best network found less the rational floor under every width, relative"
    gap = rounded_up((best.value - best.floor) / best.value) if best.value else 0.0
    return at_most(f"{name}.floor", SOURCE, statement, gap, GAP + best.rounding, "proved")
