"""Corollary 14's valley and Theorem 12's script: barrier by two routes, minima, records, bad input."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from check.__main__ import checked
from tests.reference import generator
from tests.running import ROOT, inside, python, verify
from theorem12.th12corollary import Valley
from theorem12.th12model import QuadraticRisk, matrix
from theorem12.th12own import risk_for
from theorem12.theorem_12 import main
from valleys.problem.network import Theta, random_theta
from valleys.run.errors import InputError
from valleys.search.training import train


@pytest.mark.parametrize("p", range(1, 6))
def test_barrier_against_direct_minimisation(p: int) -> None:
    valley = Valley(6, p, 1.3, 1.7)
    assert valley.found_gate(generator(p)) == pytest.approx(valley.barrier, rel=1e-9)
    assert float(valley.risk.value(valley.gate)) == pytest.approx(valley.barrier, rel=1e-14)
    assert float(valley.risk.value(valley.bottom)) == pytest.approx(valley.floor, rel=1e-14)


@pytest.mark.parametrize(("alpha", "beta", "spurious"), [(1.0, 1.5, True), (2.0, 0.5, False)])
def test_minimum_over_all_signs(alpha: float, beta: float, spurious: bool) -> None:
    valley = Valley(3, 2, alpha, beta)
    assert valley.spurious is spurious
    best = train(valley.risk, random_theta(1, 2, 3, generator(0), (200,)), step=0.02, steps=3000).theta
    assert float(valley.risk.value(best).min()) == pytest.approx(valley.minimum, rel=1e-6)


def test_nothing_inside_the_valley_is_below_its_floor() -> None:
    valley = Valley(4, 3, 1.0, 1.5)
    theta = random_theta(1, 3, 4, generator(0), (2000,))
    inside = Theta(theta.U.abs(), theta.W)
    assert valley.risk.value(inside).min() >= valley.floor
    # control: with a negative unit it can be
    assert float(valley.risk.of_matrix(valley.target)) < valley.floor


def test_valley_needs_fewer_than_n_units() -> None:
    with pytest.raises(InputError, match="n - 1"):
        Valley(4, 4, 1.0, 1.0)


@pytest.mark.parametrize("p", [0, 1, 2, 3])
def test_minimum_of_narrow_networks(p: int) -> None:
    risk = risk_for("indefinite", 4, 4)
    if p == 0:
        assert risk.minimum(0) == pytest.approx(float(risk.of_matrix(torch.zeros(4, 4, dtype=torch.float64))))
        return
    ends = train(risk, random_theta(1, p, 4, generator(p), (60,)), step=0.01, steps=3000).theta
    assert float(risk.value(ends).min()) == pytest.approx(risk.minimum(p), rel=1e-9, abs=1e-12)


def test_a_target_that_is_not_symmetric_is_refused() -> None:
    with pytest.raises(InputError, match="symmetric"):
        QuadraticRisk(torch.tensor([[0.0, 1.0], [0.0, 0.0]]))


def script(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(ROOT / "theorem12" / "theorem_12.py", *words, cwd=cwd)


def test_quick_run(tmp_path: Path) -> None:
    done = script("--quick", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "theorem_12.json").read_text())
    assert set(record["figures"]) == {"quadratic_path", "phase_diagram"}
    keys = {"n", "m", "p", "widths", "method", "start", "target", "legs", "relative_rise", "end_gap"}
    assert record["values"]["paths"] and all(keys <= set(row) for row in record["values"]["paths"])
    phase = {"n", "p", "target", "barrier", "certified", "gd_success", "gd_runs", "stuck_path_rise"}
    assert all(phase <= set(row) for row in record["values"]["phase"])
    for row in record["values"]["phase"]:
        assert row["certified"] is (row["p"] >= row["n"])
        assert (row["barrier"] is not None) is (row["target"] == "theorem13" and row["p"] < row["n"])
    assert record["claims"] and all(claim["holds"] for claim in record["claims"])


def test_own_start_target_and_saved_path(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    U, W = rng.standard_normal((1, 4)), rng.standard_normal((4, 3))
    A = rng.standard_normal((3, 3))
    np.savez(tmp_path / "s.npz", U=U, W=W)
    np.savez(tmp_path / "a.npz", A=A + A.T)
    words = ("--start", "s.npz", "--target", "a.npz", "--save-path", "p.npz", "--outdir", "o")
    done = inside(main, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "p.npz") as data:
        assert "t" not in data and len(data["U"]) > 2
        np.testing.assert_array_equal(data["U"][0], U)
        np.testing.assert_array_equal(data["W"][0], W)
        end = Theta(torch.from_numpy(data["U"][-1]), torch.from_numpy(data["W"][-1]))
    np.testing.assert_allclose(matrix(end).numpy(), A + A.T, atol=1e-13)
    judged = verify(tmp_path / "p.npz")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert checked(str(tmp_path / "p.npz"))["holds"]


@pytest.mark.parametrize(
    "words",
    [
        ["--n", "1"],
        ["--n", "2", "--step", "1"],
        ["--target", "zero.npz"],
        ["--target", "tiny.npz", "--start", "repeated"],
        ["--target", "zero.npz", "--save-path", "p.npz"],
    ],
    ids=" ".join,
)
def test_valid_settings_hold(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("zero.npz", A=np.zeros((2, 2)))
    np.savez("tiny.npz", A=1e-8 * np.array([[1.0, 0.5], [0.5, -2.0]]))
    assert main(["--quick", "--runs", "4", "--steps", "100", *words, "--outdir", "o"]) == 0
    record = json.loads(Path("o/theorem_12.json").read_text())
    if "--step" in words:
        assert sum(row["gd_diverged"] for row in record["values"]["phase"]) > 0
    # of a target 0 nothing is claimed that does not hold: the printed step falls
    ids = {claim["id"] for claim in record["claims"]}
    assert ("printed_step.above_start" in ids) is ("zero.npz" not in words)
