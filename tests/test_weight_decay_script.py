"""``weight_decay/main.py`` as a user runs it: small, from a foreign directory, on their own data."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.running import ROOT, inside, python
from valleys.construct.decay_algebra import Rationals
from valleys.construct.decay_optimum import Oracle
from valleys.judge.exact import judged_exactly
from valleys.own.decay import certified_decay, lowest
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from weight_decay.main import main
from weight_decay.wddata import COPIES, random_example
from weight_decay.wdpaths import copies
from weight_decay.wdtraining import lbfgs, rescued


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(ROOT / "weight_decay" / "main.py", *words, cwd=cwd)


def test_quick_run_from_a_foreign_directory(tmp_path: Path) -> None:
    only = ("whole_landscape", "merge_tree", "path_down", "sharp_width")
    done = run("--quick", "--only", *only, "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "main.json").read_text())
    assert set(record["figures"]) == set(only)
    assert all((tmp_path / "out" / f"{name}.png").stat().st_size > 10_000 for name in only)
    assert all(claim["holds"] for claim in record["claims"])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((6, 2)), rng.standard_normal(6)
    np.savez(tmp_path / "d.npz", X=X, Y=y)
    np.savetxt(tmp_path / "zero.csv", np.c_[X, 0 * y], delimiter=",", header="a,b,y", comments="")
    for p in (3, 9):
        np.savez(tmp_path / f"s{p}.npz", U=rng.standard_normal((1, p)), W=rng.standard_normal((p, 3)))
    return tmp_path


def test_own_data(files: Path) -> None:
    words = [
        "--data",
        "d.npz",
        "--bias",
        "--beta",
        "0.1",
        "--start",
        "s9.npz",
        "--save-path",
        "path.npz",
        "--outdir",
        "out",
    ]
    done = inside(main, *words, cwd=files)
    assert done.returncode == 0, done.stdout + done.stderr
    own = json.loads((files / "out" / "main.json").read_text())["values"]["own"]
    assert own["floor"] <= own["upper"] <= own["floor"] * (1 + 1e-14)
    assert own["loss_start"] > own["floor"]
    assert own["loss_end"] == pytest.approx(own["floor"], rel=1e-12)
    assert own["rise"] <= 1e-12 * own["loss_start"]
    with np.load(files / "path.npz") as path, np.load(files / "s9.npz") as start, np.load(files / "d.npz") as data:
        assert (path["U"][0] == start["U"]).all() and (path["W"][0] == start["W"]).all()
        assert (
            (path["X"] == np.c_[data["X"], np.ones(6)]).all()
            and (path["ratio"][0] == 1).all()
            and (path["mass"][0] == "1").all()
        )
    assert judged_exactly(files / "path.npz")["verdict"] == "never rises"


EDGES = {
    "targets are zero": ["--data", "zero.csv", "--beta", "1"],
    "a width without a promise": ["--data", "d.npz", "--bias", "--beta", "0.1", "--start", "s3.npz"],
}


@pytest.mark.parametrize("words", EDGES.values(), ids=list(EDGES))
def test_own_data_at_the_edge(
    files: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    assert main([*words, "--outdir", "out"]) == 0
    assert "floor" in capsys.readouterr().out
    assert (files / "out" / "own_path.png").is_file()


def test_local_minimum_at_every_width_and_yet_a_path() -> None:
    """The split network is a local minimum (nothing near it is lower), and no valley: a path leads down from it."""
    risk = COPIES.risk
    for p in (4, 10):
        theta = copies(p)
        value = float(risk.value(theta))
        assert value == pytest.approx(9 / 25, rel=1e-14)
        g = stream(0, "around", p)
        near = Theta(
            theta.U + 1e-3 * random_theta(1, p, 2, g, (2000,)).U, theta.W + 1e-3 * random_theta(1, p, 2, g, (2000,)).W
        )
        assert float(risk.value(near).min()) >= value
        done = certified_decay(theta, risk, lowest(risk), Rationals())
        assert done.exact is not None and done.exact["verdict"] == "never rises"
        assert float(done.excess) <= 1e-14


def test_rescue_needs_no_optimum() -> None:
    data = random_example(5, 2, 0.1, 0, "rescue")
    best = lowest(data.risk)
    theta = lbfgs(data.risk, random_theta(1, best.rank + 1, 2, stream(3, "rescue")))
    done = rescued(data.risk, theta, best.rank, Oracle(data.X, best.faces, 0.0))
    assert all(a >= b for a, b in zip(done.values[:-1], done.values[1:], strict=True))
    assert float(best.floor) <= done.values[-1] <= float(best.floor) * (1 + 1e-5)
