"""The descent path of a user's own network on their own data and loss: ``valleys.certify``, drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem8.th8construction import TIMES
from theorem8.th8options import Config
from theorem8.th8training import KEPT, fate
from valleys.own.certificate import Certificate, certified
from valleys.own.cost import expect_path
from valleys.own.digits import few_digits
from valleys.own.files import load_network
from valleys.own.modules import Network
from valleys.own.problem import check_start, risk_of
from valleys.paths.path import Path, polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample, read_sample, with_bias
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.claims import diagnosis
from valleys.run.errors import InputError
from valleys.run.memory import afford
from valleys.run.pictures import Part
from valleys.run.words import tex

STEPS, FEWEST = 500, 20
#: Multiplications in all steps of gradient descent; a tenth with ``--quick``.
WORK = 2_000_000_000
#: Networks and their features that are held at once, about.
HELD = 10
POWERS = 30


def check_digits(risk: ConvexRisk, theta: Theta, generator: torch.Generator) -> None:
    """Refuse data for which float64 has too few digits, by what no construction has made: a false claim is no excuse.

    Raises:
        InputError: names what ``few_digits`` finds.
    """
    if (found := few_digits(risk, theta, generator)) is not None:
        raise InputError("--data", *found)


def outputs_for(sample: Sample, loss: str) -> int:
    """How many outputs a network has for these targets: one a column, or one a class."""
    classes = int(sample.Y.max()) + 1
    if not loss_named(loss).classes or sample.m > 1 or loss == "logistic" or (loss == "hinge" and classes <= 2):
        return sample.m
    return max(classes, 2)


def own_start(config: Config, sample: Sample) -> tuple[Network, ConvexRisk]:
    """The start and the loss that the options ask for.

    Raises:
        InputError: for a start or a width that does not fit, or a width that memory does not hold.
    """
    sigma, X = activation(config.activation), with_bias(sample.X) if config.bias else sample.X
    if config.start:
        network = load_network(config.start, sigma, "--start")
        if (config.bias, network.hidden_bias) == (True, True):
            raise InputError("--bias", config.start, "a start without b: there the last column of W is the hidden bias")
        if network.inputs != X.shape[1]:
            got = f"m = {network.outputs}, n = {network.inputs}"
            raise InputError("--start", got, f"n = {X.shape[1]} inputs, as the data")
        if config.width is not None and config.width != network.width:
            raise InputError("--width", config.width, f"the width {network.width} of the start, or leave it out")
        return network, risk_of(network, X, sample.Y, config.loss)
    m, n = outputs_for(sample, config.loss), X.shape[1]
    narrow = Network(random_theta(m, 1, n, stream(config.seed, "own", "start")), sigma, False, False)
    risk = risk_of(narrow, X, sample.Y, config.loss)
    width = config.width or max(risk.width_needed, 1)
    afford("--width", width, HELD * width * (n + m + len(X)))
    return narrow.with_theta(random_theta(m, width, n, stream(config.seed, "own", "start"))), risk


def loss_along(risk: ConvexRisk, path: Path, floor: float) -> Tensor:
    """``L - floor`` at ``TIMES`` on each leg, ``(legs, len(TIMES))``; what is below rounding is 0."""
    rows = []
    for piece in path.pieces:
        Z0, Z1 = (p.U @ risk.features(p.W) for p in (piece.start, piece.end))
        if torch.equal(piece.start.W, piece.end.W):
            rows.append(torch.stack([risk.value_of(Z0 + t * (Z1 - Z0)) for t in TIMES]))
        elif (
            torch.equal(piece.start.U, piece.end.U)
            and not (piece.start.W != piece.end.W)[piece.start.U.any(dim=0)].any()
        ):
            rows.append(risk.value_of(Z0).expand(len(TIMES)))
        else:
            rows.append(torch.stack([risk.value(piece.at(float(t))) for t in TIMES]))
    return (torch.stack(rows) - floor).clamp(min=0.0)


def largest_square(F: Tensor) -> float:
    """``|F|^2``, the largest eigenvalue of ``F^T F``, by ``POWERS`` steps of the power method: from below, and near enough."""
    v = F.sum(dim=0)
    for _ in range(POWERS):
        v = F.T @ (F @ v / v.norm().clamp(min=torch.finfo(F.dtype).tiny))
    return float(v.norm())


def gradient_descent(risk: ConvexRisk, theta: Theta, floor: float, work: int) -> tuple[np.ndarray, dict[str, Any]]:
    """Plain gradient descent on both layers, its step cut by four until no loss lies above the start.

    Returns:
        ``(2, points)``, steps and ``L - floor``; and ``step, steps, end`` (of the start) and ``fate``, for the record.
    """
    steps = max(FEWEST, min(STEPS, work // (risk.N * theta.p * (theta.n + theta.m))))
    step = 0.45 * risk.N / max(largest_square(risk.features(theta.W)), risk.N)
    while True:
        here, losses = theta, []
        for _ in range(steps + 1):
            value, slope = risk.value_and_gradient(here)
            losses.append(float(value))
            if not losses[-1] <= losses[0] * (1 + 1e-12):
                break
            here = Theta(here.U - step * slope.U, here.W - step * slope.W)
        else:
            break
        step /= 4
    kept = np.unique(np.round(np.linspace(0, steps, KEPT + 1)).astype(int))
    above = np.maximum(np.array(losses)[kept] - floor, 0.0)
    end = above[-1] / above[0] if above[0] > 0 else 0.0
    return np.array([kept, above]), {"step": step, "steps": steps, "end": end, "fate": fate(above)}


def row(config: Config, found: Certificate, label: str, line: Tensor) -> dict[str, Any]:
    """The entry of ``values.descent``."""
    risk = found.risk
    return {
        "name": "data", "activation": risk.sigma.name, "law": risk.law.name, "loss": risk.loss.name, "n": risk.n, "m": risk.m,
        "p": found.width, "dimension": found.dimension, "reached": found.construction.reached - risk.pinned,
        "rank": found.rank, "condition": diagnosis(found.condition), "start": label, "start_loss": found.start_loss,
        "legs": found.legs, "leg_kinds": [leg.kind for leg in found.verdict.legs], "rise": found.rise,
        "relative_rise": found.verdict.relative_rise, "end_loss": found.end_loss, "end_excess": max(found.gap, 0.0),
        "minimum": found.lower_bound, "attained": found.attained,
        "straight_line_rise": float((line - torch.cummin(line, dim=0).values).max()),
    }  # fmt: skip


def own_descent(config: Config) -> Part:
    """``descent_path_data.png``: path, straight line and gradient descent on the user's data.

    Raises:
        InputError: for data, start or width that do not fit, data on which float64 does not tell the filters apart, or so much of
            them that ``--quick`` would not be.
    """
    sample = read_sample(config.data or "", config.target)
    network, risk = own_start(config, sample)
    check_start(risk, network.theta, "--start" if config.start else "--data")
    if network.width < risk.width_needed:
        raise InputError(
            "--width", network.width, f"a width >= {risk.width_needed} = dim*({risk.sigma.name}, {risk.law.name})"
        )
    expect_path(risk.N, network.width, config.quick)
    found = certified(network, risk, network.theta, config.seed)
    if not found.holds:
        check_digits(risk, network.theta, stream(config.seed, "own", "digits"))
    floor, theta = found.lower_bound, network.theta
    line = loss_along(risk, polygon([theta, found.path.end]), floor)[0]
    label = config.start or "random"
    values = row(config, found, label, line)
    if config.save_path:
        found.save(config.save_path)
    for key in ("dimension", "reached", "rank", "condition", "legs", "rise", "start_loss", "end_loss", "minimum"):
        print(f"{key:>10s}  {values[key]:.6g}")
    run, told = gradient_descent(risk, theta, floor, WORK // 10 if config.quick else WORK)
    arrays = {
        "path0": loss_along(risk, found.path, floor).numpy(), "line0": line.numpy(), "times": TIMES.numpy(), "descent0": run,
    }  # fmt: skip
    least = "infimum, which is not attained," if found.attained is False else "minimum"
    caption = (
        f"{risk.sigma.name}, {risk.law.name}, {risk.loss.name}, width $p = {found.width}$: in {found.legs} straight legs from "
        f"the loss {tex(found.start_loss, 4)} down to {tex(found.end_loss, 4)}; the {least} is {tex(floor, 4)} or more."
    )
    panel = {"name": "data", "start": label, "descent": told}
    return Part({"descent": [values], "descent_path": [panel]}, arrays, found.claims, caption)
