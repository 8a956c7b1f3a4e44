"""What each picture of the census computes: values, arrays and claims of the record."""

from __future__ import annotations

from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import torch

from theorem13.census import escape
from theorem13.census.cells import cells_of, settings, shards_of
from theorem13.census.distinct import listed, minima_rows, proofs_of, spurious_claims
from theorem13.census.judge import (
    Judged,
    global_claims,
    judge,
    k7_claims,
    minima_claims,
    published_for,
    rate_claims,
)
from theorem13.census.options import Config
from theorem13.census.proof import prove
from theorem13.census.published import ESCAPE_LOSS
from theorem13.census.training import check_step
from valleys.judge.certificate import judge_path
from valleys.judge.exact import exact_claims, judged_exactly, upper
from valleys.paths.files import load_path
from valleys.paths.path import polygon
from valleys.problem.hessian import hessian
from valleys.run.claims import Claim, at_least, at_most
from valleys.run.pictures import Part


def census_part(config: Config) -> Part:
    """The census: every shard run, every cell of which runs are finished judged; a second call resumes."""
    torch.set_num_threads(1)
    for setting in settings(config):
        check_step(setting)
    shards = shards_of(config)
    shards.compute(config.executor, "census")
    judged = [judge(setting, ends.W, steps=ends.steps) for setting, ends in cells_of(config, shards)]
    proofs = [proofs_of(cell) for cell in judged]
    claims = rate_claims(judged) + minima_claims(judged) + spurious_claims(judged, proofs) + k7_claims()
    claims += global_claims(sorted({cell.setting.k for cell in judged}))
    minima = [row for cell, known in zip(judged, proofs, strict=True) for row in minima_rows(cell, known)]
    print(listed(minima))
    values = {
        "rates": [rate_row(cell) for cell in judged],
        "minima": minima,
        "loss_convention": "half the squared loss, as published",
        "rate_convention": "published, percent, interval (95 %, Clopper-Pearson): per cent; spurious: a count",
    }
    return Part(values, {}, claims, census_caption(judged), shards=[shards])


def rate_row(cell: Judged) -> dict[str, Any]:
    """One row of ``values.rates``; ``published`` is per cent, null where there is none."""
    setting, sources = cell.setting, published_for(cell.setting)
    row = {
        "k": setting.k, "n": setting.n, "runs": setting.runs, "spurious": cell.spurious, "percent": cell.percent,
        "interval": list(cell.limits), "diverged": cell.diverged, "cut": cell.cut, "unconverged": cell.unconverged,
        "published": sources[0].percent[setting.k] if sources else None,
        "published_runs": sources[0].runs if sources else None,
    }  # fmt: skip
    if len(sources) > 1:
        row |= {"published_2021": sources[1].percent[setting.k], "published_2021_runs": sources[1].runs}
    return row


def runs_of(judged: list[Judged]) -> str:
    """How many runs a cell has, in words: of a census that was cut short, the fewest and the most."""
    least, most = (bound(cell.setting.runs for cell in judged) for bound in (min, max))
    return str(most) if least == most else f"{least} to {most}"


def census_caption(judged: list[Judged]) -> str:
    """What the picture shows, with its numbers."""
    plain = [cell for cell in judged if cell.setting.extra == 0]
    text = f"ReLU students of k orthonormal ReLU units, exact Gaussian risk, {runs_of(judged)} runs a point. "
    if plain:
        text += f"From k = {plain[0].setting.k} to {plain[-1].setting.k} the share of runs that end in a spurious "
        text += f"minimum goes from {plain[0].percent:.2g} to {plain[-1].percent:.3g} per cent"
        extra = [cell for cell in judged if cell.setting.extra == 1]
        ended, runs = sum(cell.spurious for cell in extra), sum(cell.setting.runs for cell in extra)
        text += f"; with one extra unit {ended} of {runs} runs do. " if extra else ". "
    lost = sum(cell.diverged for cell in judged), sum(cell.cut for cell in judged)
    if any(lost):
        text += (
            f"{lost[0]} runs diverged (the step), {lost[1]} were not finished (the number of steps): no rate is held "
        )
        text += "against a published one there. "
    return text + "Statistics of gradient descent from one law of starts, not of the landscape."


def escape_part(folder: Path) -> Part:
    """The two ways down from the k = 7 minimum; each is written as a path file and judged from that file."""
    torch.set_num_threads(1)
    claims, rows = [], []
    arrays: dict[str, np.ndarray] = {}
    for unit, path in zip((0, 1), escape.escapes((0, 1)), strict=True):
        file = folder / "paths" / f"escape_unit{unit}.npz"
        escape.write(path, file)
        stored = load_path(file)
        points, risk = stored.points, stored.risk
        read = polygon([points[i] for i in range(len(points.U))])
        verdict = judge_path(read, risk)
        eigenvalue = float(torch.linalg.eigvalsh(hessian(risk, read.end, "U"))[0]) / 2
        exact = judged_exactly(file)
        claims += escape_claims(unit, exact, proved_eigenvalue(read.end.W))
        length, loss = escape.profile(read, 100)
        arrays |= {f"length{unit}": length.numpy(), f"loss{unit}": loss.numpy()}
        arrays[f"knots{unit}"] = np.arange(len(read.knots)) * 100
        rows.append(
            {
                "unit": unit, "file": file.name, "legs": len(read.pieces), "rise": verdict.rise / 2,
                "start_loss": verdict.start / 2, "end_loss": verdict.end / 2, "end_min_eigenvalue": eigenvalue,
                "exact": exact,
            }
        )  # fmt: skip
    caption = (
        f"The k = 7 minimum (half loss {rows[0]['start_loss']:.7f}) with one unit split in two. Splitting the reversed "
        f"unit leads down to {rows[0]['end_loss']:.7f}, spurious again; splitting an ordinary unit leads to the "
        "bottom. The judge finds no rise on either path."
    )
    return Part({"escape": rows}, arrays, claims, caption)


def proved_eigenvalue(W: torch.Tensor) -> float:
    """Below the smallest Hessian eigenvalue at the spurious minimum beside ``W``; NaN where none is proved."""
    found = prove(W.tolist())
    return nan if found is None else found.min_eigenvalue


def escape_claims(unit: int, exact: dict[str, Any], eigenvalue: float) -> list[Claim]:
    """What the exact verdict on one path is held against, and the smallest eigenvalue at its end."""
    name, source = f"escape.unit{unit}", "Safran, Yehudai and Shamir 2021"
    claims, end = exact_claims(name, source, [exact], ends=False), upper(exact["end"]) / 2
    if unit == 0:
        text = "distance of the half loss at the end from 0.0221474434: in balls, from the file alone"
        claims.append(at_most(f"{name}.end", source, text, abs(end - ESCAPE_LOSS), 1e-9, "exact"))
        text = "smallest Hessian eigenvalue at the minimum that the path stops short of: strict, and spurious itself"
        claims.append(at_least(f"{name}.end_is_minimum", source, text, eigenvalue, 1e-3, "proved"))
    else:
        text = "half loss at the end: upper end of a ball, from the file alone"
        claims.append(at_most(f"{name}.end", source, text, end, 1e-12, "exact"))
    return claims
