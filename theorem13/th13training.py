"""Training that starts in the valley, and how often training is stuck at larger widths.

A network with u > 0 and a loss below the floor of every path is in the valley: no continuous path on which the loss does
not rise leads out.  A step of training is no such path: it may jump.  So the share of runs that stay is measured, and
what is claimed is that a run that leaves jumps over the floor.  The share that ends stuck is a fact about gradient
descent and its starts, not about the landscape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem13 import th13judge
from theorem13.th13data import QUADRATURE, Setting
from theorem13.th13judge import doomed
from theorem13.th13model import NOISE, perturbed_starts
from theorem13.th13options import Config
from theorem13.th13problem import problem_of
from theorem13.th13proof import Barrier
from valleys.problem.mixture import MixtureRisk
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.errors import UnavailableError
from valleys.run.intervals import clopper_pearson
from valleys.run.pictures import Part
from valleys.search.training import Training, train

#: Step sizes; those of gradient descent and SGD are halved until no trial, of so many steps, rises by more than RISE.
STEP = {"gd": 0.05, "sgd": 0.02, "adam": 0.01}
#: RISE is a share of the start. What blows up is seen after few steps, before its rows have grown: long ones are dear where
#: the kernel is by quadrature.
TRIALS, RISE = (1, 5, 25), 1e-3
BATCH = 100
RATIOS = (1.0, 1.5, 2.0, 3.0, 4.0)
STUCK = 0.9
#: Most halvings of the noise, and of the step.
HALVINGS = 30
#: Most runs that start in the valley.
FROM_VALLEY = 20
#: Starts of each kind from which the step is tried.
LOOKED_AT = 8


@dataclass(frozen=True)
class Effort:
    """How much is trained: a kernel without closed form costs a hundred times more than one with it."""

    steps: int
    runs: int
    ratios: tuple[float, ...]


def effort(setting: Setting, quick: bool) -> Effort:
    """Steps, runs and widths of the training, as ratios to the teacher's."""
    if setting.activation in QUADRATURE:
        return Effort(30, 4, RATIOS[:1]) if quick else Effort(100, 12, (1.0, 2.0))
    return Effort(200, 8, (1.0, 4.0)) if quick else Effort(2000, 60, RATIOS)


def record_steps(steps: int) -> list[int]:
    """0, then about forty steps equally spread on a logarithmic scale, up to ``steps``."""
    return sorted({0, *np.logspace(0, math.log10(steps), 40).round().astype(int).tolist()})


def standard_start(runs: int, p: int, n: int, generator: torch.Generator) -> Theta:
    """The usual random start: u ~ N(0, 1/p), w ~ N(0, I/n)."""
    U = torch.randn(runs, 1, p, generator=generator, dtype=torch.float64) / math.sqrt(p)
    return Theta(U, torch.randn(runs, p, n, generator=generator, dtype=torch.float64) / math.sqrt(n))


def starts_in_omega(b: Barrier, risk: MixtureRisk, runs: int, generator: torch.Generator) -> tuple[Theta, float]:
    """The first perturbed starts that are in the valley for certain, the noise halved until there are some.

    Args:
        b: the numbers of the setting.
        risk: its loss.
        runs: how many are wanted.
        generator: the source of randomness.

    Returns:
        At most ``runs`` networks, and the noise.

    Raises:
        UnavailableError: if even the smallest noise puts every start above the floor.
    """
    noise = NOISE
    for _ in range(HALVINGS):
        starts = perturbed_starts(b.setting, 4 * runs, generator, noise)
        inside = doomed(starts, risk.value(starts), b.floor)
        if inside.any():
            return starts[inside.nonzero().squeeze(1)[:runs]], noise
        noise /= 2
    raise UnavailableError(
        "--alpha, --beta",
        f"{b.setting.alpha:g}, {b.setting.beta:g}",
        f"a floor of every path that float64 can tell from the valley's (a larger alpha/beta); here they differ by "
        f"{b.floor - b.valley_floor:.1e} of {b.valley_floor:.3g}",
    )


def step_sizes(risk: MixtureRisk, theta: Theta) -> dict[str, float]:
    """The step of each method: as usual, or halved until gradient descent from ``theta`` does not rise.

    The curvature would tell the step too, but at a kink of ReLU, where the valley's bottom lies, it is infinite.
    """
    share = 1.0
    for _ in range(HALVINGS):
        if all(calm(risk, theta, share * STEP["gd"], steps) for steps in TRIALS):
            break
        share /= 2
    return {method: step * (1.0 if method == "adam" else share) for method, step in STEP.items()}


def calm(risk: MixtureRisk, theta: Theta, step: float, steps: int) -> bool:
    """Whether no step of gradient descent from ``theta`` rises by more than RISE of the start."""
    trial = train(risk, theta, step=step, steps=steps, record=range(steps + 1))
    return not trial.diverged.any() and bool((trial.losses.diff(dim=0) <= RISE * trial.losses[0]).all())


def trained(
    risk: MixtureRisk, theta: Theta, method: str, step: float, kept: list[int], generator: torch.Generator
) -> Sequence[Theta]:
    """The networks at the kept steps."""
    size = BATCH if method == "sgd" else None
    run: Training = train(
        risk, theta, step=step, steps=kept[-1], method=method, record=kept, keep_path=True, threads=2,
        progress=f"{method}, {len(theta.U)} runs", batch_size=size, generator=generator,
    )  # fmt: skip
    return run.path


def trapped_training(config: Config) -> Part:
    """Compute trapped_training.png."""
    b, risk = problem_of(config)
    setting, g = b.setting, stream(config.seed, "training")
    plan = effort(setting, config.quick)
    kept = record_steps(plan.steps)
    inside, noise = starts_in_omega(b, risk, min(plan.runs, FROM_VALLEY), g)
    outside = standard_start(plan.runs, setting.p, setting.n, g)
    step = step_sizes(risk, joined(inside[:LOOKED_AT], outside[:LOOKED_AT]))
    paths = {f"omega_{method}": trained(risk, inside, method, step[method], kept, g) for method in STEP}
    paths |= {f"standard_{method}": trained(risk, outside, method, step[method], kept, g) for method in STEP}
    shares = {name: torch.stack([share_in_valley(b, risk, x) for x in path]) for name, path in paths.items()}
    widths, stuck = stuck_by_width(plan, b, risk, step["gd"], g)
    band = [clopper_pearson(k, plan.runs) for k in stuck]
    stay = {method: stayed(shares[f"omega_{method}"], len(inside.U)) for method in STEP}
    values = {
        "trapped": {
            "runs": plan.runs, "omega_runs": len(inside.U), "noise": noise, "steps": plan.steps,
            "step": step, "batch": BATCH, "stay": stay,
            "in_valley_at_end": {name: float(share[-1]) for name, share in shares.items()},
            "widths": widths, "stuck": [k / plan.runs for k in stuck], "stuck_below": STUCK,
        }
    }  # fmt: skip
    arrays = {"steps": np.array(kept), "widths": np.array(widths)}
    arrays |= {name: share.numpy() for name, share in shares.items()}
    arrays |= {"stuck": np.array([k / plan.runs for k in stuck]), "band": np.array(band)}
    runs = [path for name, path in paths.items() if name.startswith("omega")]
    return Part(values, arrays, th13judge.leaving_claims(b, risk, runs), trapped_caption(values["trapped"], setting.p))


def joined(a: Theta, b: Theta) -> Theta:
    """Two batches of networks of one size as one."""
    return Theta(torch.cat([a.U, b.U]), torch.cat([a.W, b.W]))


def share_in_valley(b: Barrier, risk: MixtureRisk, theta: Theta) -> Tensor:
    """The share of networks with u > 0 and a loss below the floor of every path."""
    return doomed(theta, risk.value(theta), b.floor).double().mean()


def stayed(share: Tensor, runs: int) -> dict[str, Any]:
    """The smallest share in the valley over all steps looked at, with its 95 % interval."""
    smallest = float(share.min())
    return {"share": smallest, "interval": list(clopper_pearson(round(smallest * runs), runs))}


def trapped_caption(v: dict[str, Any], p: int) -> str:
    """The caption of trapped_training.png, made from the record's values."""
    low, high = v["stay"]["gd"]["interval"]
    kept = v["stay"]["gd"]["share"]
    return (
        f"(a) Share of runs in the valley (u > 0 and L below the floor of every path) against the step: {v['omega_runs']} "
        f"runs that start in it (noise {v['noise']:g} about its bottom) and {v['runs']} from standard "
        f"initialisation. Of the former gradient descent keeps {100 * kept:.3g} % or more at every step looked at (95 % "
        f"interval {100 * low:.3g} to {100 * high:.3g} %): measured, since a step can jump over a floor that no continuous "
        f"descent passes. (b) Gradient descent, not landscape: share of {v['runs']} runs whose loss after {v['steps']} steps is "
        f"still above {v['stuck_below']:g} of the valley's floor, against the student's width (teacher p = {p}; bars: 95 % "
        "exact intervals)."
    )


def stuck_by_width(
    plan: Effort, b: Barrier, risk: MixtureRisk, step: float, generator: torch.Generator
) -> tuple[list[int], list[int]]:
    """Student widths from p to 4p, and the number of runs that gradient descent leaves stuck at each.

    Args:
        plan: steps, runs and widths.
        b: the numbers of the teacher's setting.
        risk: its loss.
        step: the step of gradient descent.
        generator: the source of the starts.

    Returns:
        Widths and counts.
    """
    s, counts = b.setting, []
    widths = sorted({round(r * s.p) for r in plan.ratios})
    for width in widths:
        start = standard_start(plan.runs, width, s.n, generator)
        text = f"width {width}, {plan.runs} runs"
        end = train(risk, start, step=step, steps=plan.steps, threads=2, progress=text)
        counts.append(int((~(end.loss < STUCK * b.valley_floor)).sum()))
    return widths, counts
