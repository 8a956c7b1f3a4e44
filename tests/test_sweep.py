"""A part of the sweep: a few random valid settings of every entry script; ``make sweep`` tries many."""

from __future__ import annotations

import pytest

from tests.sweep import drawn, entry, judged, scripts, sweep

COUNT = 1
SEED = 20


@pytest.mark.parametrize("script", scripts())
def test_valid_settings_hold(script: str) -> None:
    outcomes = list(sweep(script, COUNT, SEED))
    assert [outcome for outcome in outcomes if not outcome.well] == []
    assert any(outcome.verdict == "passed" for outcome in outcomes)


def test_same_seed_same_settings() -> None:
    config, _ = entry("theorem11/theorem_11.py")
    assert drawn(config, 5, 3) == drawn(config, 5, 3) != drawn(config, 5, 4)


@pytest.mark.parametrize(
    ("code", "told", "verdict"),
    [
        (1, "", "a claim fails"), (2, "error: n: got 0", "refused"), (2, "a\nb", "exit code 2"),
        (99, "ValueError: x", "traceback"), (-9, "", "exit code -9"), (0, "x.py:1: UserWarning: y", "a warning"),
    ],
)  # fmt: skip
def test_what_counts_as_found(code: int, told: str, verdict: str, tmp_path: object) -> None:
    assert judged(code, told, tmp_path, "main") == verdict  # type: ignore[arg-type]
