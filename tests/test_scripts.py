"""Every entry script as a user runs it: a subprocess, small, from a foreign directory; bad input is one line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np

from tests.running import ROOT, inside, python, verify
from theorem8.main import main


def main8(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(ROOT / "theorem8" / "main.py", *words, cwd=cwd)


def test_quick_run_from_a_foreign_directory(tmp_path: Path) -> None:
    done = main8("--quick", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "main.json").read_text())
    names = {"loss_contours_2x2", "loss_vs_epoch_stacked", "descent_path", "descent_gully", "width_transition"}
    names |= {"connected", "connected_width"}
    assert set(record["figures"]) == names
    assert all((tmp_path / "out" / f"{name}.png").stat().st_size > 10_000 for name in names)
    assert all(claim["holds"] for claim in record["claims"])
    keys = {
        "name", "activation", "law", "n", "m", "p", "dimension", "rank", "condition", "start", "legs", "rise",
        "relative_rise", "end_loss", "minimum", "straight_line_rise",
    }  # fmt: skip
    assert len(record["values"]["descent"]) == 16
    assert keys <= set(record["values"]["descent"][0])
    assert np.array(record["values"]["fig2a"]["explained_variance"]).shape == (4, 2)
    assert [row["p"] for row in record["values"]["fig2b"]] == [2, 5, 9, 15]


def test_module_and_function_entries(tmp_path: Path) -> None:
    words = ["--quick", "--only", "loss_contours_2x2", "--outdir", str(tmp_path / "a")]
    assert python("-m", "theorem8.main", *words, cwd=ROOT).returncode == 0
    code = f"import main; raise SystemExit(main.main({[*words[:-1], str(tmp_path / 'b')]!r}))"
    assert python("-c", code, cwd=ROOT / "theorem8").returncode == 0
    assert (tmp_path / "a" / "main.json").read_bytes() == (tmp_path / "b" / "main.json").read_bytes()


def data_files(folder: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12, 3))
    np.savez(folder / "d.npz", X=X, Y=rng.standard_normal((12, 2)))
    np.savetxt(folder / "d.csv", np.c_[X, X[:, 0]], delimiter=",", header="a,b,c,y", comments="")
    np.savetxt(folder / "huge.csv", 1e40 * X, delimiter=",", header="a,b,y", comments="")
    np.savez(folder / "start.npz", U=rng.standard_normal((2, 15)), W=rng.standard_normal((15, 4)))
    np.savez(folder / "wrong.npz", U=rng.standard_normal((2, 15)), W=rng.standard_normal((15, 3)))


def test_own_data_and_the_public_judge(tmp_path: Path) -> None:
    data_files(tmp_path)
    words = ["--data", "d.npz", "--activation", "relu", "--bias", "--start", "start.npz", "--save-path", "p.npz"]
    done = inside(main, *words, "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("rank", "condition", "legs", "rise", "end_loss"):
        assert word in done.stdout
    assert (tmp_path / "out" / "descent_path_data.png").is_file()
    with np.load(tmp_path / "p.npz") as path, np.load(tmp_path / "start.npz") as start:
        arrays = {key: path[key] for key in path.files}
        assert (arrays["U"][0] == start["U"]).all() and (arrays["W"][0] == start["W"]).all()
        record = json.loads((tmp_path / "out" / "main.json").read_text())
        assert len(arrays["U"]) == record["values"]["descent"][0]["legs"] + 1
    judged = python("-m", "valleys.verify", tmp_path / "p.npz")
    assert judged.returncode == 0 and "holds" in judged.stdout, judged.stdout
    changed = {"tampered knot": ("U", arrays["U"] * np.array([1, 1.01, 1, 1])[: len(arrays["U"]), None, None]),
               "tampered data": ("Y", arrays["Y"] + 0.1), "tampered activation": ("activation", np.array("tanh"))}  # fmt: skip
    for name, (key, value) in changed.items():
        np.savez(tmp_path / "bad.npz", **{**arrays, key: value})
        judged = verify(tmp_path / "bad.npz")
        assert judged.returncode == 1 and "FAILS" in judged.stdout, name + judged.stdout


def test_judge_names_a_broken_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", U=np.ones((2, 1, 3)), W=np.ones((2, 3, 2)), activation="relu")
    judged = verify(tmp_path / "p.npz")
    assert judged.returncode == 2 and "activation, X, Y" in judged.stderr
