"""A census of one's own data: where ``B`` networks end that gradient descent trains on a finite sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem13.census.options import Config
from valleys.problem.activations import activation
from valleys.problem.gradients import like, pieces
from valleys.problem.hessian import flatten, hessian
from valleys.problem.laws import Sample, read_sample, with_bias
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk, Risk
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_least, at_most
from valleys.run.device import device_for
from valleys.run.errors import InputError
from valleys.run.intervals import clopper_pearson
from valleys.run.pictures import Part
from valleys.search.census import GLOBAL, SADDLE, SPURIOUS, UNCONVERGED, Family, Thresholds, census
from valleys.search.polish import finish
from valleys.search.training import train

#: With a finite sample the minimum is not known: the lowest end point stands for it.
NAMES = {GLOBAL: "lowest minimum found", SPURIOUS: "higher minimum", SADDLE: "saddle", UNCONVERGED: "not converged"}
LIMITS = Thresholds()
#: Levels of loss that are printed; the record has all.
SHOWN = 10
#: Parameters whose Hessians still fit.
LARGEST = 1500
GRADIENT_STEPS, NEWTON_STEPS = 4000, 300


def own_part(config: Config) -> Part:
    """Train ``--runs`` networks on ``--data``, finish with Newton steps, sort the end points into families.

    Args:
        config: the options, with ``--data``.

    Returns:
        The part.

    Raises:
        InputError: for a width whose Hessians do not fit, or a step at which every run diverges.
    """
    torch.set_num_threads(1)
    sample = read_sample(config.data or "", config.target)
    sample = Sample(with_bias(sample.X), sample.Y) if config.bias else sample
    risk = FeatureRisk(activation(config.activation), sample)
    if config.width * (risk.m + risk.n) > LARGEST:
        most = LARGEST // (risk.m + risk.n)
        allowed = f"at most {most} for these data: the census looks at Hessians of (width x (n + m))^2 numbers"
        raise InputError("--width", config.width, allowed)
    generator = stream(config.seed, "own", "start")
    start = random_theta(sample.m, config.width, sample.n, generator, (config.starts,))
    start = start.map(lambda x: x.to(device_for(config.device)))
    descent = train(
        risk, start, step=config.step or stable_step(like(risk, start.U), start), steps=min(config.steps, GRADIENT_STEPS),
        threads=2, progress="gradient descent",
    )  # fmt: skip
    alive = ~descent.diverged
    if not alive.any():
        raise InputError("--step", config.step or "the step found", "a smaller one: every run diverged")
    end = finish(
        like(risk, start.U), descent.theta[alive], iterations=NEWTON_STEPS, threads=2, progress="Newton steps"
    ).theta.map(Tensor.cpu)
    lowest = lowest_loss(risk, end)
    families = census(risk, end, minimum=lowest, sigma=risk.sigma)
    part = part_of(config, risk, end, families, int(descent.diverged.sum()))
    print(part.caption)
    for level in part.values["levels"][:SHOWN]:
        print(f"  loss {level['loss']:.8g}: {level['count']} runs")
    return part


def lowest_loss(risk: FeatureRisk, end: Theta) -> float:
    """The smallest loss of a converged end point (of any, if none converged)."""
    values, gradient = risk.value_and_gradient(end)
    converged = flatten(gradient).norm(dim=-1) <= LIMITS.gradient
    return float(values[converged].min() if converged.any() else values.min())


def stable_step(risk: Risk, start: Theta) -> float:
    """The inverse of the largest Hessian eigenvalue met at the starts: at twice this gradient descent is unstable."""
    chunks = pieces(torch.arange(len(start.U)), 32)
    tops = [torch.linalg.eigvalsh(hessian(risk, start[chunk]))[..., -1].max() for chunk in chunks]
    return 1 / max(float(torch.stack(tops).max()), 1e-12)


def part_of(config: Config, risk: FeatureRisk, end: Theta, families: list[Family], diverged: int) -> Part:
    """Values, arrays and claims of the census."""
    rows, losses, kinds = [], [], []
    for number, family in enumerate(families):
        low, high = clopper_pearson(family.count, config.starts)
        rows.append(
            {
                "family": number, "verdict": NAMES[family.verdict], "loss": family.loss, "count": family.count,
                "share_interval": [low, high], "gradient_norm": family.gradient_norm,
                "min_eigenvalue": family.min_eigenvalue,
            }
        )  # fmt: skip
        losses.append(risk.value(end[family.members]))
        kinds += [list(NAMES).index(family.verdict)] * family.count
    sizes = {"N": risk.target.shape[1], "n": risk.n, "m": risk.m, "p": config.width}
    values = {
        "data": {**sizes, "activation": risk.sigma.name},
        "runs": config.starts, "diverged": diverged, "levels": levels(rows), "families": rows,
        "thresholds": vars(LIMITS),
    }  # fmt: skip
    arrays = {"loss": torch.cat(losses).numpy(), "kind": np.array(kinds)}
    return Part(values, arrays, own_claims(families), own_caption(config, rows, diverged))


def levels(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Families of one loss (to eight digits) together: points of one level may differ by a continuous symmetry."""
    counts: dict[str, int] = {}
    for row in rows:
        if row["verdict"] != NAMES[UNCONVERGED]:
            key = f"{row['loss']:.8g}"
            counts[key] = counts.get(key, 0) + row["count"]
    return [{"loss": float(key), "count": count} for key, count in counts.items()]


def own_claims(families: list[Family]) -> list[Claim]:
    """What holds of every family that is called a minimum."""
    minima = [f for f in families if f.verdict in {GLOBAL, SPURIOUS}]
    if not minima:
        return []
    norm, eigenvalue = max(f.gradient_norm for f in minima), min(f.min_eigenvalue for f in minima)
    text = "at what is called a minimum"
    return [
        at_most("minima.gradient", "census", f"largest gradient norm {text}", norm, LIMITS.gradient, "verified"),
        at_least(
            "minima.curvature", "census", f"smallest eigenvalue {text}", eigenvalue, -LIMITS.curvature, "verified"
        ),
    ]


def own_caption(config: Config, rows: list[dict[str, Any]], diverged: int) -> str:
    """What the census found, in a sentence."""
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row["verdict"]] = kinds.get(row["verdict"], 0) + row["count"]
    found = ", ".join(f"{name} {count}" for name, count in kinds.items())
    kinks = (
        " The loss of a ReLU network on a finite sample has kinks: an end point on one has no gradient that could "
        "vanish, and counts as not converged."
    )
    return (
        f"{config.starts} networks of {config.width} units ({config.activation}): {found}, diverged {diverged}. The "
        "lowest end point stands for the minimum, which a finite sample does not tell."
    ) + (kinks if config.activation in {"relu", "leaky_relu"} else "")
