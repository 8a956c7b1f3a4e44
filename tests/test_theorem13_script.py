"""Theorem 13's entry script as a user runs it, and its committed record."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.running import ROOT, inside, python, verify
from theorem13 import th13own, theorem_13
from theorem13.th13options import Config
from valleys.judge.verify import main as judge
from valleys.problem.network import Theta
from valleys.run.record import plain


def script(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(ROOT / "theorem13" / "theorem_13.py", *words, cwd=cwd)


def test_quick_run_from_a_foreign_directory(tmp_path: Path) -> None:
    done = script("--quick", "--outdir", "out", "--save-path", "path.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "theorem_13.json").read_text())
    pictures = {
        "valley",
        "path_loss",
        "path_multi_runs",
        "whole_landscape",
        "barrier_sandwich",
        "trapped_training",
        "activations",
    }
    assert set(record["figures"]) == pictures
    assert all((tmp_path / "out" / f"{name}.png").stat().st_size > 10_000 for name in pictures)
    keys = {
        "activation", "law", "n", "p", "alpha", "beta", "valley_floor", "barrier_closed", "barrier_floor",
        "path_peak", "path_end", "straight_line_peak", "thesis_good_loss", "eps_upper", "eps_best",
        "global_minimum_lower", "global_minimum_upper", "sandwich", "trapped", "activations", "whole_landscape",
    }  # fmt: skip
    assert keys <= set(record["values"])
    assert {"gate", "floor", "good"} <= set(record["values"]["whole_landscape"])
    with np.load(tmp_path / "path.npz") as knots:
        assert knots["U"].shape == (4, 1, 9)
        assert knots["W"].shape == (4, 9, 10)
    judged = verify(tmp_path / "path.npz")
    values = record["values"]
    assert judged.returncode == 1, "the best path climbs to the gate, and the public judge must say so"
    assert f"{values['path_peak']:.10g}"[:9] in judged.stdout and "FAILS" in judged.stdout


@pytest.mark.parametrize(
    "words", [("z4",), ("softplus", "--beta", "9"), ("erf01", "--margin", "0.5")], ids=lambda w: w[0]
)
def test_saved_path_under_the_decoupled_law(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--law", "decoupled", "--n", "4", "--p", "3", "--only", "path_loss", "--quick")
    theorem_13.main([
        "--activation",
        *words,
        *more,
        "--save-path",
        f"{tmp_path}/path.npz",
        "--outdir",
        f"{tmp_path}/out",
    ])
    values = json.loads((tmp_path / "out" / "theorem_13.json").read_text())["values"]
    capsys.readouterr()
    assert judge([str(tmp_path / "path.npz")]) == 1, (
        "the best path climbs to the gate, and the public judge must say so"
    )
    told = capsys.readouterr().out
    assert f"{values['path_peak']:.10g}"[:9] in told and f"{values['path_end']:.10g}"[:9] in told


def test_listing_the_pictures_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "path.npz"
    theorem_13.pictures(Config(save_path=str(file)))
    assert not file.exists()


@pytest.mark.parametrize("words", [["--only", "whole_landscape"], ["--redraw"], ["--missing"]], ids=lambda w: w[0])
def test_save_path_where_no_path_is_computed_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "path.npz"
    assert theorem_13.main([*words, "--quick", "--save-path", str(file), "--outdir", str(tmp_path / "out")]) == 2
    assert "--save-path" in capsys.readouterr().err
    assert not file.exists()


def test_own_networks_and_bad_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in "ab":
        np.savez(tmp_path / f"{name}.npz", U=rng.standard_normal((1, 4)), W=rng.standard_normal((4, 3)))
    np.savez(tmp_path / "wrong.npz", U=rng.standard_normal((1, 4)), W=rng.standard_normal((4, 2)))
    np.savez(tmp_path / "d.npz", X=rng.standard_normal((20, 3)), Y=rng.standard_normal(20))
    data = ["--data", "d.npz", "--activation", "tanh", "--quick", "--outdir", "out"]
    done = inside(theorem_13.main, "--from", "a.npz", "--to", "b.npz", *data, "--save-path", "found.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    values = json.loads((tmp_path / "out" / "theorem_13.json").read_text())["values"]["path_between"]
    assert values["peak"] <= values["straight_line_peak"]
    judged = verify(tmp_path / "found.npz")
    assert f"{values['to']:.10g}"[:9] in judged.stdout, judged.stdout + judged.stderr
    bad = inside(theorem_13.main, "--from", "a.npz", "--to", "wrong.npz", *data, cwd=tmp_path)
    assert bad.returncode == 2
    assert bad.stderr.count("\n") == 1
    assert "equal sizes" in bad.stderr


#: Settings at which a claim failed or the script gave up once.
VALID = [
    "--only path_multi_runs --n 5 --p 1", "--only path_multi_runs trapped_training --n 15 --p 12 --alpha 3 --beta 3.5",
    "--only trapped_training --n 6 --p 4 --alpha 1.3 --beta 2.2 --activation z2", "--only trapped_training --n 20 --p 19",
    "--only trapped_training --alpha 10 --beta 30", "--only trapped_training --n 4 --p 2 --law decoupled --activation sigmoid",
    "--only path_loss --law decoupled --activation z4 --n 3 --p 2 --N 1", "--only path_multi_runs --runs 1 --margin 10",
    "--only trapped_training --law decoupled --activation softplus --n 7 --p 2 --margin 9 --seed 876",
]  # fmt: skip


@pytest.mark.parametrize("words", VALID)
def test_valid_settings_hold(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = theorem_13.main([*words.split(), "--quick", "--outdir", str(tmp_path)])
    assert code == 0, capsys.readouterr()
    figures = json.loads((tmp_path / "theorem_13.json").read_text())["figures"]
    assert all(entry["file"] for entry in figures.values())


REFUSED = [
    ("--beta 0.8", "more than 0.946"), ("--activation sigmoid --law decoupled --beta 9", "less than 1.72"),
    ("--alpha 2 --margin 1", "--margin"), ("--from a.npz", "--to"), ("--data d.npz", "only together with"),
    ("--alpha 1e-200", "from 1e-06"), ("--p 0", "from 1"), ("--p 11 --activation z2", "at most n-1"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "told"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_makes_no_valley_or_is_idle_is_one_line(
    words: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert theorem_13.main([*words.split(), "--outdir", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and told in error


def test_a_dear_search_takes_fewer_steps(capsys: pytest.CaptureFixture[str]) -> None:
    small, large = (Theta(torch.zeros(1, p), torch.zeros(p, 3)) for p in (4, 400))
    assert [th13own.steps_for(Config(quick=True), theta) for theta in (small, large)] == [300, 20]
    assert "20 steps" in capsys.readouterr().out


def test_committed_record_is_of_todays_defaults() -> None:
    record = json.loads((ROOT / "theorem13" / "outputs_t13" / "theorem_13.json").read_text())
    assert record["config"] == plain(Config().compared())
    assert all(claim["holds"] for claim in record["claims"])
    for entry in record["figures"].values():
        assert (ROOT / "theorem13" / "outputs_t13" / entry["file"]).is_file()
    v = record["values"]
    assert v["valley_floor"] < v["barrier_closed"] <= v["barrier_floor"] <= v["path_peak"]
