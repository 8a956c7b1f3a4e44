"""Training that is provably doomed, and how often training is stuck at larger widths.

A network with u > 0 and a loss below the floor of every path can leave only if its loss rises on the way: no
non-increasing path leads out.  That is a statement about the landscape.  The share of runs that end in the valley is
one about gradient descent and its initialisation.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from theorem13 import th13data
from theorem13.th13judge import doomed
from theorem13.th13model import perturbed_starts
from theorem13.th13options import Config
from theorem13.th13problem import problem_of
from theorem13.th13proof import Barrier
from valleys.problem.mixture import MixtureRisk
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_least
from valleys.run.errors import InputError
from valleys.run.intervals import clopper_pearson
from valleys.run.pictures import Part
from valleys.search.training import Training, train

SOURCE = "Theorem 13, p. 10"
STEP = {"gd": 0.05, "sgd": 0.02, "adam": 0.01}
BATCH = 100
RATIOS = (1.0, 1.5, 2.0, 3.0, 4.0)
STUCK = 0.9


def record_steps(steps: int) -> list[int]:
    """0, then about forty steps equally spread on a logarithmic scale, up to ``steps``."""
    return sorted({0, *np.logspace(0, math.log10(steps), 40).round().astype(int).tolist()})


def standard_start(runs: int, p: int, n: int, generator: torch.Generator) -> Theta:
    """The usual random start: u ~ N(0, 1/p), w ~ N(0, I/n)."""
    U = torch.randn(runs, 1, p, generator=generator, dtype=torch.float64) / math.sqrt(p)
    return Theta(U, torch.randn(runs, p, n, generator=generator, dtype=torch.float64) / math.sqrt(n))


def starts_in_omega(b: Barrier, runs: int, generator: torch.Generator) -> Theta:
    """The first perturbed starts that are provably doomed.

    Args:
        b: the numbers of the setting.
        runs: how many are wanted.
        generator: the source of randomness.

    Returns:
        At most ``runs`` networks.

    Raises:
        InputError: if the noise puts every start above the floor.
    """
    starts = perturbed_starts(b.setting, 4 * runs, generator)
    inside = doomed(starts, th13data.risk(b.setting).value(starts), b.computed)
    if not inside.any():
        raise InputError("--alpha, --beta", f"{b.setting.alpha:g}, {b.setting.beta:g}", "a valley wider than the noise")
    return starts[inside.nonzero().squeeze(1)[:runs]]


def share_over_time(
    b: Barrier, risk: MixtureRisk, theta: Theta, method: str, kept: list[int], generator: torch.Generator
) -> Tensor:
    """Share of runs that are provably doomed at the kept steps."""
    size = BATCH if method == "sgd" else None
    run: Training = train(
        risk, theta, step=STEP[method], steps=kept[-1], method=method, record=kept, keep_path=True,
        threads=2, progress=f"{method}, {len(theta.U)} runs", batch_size=size, generator=generator,
    )  # fmt: skip
    return torch.stack([doomed(x, risk.value(x), b.computed).double().mean() for x in run.path])


def trapped_training(config: Config) -> Part:
    """Compute trapped_training.png."""
    b, risk = problem_of(config)
    setting, g = b.setting, stream(config.seed, "training")
    steps, runs = (200, 8) if config.quick else (2000, 60)
    kept, early = record_steps(steps), record_steps(steps // 4)
    inside = starts_in_omega(b, min(runs, 40), g)
    outside = standard_start(runs, setting.p, setting.n, g)
    shares = {f"omega_{method}": share_over_time(b, risk, inside, method, early, g) for method in STEP}
    shares |= {f"standard_{method}": share_over_time(b, risk, outside, method, kept, g) for method in STEP}
    widths, stuck = stuck_by_width(config, b, risk, runs, steps, g)
    band = [clopper_pearson(k, runs) for k in stuck]
    values = {
        "trapped": {
            "runs": runs, "omega_runs": len(inside.U), "steps": steps, "step": STEP, "batch": BATCH,
            "doomed_at_end": {name: float(share[-1]) for name, share in shares.items()},
            "widths": widths, "stuck": [k / runs for k in stuck], "stuck_below": STUCK,
        }
    }  # fmt: skip
    arrays = {"standard_steps": np.array(kept), "omega_steps": np.array(early), "widths": np.array(widths)}
    arrays |= {name: share.numpy() for name, share in shares.items()}
    arrays |= {"stuck": np.array([k / runs for k in stuck]), "band": np.array(band)}
    text = (
        f"(a) Share of runs that are provably doomed (u > 0 and L below the floor of every path) against the step, from "
        f"starts in Omega ({len(inside.U)} runs) and from standard initialisation ({runs} runs). (b) Gradient descent, "
        f"not landscape: share of {runs} runs whose loss after {steps} steps is still above {STUCK:g} of the valley's "
        f"floor, against the student's width (teacher p = {setting.p}; bars: 95 % exact intervals)."
    )
    return Part(values, arrays, trapped_claims(shares), text)


def stuck_by_width(
    config: Config, b: Barrier, risk: MixtureRisk, runs: int, steps: int, generator: torch.Generator
) -> tuple[list[int], list[int]]:
    """Student widths from p to 4p, and the number of runs that gradient descent leaves stuck at each.

    Args:
        config: the options.
        b: the numbers of the teacher's setting.
        risk: its loss.
        runs: runs at each width.
        steps: steps of gradient descent.
        generator: the source of the starts.

    Returns:
        Widths and counts.
    """
    s = b.setting
    widths = sorted({round(r * s.p) for r in ((1.0, 4.0) if config.quick else RATIOS)})
    counts = []
    for width in widths:
        start = standard_start(runs, width, s.n, generator)
        end = train(risk, start, step=STEP["gd"], steps=steps, threads=2, progress=f"width {width}, {runs} runs")
        counts.append(int((~(end.loss < STUCK * b.valley_floor)).sum()))
    return widths, counts


def trapped_claims(shares: dict[str, Tensor]) -> list[Claim]:
    """Gradient descent from Omega never leaves: its share stays 1 at every step looked at."""
    text = "share of gradient-descent runs from Omega that are provably doomed, smallest over all steps looked at"
    return [at_least("doomed_stay", SOURCE, text, float(shares["omega_gd"].min()), 1.0, "verified")]
