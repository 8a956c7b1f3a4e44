"""The example runs as it is, and the notebook holds the same cells."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT
from valleys.judge.verify import main as judge

SCRIPT = ROOT / "examples" / "your_network.py"


def test_the_notebook_is_the_script() -> None:
    parts = re.split(r"^# %%", SCRIPT.read_text(), flags=re.MULTILINE)[1:]
    cells = json.loads(SCRIPT.with_suffix(".ipynb").read_text())["cells"]
    assert len(cells) == len(parts)
    for cell, part in zip(cells, parts, strict=True):
        kind, _, body = part.partition("\n")
        body = body.strip("\n")
        if cell["cell_type"] == "markdown":
            assert "[markdown]" in kind
            body = re.sub("^# ?", "", body, flags=re.MULTILINE)
        assert "".join(cell["source"]) == body


def test_it_runs(tmp_path: Path) -> None:
    """From a folder of its own, with the package beside it."""
    here = tmp_path / "examples"
    here.mkdir()
    (tmp_path / "valleys").symlink_to(ROOT / "valleys")
    command = [sys.executable, "-W", "error", str(SCRIPT)]
    done = subprocess.run(
        command,
        cwd=here,
        capture_output=True,
        text=True,
        timeout=300,
        env={"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "<certified: 3 legs, rise 0, " in done.stdout and "<joined: " in done.stdout
    assert (here / "path.gif").stat().st_size > 10_000
    for name in ("path.npz", "descent.npz"):
        assert judge([str(here / name)]) == 0
