"""The census of Safran and Shamir: script, record, claims, and controls that must turn red."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path as File

import numpy as np
import pytest
import torch
from scipy.stats import fisher_exact

from tests.running import ROOT, python
from theorem13 import spurious_minima
from theorem13.census import cells, training
from theorem13.census.cells import settings
from theorem13.census.judge import (
    Judged,
    global_claims,
    judge,
    k7_claims,
    minima_claims,
    most_allowed,
    rate_claims,
)
from theorem13.census.options import Config
from theorem13.census.published import SURPRISE, no_surprise
from theorem13.census.training import Ends, Setting, orthonormal_risk, run, starts, student
from valleys.problem.network import Theta
from valleys.problem.population import PopulationRisk
from valleys.run.claims import Claim, all_hold
from valleys.run.intervals import clopper_pearson
from valleys.run.record import plain
from valleys.search.training import train

OUTPUTS = ROOT / "theorem13" / "outputs_t13"


def small(k: int = 7, extra: int = 0, runs: int = 40, step: float = 5.0, steps: int = 40000) -> Setting:
    return Setting(k, extra, runs, seed=0, step=step, steps=steps)


@pytest.fixture(scope="module")
def k7() -> Ends:
    return run(small(runs=60))


@pytest.fixture(scope="module")
def k9() -> Ends:
    return run(small(9, runs=300))


def test_every_claim_holds_at_k7_and_k9(k7: Ends, k9: Ends) -> None:
    judged = [judge(small(runs=60), k7.W), judge(small(9, runs=300), k9.W)]
    claims = rate_claims(judged) + minima_claims(judged) + k7_claims() + global_claims([6, 7, 12])
    assert all_hold(claims), [claim for claim in claims if not claim.holds]
    assert {"rate.k7.n7", "rate.k9.n9", "k7.reached"} <= {claim.id for claim in claims}


def test_rates_without_a_published_value_make_no_claim() -> None:
    setting = small(3, runs=4)
    assert rate_claims([judge(setting, run(setting).W)]) == []


def test_gradient_descent_alone_ends_where_the_finish_does(k7: Ends) -> None:
    risk, setting = orthonormal_risk(7), small(runs=60)
    end = train(risk, student(starts(setting)), frozen="U", step=setting.step / 14, steps=4000)
    assert end.gradient_norm.max() < 1e-9
    torch.testing.assert_close(end.theta.W, k7.W, rtol=0, atol=1e-6)
    assert 0 < judge(setting, k7.W).spurious < 60


# Controls: each breaks one hypothesis, and the claim that rests on it must fail.


def failing(claims: list[Claim]) -> set[str]:
    return {claim.id for claim in claims if not claim.holds}


def test_control_a_wrong_teacher() -> None:
    V = torch.eye(7, dtype=torch.float64)
    V[1] = (V[0] + V[1]) / 2**0.5
    wrong = PopulationRisk(Theta(torch.ones(1, 7, dtype=torch.float64), V))
    judged = [judge(small(), run(small(), risk=wrong).W)]
    assert failing(rate_claims(judged) + minima_claims(judged)) >= {"rate.k7.n7", "converged"}


def test_control_one_per_cent_of_the_steps_and_no_finish() -> None:
    judged = [judge(small(), run(small(steps=10), finished=False).W)]
    assert failing(rate_claims(judged) + minima_claims(judged)) >= {"rate.k7.n7", "converged"}


def test_control_a_loss_threshold_of_a_tenth(k9: Ends) -> None:
    assert failing(rate_claims([judge(small(9, runs=300), k9.W, threshold=0.1)])) == {"rate.k9.n9"}


def test_control_an_end_point_moved_by_a_millionth(k7: Ends) -> None:
    assert "converged" in failing(minima_claims([judge(small(runs=60), k7.W + 1e-6)]))


def test_control_runs_that_diverge_are_counted_and_make_no_rate() -> None:
    setting = small(6, runs=5, step=500.0)
    ends = run(setting)
    cell = judge(setting, ends.W)
    assert ends.diverged.all() and cell.diverged == 5 and cell.unconverged == 0
    assert rate_claims([cell]) == []


def test_no_surprise_is_fishers_exact_test() -> None:
    low, high = no_surprise(50.0, 100, 200)
    p = [fisher_exact([[c, 100 - c], [100, 100]]).pvalue for c in range(101)]
    allowed = [c for c in range(101) if p[c] >= SURPRISE]
    assert (low, high) == (allowed[0], allowed[-1])


@pytest.mark.parametrize("spurious", [0, 1])
def test_one_run_is_no_surprise(spurious: int) -> None:
    assert all_hold(rate_claims([Judged(small(runs=1), torch.full((1,), float(spurious)), [], 0, 0, 0, 1e-3)]))


# The script.


def arguments(folder: File, *more: str) -> list[str]:
    return ["--outdir", str(folder), "--k", "6", "7", "--runs", "12", *more]


def test_quick_from_a_foreign_directory(tmp_path: File) -> None:
    script = ROOT / "theorem13" / "spurious_minima.py"
    done = python(script, "--quick", "--runs", "40", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "spurious_minima.json").read_text())
    assert [(row["k"], row["n"]) for row in record["values"]["rates"]] == [(6, 6), (6, 7), (7, 7), (7, 8)]
    for row in record["values"]["rates"]:
        assert {"k", "n", "runs", "spurious", "diverged", "published", "published_runs"} <= set(row)
    for row in record["values"]["minima"]:
        assert {"k", "n", "family", "loss", "min_eigenvalue", "gradient_norm", "count"} <= set(row)
    names = {file.name for file in (tmp_path / "out").rglob("*")}
    assert {"spurious_minima.png", "escape.png", "escape_unit0.npz", "escape_unit1.npz"} <= names
    assert not [name for name in names if name.endswith(".partial")]


def test_committed_record_is_the_default_run() -> None:
    record = json.loads((OUTPUTS / "spurious_minima.json").read_text())
    assert record["config"] == plain(Config().compared())
    assert all(claim["holds"] for claim in record["claims"])
    for figure in record["figures"].values():
        assert (OUTPUTS / figure["file"]).is_file()


def test_full_asks_for_the_long_run_and_explicit_options_beat_it() -> None:
    full = settings(Config(full=True))
    assert {cell.k for cell in full} == set(range(6, 16)) and {cell.runs for cell in full} == {1000}
    assert {cell.n - cell.k for cell in full} == {0, 1}
    assert [cell.runs for cell in settings(dataclasses.replace(Config(full=True), k=(7,), runs=3))] == [3, 3]


def test_interrupted_run_keeps_finished_shards_and_resumes(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cells.run
    calls: list[tuple[int, int]] = []

    def interrupted(setting: Setting, W: torch.Tensor) -> Ends:
        calls.append((setting.k, setting.extra))
        if len(calls) == 3:
            raise ArithmeticError("no third")
        return real(setting, W)

    monkeypatch.setattr(cells, "run", interrupted)
    only = ("--only", "spurious_minima", "--executor", "threads:1")
    assert spurious_minima.main(arguments(tmp_path / "a", *only)) == 2
    record = json.loads((tmp_path / "a" / "spurious_minima.json").read_text())
    assert record["figures"]["spurious_minima"]["partial"] is True
    assert len(record["values"]["rates"]) == 3
    assert spurious_minima.main(arguments(tmp_path / "a", *only)) == 0
    assert calls == [(6, 0), (6, 1), (7, 0), (7, 1), (7, 0)]
    assert not (tmp_path / "a" / "shards").exists()
    spurious_minima.main(arguments(tmp_path / "b", *only))
    resumed, whole = ((tmp_path / x / "spurious_minima.json").read_text() for x in "ab")
    assert json.loads(resumed) == json.loads(whole)


def test_a_cell_in_pieces_has_the_runs_of_the_whole(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 4 in blocks of 8; two are missing, and the cells count what is there."""
    monkeypatch.setattr(cells, "PIECE", 4)
    monkeypatch.setattr(cells, "BLOCK", 8)
    monkeypatch.setattr(training, "BLOCK", 8)
    cells.plan.cache_clear()
    config = Config(k=(3,), runs=10, extra_units=(0, 1), outdir=str(tmp_path))
    shards = cells.shards_of(config)
    shards.compute("threads", "test")
    found = dict(cells.cells_of(config, shards))
    setting = cells.settings(config)[0]
    begun = torch.cat([starts(setting), starts(setting, 1)])
    assert begun.shape == (10, 3, 3) and len(begun.unique(dim=0)) == 10
    torch.testing.assert_close(found[setting].W, run(setting, begun).W, rtol=0, atol=1e-9)
    for number in (1, 3):
        shards.file(number).unlink()
    assert [(s.extra, s.runs) for s, _ in cells.cells_of(config, shards)] == [(0, 6), (1, 6)]
    cells.plan.cache_clear()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_device_computes_the_same_rates() -> None:
    setting = small(7, runs=60)
    here, there = run(setting), run(setting, starts(setting).cuda())
    assert there.W.is_cuda
    same = (judge(setting, W.cpu()).spurious for W in (here.W, there.W))
    assert abs(next(same) - next(same)) <= 2


def test_a_device_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: File) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    assert spurious_minima.main(["--device", "cuda", "--outdir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: --device: got cuda; ")


def test_too_few_steps_are_no_failure_of_a_claim(tmp_path: File) -> None:
    options = ["--k", "1", "6", "--runs", "4", "--steps", "5", "--only", "spurious_minima", "--outdir", str(tmp_path)]
    assert spurious_minima.main(options) == 0
    record = json.loads((tmp_path / "spurious_minima.json").read_text())
    assert all(row["unconverged"] == 0 for row in record["values"]["rates"])
    assert {"k", "cut"} <= set(record["values"]["rates"][0])


def sample_file(folder: File) -> File:
    x = np.linspace(-1, 1, 24)
    rows = [f"{a},{a * a - 0.3},{np.tanh(2 * a) + 0.1 * np.sin(9 * a)}" for a in x]
    file = folder / "data.csv"
    file.write_text("a,b,y\n" + "\n".join(rows))
    return file


@pytest.mark.parametrize("activation", ["tanh", "relu", "z2"])
def test_census_of_own_data(activation: str, tmp_path: File) -> None:
    data = sample_file(tmp_path)
    words = ["--data", str(data), "--width", "2", "--runs", "12", "--activation", activation, "--bias"]
    assert spurious_minima.main([*words, "--outdir", str(tmp_path), "--steps", "500"]) == 0
    values = json.loads((tmp_path / "spurious_minima.json").read_text())["values"]
    assert sum(row["count"] for row in values["families"]) + values["diverged"] == 12
    assert values["data"] == {"N": 24, "n": 3, "m": 1, "p": 2, "activation": activation}
    assert (tmp_path / "census_data.png").is_file()


def test_redraw_gives_the_same_picture(tmp_path: File) -> None:
    words = arguments(tmp_path, "--only", "spurious_minima")
    spurious_minima.main(words)
    picture = (tmp_path / "spurious_minima.png").read_bytes()
    spurious_minima.main([*words, "--redraw"])
    assert (tmp_path / "spurious_minima.png").read_bytes() == picture


@pytest.mark.parametrize(("size", "lost"), [(3e-5, 0), (0.1, 1)], ids=["below the threshold", "control: above it"])
def test_a_spare_unit_that_shrinks_away_is_no_lost_run(size: float, lost: int) -> None:
    W = torch.cat([torch.eye(3, dtype=torch.float64), torch.full((1, 3), -size, dtype=torch.float64)])[None]
    assert judge(small(3, 1, runs=1), W).unconverged == lost


def test_one_extra_unit_is_held_by_its_upper_limit() -> None:
    """0 of 300 runs says at most 1.2 per cent; at k = 9 a rate like that of n = k would be a surprise."""
    cell = judge(small(9, 1, runs=300), torch.eye(9, dtype=torch.float64).repeat(300, 1, 1))
    assert cell.limits == pytest.approx((0.0, 1.22), abs=0.01)
    assert cell.limits[1] < most_allowed(9, 300) < 6 < 100 * clopper_pearson(66, 300)[1]
