"""The descent computed: from random networks the line in u to the best readout, and training of both layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from theorem16.th16config import OUTPUTS, Config, place, problem
from theorem16.th16data import AtomTeacher, Law, Teacher
from theorem16.th16trials import Arrays, run_trials, store_for, stream
from theorem16.th16utils import KernelRisk, floor, random_network, readout, train_both_layers
from valleys.certificate import Claim, at_most, judge_path
from valleys.network import Theta
from valleys.path import Line, Path
from valleys.script import Part, folder_for

SOURCE = "Theorem 16, p. 29"
PLAN = ((16, 10, 300), (64, 10, 300), (256, 10, 300), (1024, 3, 100))
QUICK = ((8, 3, 20), (32, 3, 20), (64, 2, 20))
"""Widths, networks and steps of gradient descent."""

PER_STEP = 1 << 21
"""Kernel entries of a step beyond which training is left out (a teacher of very many atoms)."""


def compute(config: Config) -> Part:
    """Lines and training from random starts, at the widths of the plan up to the largest of --widths."""
    law, teacher = problem(config)
    risk = KernelRisk(law, teacher)
    widest = config.all_widths()[-1]
    plan = [row for row in (QUICK if config.quick else PLAN) if row[0] <= widest] or [(widest, 3, 100)]
    jobs = [(p, network, steps) for p, networks, steps in reversed(plan) for network in range(networks)]

    def task(job: int) -> Arrays:
        p, network, steps = jobs[job]
        start = random_network(law, p, stream(config.seed, f"descent {p}", network))
        dtype, device = place(config)
        return {"p": np.array(p), **descend(risk, start.map(lambda x: x.to(device, dtype)), steps if _trainable(teacher, p) else 0)}

    store = store_for(folder_for(config, OUTPUTS), "descent", {**config.compared(), "jobs": jobs})
    trials, complete = run_trials(task, len(jobs), "descent", store)
    values = _summary(trials, teacher)
    arrays: Arrays = {}
    for row in values:
        p = row["p"]
        for key in ("line", "training"):
            arrays[f"{key}{p}"] = np.stack([t[key] for t in trials if t["p"] == p])
    claims = _claims(trials, law, teacher, config)
    return Part({"descent": {"f_norm2": teacher.norm2, "widths": values}}, arrays, claims, _caption(values), partial=not complete)


def descend(risk: KernelRisk, start: Theta, steps: int) -> Arrays:
    """One random network: the line in u judged in closed form, and training of both layers from the same start.

    Args:
        risk: the population risk.
        start: a network.
        steps: of gradient descent; 0 leaves training out.

    Returns:
        `line` = (L(0), L(1), s, a) with L(t) = L(1) - 2 s (1-t) + a (1-t)^2, `rise`, `best` = R^2(W), `training` losses.
    """
    found = readout(risk.law, risk.teacher, start.W)
    end = Theta(found.weights(start.p)[None], start.W)
    leg = judge_path(Path((Line(start, end),)), risk).legs[0]
    s, a = risk.parabola(start, end)
    losses = train_both_layers(risk, start, steps).losses if steps else torch.full((1,), leg.start)
    return {
        "line": np.array([leg.start, leg.end, s, a]),
        "rise": np.array(leg.rise),
        "best": np.array(float(found.errors[-1])),
        "training": losses.cpu().numpy(),
    }


def _trainable(teacher: Teacher, p: int) -> bool:
    return not isinstance(teacher, AtomTeacher) or p * len(teacher.atoms) <= PER_STEP


def _summary(trials: list[Arrays], teacher: Teacher) -> list[dict[str, Any]]:
    """For each width: risks at the start, at the end of the line and after training, with quantiles."""
    rows = []
    for p in sorted({int(t["p"]) for t in trials}):
        mine = [t for t in trials if t["p"] == p]
        risks = {
            "start": [float(t["line"][0]) for t in mine],
            "line": [float(t["line"][1]) for t in mine],
            "training": [float(t["training"][-1]) for t in mine],
        }
        quantiles = {key: np.quantile(value, [0.05, 0.5, 0.95]).tolist() for key, value in risks.items()}
        rows.append({"p": p, "networks": len(mine), "steps": len(mine[0]["training"]) - 1, **quantiles})
    return rows


def _claims(trials: list[Arrays], law: Law, teacher: Teacher, config: Config) -> list[Claim]:
    rise = max(float(t["rise"]) / float(t["line"][0]) for t in trials)
    gap = max(abs(float(t["line"][1]) - float(t["best"])) for t in trials) / teacher.norm2
    never = f"largest rise on {len(trials)} lines in u (exact parabola), relative to the risk at the start"
    ends = "risk at the end of the line less R^2(W) of the prefix trick, over |f*|^2"
    trusted = floor(teacher, place(config)[0]) / teacher.norm2
    return [
        at_most("t16.descent.never_rises", SOURCE, never, rise, 1e-15, "verified"),
        at_most("t16.descent.ends_at_best", SOURCE, ends, gap, trusted, "verified"),
    ]


def _caption(rows: list[dict[str, Any]]) -> str:
    last = rows[-1]
    return (
        f"From random networks the line in u never rises and ends at the best readout: median risk "
        f"{last['line'][1]:.2e} at p = {last['p']}, after {last['steps']} steps of training both layers {last['training'][1]:.2e}."
    )
