"""The pictures of descent paths: four problems with four starts each, and the gully around a path."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path as File
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from theorem8.th8construction import TIMES, claims_of, from_start
from theorem8.th8data import STARTS, problems, start
from theorem8.th8options import Config
from theorem8.th8tour import planar_tour
from theorem8.th8training import gradient_descent
from valleys.construct.descent import descend
from valleys.construct.filters import rank_of_filters
from valleys.judge.exact import exact_judges, judged_exactly
from valleys.own.exactly import longer
from valleys.paths.path import Line
from valleys.problem.dimension import Span
from valleys.problem.network import Theta, move
from valleys.problem.streams import stream
from valleys.run.claims import Claim
from valleys.run.pictures import Part
from valleys.run.words import tex

#: The start at which gradient descent stays: equal units never part.
STUCK = "stuck"


class Begun(NamedTuple):
    """One problem: its filters' space, by start what ``from_start`` gives, and the exact verdicts that are under way."""

    span: Span
    made: dict[str, tuple[dict[str, Any], dict[str, np.ndarray], Theta]]
    exact: list[Future[dict[str, Any]]]


def descents(folder: File, config: Config) -> Part:
    """``descent_path.png``: two starts in full (the chord climbs highest, gradient descent stays), and all sixteen.

    Both belong to the problem with the highest chord, so that they can be compared. Each path is written to ``folder``,
    and the exact checker reads it from there.
    """
    asked = problems(config)
    began: dict[str, Begun] = {}
    steps = 60 if config.quick else 1000
    with (
        ThreadPoolExecutor(2) as pool,
        exact_judges() as judges,
        tqdm(total=16, desc="descent paths", leave=False) as bar,
    ):
        for name in reversed(asked):  # first what the checker takes longest for
            span = Span(asked[name].risk)
            files = [folder / f"{name}_{label.replace(' ', '_')}.npz" for label in STARTS]
            began[name] = Begun(span, {}, [])
            found = pool.map(partial(from_start, config, name, asked[name], span), STARTS, files)
            for label, file, made in zip(STARTS, files, found, strict=True):
                began[name].made[label] = made
                began[name].exact.append(judges.submit(judged_exactly, file))
                bar.update()
        told = [entry for one in began.values() for entry, _, _ in one.made.values()]
        highest = max((r for r in told if r["start"] != STUCK), key=lambda r: r["straight_line_peak"])
        name, shown = highest["name"], (highest["start"], STUCK)
        starts = [began[name].made[label][2] for label in shown]
        risk, span = asked[name].risk, began[name].span
        runs = list(pool.map(lambda theta: gradient_descent(risk, span, theta, steps), starts))
        claims: list[Claim] = []
        rows: list[dict[str, Any]] = []
        for key, problem in asked.items():
            mine = [entry | {"words": problem.words} for entry, _, _ in began[key].made.values()]
            rank = rank_of_filters(problem.risk, stream(config.seed, key, "rank"), began[key].span.dimension)
            exact = [longer(judged.result(), folder, problem.risk) for judged in began[key].exact]
            claims += claims_of(f"descent.{key}", mine, rank, exact)
            rows += [row | {"exact": verdict} for row, verdict in zip(mine, exact, strict=True)]
    arrays = {"times": TIMES.numpy()}
    for i, (label, (run, _)) in enumerate(zip(shown, runs, strict=True)):
        arrays |= {f"{kind}{i}": curve for kind, curve in began[name].made[label][1].items()} | {f"descent{i}": run}
    panels = [{"name": name, "start": label, "descent": end} for label, (_, end) in zip(shown, runs, strict=True)]
    walk, points = planar_tour(config.seed)
    return Part({"descent": rows, "descent_path": panels} | walk, arrays | points, claims, caption(rows, panels))


def caption(rows: list[dict[str, Any]], panels: list[dict[str, Any]]) -> str:
    """What the picture shows, in the numbers of its record."""
    first = next(r for r in rows if (r["name"], r["start"]) == (panels[0]["name"], panels[0]["start"]))
    climbing = sum(r["straight_line_peak"] > 1.01 for r in rows)
    rise, gap = max(r["relative_rise"] for r in rows), max(r["end_excess"] / r["start_loss"] for r in rows)
    told = " and ".join(
        f"from the {x['start']} start it {x['descent']['fate']} after {x['descent']['steps']} steps of "
        f"{tex(x['descent']['step'])}, at {tex(x['descent']['end'])} of the loss at the start"
        for x in panels
    )
    return (
        "From every start a path of at most three straight legs leads down to the global minimum $L^*$ of the loss $L$: the "
        "output weights of superfluous hidden units go to 0, these dead units turn to new rows, and the output weights go "
        f"straight to the least squares. From {len(rows)} starts, among them repeated rows, zero rows and $p$ copies of one "
        f"trained unit (stuck), no leg rises by more than {tex(rise, 1)} of the loss $L_0$ at the start, and each path ends "
        f"within {tex(gap, 1)} of $L_0$ above $L^*$. The straight line to the same end climbs from {climbing} of them, up "
        f"to {tex(first['straight_line_peak'], 3)} times $L_0$. Gradient descent, drawn for {first['words']}, tells nothing "
        rf"of the way: {told}. The width $p$ reaches $\dim^*$, the number of independent functions that hidden units can be."
    )


def gully(config: Config) -> Part:
    """``descent_gully.png``: the loss between the certified path and the straight line, from the random ReLU start."""
    name, label = "relu", "random"
    problem = problems(config)[name]
    span = Span(risk := problem.risk)
    theta = start(label, risk, problem.p, stream(config.seed, name, label))
    path = descend(theta, risk, stream(config.seed, name, label, "rows"), span.dimension).path
    line = Line(path.start, path.end)
    columns, rows = (61, 31) if config.quick else (181, 81)
    s, d = np.linspace(0, 0.999, columns), np.linspace(-0.4, 1.2, rows)
    grid = np.array([[span.excess(move(path.at(x), line.at(x), y)) for x in s] for y in tqdm(d, leave=False)])
    ridge = float(grid[np.abs(d - 1).argmin()].max() / grid[0, 0])
    told = {"ridge": ridge, "legs": len(path.pieces), "start": label}
    words = (
        f"The loss between the certified path and the straight line to its end ({problem.words}, {label} start, width "
        f"$p = {problem.p}$): across, the share of the way, each leg of the path having the same; upwards, the way from the "
        "point of the path to the point of the line at the same share, and a little beyond both. Along the path the loss "
        f"never rises; on the line it climbs to {tex(ridge, 3)} times what it is at the start. A strip is all "
        "that a picture can show of the space; the certificate covers the path alone."
    )
    return Part({"gully": told}, {"grid": grid, "s": s, "d": d}, [], words)
