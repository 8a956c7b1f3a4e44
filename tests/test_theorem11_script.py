"""Theorem 11's script: what it writes, your own start, the path that it saves, and what the public judges say of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from check.__main__ import checked
from tests.reference import generator
from tests.running import ROOT, inside, python, verify
from tests.test_theorem11 import risk_of
from theorem11.th11data import deep_start
from theorem11.theorem_11 import main
from valleys.judge.verify import main as judge


def script(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(ROOT / "theorem11" / "theorem_11.py", *words, cwd=cwd)


def test_quick_run(tmp_path: Path) -> None:
    done = script("--quick", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "theorem_11.json").read_text())
    assert set(record["figures"]) == {"linear_path", "whole_landscape", "deep_linear_path"}
    keys = {"n", "m", "p", "widths", "method", "start", "target", "legs", "stages", "judge", "relative_rise", "end_gap"}
    assert record["values"]["paths"] and all(set(row) == keys for row in record["values"]["paths"])
    assert record["claims"] and all(claim["holds"] and claim["kind"] == "exact" for claim in record["claims"])


def test_own_start_and_saved_path(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    U, W = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    np.savez(tmp_path / "s.npz", U=U, W=W)
    np.savez(tmp_path / "d.npz", X=rng.standard_normal((9, 4)), Y=rng.standard_normal((9, 2)))
    done = inside(main, "--data", "d.npz", "--start", "s.npz", "--save-path", "p.npz", "--outdir", "o", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "p.npz") as data:
        np.testing.assert_array_equal(data["W2"][0], U)
        np.testing.assert_array_equal(data["W1"][0], W)
    assert verify(tmp_path / "p.npz").returncode == 0 and checked(str(tmp_path / "p.npz"))["holds"]


def test_deep_saved_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = deep_start("random", risk_of("identity", 4, 3), (2, 5), generator(1))
    W1, W2, W3 = (w.numpy() for w in layers.weights)
    np.savez(tmp_path / "s.npz", W1=W1, W2=W2, W3=W3)
    words = ("--n", 4, "--m", 3, "--depth", 2, "--start", "s.npz", "--save-path", "p.npz", "--outdir", "o")
    done = inside(main, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "p.npz") as data:
        for k, w in enumerate(layers.weights):
            np.testing.assert_array_equal(data[f"W{k + 1}"][0], w.numpy())
        arrays = dict(data)
    assert judge([str(tmp_path / "p.npz")]) == 0 and "width 2," in capsys.readouterr().out
    tampered = {
        "turned back": arrays | {f"W{k}": arrays[f"W{k}"][::-1] for k in (1, 2, 3)},
        "bent in the middle": arrays | {"W1": arrays["W1"] + (np.arange(len(arrays["W1"])) == 1)[:, None, None]},
    }
    for name, changed in tampered.items():
        np.savez(tmp_path / "bad.npz", **changed)
        assert judge([str(tmp_path / "bad.npz")]) == 1, name
    foreign = {
        "layers that do not fit": arrays | {"W2": arrays["W2"][:, :, :1]},
        "a product that is no line": arrays
        | {f"W{k}": arrays[f"W{k}"] * np.arange(1, len(arrays["W1"]) + 1)[:, None, None] for k in (2, 3)},
        "another activation": arrays | {"activation": np.array("relu")},
        "one layer": {key: value for key, value in arrays.items() if key not in {"W2", "W3"}},
    }
    for name, changed in foreign.items():
        np.savez(tmp_path / "bad.npz", **changed)
        assert judge([str(tmp_path / "bad.npz")]) == 2 and capsys.readouterr().err.count("\n") == 1, name
