"""What is computed for ``phase_diagram``: what is impossible, what is certified, and what gradient descent does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from theorem12.th12corollary import Valley
from theorem12.th12data import ALPHA, BETA, start
from theorem12.th12model import QuadraticRisk
from theorem12.th12options import OUTPUTS
from theorem12.th12own import risk_for
from theorem12.th12paths import EXACT, SOURCE_SHARP, certified
from theorem12.th12training import Ends, descended, ends_of, jobs, minimum
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most, worst
from valleys.run.errors import UnavailableError
from valleys.run.intervals import clopper_pearson
from valleys.run.memory import afford
from valleys.run.pictures import Part
from valleys.run.shards import handed_out
from valleys.run.words import tex

if TYPE_CHECKING:
    from theorem12.th12options import Config

SOURCE = "Corollary 14, p. 11"
BARRIER = 1e-9
CERTIFIED_STARTS = ("random", "repeated", "zero")
BARRIER_WIDTHS = 5
MOST_INPUTS = 14
#: Seconds of a step of one run.
COST = 1e-6
#: Batches of networks that a shard holds at once, about.
HELD = 5


def escapes(stuck: Theta, risk: QuadraticRisk, limit: int) -> float | None:
    """The largest relative rise of the certified path out of (at most ``limit``) stuck runs."""
    rises = [rise(stuck[i].map(torch.clone), risk) for i in range(min(limit, len(stuck.U)))]
    return worst(rises) if rises else None


def rise(theta: Theta, risk: QuadraticRisk) -> float:
    """The relative rise of the lifted certificate from ``theta``; infinite if it does not end at the minimum."""
    found = certified(theta, risk)
    return found["relative_rise"] if found["end_gap"] == 0 else float("inf")


def cell(config: Config, n: int, p: int, names: tuple[str, int], ends: Ends) -> dict[str, Any]:
    """One entry of ``values.phase``; ``names``: the target and its number."""
    target, j = names
    risk, sharp = risk_for(target, n, p), p >= n
    valley = Valley(n, p, ALPHA, BETA) if target == "theorem13" and not sharp else None
    path_rise = None
    if sharp:
        starts = [start(name, risk, p, stream(config.seed, 4, n, p, j)) for name in CERTIFIED_STARTS]
        path_rise = worst(rise(theta, risk) for theta in starts)
    runs, count = len(ends.reached), int(ends.reached.sum())
    low, high = clopper_pearson(count, runs)
    return {
        "n": n, "p": p, "target": target, "barrier": valley.barrier if valley else None,
        "floor": valley.floor if valley else None, "minimum": minimum(risk, p),
        "spurious": bool(valley and valley.spurious), "path_rise": path_rise,
        "certified": path_rise is not None and path_rise <= EXACT,
        "gd_success": count / runs, "gd_runs": runs, "gd_low": low, "gd_high": high,
        "gd_diverged": int(ends.diverged.sum()),
        "stuck_path_rise": escapes(ends.stuck, risk, config.escapes) if sharp else None,
    }  # fmt: skip


def barrier_claims(config: Config) -> list[Claim]:
    """Corollary 14's barrier against direct minimisation, and against an explicit point at its height."""
    n = BARRIER_WIDTHS + 1
    valleys = [Valley(n, p, ALPHA, BETA) for p in range(1, n)]
    found = [abs(v.found_gate(stream(config.seed, 5, v.p)) - v.barrier) for v in valleys]
    explicit = [abs(float(v.risk.value(v.gate)) - v.barrier) for v in valleys]
    widths = f"p = 1 .. {BARRIER_WIDTHS}"
    return [
        at_most("corollary14.barrier", SOURCE, f"barrier in closed form less the one found by minimisation, {widths}",
                worst(found), BARRIER, "computed"),
        at_most("corollary14.gate", SOURCE, f"barrier less the loss at an explicit point on the way out, {widths}",
                worst(explicit), 1e-14, "verified"),
    ]  # fmt: skip


def phase_diagram(config: Config) -> Part:
    """``phase_diagram``: one row a law or target, one cell a width.

    Raises:
        UnavailableError: for many inputs; ``afford`` an InputError for runs that memory does not hold.
    """
    if max(config.phase_ns) > MOST_INPUTS:
        raise UnavailableError(
            "--n", max(config.phase_ns), f"n <= {MOST_INPUTS}: the least loss below n tries 2^n subsets"
        )
    todo = jobs(config)
    largest = max(len(job.widths) * job.widths[-1] * (job.n + 1) for job in todo)
    afford("--runs", config.runs, HELD * config.runs * largest)
    seconds = COST * config.runs * config.steps * sum(len(job.widths) for job in todo) / len(todo)
    shards = handed_out(descended, config, len(todo), OUTPUTS, Path(__file__).with_name("theorem_12.py"), seconds)
    shards.compute(config.executor, "gradient descent")
    cells = [
        cell(config, todo[number].n, p, (config.targets[todo[number].j], todo[number].j), ends)
        for number, arrays in shards.finished()
        for p, ends in ends_of(config, todo[number], arrays).items()
    ]
    if shards.cut is not None and len({(c["n"], c["target"]) for c in cells}) < len({job[:2] for job in todo}):
        raise shards.cut  # a picture needs some width of every law; what is finished is kept
    wide = [c for c in cells if c["path_rise"] is not None]
    stuck = [c for c in cells if c["stuck_path_rise"] is not None]
    claims = barrier_claims(config)
    claims += [
        at_most("phase.certified", SOURCE_SHARP, f"relative rise of lifted certificates, {len(wide)} cells with p >= n",
                worst([0.0, *(c["path_rise"] for c in wide)]), EXACT, "exact"),
        at_most("phase.stuck", SOURCE_SHARP, f"the same out of runs that got stuck, {len(stuck)} cells",
                worst([0.0, *(c["stuck_path_rise"] for c in stuck)]), EXACT, "exact"),
    ]  # fmt: skip
    shown = {"ns": list(config.phase_ns), "targets": list(config.targets), "alpha": ALPHA, "beta": BETA}
    return Part({"phase": cells, "phase_diagram": shown}, {}, claims, caption(config, cells), shards=[shards])


def caption(config: Config, cells: list[dict[str, Any]]) -> str:
    """The picture in words: what is known, what gradient descent does."""
    n = config.phase_ns[-1]
    barriers = sorted(c["barrier"] for c in cells if c["n"] == n and c["spurious"])
    span = " to ".join(tex(height, 4) for height in barriers[:: max(len(barriers) - 1, 1)])
    rises = [c["stuck_path_rise"] for c in cells if c["stuck_path_rise"] is not None]
    lost = sum(c["gd_diverged"] for c in cells)
    words = (
        f"Points: the share of {config.runs} runs of gradient descent ({config.steps} steps of {tex(config.step)}) that reach "
        f"the least loss of their width, with 95 % intervals, for $n = {n}$ inputs. From $p = n$ on no law has a spurious "
        "valley (the argument in theorem12/PROOF.md; from $2n + 1$ on Theorem 12). "
    )
    if barriers:
        words += f"Below, the law of Corollary 14 has one: every way out climbs to {span}. "
        words += "Of other laws nothing is said there. "
    if rises:
        words += (
            "At $p \\geq n$ some runs stop early all the same; the certified path out of those tried never rises"
            + (
                ": stuck, but in no valley. "
                if max(rises) == 0
                else f" by more than {tex(max(rises))} times their loss. "
            )
        )
    if lost:
        words += f"{lost} of {sum(c['gd_runs'] for c in cells)} runs left for infinity: the step is too long for them."
    return words.strip()
