"""Gradient descent against width for degrees 1, 2 and 3, beside what is known of the landscape."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from theorem8.th8construction import GAP, SOURCE
from theorem8.th8options import OUTPUTS, Config
from theorem8.th8risk import TensorRisk
from valleys.construct.descent import descend
from valleys.judge.exact import exact_claims, judged_exactly
from valleys.own.exactly import longer
from valleys.paths.files import save_path
from valleys.paths.law_files import law_arrays
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.intervals import clopper_pearson
from valleys.run.pictures import Part
from valleys.run.shards import Arrays, handed_out
from valleys.run.words import tex
from valleys.search.training import train

N_INPUTS = 3
REACHED = 1e-6
#: By degree: widths, last width at which spurious valleys exist for some law (Corollary 14), and the step.
DEGREES = {1: (range(1, 7), 0, 0.05), 2: (range(1, 9), N_INPUTS - 1, 0.02), 3: (range(1, 13), 0, 0.004)}
#: A cell a shard.
CELLS = tuple((degree, p) for degree, (widths, _, _) in DEGREES.items() for p in widths)
#: Of a shard.
SECONDS = 2.0


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


def target(config: Config, degree: int) -> Theta:
    """The teacher of a degree."""
    return teacher(degree, stream(config.seed, "transition", degree, "teacher"))


def size(config: Config) -> tuple[int, int]:
    """Runs of a cell, and their steps."""
    return (20, 60) if config.quick else (200, 4000)


def trained(config: Config, number: int) -> Arrays:
    """Where gradient descent ends in a cell."""
    (degree, p), (runs, steps) = CELLS[number], size(config)
    theta = random_theta(1, p, N_INPUTS, stream(config.seed, "transition", degree, p), (runs,))
    risk = TensorRisk(degree, target(config, degree))
    end = train(risk, theta, step=DEGREES[degree][2], steps=steps, chunk=runs)
    return {"U": end.theta.U.numpy(), "W": end.theta.W.numpy(), "diverged": end.diverged.numpy()}


def way_out(theta: Theta, risk: FeatureRisk, span: Span, generator: torch.Generator) -> dict[str, Any]:
    """The exact checker's verdict on the path of Theorem 8 from where a run did not arrive, written to a file."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "way_out.npz"
        save_path(file, descend(theta, risk, generator, span.dimension).path, law_arrays(risk))
        return longer(judged_exactly(file), file.parent, risk)


def transition(config: Config) -> Part:
    """``width_transition.png``: share of runs that reach ``L < 1e-6``, with intervals, and what is certified."""
    runs, steps = size(config)
    seconds = SECONDS * (runs * steps) / (200 * 4000)
    shards = handed_out(trained, config, len(CELLS), OUTPUTS, Path(__file__).with_name("main.py"), seconds)
    shards.compute(config.executor, "widths")
    rows: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for degree, cells in groupby(shards.finished(), key=lambda pair: CELLS[pair[0]][0]):
        _, spurious, step = DEGREES[degree]
        sigma = activation(name_of(degree))
        exact = FeatureRisk(sigma, GaussianTeacher(target(config, degree), sigma))
        span = Span(exact)
        certified = certified_width(degree, span)
        for number, arrays in cells:
            p = CELLS[number][1]
            end = Theta(torch.from_numpy(arrays["U"]), torch.from_numpy(arrays["W"]))
            diverged = torch.from_numpy(arrays["diverged"])
            reached = (exact.value(end) < REACHED) & ~diverged
            low, high = clopper_pearson(int(reached.sum()), runs)
            rows.append({
                "degree": degree, "p": p, "runs": runs, "steps": steps, "step": step, "reached": int(reached.sum()),
                "diverged": int(diverged.sum()), "unconverged": int((~reached & ~diverged).sum()),
                "low": low, "high": high, "certified": p >= certified, "spurious_for_some_law": p <= spurious,
            })  # fmt: skip
            if p >= span.dimension:
                generator = stream(config.seed, "transition", degree, p, "way out")
                stuck = (~reached & ~diverged).nonzero().flatten().tolist()[: 2 if config.quick else 10]
                found += [way_out(end[i], exact, span, generator) for i in stuck]
    if shards.cut is not None and len({row["degree"] for row in rows}) < len(DEGREES):
        raise shards.cut  # a picture needs some width of every degree; what is finished is kept
    claims = exact_claims("transition.way_out", SOURCE, found, gap=GAP) if found else []
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
    return Part({"transition": rows}, {}, claims, caption, shards=[shards])
