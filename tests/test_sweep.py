"""A part of the sweep: a few random valid settings of every entry script; ``make sweep`` tries many."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import sweep_tally
from tests.sweep import drawn, entry, scripts, sweep
from tests.sweep_setting import LAID, judged

COUNT = 1
SEED = 20


@pytest.mark.parametrize("script", scripts())
def test_valid_settings_hold(script: str) -> None:
    outcomes = list(sweep(script, COUNT, SEED, first=LAID))
    assert [outcome for outcome in outcomes if not outcome.well] == []
    assert any(outcome.verdict == "passed" for outcome in outcomes)


def test_same_seed_same_settings() -> None:
    config, _ = entry("theorem11/theorem_11.py")
    assert drawn(config, 5, 3) == drawn(config, 5, 3) != drawn(config, 5, 4)


@pytest.mark.parametrize(
    ("code", "told", "verdict"),
    [
        (1, "", "a claim fails"), (2, "error: n: got 0", "refused"), (2, "a\nb", "exit code 2"),
        (2, "50%\r   \rerror: x\n", "refused"),
        (99, "ValueError: x", "traceback"), (-9, "", "exit code -9"), (0, "x.py:1: UserWarning: y", "a warning"),
    ],
)  # fmt: skip
def test_what_counts_as_found(code: int, told: str, verdict: str, tmp_path: object) -> None:
    assert judged(code, told, tmp_path, "main") == verdict  # type: ignore[arg-type]


def test_table_is_of_the_tally() -> None:
    assert (sweep_tally.DOCS / "sweep.md").read_text() == sweep_tally.table(sweep_tally.read())
    assert {row.script for row in sweep_tally.read()} <= set(scripts())


def test_a_seed_is_counted_once_and_a_finding_is_named(tmp_path: Path) -> None:
    sweep_tally.write([], tmp_path)
    sweep_tally.add(sweep_tally.Row("a.py", "options", 7, "", 3, 1), tmp_path)
    sweep_tally.add(sweep_tally.Row("a.py", "options", 8, "", 2, 0, 1, ["a.py --n 1 --quick"]), tmp_path)
    sweep_tally.add(sweep_tally.Row("a.py", "options", 7, "", 4, 1), tmp_path)
    told = (tmp_path / "sweep.md").read_text()
    assert "| `a.py` | options | 7, 8 | 6 | 1 | 1 | 1 |" in told
    assert "- `python a.py --n 1 --quick`" in told
