"""Floor, barrier and good end for a wanted margin, by activation and by law."""

from __future__ import annotations

from typing import Any

import torch
from tqdm import tqdm

from theorem13 import th13judge, th13proof
from theorem13.th13balls import below
from theorem13.th13data import ACTIVATIONS, VANISHES_AT_ZERO, Setting
from theorem13.th13exact import margins
from theorem13.th13floors import moments
from theorem13.th13options import MARGIN, Config
from theorem13.th13problem import problem
from valleys.problem.activations import activation
from valleys.run.claims import Claim, at_least
from valleys.run.pictures import Part

N, P = 4, 3
SOURCE = "Theorem 13, p. 10, (5) and (6)"


def out_of_reach(name: str, p: int) -> float:
    """K = 4 p sigma(0) c0 / (E sigma^2 + sigma(0)^2), for teacher rows of norm 1.

    The printed proof's two conditions give alpha/beta > K and 1 > K (alpha/beta) + (alpha/beta)^2: impossible once
    K >= 1/sqrt 2.  K = 0 where sigma(0) = 0.
    """
    c0, mu, _ = moments(name)
    zero = float(activation(name)(torch.zeros(1, dtype=torch.float64)))
    return 4 * p * zero * c0 / (mu + zero**2)


def levels(name: str, law: str, M: float) -> tuple[dict[str, Any], Claim]:
    """Floor, floor of every path, path found, and good end of the recipe's setting; the last two by the judge.

    With both margins in balls, and the claim that neither is below M.
    """
    setting = th13proof.with_margin(Setting(name, law, N, P, 1.0, 1.0), M)
    b, risk = problem(setting)
    seen = th13judge.profile(b.path, risk, 50)
    *balls, kind, why = margins(b, risk)
    values = {
        "alpha": setting.alpha, "beta": setting.beta, "floor": b.valley_floor, "every_path": b.floor,
        "path_peak": seen.peak, "good": float(seen.values[-1]), "margin_balls": [ball.str(25) for ball in balls],
    }  # fmt: skip
    text = f"{name}, {law} law: the smaller of both margins, floor - good and every path - floor: lower ends{why}"
    least = min(below(ball) for ball in balls)
    return values, at_least(f"margin_{law}_{name}", SOURCE, text, least, M, kind)


def activations(config: Config) -> Part:
    """Compute activations.png, for the margin asked for."""
    M = MARGIN if config.margin is None else config.margin
    names = ("relu", "z2", "sigmoid") if config.quick else ACTIVATIONS
    table: dict[str, dict[str, Any]] = {"theorem": {}, "decoupled": {}}
    claims: list[Claim] = []
    for name in tqdm(names, desc="activations", leave=False):
        for law in table:
            if law == "theorem" and name not in VANISHES_AT_ZERO:
                table[law][name] = {"K": out_of_reach(name, P)}
                continue
            table[law][name], claim = levels(name, law, M)
            claims.append(claim)
    text = (
        f"Valley floor, floor of every path and good end for the wanted margin M = {M:g}, n = {N}, p = {P}, by "
        "activation. Left: the theorem's law; where sigma(0) is not 0 its printed proof does not reach teachers with "
        "rows of norm 1. Right: the decoupled law, which reaches them all."
    )
    return Part({"activations": {"M": M, "n": N, "p": P, **table}}, {}, claims, text)
