"""Barrier against width: the floor in closed form, the sharper one, the best path found, and the straight line."""

from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from theorem13 import th13judge
from theorem13.th13data import Setting
from theorem13.th13model import thesis_good
from theorem13.th13options import OUTPUTS, Config
from theorem13.th13problem import problem, setting_of
from valleys.paths.heights import straight_peak
from valleys.run.claims import Claim, at_least, at_most
from valleys.run.pictures import Part
from valleys.run.shards import Arrays, handed_out

SOURCE = "Theorem 13, p. 10"
WIDTHS = tuple(range(2, 21))
PLANE_WIDTHS = tuple(range(2, 13))
KEYS = ("closed", "floor", "found", "straight")
#: Share of L up to which it is recomputed.
ROUNDING = 1e-13
#: Of a width.
SECONDS = 0.5


def heights(setting: Setting) -> tuple[float, ...]:
    """Heights above the valley's floor, in units of alpha^2: closed form, sharper floor, found by the judge, straight line.

    The last number is how much a rounding of L grows in them.
    """
    b, risk = problem(setting)
    seen = th13judge.profile(b.path, risk, 100)
    line = straight_peak(risk, b.path.start, thesis_good(setting))
    levels = tuple((L - b.valley_floor) / setting.alpha**2 for L in (b.closed, b.floor, seen.peak, line))
    return (*levels, b.upper / (b.upper - b.valley_floor))


def families(config: Config) -> dict[str, list[Setting]]:
    """The settings of the three columns: ReLU with n = p+1, z^2 with n = p+1, ReLU with n = 3 (any width)."""
    given = setting_of(config)
    step = 6 if config.quick else 1

    def make(name: str, widths: tuple[int, ...], n: int | None) -> list[Setting]:
        return [Setting(name, "theorem", n or p + 1, p, given.alpha, given.beta) for p in widths[::step]]

    return {"relu": make("relu", WIDTHS, None), "z2": make("z2", WIDTHS, None), "plane": make("relu", PLANE_WIDTHS, 3)}


def shard(config: Config, number: int) -> Arrays:
    """The heights of one setting, the columns one after the other."""
    return {"heights": np.array(heights([s for settings in families(config).values() for s in settings][number]))}


def barrier_sandwich(config: Config) -> Part:
    """Compute barrier_sandwich.png; of the setting only alpha and beta are used."""
    values: dict[str, Any] = {}
    owners = [(name, s.p) for name, settings in families(config).items() for s in settings]
    shards = handed_out(shard, config, len(owners), OUTPUTS, Path(__file__).with_name("theorem_13.py"), SECONDS)
    shards.compute(config.executor, "widths")
    for name, rows in groupby(shards.finished(), key=lambda pair: owners[pair[0]][0]):
        numbers, found = zip(*rows, strict=True)
        columns = np.array([arrays["heights"] for arrays in found]).T
        values[name] = {"p": [owners[number][1] for number in numbers]}
        values[name] |= dict(zip((*KEYS, "grown"), columns.tolist(), strict=True))
    if shards.cut is not None and len(values) < len(families(config)):
        raise shards.cut  # a picture needs some width of every column; what is finished is kept
    arrays = {f"{name}_{key}": np.array(v[key]) for name, v in values.items() for key in ("p", *KEYS)}
    worst = max((f - c) / f for f, c in zip(values["relu"]["found"], values["relu"]["floor"], strict=True))
    text = (
        "Height of the barrier above the valley's floor, in units of alpha squared, against the width p. Every path "
        "climbs at least to the floor in closed form and to the sharper one; the best path found is drawn through. For ReLU with "
        f"n = p + 1 floor and path differ by at most {100 * worst:.2g} %; for z2 they are the same number. Right: more "
        "units than dimensions (n = 3): the floor is smaller, and still above zero at every width."
    )
    return Part({"sandwich": values}, arrays, sandwich_claims(values), text, shards=[shards])


def sandwich_claims(values: dict[str, Any]) -> list[Claim]:
    """Order of the four heights at every width; equality for z^2; a positive floor in the plane.

    Args:
        values: heights by family.

    Returns:
        The claims.
    """
    claims = []
    for name, v in values.items():
        slack = ROUNDING * max(10.0, *v["grown"])
        pairs = pairwise(KEYS)
        least = min(b - a for low, high in pairs for a, b in zip(v[low], v[high], strict=True))
        text = f"{name}: closed form <= floor <= found <= straight line at every width; smallest difference"
        claims.append(at_least(f"sandwich_{name}", SOURCE, text, least, -slack, "verified"))
    z2, slack = values["z2"], ROUNDING * max(10.0, *values["z2"]["grown"])
    apart = max(abs(f - c) / f for f, c in zip(z2["found"], z2["floor"], strict=True))
    claims.append(at_most("sandwich_z2_exact", "Corollary 14, p. 11", "z2: floor and path, largest relative gap",
                          apart, slack, "verified"))  # fmt: skip
    claims.append(at_least("sandwich_plane_floor", "Corollary 15, p. 11", "n = 3: smallest floor over the widths",
                           min(values["plane"]["closed"]), 1e-9, "proved"))  # fmt: skip
    return claims
