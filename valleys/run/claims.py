"""Claims: what a record says was checked, how, and with which verdict; the table that every command ends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["proved", "computed", "verified", "measured"]


@dataclass(frozen=True)
class Claim:
    """One claim of a record.

    Attributes:
        id: unique within its script.
        source: where the paper says it.
        statement: what is claimed, in words.
        measured: the value found.
        bound: what the value is held against.
        slack: how far the claim is from failing (negative: it fails).
        holds: the verdict.
        kind: proved, computed, verified or measured.
    """

    id: str
    source: str
    statement: str
    measured: float
    bound: float
    slack: float
    holds: bool
    kind: Kind

    def as_dict(self) -> dict[str, Any]:
        """The claim as a record holds it."""
        return asdict(self)


def at_most(id: str, source: str, statement: str, measured: float, bound: float, kind: Kind) -> Claim:
    """The claim ``measured <= bound``; NaN fails.

    >>> at_most("a", "", "", 1.0, 2.0, "verified").holds
    True
    """
    return Claim(id, source, statement, measured, bound, bound - measured, measured <= bound, kind)


def at_least(id: str, source: str, statement: str, measured: float, bound: float, kind: Kind) -> Claim:
    """The claim ``measured >= bound``; NaN fails."""
    return Claim(id, source, statement, measured, bound, measured - bound, measured >= bound, kind)


def all_hold(claims: Sequence[Claim]) -> bool:
    """True where every claim holds."""
    return all(claim.holds for claim in claims)


def table(claims: Sequence[dict[str, Any]]) -> str:
    """The closing table: claim, measured, bound, kind, verdict."""
    if not claims:
        return "no claims"
    rows = [("claim", "measured", "bound", "kind", "verdict")]
    for c in claims:
        verdict = "holds" if c["holds"] else "FAILS"
        rows.append((c["id"], number(c["measured"]), number(c["bound"]), c["kind"], verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def number(value: float | None) -> str:
    """A number of a claim as text; None is what a record holds for NaN.

    >>> number(2.25), number(1.5e-16), number(0), number(None)
    ('2.25', '1.500e-16', '0', 'nan')
    """
    return "nan" if value is None else f"{value:.10g}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.3e}"
