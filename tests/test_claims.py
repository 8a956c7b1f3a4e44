"""A claim is a number, a relation and a bound; its verdict follows, is never taken over, and is shown with the relation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_script import go
from valleys.page.all_claims import claims_markdown
from valleys.run.claims import at_least, at_most, judged, table
from valleys.run.record import plain, read_record

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(measured=NUMBERS, bound=NUMBERS)
def test_nothing_holds_that_is_not_finite(measured: float, bound: float) -> None:
    finite = abs(measured) < float("inf") and abs(bound) < float("inf")
    for claim, true in (
        (at_most("a", "", "", measured, bound, "verified"), measured <= bound),
        (at_least("a", "", "", measured, bound, "verified"), measured >= bound),
    ):
        assert claim.holds == (finite and true)
        assert judged(plain(claim.as_dict()))["holds"] == claim.holds


def test_table_and_markdown_show_the_relation() -> None:
    claims = [at_most("low", "", "", 1.0, 2.0, "proved"), at_least("high", "", "", 2.276, 0.001, "measured")]
    told = [claim.as_dict() for claim in claims]
    assert [line.split() for line in table(told).splitlines()[2:]] == [
        ["low", "1", "<=", "2", "proved", "holds"],
        ["high", "2.276", ">=", "0.001", "measured", "holds"],
    ]
    rows = claims_markdown([claim | {"command": "c"} for claim in told])
    assert "| 1 | ≤ | 2 |" in rows and "| 2.276 | ≥ | 0.001 |" in rows


FORGED = {
    "verdict": {"measured": 5.0, "bound": 1.0, "slack": 0.0, "holds": True},
    "not a number": {"measured": None, "holds": True},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=list(FORGED))
def test_a_forged_record_is_caught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], forged: dict[str, object]
) -> None:
    go(tmp_path)
    file = tmp_path / "toy.json"
    told = json.loads(file.read_text())
    told["claims"][0] |= forged
    file.write_text(json.dumps(told))
    record = read_record(tmp_path, "toy")
    assert record is not None and not record.claims[0]["holds"]
    capsys.readouterr()
    assert go(tmp_path, "--redraw") == 1
    assert "FAILS" in capsys.readouterr().out
    assert not json.loads(file.read_text())["claims"][0]["holds"]
