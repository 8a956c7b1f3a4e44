"""``python -m valleys.certify`` and ``python -m valleys.connect`` as a user starts them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.running import python
from tests.test_own_network import LABELS, X, sequential
from theorem8 import main as main8
from theorem13 import theorem_13
from valleys.judge.verify import main as judge
from valleys.own.commands import certify_command, connect_command


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, seed in (("a", 1), ("b", 2)):
        torch.save(sequential(seed=seed).state_dict(), f"{name}.pt")
    np.savez("a.npz", U=np.ones((3, 21)), W=np.ones((21, 4)), c=np.ones(3))
    np.savez("d.npz", X=X.numpy(), Y=LABELS.numpy())
    return tmp_path


WORDS = ["--data", "d.npz", "--loss", "cross_entropy"]


def test_as_a_module_from_another_directory(files: Path) -> None:
    root = str(Path(__file__).resolve().parents[1])
    call = f"import sys, runpy; sys.path.insert(0, {root!r}); sys.argv = ['x', *{['--model', 'a.pt', *WORDS]!r}];"
    done = python("-c", call + "runpy.run_module('valleys.certify', run_name='__main__')", cwd=files)
    assert done.returncode == 0, done.stderr
    assert (
        "no network is below 0" in done.stdout and done.stdout.count("holds") == 3 and done.stdout.count("exact ") == 2
    )


def test_connect_and_the_public_judge(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert connect_command(["--from", "a.pt", "--to", "b.pt", *WORDS, "--save-path", "p.npz"]) == 0
    said = capsys.readouterr().out
    assert "L(a) = " in said and "straight line: peak" in said and said.count("holds") == 2
    assert judge(["p.npz"]) == 0
    assert certify_command(["--model", "a.npz", *WORDS, "--save-path", "q.npz"]) == 0
    assert judge(["q.npz"]) == 0


def recorded(file: Path, key: str) -> dict[str, object]:
    found = json.loads(file.read_text())["values"][key]
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize("start", ["a.pt", "a.npz", None])
def test_theorem_8_takes_losses_and_biases(files: Path, start: str | None) -> None:
    words = [*WORDS, "--outdir", "out", "--save-path", "p.npz", *(["--start", start] if start else ["--bias"])]
    assert main8.main(words) == 0
    row = recorded(files / "out" / "main.json", "descent")
    assert (row["loss"], row["rise"], row["attained"]) == ("cross_entropy", 0.0, False)
    assert (files / "out" / "descent_path_data.png").stat().st_size > 10_000
    assert judge(["p.npz"]) == 0
    with np.load("p.npz") as stored:
        assert ("c" in stored.files) == (start is not None)


def test_theorem_13_takes_biases_and_says_the_losses_of_both_ends(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    y = torch.nn.functional.one_hot(LABELS, 3).double()
    np.savez("r.npz", X=X.double().numpy(), Y=y.numpy())
    words = ["--from", "a.pt", "--to", "b.pt", "--data", "r.npz", "--quick", "--outdir", "out", "--save-path", "p.npz"]
    assert theorem_13.main(words) == 0
    said = capsys.readouterr().out
    with torch.no_grad():
        losses = [float((sequential(seed=k).double()(X.double()) - y).square().sum(dim=1).mean()) for k in (1, 2)]
    told = re.search(r"L\(from\) = (\S+), L\(to\) = (\S+)", said)
    assert told and [float(word) for word in told.groups()] == pytest.approx(losses, rel=1e-9)
    assert judge(["p.npz"]) in {0, 1}  # it may rise, and can be read
    assert theorem_13.main(["--from", "a.pt", "--to", "b.pt", "--quick", "--outdir", "no"]) == 2
    assert "without b and c" in capsys.readouterr().err
