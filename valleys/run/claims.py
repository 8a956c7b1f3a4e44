"""Claims: what a record says was checked, how, and with which verdict; the table that every command ends with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_FLOOR, Decimal
from math import inf, isfinite, isnan, nan
from typing import Any, Literal

Kind = Literal["proved", "exact", "computed", "verified", "measured"]
Relation = Literal["<=", ">="]


@dataclass(frozen=True)
class Claim:
    """One claim of a record: ``measured <= bound`` or ``measured >= bound``. Its verdict follows from these three.

    Attributes:
        id: unique within its script.
        source: where the paper says it.
        statement: what is claimed, in words.
        measured: the value found.
        relation: ``<=`` or ``>=``.
        bound: what the value is held against.
        kind: proved, exact (decided in integers or balls by ``check``), computed, verified or measured.
    """

    id: str
    source: str
    statement: str
    measured: float
    relation: Relation
    bound: float
    kind: Kind

    @property
    def slack(self) -> float:
        """How far the claim is from failing (negative: it fails)."""
        return slack(self.measured, self.relation, self.bound)

    @property
    def holds(self) -> bool:
        """The verdict: what is not finite does not hold."""
        return holds(self.measured, self.relation, self.bound)

    def as_dict(self) -> dict[str, Any]:
        """The claim as a record holds it, with its slack and its verdict."""
        return {**asdict(self), "slack": self.slack, "holds": self.holds}


def slack(measured: float, relation: Relation, bound: float) -> float:
    """How far ``measured relation bound`` is from failing."""
    return bound - measured if relation == "<=" else measured - bound


def holds(measured: float, relation: Relation, bound: float) -> bool:
    """Whether ``measured relation bound``, both finite.

    >>> holds(1.0, "<=", 2.0), holds(1.0, ">=", 2.0), holds(1.0, "<=", float("inf"))
    (True, False, False)
    """
    return isfinite(measured) and isfinite(bound) and slack(measured, relation, bound) >= 0


def judged(claim: dict[str, Any]) -> dict[str, Any]:
    """A claim of a record with slack and verdict recomputed: what is written there is not believed.

    >>> told = {"measured": 5.0, "relation": "<=", "bound": 1.0, "slack": 0.0, "holds": True}
    >>> judged(told)["holds"]
    False
    """
    numbers = (claim["measured"], claim["relation"], claim["bound"])
    if claim["measured"] is None or claim["bound"] is None:  # how a record holds what is not finite
        return claim | {"slack": None, "holds": False}
    return claim | {"slack": slack(*numbers), "holds": holds(*numbers)}


def at_most(id: str, source: str, statement: str, measured: float, bound: float, kind: Kind) -> Claim:
    """The claim ``measured <= bound``.

    >>> at_most("a", "", "", 1.0, 2.0, "verified").holds
    True
    """
    return Claim(id, source, statement, measured, "<=", bound, kind)


def at_least(id: str, source: str, statement: str, measured: float, bound: float, kind: Kind) -> Claim:
    """The claim ``measured >= bound``."""
    return Claim(id, source, statement, measured, ">=", bound, kind)


def worst(values: Iterable[float]) -> float:
    """The largest value, NaN if there is any (``max`` would depend on the order), ``-inf`` of none.

    >>> worst([1.0, 2.0]), worst([1.0, float("nan")])
    (2.0, nan)
    """
    found = list(values)
    return nan if any(map(isnan, found)) else max(found, default=-inf)


def all_hold(claims: Sequence[Claim]) -> bool:
    """True where every claim holds."""
    return all(claim.holds for claim in claims)


def table(claims: Sequence[dict[str, Any]]) -> str:
    """The closing table: claim, measured, relation, bound, kind, verdict."""
    if not claims:
        return "no claims"
    rows = [("claim", "measured", "", "bound", "kind", "verdict")]
    for c in claims:
        verdict = "holds" if c["holds"] else "FAILS"
        rows.append((c["id"], number(c["measured"]), c["relation"], number(c["bound"]), c["kind"], verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def number(value: float | None) -> str:
    """A number of a claim as text; None is what a record holds for NaN.

    >>> number(2.25), number(1.5e-16), number(0), number(None)
    ('2.25', '1.500e-16', '0', 'nan')
    """
    return "nan" if value is None else f"{value:.10g}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.3e}"


def down(value: float, digits: int) -> str:
    """``value`` to so many significant digits, rounded down: printed, a lower bound is still one.

    >>> down(2.45288886, 6), down(0.0299, 2), down(-1.25, 2), down(0.0, 3)
    ('2.45288', '0.029', '-1.3', '0')
    """
    if value == 0 or not isfinite(value):
        return f"{value:g}"
    exact = Decimal(value)
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return f"{float(exact.quantize(unit, ROUND_FLOOR)):.{digits}g}"


def diagnosis(value: float) -> float:
    """A number that says how well a computation is conditioned, to the three digits that are the same on every machine.

    >>> diagnosis(1234567.89)
    1230000.0
    """
    return float(f"{value:.3g}")
