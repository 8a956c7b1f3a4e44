"""The descent path of a user's own network on their own data."""

from __future__ import annotations

from theorem8.th8construction import SOURCE, TIMES, loss_along, row, straight_line
from theorem8.th8options import Config
from theorem8.th8training import gradient_descent
from valleys.construct.descent import descend
from valleys.judge.certificate import judge_path, path_claims
from valleys.paths.files import save_path
from valleys.paths.law_files import law_arrays
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import Sample, read_sample, with_bias
from valleys.problem.network import Theta, load_theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.errors import InputError
from valleys.run.pictures import Part
from valleys.run.words import tex

#: A judge squares losses: larger ones overflow there.
LARGEST = 1e150


def check_size(risk: FeatureRisk, theta: Theta) -> None:
    """Refuse data that the activation makes too large to judge.

    Raises:
        InputError: names the activation.
    """
    size = float(risk.value(theta)) + float(risk.features(theta.W).square().sum())
    if not size < LARGEST:
        got = f"losses of size {size:.2g} with {risk.sigma.name}"
        raise InputError("--data", got, f"data whose losses stay below {LARGEST:g}: rescale the columns")


def own_descent(config: Config) -> Part:
    """``descent_path_data.png``: path, straight line and gradient descent on the user's data.

    Raises:
        InputError: for data, start or width that do not fit.
    """
    sample = read_sample(config.data or "", config.target)
    law = Sample(with_bias(sample.X), sample.Y) if config.bias else sample
    risk = FeatureRisk(activation(config.activation), law)
    span = Span(risk)
    width = config.width or max(span.dimension, 1)
    if config.start:
        theta = load_theta(config.start)
        risk.check(theta, "--start")
        if config.width is not None and config.width != theta.p:
            raise InputError("--width", config.width, f"the width {theta.p} of the start, or leave it out")
    else:
        theta = random_theta(risk.m, width, risk.n, stream(config.seed, "own", "start"))
    check_size(risk, theta)
    found = descend(theta, risk, stream(config.seed, "own", "rows"), span.dimension)
    verdict = judge_path(found.path, risk, span.excess(found.path.end))
    line, rise = straight_line(risk, span, theta, found.path.end)
    label = config.start or "random"
    values = row("data", label, risk, span, found, verdict, rise)
    values["leg_kinds"] = [leg.kind for leg in verdict.legs]
    if config.save_path:
        save_path(config.save_path, found.path, law_arrays(risk))
    for key in ("dimension", "reached", "rank", "tolerance", "condition", "legs", "rise", "end_loss", "minimum"):
        print(f"{key:>10s}  {values[key]:.6g}")
    run, told = gradient_descent(risk, span, theta, 500)
    arrays = {
        "path0": loss_along(risk, span, found.path).numpy(), "line0": line.numpy(), "times": TIMES.numpy(),
        "descent0": run,
    }  # fmt: skip
    caption = (
        f"{risk.sigma.name}, {law.name}, width $p = {theta.p}$: in {len(verdict.legs)} straight legs from the loss "
        f"{tex(verdict.start, 4)} down to {tex(verdict.end, 4)}; the minimum is {tex(span.minimum, 4)}."
    )
    panel = {"name": "data", "start": label, "descent": told}
    return Part({"descent": [values], "descent_path": [panel]}, arrays, path_claims(verdict, "own", SOURCE), caption)
