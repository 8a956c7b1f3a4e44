"""Gradient descent against width for degrees 1, 2 and 3, beside what is known of the landscape."""

from __future__ import annotations

from typing import Any

import torch
from tqdm import tqdm

from theorem8.th8construction import SOURCE
from theorem8.th8options import Config
from theorem8.th8risk import TensorRisk
from valleys.construct.descent import descend
from valleys.judge.certificate import judge_path
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.claims import at_most, worst
from valleys.run.intervals import clopper_pearson
from valleys.run.pictures import Part
from valleys.run.words import tex
from valleys.search.training import train

N_INPUTS = 3
REACHED = 1e-6
#: By degree: widths, last width at which spurious valleys exist for some law (Corollary 14), and the step.
DEGREES = {1: (range(1, 7), 0, 0.05), 2: (range(1, 9), N_INPUTS - 1, 0.02), 3: (range(1, 13), 0, 0.004)}


def name_of(degree: int) -> str:
    """The activation ``z^degree``."""
    return "z" if degree == 1 else f"z{degree}"


def power(degree: int) -> str:
    """The activation in a caption."""
    return "$z$" if degree == 1 else f"$z^{degree}$"


def teacher(degree: int, generator: torch.Generator) -> Theta:
    """One unit, so that every width can represent it, scaled to ``E f*^2 = 1``."""
    raw = random_theta(1, 1, N_INPUTS, generator)
    size = TensorRisk(degree, raw).value(Theta(0 * raw.U, raw.W)).sqrt()
    return Theta(raw.U / size, raw.W)


def certified_width(degree: int, span: Span) -> int:
    """The first width from which a path that never rises leads down from anywhere.

    Any width for linear networks (Theorem 11), ``n`` for quadratic ones (theorem12/PROOF.md), else ``dim*`` (Theorem 8).
    """
    return {1: 1, 2: span.risk.n}.get(degree, span.dimension)


def transition(config: Config) -> Part:
    """``width_transition.png``: share of runs that reach ``L < 1e-6``, with intervals, and what is certified."""
    runs, steps = (20, 60) if config.quick else (200, 4000)
    rows: list[dict[str, Any]] = []
    found = [0.0]
    for degree, (widths, spurious, step) in DEGREES.items():
        f = teacher(degree, stream(config.seed, "transition", degree, "teacher"))
        sigma = activation(name_of(degree))
        exact = FeatureRisk(sigma, GaussianTeacher(f, sigma))
        span = Span(exact)
        certified = certified_width(degree, span)
        for p in tqdm(widths, desc=f"degree {degree}", leave=False):
            generator = stream(config.seed, "transition", degree, p)
            theta = random_theta(1, p, N_INPUTS, generator, (runs,))
            run = train(TensorRisk(degree, f), theta, step=step, steps=steps, chunk=runs)
            losses = exact.value(run.theta)
            reached = (losses < REACHED) & ~run.diverged
            low, high = clopper_pearson(int(reached.sum()), runs)
            rows.append({
                "degree": degree, "p": p, "runs": runs, "steps": steps, "step": step, "reached": int(reached.sum()),
                "diverged": int(run.diverged.sum()), "unconverged": int((~reached & ~run.diverged).sum()),
                "low": low, "high": high, "certified": p >= certified, "spurious_for_some_law": p <= spurious,
            })  # fmt: skip
            if p >= span.dimension:
                for i in (~reached & ~run.diverged).nonzero().flatten().tolist()[:10]:
                    path = descend(run.theta[i], exact, generator, span.dimension).path
                    verdict = judge_path(path, exact, span.excess(path.end))
                    found += [verdict.relative_rise, verdict.end_gap]
    claims = [
        at_most("transition.way_out", SOURCE, "p >= dim*: from runs that did not arrive, rise and end gap of the path",
                worst(found), 1e-12, "verified")
    ]  # fmt: skip
    caption = (
        f"Share of {runs} runs of gradient descent ({steps} steps, of "
        + ", ".join(f"{tex(step)} for {power(degree)}" for degree, (_, _, step) in DEGREES.items())
        + f") that reach $L < {tex(REACHED)[1:-1]}$, with 95 % intervals, against the width. The runs learn one teacher of "
        f"one unit under $N(0, I_{N_INPUTS})$, which every width can represent. The shades are about the landscape, not about "
        "these runs: from the first green width on no law of $(X, Y)$ has a spurious valley (Theorem 11 for $z$, "
        f"theorem12/PROOF.md for $z^2$, Theorem 8 for $z^3$ from $\\dim^* = {span.dimension}$ on); on red widths some law has "
        "one (Corollary 14), which is not the law of these runs. Gradient descent can fail where no valley is, and succeed "
        "where some law has one."
    )
    return Part({"transition": rows}, {}, claims, caption)
