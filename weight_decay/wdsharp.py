"""What is computed for ``sharp_width``: Theorem B's valleys at width r, and how often random data have a valley at each width."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from flint import ctx

from valleys.run.claims import at_least, at_most
from valleys.run.intervals import clopper_pearson
from valleys.run.pictures import Part
from weight_decay.wdballs import BITS, above, angle, attained, below, levels_in_balls
from weight_decay.wddata import THREE, equiangular, random_integers
from weight_decay.wdoptions import Config
from weight_decay.wdpictures import barrier_claims, cells_of, rows_of
from weight_decay.wdtree import merge_tree

SOURCE = "weight_decay/PROOF.md, Theorem B"
SIZES = (2, 3, 4, 5, 6, 7, 8)
#: Widths at which random data sets of two and of three points are decided.
WIDTHS = {2: (1, 2, 3), 3: (1, 2, 3, 4)}


def family() -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Theorem B for ``N = 2 .. 8`` in balls: the levels, and of all ``N`` the worst ratios and distances, at their safe ends."""
    rows = []
    worst = {"strict": inf, "spurious": inf, "attained": 0.0}
    for N in SIZES:
        known = levels_in_balls(N)
        with ctx.workprec(BITS):
            worst["strict"] = min(worst["strict"], below(known.exit / known.valley))
            worst["spurious"] = min(worst["spurious"], below(known.valley / known.lower))
        worst["attained"] = max(worst["attained"], attained(N))
        rows.append({
            "N": N, "eps": str(angle(N)), "valley": above(known.valley), "exit": below(known.exit), "lower": above(known.lower),
            "balls": {name: ball.str(25) for name, ball in vars(known).items()},
        })  # fmt: skip
    return rows, worst


def shares(config: Config) -> list[dict[str, Any]]:
    """For each number of points and width: how many of the random data sets have a spurious valley."""
    rows = []
    for N, widths in WIDTHS.items():
        count = config.sets if N == 2 else config.sets // 3
        spurious = dict.fromkeys(widths, 0)
        tried = dict.fromkeys(widths, 0)
        for k in range(count):
            cells = cells_of(random_integers(N, config.seed, "sharp_width", N, k))
            for p in widths if N == 2 or k < max(1, count // 3) else widths[:-1]:
                tried[p] += 1
                spurious[p] += bool(merge_tree(cells, p).bars)
        for p in widths:
            low, high = clopper_pearson(spurious[p], tried[p])
            rows.append({"N": N, "p": p, "spurious": spurious[p], "sets": tried[p], "low": low, "high": high})
    return rows


def sharp_width(config: Config) -> Part:
    """``sharp_width``: width r is not enough, width r + 1 is."""
    rows, worst = family()
    tree = merge_tree(cells_of(equiangular(2, 0.4)), 2)
    bar = max(tree.bars, key=lambda bar: bar.birth)
    drawn = shares(config)
    three = merge_tree(cells_of(THREE), 3)
    three_rows = rows_of(three, THREE)
    above = [row["spurious"] for row in drawn if row["p"] == row["N"] + 1]
    claims = [
        at_least("sharp.strict", SOURCE, "exit level over the valley's level, N = 2 .. 8, the least: a lower end",
                 worst["strict"], 1 + 1e-4, "proved"),
        at_least("sharp.spurious", SOURCE, "valley's level over a network's of its width, N = 2 .. 8, the least: a lower end",
                 worst["spurious"], 1 + 1e-3, "proved"),
        at_most("sharp.closed_forms", SOURCE, "closed forms against networks that attain them, in balls, relative: an upper end",
                worst["attained"], 1e-60, "proved"),
        at_most("sharp.tree", "weight_decay/PROOF.md, Theorem C", "N = 2: valley and exit by the merge tree, relative error",
                max(abs(bar.birth / rows[0]["valley"] - 1), abs(bar.death / rows[0]["exit"] - 1)), 1e-9, "computed"),
        *barrier_claims(three_rows, "sharp.three_points"),
        at_most("sharp.none_at_r_plus_1", "weight_decay/PROOF.md, Theorem A", "random data sets with a valley at p = r + 1",
                sum(above), 0, "computed"),
    ]  # fmt: skip
    arrays = {key: np.array([row[key] for row in rows]) for key in ("N", "valley", "exit", "lower")}
    share = {(row["N"], row["p"]): f"{row['spurious']} of {row['sets']}" for row in drawn}
    caption = (
        "Width p = r is not enough: for each N there are N points with a valley at p = N that can only be left upwards and "
        f"holds no global minimum. Random data with spurious valleys at p = r: {share[2, 2]} (two points), {share[3, 3]} "
        f"(three); at p = r + 1: {share[2, 3]} and {share[3, 4]}."
    )
    return Part({"sharp_width": {"family": rows, "shares": drawn, "three_points": three_rows}}, arrays, claims, caption)
