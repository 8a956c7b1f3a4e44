"""Data of Theorem 8's figures: the thesis' draws, the diabetes set, the four problems, and where their paths begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from theorem8.th8model import copies, freed
from theorem8.th8options import Config
from theorem8.th8training import calm_descent
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher, Sample, read_sample, standardised, with_bias
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.errors import InputError

DIABETES = Path(__file__).parent / "diabetes.csv"


def thesis_sample(points: int, seed: int) -> Sample:
    """The thesis' sample: ``N`` inputs uniform on ``[-2, 2]^10``, ``y = 3 x`` (NumPy's legacy stream, as drawn there)."""
    X = np.random.RandomState(seed).uniform(-2.0, 2.0, (10, points)).T
    inputs = torch.from_numpy(np.ascontiguousarray(X))
    return Sample(inputs, 3.0 * inputs)


def thesis_network(p: int, seed_W: int, seed_U: int | None) -> Theta:
    """The thesis' network of width ``p``, ten inputs and outputs, with dependent rows freed.

    ``W`` and ``U`` are standard normal from NumPy's ``default_rng``; ``U`` has its own seed, or follows ``W`` in the
    same stream (None). Where ``p > 10``, rows ``0 .. p - 11`` depend on the last ten; they are freed and drawn again.
    """
    generator = np.random.default_rng(seed_W)
    W = generator.standard_normal((p, 10))
    U = (generator if seed_U is None else np.random.default_rng(seed_U)).standard_normal((10, p))
    return freed(W, U, np.random.default_rng(seed_W).standard_normal((max(p - 10, 0), 10)))


def diabetes(rows: int | None = None) -> Sample:
    """The diabetes set (442 x 10): standardised columns over ``sqrt(10)``, a column of ones, standardised target."""
    raw = read_sample(DIABETES)
    X, Y = raw.X[:rows], raw.Y[:rows]
    return Sample(with_bias(standardised(X) / X.shape[1] ** 0.5), standardised(Y))


class Problem(NamedTuple):
    """A loss, the width of its networks, and what both are called."""

    risk: FeatureRisk
    p: int
    words: str


def problems(config: Config) -> dict[str, Problem]:
    """The four problems: linear and cubic networks under ``N(0, I)``, ReLU and sigmoid ones on the diabetes set."""
    linear, cubic = activation("z"), activation("z3")
    teacher = random_theta(10, 10, 10, stream(config.seed, "linear", "teacher"))
    third = random_theta(1, 6, 4, stream(config.seed, "cubic", "teacher"))
    real = diabetes(40 if config.quick else None)
    N = len(real.X)
    return {
        "linear": Problem(FeatureRisk(linear, GaussianTeacher(teacher, linear)), 20, "linear, Gaussian inputs"),
        "cubic": Problem(FeatureRisk(cubic, GaussianTeacher(third, cubic)), 24, "cubic, Gaussian inputs"),
        "relu": Problem(FeatureRisk(activation("relu"), real), N, "ReLU, diabetes data"),
        "sigmoid": Problem(FeatureRisk(activation("sigmoid"), real), N, "sigmoid, diabetes data"),
    }


def repeated(theta: Theta, risk: FeatureRisk, generator: torch.Generator, steps: int) -> Theta:
    """The first half of the rows are the first row."""
    half = theta.p // 2
    W = torch.cat([theta.W[:1].expand(half, -1), theta.W[half:]])
    return Theta(theta.U, W.contiguous())


def with_zeros(theta: Theta, risk: FeatureRisk, generator: torch.Generator, steps: int) -> Theta:
    """Every second row is 0."""
    keep = torch.arange(theta.p) % 2 == 0
    return Theta(theta.U, torch.where(keep[:, None], theta.W, 0.0))


def stuck(theta: Theta, risk: FeatureRisk, generator: torch.Generator, steps: int) -> Theta:
    """``p`` copies of a network of width 1 that gradient descent has trained.

    The copies have the same gradient, so gradient descent never parts them.
    """
    single = random_theta(risk.m, 1, risk.n, generator)
    return copies(calm_descent(risk, single, steps)[0].theta, theta.p)


#: Where the paths begin: what is made of a random network.
STARTS: dict[str, Callable[[Theta, FeatureRisk, torch.Generator, int], Theta]] = {
    "random": lambda theta, *_: theta,
    "repeated rows": repeated,
    "zero rows": with_zeros,
    "stuck": stuck,
}


def start(name: str, risk: FeatureRisk, p: int, generator: torch.Generator, steps: int = 3000) -> Theta:
    """A start of width ``p``: random, with repeated rows, with zero rows, or where gradient descent got stuck.

    Args:
        name: one of ``STARTS``.
        risk: gives the sizes, and what the stuck start is trained on.
        p: width.
        generator: draws the random numbers.
        steps: of gradient descent, for the stuck start.

    Returns:
        the parameters.

    Raises:
        InputError: for an unknown name.
    """
    if name not in STARTS:
        raise InputError("start", name, "one of: " + ", ".join(STARTS))
    return STARTS[name](random_theta(risk.m, p, risk.n, generator), risk, generator, steps)
