"""The pictures of descent paths: four problems with four starts each, and the gully around a path."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from theorem8.th8construction import TIMES, claims_of, from_start
from theorem8.th8data import STARTS, problems, start
from theorem8.th8options import Config
from theorem8.th8tour import planar_tour
from valleys.construct.descent import descend
from valleys.construct.filters import rank_of_filters
from valleys.paths.path import Line
from valleys.problem.dimension import Span
from valleys.problem.network import move
from valleys.problem.streams import stream
from valleys.run.claims import Claim
from valleys.run.pictures import Part


def descents(config: Config) -> Part:
    """``descent_path.png``: four problems, four starts each: certified path, straight line, gradient descent."""
    rows: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    claims: list[Claim] = []
    with ThreadPoolExecutor(2) as pool, tqdm(total=16, desc="descent paths", leave=False) as bar:
        for name, problem in problems(config).items():
            span = Span(risk := problem[0])
            mine = []
            for i, (entry, curves) in enumerate(pool.map(partial(from_start, config, name, problem, span), STARTS)):
                mine.append(entry)
                arrays |= {f"{name}/{key}{i}": curve for key, curve in curves.items()}
                bar.update()
            rank = rank_of_filters(risk, stream(config.seed, name, "rank"), span.dimension)
            claims += claims_of(f"descent.{name}", mine, rank)
            rows += mine
    arrays["times"] = TIMES.numpy()
    caption = (
        "From any start, a path of at most three straight legs down to the global minimum: free units (1), give them new "
        "rows while they are dead (2), straight to the least squares (3). The straight line to the same end climbs by up "
        f"to {max(r['straight_line_rise'] / r['start_loss'] for r in rows):.2g} times the loss at the start; the "
        f"certified path rises by at most {max(r['relative_rise'] for r in rows):.1g} of it."
    )
    shown, points = planar_tour(config.seed)
    return Part({"descent": rows} | shown, arrays | points, claims, caption)


def gully(config: Config) -> Part:
    """``descent_gully.png``: ``log L`` over (path parameter, displacement towards the straight chord)."""
    arrays: dict[str, np.ndarray] = {}
    size = (61, 31) if config.quick else (181, 81)
    chosen = ("cubic",) if config.quick else ("cubic", "relu")
    ridge = {}
    for name in chosen:
        risk, p, _ = problems(config)[name]
        span = Span(risk)
        theta = start("repeated rows", risk, p, stream(config.seed, name, "repeated rows"))
        path = descend(theta, risk, stream(config.seed, name, "repeated rows", "rows"), span.dimension).path
        chord = Line(path.start, path.end)
        s, d = np.linspace(0, 0.999, size[0]), np.linspace(-0.4, 1.2, size[1])
        grid = np.array([[span.excess(move(path.at(x), chord.at(x), y)) for x in s] for y in tqdm(d, leave=False)])
        arrays |= {f"{name}/grid": grid, f"{name}/s": s, f"{name}/d": d}
        arrays[f"{name}/legs"] = np.array(len(path.pieces))
        ridge[name] = float(grid[np.abs(d - 1).argmin()].max() / grid[np.abs(d).argmin()][0])
    heights = ", ".join(f"{value:.3g} times the loss at the start ({name})" for name, value in ridge.items())
    caption = (
        "Loss over position on the certified path (horizontal) and displacement from it towards the straight chord "
        "(vertical; 0 is the path, 1 the chord): on the path the loss never rises. Highest point of the chord: "
        f"{heights}."
    )
    return Part({"gully": ridge}, arrays, [], caption)
