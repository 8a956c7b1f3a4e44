"""The exact checker as a stranger runs it: alone, on files of others, on forged and broken files."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.running import ROOT, inside, python
from theorem8.main import main

#: Runs the checker where neither the project nor anything but numpy and flint can be imported.
ALONE = """
import importlib.abc, runpy, sys
class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split('.')[0] in {'valleys', 'torch', 'scipy', 'theorem8', 'theorem11', 'theorem12', 'theorem13'}:
            raise ImportError(f'{name} is out of reach')
sys.meta_path.insert(0, Wall())
sys.path[:] = [p for p in sys.path if p not in ('', CWD)] + [ROOT]
sys.argv = ['check', *sys.argv[1:]]
runpy.run_module('check', run_name='__main__')
""".replace("ROOT", repr(str(ROOT))).replace("CWD", repr(str(ROOT)))


def alone(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-I", "-c", ALONE, str(file), *options]
    return subprocess.run(words, cwd=file.parent, capture_output=True, text=True, timeout=300)


def check(file: Path) -> subprocess.CompletedProcess[str]:
    return python("-m", "check", file)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's file."""
    file = tmp_path_factory.mktemp("check") / "path.npz"
    assert python("check/example.py", file).returncode == 0
    return file


def save(file: Path, arrays: dict[str, Any]) -> None:
    np.savez(file, **arrays)


def arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as stored:
        return dict(stored)


def test_alone_on_the_example(written: Path) -> None:
    done = alone(written, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    verdict = json.loads(done.stdout)
    assert verdict["verdict"] == "never rises"
    assert verdict["legs"][0]["kind"] == "U"
    assert len(verdict["sha256"]) == 64


def test_the_wall_stands(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-c", ALONE.split("sys.argv")[0] + "import torch"]
    assert "out of reach" in subprocess.run(words, cwd=tmp_path, capture_output=True, text=True).stderr


def test_a_path_of_theorem_8(tmp_path: Path) -> None:
    data, file = tmp_path / "data.npz", tmp_path / "path.npz"
    generator = np.random.default_rng(3)
    np.savez(data, X=generator.normal(size=(30, 4)), Y=generator.normal(size=(30, 2)))
    options = ("--data", data, "--bias", "--save-path", file, "--outdir", tmp_path)
    assert inside(main, *options).returncode == 0
    done = alone(file, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [leg["kind"] for leg in json.loads(done.stdout)["legs"]] == ["U", "constant", "U"]


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_the_last_place_of_a_knot_decides(tmp_path: Path, up: bool) -> None:
    """One unit, one point: ``L = (u x - y)^2`` with the vertex at ``u = 3``; one ulp past it the loss rises."""
    end = np.nextafter(3.0, 4.0 if up else 2.0)
    file = tmp_path / "path.npz"
    np.savez(file, activation="relu", X=[[1.0]], Y=[[3.0]], U=[[[0.0]], [[end]]], W=[[[1.0]], [[1.0]]])
    done = check(file)
    assert done.returncode == (1 if up else 0)
    if up:  # by ulp^2 = 2^-102, from the vertex on
        assert "leg 1" in done.stdout and "rises, by [1.9721522630" in done.stdout
        vertex = 3 / end
        assert f"{vertex:.3f}" == "1.000"


def forged(kind: str, good: dict[str, np.ndarray], file: Path) -> None:
    if kind == "pickle":
        save(file, good | {"Y": np.array([object()])})
    elif kind == "declared":
        header, stream = io.BytesIO(), zipfile.ZipFile(file, "w")
        np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 1, 2)})
        with stream:
            stream.writestr("U.npy", header.getvalue() + bytes(32))
    elif kind == "no archive":
        file.write_bytes(b"PK not really")
    else:
        changes = {
            "nan": {"U": good["U"] * np.nan}, "infinity": {"W": good["W"] + np.inf}, "t": {"t0": np.array([0.0, 1.0])},
            "float32": {"X": good["X"].astype("f4")}, "renamed": {"activation": np.array("rely")},
            "newer": {"format": np.array("2")}, "loss": {"loss": np.array("hinge")}, "law": {"law": np.array("cauchy")},
            "one knot": {"U": good["U"][:1], "W": good["W"][:1]}, "shapes": {"W": good["W"][:, :1]},
            "empty": {"X": good["X"][:0], "Y": good["Y"][:0]}, "unread": {"weights": np.ones(3)},
        }  # fmt: skip
        save(file, good | changes[kind])


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("nan", "NaN or infinity"), ("infinity", "NaN or infinity"), ("t", "['t0'] have no meaning"),
        ("pickle", "allowed: little-endian float64"), ("declared", "its header declares (1000000000, 1, 2)"),
        ("no archive", "cannot be read"), ("float32", "float32"), ("renamed", "activation 'rely'"),
        ("newer", "format 2"), ("loss", "loss 'hinge'"), ("law", "law 'cauchy'"), ("one knot", "one knot is no path"),
        ("shapes", "W (2, 1, 2)"), ("empty", "X (0, 2)"), ("unread", "['weights'] have no meaning"),
    ],
)  # fmt: skip
def test_refused_by_name(written: Path, tmp_path: Path, kind: str, says: str) -> None:
    forged(kind, arrays(written), file := tmp_path / "forged.npz")
    done = check(file)
    assert done.returncode == 2 and done.stdout == ""
    assert says in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_far_knot_in_the_middle_rises(written: Path, tmp_path: Path) -> None:
    good = arrays(written)
    U = np.stack([good["U"][0], good["U"][0] * 1e200, good["U"][1]])
    save(tmp_path / "far.npz", good | {"U": U, "W": np.stack([good["W"][0]] * 3)})
    done = check(tmp_path / "far.npz")
    assert done.returncode == 1 and "leg 1: U" in done.stdout and "e+40" in done.stdout


def test_renaming_the_activation_is_caught(written: Path, tmp_path: Path) -> None:
    save(tmp_path / "renamed.npz", arrays(written) | {"activation": np.array("z3")})
    assert check(tmp_path / "renamed.npz").returncode == 1


def test_it_imports_nothing_of_ours() -> None:
    for file in (ROOT / "check").rglob("*.py"):
        lines = [line for line in file.read_text().splitlines() if line.startswith(("import ", "from "))]
        assert not [line for line in lines if any(word in line for word in ("valleys", "theorem", "torch", "scipy"))]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    for done in (check(tmp_path / "none.npz"), python("check/example.py", tmp_path / "none" / "x.npz")):
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


def test_the_folder_is_small() -> None:
    lengths = {file: len(file.read_text().splitlines()) for file in (ROOT / "check").rglob("*.py")}
    assert max(lengths.values()) < 130, os.linesep.join(f"{file} {n}" for file, n in lengths.items())


def test_readme_tells_the_files_behind_each_verdict() -> None:
    """The table is made by running the checker on a file of each kind: which of its files are loaded, and how long they are."""
    made = python("benchmarks/check_sizes.py").stdout
    assert made in (ROOT / "check" / "README.md").read_text(), made
    core = made.splitlines()[2]
    assert "the core" in core and int(core.split("|")[3]) <= 300
