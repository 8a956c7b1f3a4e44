"""Figure 5 computed: exact errors of random features at every width, the exact 1/p law, and the thesis' own teacher."""

from __future__ import annotations

from typing import Any

import numpy as np

from theorem16.th16balls import covered
from theorem16.th16data import Teacher, ZonalTeacher
from theorem16.th16law import InputLaw
from theorem16.th16options import Config
from theorem16.th16own import place
from theorem16.th16proof import ball_claim, judge_claim, law_claims
from theorem16.th16readout import floor, readout
from theorem16.th16sphere import draw_features
from theorem16.th16trials import problem_of, run_trials, thesis_problem
from valleys.problem.streams import stream
from valleys.run.claims import Claim
from valleys.run.pictures import Part
from valleys.run.shards import Arrays, Shards
from valleys.run.words import tex

FIRST = 16
"""Slopes are fitted from this width on, the first of the thesis' figure."""


def compute(config: Config) -> Part:
    """Trials of the chosen teacher, and with --all (or --quick) of the thesis' teacher."""
    law, teacher = problem_of(config)
    widths = np.array(config.all_widths())
    more = (config.all or config.quick) and config.teacher != "thesis"
    trials, shards = run_trials(trial, config, config.trials, "figure 5")
    errors = np.stack([each["errors"] for each in trials])
    shown = shown_widths(widths)
    trusted = max(floor(teacher, place(config)[0]), *(float(each["bias"]) for each in trials))
    values = _summary(widths, errors, teacher, trusted)
    arrays: Arrays = {"shown": widths[shown], "trials": errors[:, shown].astype(np.float32)}
    claims = [_judged(config, law, teacher)]
    if isinstance(teacher, ZonalTeacher):
        drawn = np.stack([each["drawn"] for each in trials])
        groups = np.stack([each["groups"] for each in trials])
        claims += law_claims(teacher, widths, errors, drawn, groups, min(64, int(widths[-1])), trusted)
        claims += _in_balls(config, law, teacher) if shards.cut is None else []  # who asked to stop waits no longer
        values["slope_mc"] = slope(widths, drawn.mean(0))
        dots = thinned(widths, 16)
        arrays |= {"dots": widths[dots], "drawn": drawn[:40, dots].astype(np.float32)}
    jitters = [float(each["jitter"]) for each in trials]
    values |= {
        "trials": len(trials),
        "trials_asked": config.trials,
        "jitter": max(jitters),
        "jittered_trials": sum(jitter > 0 for jitter in jitters),
    }
    found: dict[str, Any] = {"figure5": values}
    kept = [shards]
    if more and not isinstance(shards.cut, KeyboardInterrupt):
        found["figure5_thesis"], thesis = _thesis(config)
        kept.append(thesis)
    return Part(found, arrays, claims, _caption(found, config), shards=kept)


def trial(config: Config, number: int) -> Arrays:
    """One draw of the features against the chosen teacher: errors at every width."""
    return _errors(config, *problem_of(config), number)


def thesis_trial(config: Config, number: int) -> Arrays:
    """The same draw against the thesis' teacher."""
    return _errors(config, *thesis_problem(config), number)


def _errors(config: Config, law: InputLaw, teacher: Teacher, number: int) -> Arrays:
    dtype, device = place(config)
    columns = np.array(config.all_widths()) - 1
    W = draw_features(int(columns[-1]) + 1, law.d, stream(config.seed, "features", number)).to(device, dtype)
    found = readout(law, teacher, W)
    drawn = found.drawn.cpu().numpy()
    return {
        "errors": found.errors.cpu().numpy()[columns],
        "drawn": drawn[columns] if len(drawn) else drawn,
        "groups": found.groups.cpu().numpy(),
        "jitter": np.array(found.jitter),
        "bias": np.array(found.bias),
    }


def _summary(widths: np.ndarray, errors: np.ndarray, teacher: Teacher, trusted: float) -> dict[str, Any]:
    low, median, high = np.quantile(errors, [0.05, 0.5, 0.95], axis=0)
    return {
        "widths": widths.tolist(),
        "median": median.tolist(),
        "q05": low.tolist(),
        "q95": high.tolist(),
        "law_constant": teacher.law_constant if isinstance(teacher, ZonalTeacher) else None,
        "f_norm2": teacher.norm2,
        "slope_median": slope(widths, median, trusted),
        "slope_mc": None,
        "trusted_from": trusted,
    }


def slope(widths: np.ndarray, values: np.ndarray, above: float = 0.0) -> float | None:
    """The least-squares slope in log-log over widths >= 16, evenly spread in log p; None with fewer than two."""
    chosen = np.array([i for i in thinned(widths) if widths[i] >= FIRST and values[i] > above], dtype=int)
    if len(chosen) < 2:
        return None
    return float(np.polyfit(np.log(widths[chosen]), np.log(values[chosen]), 1)[0])


def shown_widths(widths: np.ndarray) -> np.ndarray:
    """Indices of the widths whose trials are kept for the picture: evenly spread in log p, and the powers of two."""
    powers = np.flatnonzero((widths & (widths - 1)) == 0)
    return np.union1d(thinned(widths), powers)


def thinned(widths: np.ndarray, count: int = 160) -> np.ndarray:
    """Indices of about ``count`` widths, evenly spread in log p."""
    wanted = np.geomspace(widths[0], widths[-1], count)
    return np.unique(np.searchsorted(widths, np.round(wanted)).clip(0, len(widths) - 1))


def _judged(config: Config, law: InputLaw, teacher: Teacher) -> Claim:
    """The judge on the first trial, up to p = 256."""
    dtype, device = place(config)
    p = min(256, config.all_widths()[-1])
    W = draw_features(p, law.d, stream(config.seed, "features", 0)).to(device, dtype)
    return judge_claim(law, teacher, W, readout(law, teacher, W))


def _in_balls(config: Config, law: InputLaw, teacher: Teacher) -> list[Claim]:
    """The first draws at small widths, for the teacher that can be had in balls."""
    if not covered(law, teacher):
        return []
    draws, widest = (
        min(1 if config.quick else 5, config.trials),
        min(8 if config.quick else 64, config.all_widths()[-1]),
    )
    rows = [draw_features(widest, law.d, stream(config.seed, "features", number)) for number in range(draws)]
    dtype, device = place(config)
    return [ball_claim(law, teacher, [W.to(device, dtype) for W in rows])]


def _thesis(config: Config) -> tuple[dict[str, Any], Shards[Config]]:
    teacher = thesis_problem(config)[1]
    trials, shards = run_trials(thesis_trial, config, 5, "thesis teacher")
    errors = np.stack([each["errors"] for each in trials])
    widths = np.array(config.all_widths())
    trusted = max(floor(teacher, place(config)[0]), *(float(each["bias"]) for each in trials))
    values = _summary(widths, errors, teacher, trusted)
    shown = shown_widths(widths)
    for key in ("widths", "median", "q05", "q95"):
        values[key] = [values[key][i] for i in shown]
    return {**values, "atoms": len(teacher.atoms), "trials": errors[:, shown].tolist()}, shards


def _caption(found: dict[str, Any], config: Config) -> str:
    values, thesis = found["figure5"], found.get("figure5_thesis")
    every = "every width" if len(values["widths"]) == values["widths"][-1] else f"{len(values['widths'])} widths"
    text = (
        f"Figure 5 of the thesis, exact: the population error of the best output weights $u$ for random hidden units $W$, "
        f"{values['trials']} draws, {every} to $p = {values['widths'][-1]}$, {config.d_in} inputs "
        f"{'with' if config.bias else 'without'} bias."
    )
    if values["slope_median"] is not None:
        text += f" The median falls like $p^{{{values['slope_median']:.2f}}}$."
    if values["law_constant"] is not None:
        text += (
            " Here $f^*$ is the average of all units with the bounded weights $g(w)$; dashed: the mean error of the weights "
            f"$u_k = g(w_k)/p$ that the proof uses, exactly {tex(values['law_constant'], 3)[:-1]}/p$."
        )
    if thesis:
        text += (
            f" (b) The thesis' teacher is a sum of {thesis['atoms']} random units. It has no bounded $g$, so that the theorem "
            "names no constant; dotted is $1/p$ drawn through one point."
        )
    return text
