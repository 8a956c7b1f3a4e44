"""What is computed for ``quadratic_path``: the paths of Theorem 12 and the step that rises."""

from __future__ import annotations

from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from theorem12.construction.paper_path import printed_last_step, to_standard_form
from theorem12.th12data import near, start
from theorem12.th12model import QuadraticRisk
from theorem12.th12own import path_by, risk_for, save, save_lifted, start_from_file
from theorem12.th12tour import planar_tour
from valleys.judge.certificate import descent_claims, judge_leg, judge_path
from valleys.judge.exact import exact_claims, judged_exactly, rise_of, upper
from valleys.paths.curves import seam
from valleys.paths.path import Path
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_least, at_most, worst
from valleys.run.pictures import Part
from valleys.run.words import tex

if TYPE_CHECKING:
    from theorem12.th12options import Config

SOURCE = "Theorem 12, p. 9"
SOURCE_SHARP = "beyond Theorem 12, theorem12/PROOF.md"
SOURCE_STEP = "proof of Theorem 12, step 2, p. 24"
#: Allowed: exact relative rise; of the paper's path in float64, the same for rows of size 10^+-8; gap; printed step; seams.
EXACT, RISE, RISE_SCALED, GAP, PRINTED, SEAM = 1e-30, 1e-12, 1e-11, 1e-14, 1e-3, 1e-9
FINE = 40
#: Lifted certificates and sharp paths at ``p = n`` are kept for ``n`` up to this, with this target.
LIFTED, GAUSSIAN = 8, "indefinite"
EPS = torch.finfo(torch.float64).eps
#: ``A`` is a sum of terms ``u_k w_k w_k^T`` that may cancel: rounding moves it by a few ``eps`` of their size.
CANCELLED = 64 * EPS


def relative_losses(path: Path, risk: QuadraticRisk) -> Tensor:
    """``FINE`` values a leg, knots included, relative to the loss at the start."""
    values = risk.value(path.sampled(FINE))
    return values / (values[0] if values[0] > 0 else 1.0)


def entry_of(method: str, theta: Theta, names: tuple[str, str], legs: int) -> dict[str, Any]:
    """What an entry of ``values.paths`` says before its verdict."""
    return {
        "n": theta.n, "m": 1, "p": theta.p, "widths": [theta.p], "method": method, "start": names[0], "target": names[1],
        "legs": legs,
    }  # fmt: skip


def judged(
    method: str, theta: Theta, risk: QuadraticRisk, names: tuple[str, str], seed: int, file: File | None = None
) -> tuple[Path, dict[str, Any]]:
    """A path and its entry of ``values.paths``: the sharp one is judged over the rationals, the paper's in float64.

    Args:
        method: ``sharp`` or ``paper``.
        theta: the start.
        risk: the loss.
        names: start and target.
        seed: of the run.
        file: keeps the sharp path's knots; else they are written, judged and forgotten.

    Returns:
        both; gaps are relative to ``E|Y|^2``, rises to the loss at the start.
    """
    path = path_by(method, theta, risk, stream(seed, "path", theta.n, theta.p))
    entry = entry_of(method, theta, names, len(path.pieces))
    zero = float(risk.of_matrix(torch.zeros_like(risk.target)))
    if method == "paper":
        return path, entry | judged_by_floats(path, risk, zero)
    with TemporaryDirectory() as folder:
        kept = file or File(folder) / "path.npz"
        save(kept, path, risk)
        found = verdict_of(judged_exactly(kept), zero)
    if found["relative_rise"] <= EXACT and found["end_gap"] <= GAP:
        return path, entry | {"judge": "knots"} | found
    return path, entry | {"judge": "lifted"} | certified(theta, risk)


def verdict_of(verdict: dict[str, Any], zero: float) -> dict[str, float]:
    """Rise and gap by the exact judge; as ``min L = 0`` the loss at the end is the gap."""
    gap = upper(verdict["end"]) / (zero or upper(verdict["start"]) or 1.0)
    return {"relative_rise": rise_of(verdict), "end_gap": gap}


def certified(theta: Theta, risk: QuadraticRisk) -> dict[str, float]:
    """The same of the lifted certificate from ``theta``.

    At a critical point whose units are dependent but not dead the way down begins on a curved fibre of ``A``, on which no
    straight leg stays: there the certificate, which needs none, is what is exact.
    """
    with TemporaryDirectory() as folder:
        save_lifted(File(folder) / "lifted.npz", theta, risk)
        return verdict_of(
            judged_exactly(File(folder) / "lifted.npz"), float(risk.of_matrix(torch.zeros_like(risk.target)))
        )


def judged_by_floats(path: Path, risk: QuadraticRisk, zero: float) -> dict[str, Any]:
    """The paper's path: legs that keep ``A`` to rounding only."""
    verdict, theta = judge_path(path, risk), path.start
    # a start that is optimal to rounding is measured against rounding of the loss of the zero network
    scale = max(verdict.start, EPS * zero) or 1.0
    # rows of size 1 whose sum is 1e-8: L moves by sqrt(L) times the rounding of A, which RISE L need not cover
    terms = float((theta.U[0].abs() * theta.W.square().sum(dim=1)).sum())
    rising = max(scale, CANCELLED / RISE * terms * verdict.start**0.5)
    return {
        "judge": "verified", "relative_rise": verdict.rise / rising, "end_gap": verdict.end / (zero or scale),
        "seam": max(seam(piece) for piece in path.pieces),
    }  # fmt: skip


def path_claims(rows: list[dict[str, Any]]) -> list[Claim]:
    """No path rises, each ends at the minimum: the worst of each method, of the paper's rows of size ``10^+-8`` apart."""
    sharp, claims = [r for r in rows if r["method"] == "sharp"], []
    if sharp:
        lifted = sum(r["judge"] == "lifted" for r in sharp)
        of = f"(worst of {len(sharp)} paths), in rationals, from the knots alone" + lifted_words(lifted)
        claims += [
            at_most("sharp.never_rises", SOURCE_SHARP, f"largest rise on a leg, relative to the loss at the start {of}",
                    worst(r["relative_rise"] for r in sharp), EXACT, "exact"),
            at_most("sharp.ends_at_minimum", SOURCE_SHARP, f"loss at the end, the minimum being 0, relative to E|Y|^2 {of}",
                    worst(r["end_gap"] for r in sharp), GAP, "exact"),
        ]  # fmt: skip
    for scaled in (False, True):
        some = [r for r in rows if r["method"] == "paper" and (r["start"] == "scaled") == scaled]
        if some:
            name, rise = ("paper_scaled", RISE_SCALED) if scaled else ("paper", RISE)
            rises, gaps, seams = ([r[key] for r in some] for key in ("relative_rise", "end_gap", "seam"))
            claims += [
                *descent_claims(name, SOURCE, rises, gaps, rise_bound=rise, gap_bound=GAP),
                at_most(f"{name}.joined", SOURCE, f"formula of a curved leg less the ends it owns, {len(some)} paths, relative",
                        worst(seams), SEAM, "verified"),
            ]  # fmt: skip
    return claims


def lifted_words(count: int) -> str:
    """How many paths are certified without knots."""
    return f"; {count} by a lifted certificate in their place" if count else ""


def certificates(folder: File, config: Config) -> tuple[list[dict[str, Any]], list[Claim]]:
    """Lifted certificates (PROOF.md) at ``p = n`` from every start, written to ``folder``: the checker's verdicts, exact."""
    found = []
    for n in (n for n in config.ns if n <= LIFTED):
        for k, name in enumerate(config.starts):
            risk, file = risk_for(GAUSSIAN, n, n), folder / f"lifted_{name}_n{n}.npz"
            save_lifted(file, start(name, risk, n, stream(config.seed, 1, n, n, k, 0)), risk)
            found.append(judged_exactly(file))
    return found, exact_claims("lifted", SOURCE_SHARP, found) if found else []


def quadratic_path(folder: File, config: Config) -> Part:
    """``quadratic_path``: loss along both paths for every ``n``; the printed last step; all other starts to the record."""
    if config.single:
        return single_path(config)
    rows, arrays, printed = [], {}, []
    for n in config.ns:
        for j, target in enumerate(config.targets):
            for k, name in enumerate(config.starts):
                for method in config.methods:
                    for p in config.widths_for(n, method):
                        risk = risk_for(target, n, p)
                        theta = start(name, risk, p, stream(config.seed, 1, n, p, k, j))
                        kept = p == n <= LIFTED and target == GAUSSIAN
                        file = folder / f"sharp_{File(name).stem}_n{n}.npz" if kept else None
                        path, entry = judged(method, theta, risk, (name, target), config.seed, file)
                        rows.append(entry)
                        if j == 0 and k == 0 and p == config.widths_for(n, method)[0]:
                            arrays[f"far_{method}_{n}"] = relative_losses(path, risk).numpy()
        printed.append(near_optimum(config, n, arrays))
    exact, exactly = certificates(folder, config)
    claims = path_claims(rows) + printed_claims(printed) + exactly
    shown, points = planar_tour(config.seed)
    values = shown | {
        "paths": rows,
        "lifted": exact,
        "quadratic_path": {
            "ns": list(config.ns), "methods": list(config.methods), "start": config.starts[0],
            "target": config.targets[0], "printed": printed,
        },
    }  # fmt: skip
    return Part(values, arrays | points, claims, caption(rows, printed, config))


def caption(rows: list[dict[str, Any]], printed: list[dict[str, Any]], config: Config) -> str:
    """The picture in words: setting, both paths, the step as printed."""
    n, first = config.ns[0], next(entry for entry in printed if entry["n"] == config.ns[0])
    highest = max(row["relative_rise"] for row in rows)
    words = (
        f"Quadratic networks with $n = {n}$ inputs. On the sharp path, straight legs of $(u, W)$, the loss falls on every leg. "
        "On the paper's the network's matrix $A = \\sum_k u_k w_k w_k^T$ stays (left half of each panel), so that no loss can "
        "change, until enough units are free; then it goes straight to its target. "
        f"Of {len(rows)} paths from {len(config.starts)} kinds of starts none rises by more than {tex(highest)} times the loss "
        "at its start; the sharp ones rise by exactly 0, decided over the rationals. "
    )
    if first["above_start"] <= 0:
        return words + "For this target the last step as the paper prints it does not climb above its start."
    return words + (
        "The last step as the paper prints it moves $u$ and $W$ together, and $A$ not on a segment: near the optimum it climbs "
        f"by {tex(first['above_start'], 3)} times the loss at the start above the start, and by "
        f"{tex(first['relative_rise'], 3)} times it above the dip before (the axis is cut)."
    )


def near_optimum(config: Config, n: int, arrays: dict[str, Any]) -> dict[str, Any]:
    """Both paths and the printed last step from a start near the optimum; the judge on the latter."""
    for method in config.methods:
        p = next(iter(config.widths_for(n, method)), None)
        if p is None:
            continue
        risk = risk_for(config.targets[0], n, p)
        path, _ = judged(
            method, near(risk, p, stream(config.seed, 2, n)), risk, ("near", config.targets[0]), config.seed
        )
        arrays[f"near_{method}_{n}"] = relative_losses(path, risk).numpy()
    risk = risk_for(config.targets[0], n, 2 * n + 1)
    standard = to_standard_form(near(risk, 2 * n + 1, stream(config.seed, 2, n)))
    step = printed_last_step(standard.here, risk.target)
    verdict = judge_leg(step, risk)
    values = relative_losses(Path((step,)), risk)
    arrays[f"printed_{n}"] = values.numpy()
    return {
        "n": n, "p": 2 * n + 1, "above_start": float(values.max()) - 1, "relative_rise": verdict.rise / (verdict.start or 1.0),
        "legs_before": len(standard.pieces), "target_size": float(risk.target.abs().max()),
    }  # fmt: skip


def printed_claims(printed: list[dict[str, Any]]) -> list[Claim]:
    """The last step as printed climbs above where it starts, and more above the dip that it passes first.

    Nothing is claimed of a target 0: there ``A_t = (1-t)^3 A``, and the step does fall.
    """
    if not any(entry["target_size"] for entry in printed):
        return []
    what = "of the last step as printed, near the optimum, relative to L(start)"
    return [
        at_least("printed_step.above_start", SOURCE_STEP, f"least rise above its start {what}",
                 min(entry["above_start"] for entry in printed), PRINTED, "verified"),
        at_least("printed_step.rises", SOURCE_STEP, f"least rise above its own lowest point before {what}",
                 min(entry["relative_rise"] for entry in printed), PRINTED, "verified"),
    ]  # fmt: skip


def single_path(config: Config) -> Part:
    """One path alone: from the start in a file, or to be written to one."""
    file = config.start if (config.start or "").endswith(".npz") else None
    method, target = config.methods[0], config.targets[0]
    if file:
        theta = start_from_file(file)
        risk = risk_for(target, config.size_for(theta.n), theta.p)
    else:
        n = config.ns[0]
        p = config.widths_for(n, method)[0]
        risk = risk_for(target, n, p)
        theta = start(config.starts[0], risk, p, stream(config.seed, 1, n, p, 0, 0))
    path, entry = judged(method, theta, risk, (config.starts[0], target), config.seed)
    save(config.save_path, path, risk)
    values = {"paths": [entry], "quadratic_path": {"single": True, **entry}}
    told = (
        f"$n = {risk.n}$, $p = {theta.p}$: the {method} path from the start {entry['start']} to the target {entry['target']} has "
        f"{entry['legs']} legs; its largest rise is {tex(entry['relative_rise'])} times the loss at the start."
    )
    return Part(values, {"single": relative_losses(path, risk).numpy()}, path_claims([entry]), told)
