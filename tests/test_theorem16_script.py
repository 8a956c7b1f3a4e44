"""theorem16/theorem_16.py as a user runs it, and what survives Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.running import ROOT, inside, interruptible, python
from theorem16 import theorem_16

SCRIPT = ROOT / "theorem16" / "theorem_16.py"


def script(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(SCRIPT, *words, cwd=cwd)


def unit_rows(rows: int, columns: int) -> np.ndarray:
    W = np.random.default_rng(0).standard_normal((rows, columns))
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def test_quick_run_from_a_foreign_directory(tmp_path: Path) -> None:
    done = script("--quick", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "theorem_16.json").read_text())
    names = {"th16plot", "th16_descent", "th16_teachers", "th16_guarantee"}
    assert set(record["figures"]) == names
    assert all((tmp_path / "out" / f"{name}.png").stat().st_size > 10_000 for name in names)
    assert all(claim["holds"] for claim in record["claims"])
    keys = {"widths", "median", "q05", "q95", "law_constant", "f_norm2", "slope_median", "slope_mc", "trusted_from"}
    assert keys <= set(record["values"]["figure5"])
    assert {"teachers", "guarantee", "descent"} <= set(record["values"])
    assert not (tmp_path / "out" / "shards").exists()


def test_own_teacher_has_no_law(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", W=unit_rows(7, 4), g=np.arange(7.0))
    words = ["--quick", "--teacher", "mine.npz", "--d-in", 4, "--no-bias", "--trials", 3, "--widths", 2, 5, 30]
    done = inside(theorem_16.main, *words, "--only", "th16plot", "th16_descent", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "theorem_16.json").read_text())
    figure5 = record["values"]["figure5"]
    assert figure5["widths"] == [2, 5, 30]
    assert figure5["law_constant"] is None and figure5["slope_mc"] is None
    assert not [claim for claim in record["claims"] if "law" in claim["id"] or "theorem" in claim["id"]]
    done = inside(theorem_16.main, *words, "--only", "th16_guarantee", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 2


SETTINGS = {
    "one input": ["--d-in", "1", "--only", "th16_descent"],
    "many inputs": ["--d-in", "400", "--only", "th16_guarantee"],
    "float32": ["--dtype", "float32", "--only", "th16_descent"],
    "few draws of a heavy tail": ["--seed", "3", "--only", "th16plot"],
    "the thesis' teacher": ["--teacher", "thesis", "--trials", "1", "--only", "th16plot"],
}


@pytest.mark.parametrize("words", SETTINGS.values(), ids=SETTINGS.keys())
def test_valid_settings_hold(words: list[str], tmp_path: Path) -> None:
    assert theorem_16.main(["--quick", *words, "--outdir", str(tmp_path)]) == 0


def test_bad_input_leaves_no_traceback(tmp_path: Path) -> None:
    done = inside(theorem_16.main, "--widths", "8", "4", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("error: --widths") and done.stderr.count("\n") == 1


@pytest.fixture
def deaf() -> Iterator[None]:
    """Ctrl-C ignored here, as under ``nohup make test &``; children inherit it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("deaf")
def test_ctrl_c_draws_what_is_there(tmp_path: Path) -> None:
    words = ["--trials", "4000", "--widths", "16", "64", "400", "--only", "th16plot", "--outdir", "out"]
    kept = tmp_path / "out" / "shards"
    with interruptible(SCRIPT, *words, cwd=tmp_path) as running:
        deadline = time.monotonic() + 120
        while not list(kept.glob("*/*.npz")) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=120)
    assert "Traceback" not in stderr, stderr
    record = json.loads((tmp_path / "out" / "theorem_16.json").read_text())
    assert record["figures"]["th16plot"]["partial"]
    assert 1 <= record["values"]["figure5"]["trials"] < 4000
    assert "th16plot.png" in stdout and "of 4000 shards; what follows is from these" in stdout + stderr
    assert len(list(kept.glob("*/*.npz"))) == record["values"]["figure5"]["trials"]
