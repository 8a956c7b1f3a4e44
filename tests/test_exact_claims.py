"""What the checker tells becomes a claim of the kind exact: 0, a number, or undecided."""

from __future__ import annotations

from fractions import Fraction

import pytest

from valleys.judge.exact import exact_claims, left_of, lower, rise_of, upper

LEG = {"rise": "0"}
CASES = {
    "never": ({"verdict": "never rises", "start": "1", "legs": [LEG]}, 0.0, True),
    "no slack": ({"verdict": "rises", "start": "[4.0 +/- 1e-9]", "legs": [LEG, {"rise": "[5.6e-31 +/- 1e-40]"}]}, 1.4e-31, True),
    "a rational": ({"verdict": "rises", "start": "2", "legs": [{"rise": "1/4"}]}, 0.125, False),
    "undecided": ({"verdict": "undecided", "start": "2", "legs": [{"rise": None}]}, float("inf"), False),
}  # fmt: skip


@pytest.mark.parametrize(("verdict", "rise", "holds"), CASES.values(), ids=list(CASES))
def test_rise_and_claim(verdict: dict[str, object], rise: float, holds: bool) -> None:
    assert rise_of(verdict) == pytest.approx(rise, rel=1e-6)
    (claim,) = exact_claims("x", "", [verdict], ends=False)
    assert (claim.holds, claim.kind) == (holds, "exact")


def test_no_path_is_no_claim_that_holds() -> None:
    assert not exact_claims("x", "", [], ends=False)[0].holds


@pytest.mark.parametrize(
    "told", ["0", "3", "1/3", "[5.6e-30 +/- 1e-40]", "[0.333333333333 +/- 3.34e-13]", "[1e-40 +/- 1e-40]"]
)
def test_both_ends_enclose_what_the_checker_tells(told: str) -> None:
    middle, _, radius = told.strip("[]").partition(" +/- ")
    low, high = (Fraction(middle) + sign * Fraction(radius or 0) for sign in (-1, 1))
    assert Fraction(lower(told)) <= low <= high <= Fraction(upper(told))
    assert upper(told) - lower(told) <= 2 * (float(radius or 0) + 4e-16 * float(high))


ENDS = {
    "just left": ("4", "[3.9e-18 +/- 1e-20]", True), "too high": ("4", "[4.1e-18 +/- 1e-20]", False),
    "maybe too high": ("4", "[3.999e-18 +/- 1e-20]", False), "at the bottom": ("0", "0", True),
    "up from the bottom": ("0", "1/7", False), "start unknown": ("[1e-30 +/- 1e-29]", "[1e-50 +/- 1e-60]", False),
}  # fmt: skip


@pytest.mark.parametrize(("start", "end", "holds"), ENDS.values(), ids=list(ENDS))
def test_what_is_left_at_the_end(start: str, end: str, holds: bool) -> None:
    verdict = {"verdict": "never rises", "start": start, "end": end, "attained": "a global minimum", "legs": [LEG]}
    *_, claim = exact_claims("x", "", [verdict], gap=1e-18)
    assert (claim.id, claim.holds, claim.kind) == ("x.ends_at_minimum", holds, "exact")
    assert claim.measured == left_of(verdict)
