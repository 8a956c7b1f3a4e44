"""Figure 4 of the thesis: straight lines out of the valley, and the path that goes through the gate."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem13 import th13data, th13judge, th13proof
from theorem13.th13attack import Attack, attack
from theorem13.th13balls import below, level
from theorem13.th13data import VANISHES_AT_ZERO, Setting
from theorem13.th13exact import end_claims, margin_claims, peak_exactly
from theorem13.th13model import NOISE, perturbed_starts, thesis_good
from theorem13.th13options import MARGIN, Config
from theorem13.th13problem import problem, problem_of
from theorem13.th13proof import Barrier
from theorem13.th13tour import way_out
from valleys.paths.files import save_path
from valleys.paths.heights import straight_peak
from valleys.problem.mixture import MixtureRisk
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, down
from valleys.run.pictures import Part

DOTS = 60


def level_values(b: Barrier) -> dict[str, Any]:
    """The numbers of a barrier as the record holds them."""
    s = b.setting
    return {
        "activation": s.activation, "law": s.law, "n": s.n, "p": s.p, "alpha": s.alpha, "beta": s.beta,
        "valley_floor": b.valley_floor, "barrier_closed": b.closed, "barrier_floor": b.floor,
        "barrier_closed_ball": level(s, b.eps_closed).str(25), "barrier_floor_ball": level(s, b.eps_best).str(25),
        "barrier_exact": b.exact, "eps_closed": below(b.eps_closed), "eps_best": below(b.eps_best), "eps_upper": b.eps_upper,
        "global_minimum_lower": b.global_minimum_lower,
    }  # fmt: skip


def effort(setting: Setting, quick: bool) -> tuple[int, int]:
    """Tries and steps of the attack: quadrature kernels cost a hundred times more than closed forms."""
    if setting.activation in VANISHES_AT_ZERO:
        return (16, 150) if quick else (64, 400)
    return (4, 30) if quick else (8, 60)


def path_loss(config: Config) -> Part:
    """Compute path_loss.png: both paths over t, all levels, and the claims."""
    b, risk = problem_of(config)
    setting, good = b.setting, thesis_good(b.setting)
    if config.save_path is not None:
        save_path(config.save_path, b.path, th13data.law_arrays(setting))
    seen = th13judge.profile(b.path, risk, max(200, config.path_points))
    tried: Attack = attack(setting, risk, *effort(setting, config.quick), stream(config.seed, "attack"))
    line = th13judge.segment(b.path.start, good, config.path_points)
    drawn = b.path.sampled(config.path_points)
    values = level_values(b) | {
        "path_peak": seen.peak,
        "path_end": float(seen.values[-1]),
        "straight_line_peak": straight_peak(risk, b.path.start, good),
        "thesis_good_loss": float(risk.value(good)),
        "global_minimum_upper": min(b.valley_floor, float(seen.values[-1])),
        "legs": len(b.path.pieces),
        "gate_knot": b.gate,
        "sample_points": config.N,
        "attack": {"valley": tried.valley, "crossing": tried.crossing, "tries": tried.tries},
    }
    arrays = curve("line", line, risk) | curve("path", drawn, risk)
    arrays |= sampled_dots(config, setting, line, drawn)
    shown, points = way_out(b, risk)
    claims = end_claims(b, risk) + th13judge.floor_claims(b, tried) + th13judge.path_claims(b, risk, seen)
    claims += recipe_claims(config, b) + peak_exactly(b)
    return Part(values | shown, arrays | points, claims, caption(values))


def curve(name: str, batch: Theta, risk: MixtureRisk) -> dict[str, np.ndarray]:
    """Loss and smallest output weight of every network of a batch: what both views of a path are drawn from."""
    return {f"{name}_L": risk.value(batch).numpy(), f"{name}_u": batch.U.amin(dim=(1, 2)).numpy()}


def recipe_claims(config: Config, b: Barrier) -> list[Claim]:
    """Inequalities (5) and (6), for the margin given or for M = 1 by the recipe."""
    M = MARGIN if config.margin is None else config.margin
    setting = b.setting if config.margin is not None else th13proof.with_margin(b.setting, M)
    recipe, risk = problem(setting)
    return th13judge.omega_claims(recipe, risk, M, stream(config.seed, "margin")) + margin_claims(recipe, risk, M)


def sampled_dots(config: Config, setting: Setting, line: Theta, path: Theta) -> dict[str, Any]:
    """The thesis' sampled loss at some points of both curves, with the positions at which it was taken."""
    device = torch.device(config.device)
    drawn = th13data.risk(setting).sample(config.N, stream(config.seed, "sample"))
    X, Y = drawn.X.to(device), drawn.Y.to(device)
    dots: dict[str, Any] = {}
    for name, batch in (("line", line), ("path", path)):
        k = torch.linspace(0, len(batch.W) - 1, DOTS).round().long()
        chosen = batch[k].map(lambda x: x.to(device))
        loss = th13data.sampled_loss(setting, X, Y, chosen)
        dots |= {f"{name}_dot_t": (k / (len(batch.W) - 1)).numpy(), f"{name}_dot_L": loss.cpu().numpy()}
    return dots


def caption(v: dict[str, Any]) -> str:
    """The caption of path_loss.png, made from the record's values."""
    law = "the theorem's law" if v["law"] == "theorem" else "the decoupled law"
    return (
        f"Exact population loss under {law}, {v['activation']}, n = {v['n']}, p = {v['p']}. The straight line peaks at "
        f"{v['straight_line_peak']:.6g}; every path out of the valley (floor {v['valley_floor']:.6g}) has to reach "
        f"{down(v['barrier_closed'], 7)} (closed form) and {down(v['barrier_floor'], 8)} "
        f"(sharper); the path drawn peaks at "
        f"{v['path_peak']:.8g} and ends at {v['path_end']:.7g}. The two end in different networks. Dots: the loss on "
        f"one sample of {v['sample_points']} points, whose error is the same all along."
    )


def path_multi_runs(config: Config) -> Part:
    """Compute path_multi_runs.png: the perturbed starts, their straight lines, and which of them lie above the floor."""
    b, risk = problem_of(config)
    starts = perturbed_starts(b.setting, config.runs, stream(config.seed, "perturbed starts"))
    ends = thesis_good(b.setting).map(lambda x: x.expand(config.runs, *x.shape))
    lines = th13judge.segment(starts, ends, config.path_points)
    L: Tensor = risk.value(lines)
    doomed = th13judge.doomed(starts, L[0], b.floor)
    values = {
        "perturbed": {
            "runs": config.runs,
            "noise": NOISE,
            "doomed": int(doomed.sum()),
            "above_floor": int((~doomed).sum()),
            "mean_straight_line_peak": float(L.amax(dim=0).mean()),
            "lowest_straight_line_peak": float(L.amax(dim=0).min()),
            "peak_of_mean": float(L.mean(dim=1).max()),
        }
    }
    arrays = {
        "L": L.T.numpy(), "u": lines.U.amin(dim=(-2, -1)).T.numpy(), "doomed": doomed.numpy(),
        "levels": np.array([b.valley_floor, b.floor, b.upper]), **curve("path", b.path.sampled(config.path_points), risk),
    }  # fmt: skip
    claims = th13judge.straight_lines_claims(b, risk, starts[doomed], ends[doomed], L.amax(dim=0)[doomed])
    v = values["perturbed"]
    text = (
        f"{config.runs} starts near the bottom of the valley (noise {NOISE}), straight to the thesis' good end; mean "
        f"peak {v['mean_straight_line_peak']:.4g}. {v['above_floor']} of them start above the floor of every path: for "
        "them nothing is proved. The other paths can leave through the gate only at its level."
    )
    return Part(values, arrays, claims, text)
