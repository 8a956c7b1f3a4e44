"""The list of distinct minima: loss, smallest eigenvalue, how often, and for each spurious one whether it is proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from theorem13.census.judge import PAPER, Judged
from theorem13.census.proof import Minimum, prove
from theorem13.census.training import orthonormal_risk, student
from valleys.run.claims import Claim, at_least
from valleys.search.census import GLOBAL, UNCONVERGED, Family
from valleys.search.polish import finish

#: A student unit with an entry below this points away from a teacher.
REVERSED = -0.25
#: Proofs are cheap up to so many weights (a few seconds), and of so many families of a cell, the most frequent first.
WEIGHTS, FAMILIES = 450, 60
#: Newton steps before a proof, to this gradient norm: the eigenvalue is then told in a tighter box.
POLISH, TOLERANCE = 10, 1e-13

Proofs = dict[int, Minimum]


def converged(cell: Judged) -> list[Family]:
    """The families that are critical points, by ascending loss."""
    return [family for family in cell.families if family.verdict != UNCONVERGED]


def spurious(cell: Judged) -> list[Family]:
    """The critical points that are no global minimum."""
    return [family for family in converged(cell) if family.verdict != GLOBAL]


def proofs_of(cell: Judged) -> Proofs:
    """For each spurious family, by its place in ``converged``, what is proved near its representative."""
    if cell.setting.n * cell.setting.k > WEIGHTS:
        return {}
    frequent = sorted(spurious(cell), key=lambda family: -family.count)[:FAMILIES]
    chosen = [(i, family) for i, family in enumerate(converged(cell)) if family in frequent]
    return {i: proof for i, family in chosen if (proof := prove(polished(cell.setting.k, family))) is not None}


def polished(k: int, family: Family) -> list[list[float]]:
    """The weights of the representative after a few more Newton steps."""
    start = student(family.representative.W[None])
    W = finish(orthonormal_risk(k), start, frozen="U", tolerance=TOLERANCE, iterations=POLISH).theta.W[0]
    found: list[list[float]] = W.tolist()
    return found


def minima_rows(cell: Judged, proofs: Proofs) -> list[dict[str, Any]]:
    """Rows of ``values.minima``: half losses, families numbered by loss from 0 (or 1 where no run was global)."""
    found = converged(cell)
    first = 0 if found and found[0].verdict == GLOBAL else 1
    return [
        {
            "k": cell.setting.k, "n": cell.setting.n, "family": first + i, "verdict": family.verdict,
            "loss": family.loss / 2, "min_eigenvalue": family.min_eigenvalue / 2,
            "gradient_norm": family.gradient_norm / 2, "count": family.count, "runs": cell.setting.runs,
            "reversed_units": reversed_units(family), "kind": "proved" if i in proofs else "verified",
            "proof": asdict(proofs[i]) if i in proofs else None,
        }
        for i, family in enumerate(found)
    ]  # fmt: skip


def reversed_units(family: Family) -> int:
    """How many student units point away from a teacher (have an entry below -1/4)."""
    return int((family.representative.W.min(dim=-1).values < REVERSED).sum())


def spurious_claims(cells: Sequence[Judged], proofs: Sequence[Proofs]) -> list[Claim]:
    """What counts as a spurious minimum is one: proved where that is cheap, else verified in float64."""
    proved, verified = [], []
    for cell, known in zip(cells, proofs, strict=True):
        proved += [proof.min_eigenvalue for proof in known.values()]
        rest = [family for i, family in enumerate(converged(cell)) if i not in known and family.verdict != GLOBAL]
        verified += [family.min_eigenvalue / 2 for family in rest if cell.cut == 0]
    claims, text = [], "smallest Hessian eigenvalue over"
    if proved:
        text_proved = (
            f"{text} {len(proved)} distinct spurious minima that runs ended in, each alone in a box of its own"
        )
        claims.append(at_least("spurious.are_minima", PAPER, text_proved, min(proved), 0.0, "proved"))
    if verified:
        text_verified = f"{text} {len(verified)} more families of spurious end points: each is a strict minimum"
        claims.append(at_least("spurious.more_are_minima", PAPER, text_verified, min(verified), 1e-6, "verified"))
    return claims


def listed(rows: Sequence[dict[str, Any]]) -> str:
    """The spurious ones as a table: k, n, half loss, smallest eigenvalue, runs, reversed units, proved or verified."""
    lines = [
        f"{row['k']:>3} {row['n']:>3}  {row['loss']:.10f}  {row['min_eigenvalue']:.6f}  {row['count']:>6}"
        f"  {row['reversed_units']:>8}  {row['kind']}"
        for row in rows
        if row["verdict"] != GLOBAL
    ]
    return "\n".join(["  k   n     half loss  least eigenvalue  runs  reversed  kind", *lines]) if lines else ""
