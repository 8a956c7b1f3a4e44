"""What the checker tells becomes a claim of the kind exact: 0, a number, or undecided."""

from __future__ import annotations

import pytest

from valleys.judge.exact import exact_claims, rise_of

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
