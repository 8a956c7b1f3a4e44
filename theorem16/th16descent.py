"""The descent computed: from random networks the line in u to the best readout, and training of both layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem16.th16balls import Table, covered
from theorem16.th16data import AtomTeacher, Teacher
from theorem16.th16model import KernelRisk, random_networks
from theorem16.th16options import Config
from theorem16.th16own import place
from theorem16.th16readout import readout, uncertainty
from theorem16.th16tour import planar_tour
from theorem16.th16training import train_both_layers
from theorem16.th16trials import problem_of, run_trials
from valleys.judge.certificate import judge_path
from valleys.paths.path import Line, Path
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most, worst
from valleys.run.pictures import Part
from valleys.run.shards import Arrays
from valleys.run.words import tex

SOURCE = "Theorem 16, p. 29"
PLAN = ((16, 10, 0), (64, 10, 300), (256, 5, 0), (256, 5, 0), (1024, 1, 0), (1024, 1, 0), (1024, 1, 0))
QUICK = ((8, 3, 0), (32, 3, 20), (64, 2, 0))
"""Batches: width, networks, and steps of gradient descent: at one width only, as the step that is stable depends on it."""

RISE = 4.5
"""Roundings of the risk at the start by which a line may rise: 1e-15 of it in float64."""

SHORT = 1 / 16
"""What a line leaves of the way, so that it ends before the vertex, in square roots of a rounding: its square is none."""

IN_BALLS = 64
"""Up to this width lines are judged in balls too (8 with --quick); a table takes 0.5 ms a kernel."""

SECONDS = 8.0
"""Of a batch, with its tables in balls."""

PER_STEP = 1 << 19
"""Kernel entries of a step beyond which training is left out (a teacher of very many atoms)."""


def compute(config: Config) -> Part:
    """Lines and training from random starts, at the widths of the plan up to the largest of --widths."""
    teacher, dtype = problem_of(config)[1], place(config)[0]
    trials, shards = run_trials(batch, config, len(plan(config)), "descent", SECONDS)
    networks = _gathered(trials)
    values = _summary(networks)
    arrays = {f"{key}{p}": found[key] for p, found in networks.items() for key in ("line", "training")}
    claims = _claims(networks, teacher, dtype)
    told, watched = planar_tour(config.seed)
    return Part(
        {"descent": {"f_norm2": teacher.norm2, "widths": values}, **told},
        arrays | watched,
        claims,
        _caption(values),
        shards=[shards],
    )


def plan(config: Config) -> list[tuple[int, int, int]]:
    """The batches at the widths up to the largest of --widths, the longest first."""
    widest = config.all_widths()[-1]
    return [row for row in (QUICK if config.quick else PLAN) if row[0] <= widest][::-1] or [(widest, 3, 100)]


def batch(config: Config, number: int) -> Arrays:
    """One batch of the plan: its lines, and training from the same starts."""
    law, teacher = problem_of(config)
    dtype, device = place(config)
    p, networks, steps = plan(config)[number]
    streams = [stream(config.seed, "descent", p, number, network) for network in range(networks)]
    start = random_networks(law, p, streams).map(lambda x: x.to(device, dtype))
    steps = steps if _trainable(teacher, p * networks) else 0
    return descend(KernelRisk(law, teacher), start, steps, 8 if config.quick else IN_BALLS)


def descend(risk: KernelRisk, start: Theta, steps: int, in_balls: int) -> Arrays:
    """Random networks: their lines in u judged in closed form, and training of both layers from the same starts.

    Args:
        risk: the population risk.
        start: a batch of B networks.
        steps: of gradient descent; 0 leaves training out.
        in_balls: the largest width at which lines are judged in balls too, where ``th16balls`` covers the teacher.

    Returns:
        ``p``; ``line`` (B, 4) = L(0), L(1), s, a with L(t) = L(1) - 2 s (1-t) + a (1-t)^2; ``rise`` (B,), and
        ``exact_rise``, in balls; ``best`` (B,), R^2(W); ``training`` (B, steps + 1), losses.
    """
    lines, rises, best, allowed, exact = [], [], [], [], []
    for network in range(len(start.U)):
        theta = start[network]
        found = readout(risk.law, risk.teacher, theta.W)
        first, u = theta.map(Tensor.double), found.weights(start.p)[None].double()
        line = Line(first, Theta(u + SHORT * torch.finfo(theta.W.dtype).eps ** 0.5 * (first.U - u), first.W))
        if start.p <= in_balls and covered(risk.law, risk.teacher):
            exact.append(Table(risk.law, line.end.W).rise(line.start.U[0], line.end.U[0]))
        leg = judge_path(Path((line,)), risk).legs[0]
        lines.append([leg.start, leg.end, *risk.parabola(line.start, line.end)])
        rises.append(leg.rise)
        best.append(float(found.errors[-1]))
        allowed.append(uncertainty(risk.law, risk.teacher, theta.W, found))
    training = np.array(lines)[:, :1]
    if steps:
        training = train_both_layers(risk, start, steps).losses.T.cpu().numpy()
    return {
        "p": np.array(start.p), "line": np.array(lines), "rise": np.array(rises), "best": np.array(best),
        "allowed": np.array(allowed), "training": training, "exact_rise": np.array(exact),
    }  # fmt: skip


def _trainable(teacher: Teacher, units: int) -> bool:
    return not isinstance(teacher, AtomTeacher) or units * len(teacher.atoms) <= PER_STEP


def _gathered(jobs: list[Arrays]) -> dict[int, Arrays]:
    """The arrays of all networks of one width, by width."""
    widths = sorted({int(job["p"]) for job in jobs})
    keys = ("line", "rise", "best", "allowed", "training", "exact_rise")
    return {p: {key: np.concatenate([job[key] for job in jobs if job["p"] == p]) for key in keys} for p in widths}


def _summary(networks: dict[int, Arrays]) -> list[dict[str, Any]]:
    """For each width: risks at the start, at the end of the line and after training, with quantiles."""
    rows = []
    for p, found in networks.items():
        risks = {"start": found["line"][:, 0], "line": found["line"][:, 1], "training": found["training"][:, -1]}
        quantiles = {key: np.quantile(value, [0.05, 0.5, 0.95]).tolist() for key, value in risks.items()}
        rows.append({"p": p, "networks": len(found["rise"]), "steps": found["training"].shape[1] - 1, **quantiles})
    return rows


def _claims(networks: dict[int, Arrays], teacher: Teacher, dtype: torch.dtype) -> list[Claim]:
    """The line never rises; it ends at the best readout (shown for the network that comes nearest to failing)."""
    rise = worst(float((found["rise"] / found["line"][:, 0]).max()) for found in networks.values())
    gaps = np.concatenate([abs(found["line"][:, 1] - found["best"]) for found in networks.values()])
    allowed = np.concatenate([found["allowed"] for found in networks.values()])
    nearest = int((gaps / allowed).argmax())
    never = f"largest rise on {len(gaps)} lines in u (exact parabola), relative to the risk at the start"
    ends = "risk at the end of the line less R^2(W) of the prefix trick, over |f*|^2: two routes of float64"
    eps = torch.finfo(dtype).eps
    gap, bound = (float(x[nearest]) / teacher.norm2 for x in (gaps, allowed))
    exact = [
        rise / L0
        for found in networks.values()
        for rise, L0 in zip(found["exact_rise"], found["line"][:, 0], strict=False)
    ]
    in_balls = f"largest rise on the {len(exact)} of these lines with the fewest units: 0 or a number, in balls"
    proved = (
        [at_most("t16.descent.never_rises_in_balls", SOURCE, in_balls, worst(exact), RISE * eps, "proved")]
        if exact
        else []
    )
    return [
        *proved,
        at_most("t16.descent.never_rises", SOURCE, never, rise, RISE * eps, "verified"),
        at_most("t16.descent.ends_at_best", SOURCE, ends, gap, bound, "verified"),
    ]


def _caption(rows: list[dict[str, Any]]) -> str:
    last, count = rows[-1], sum(row["networks"] for row in rows)
    text = (
        f"The risk along {count} straight lines in the output weights $u$, from random networks to the best $u$ for their hidden "
        f"units: no line rises, and the median risk at the end is {tex(last['line'][1])} at $p = {last['p']}$."
    )
    trained = [row for row in rows if row["steps"]]
    if not trained:
        return text
    last = trained[-1]
    return (
        f"{text} (b) Training both layers from the same starts at $p = {last['p']}$, in steps of $1/(2\\lambda_{{\\max}}(K))$ "
        f"with $K$ the kernel matrix of the units, is still descending after {last['steps']} steps: its median risk is "
        f"{tex(last['training'][1])}, at the ends of the lines {tex(last['line'][1])}. The theorem says nothing of training."
    )
