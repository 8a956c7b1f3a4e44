"""Bad input to every command: one line that names what is wrong, exit code 2, and no file left behind.

Called in this process; that an entry script hands the code on to the shell is seen in ``test_theorem16_script.py``. What a
path file may not hold is the table of ``test_path_files.py``.
"""

from __future__ import annotations

import importlib
import os
import shlex
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

SCRIPTS = {
    "8": "theorem8.main", "11": "theorem11.theorem_11", "12": "theorem12.theorem_12", "13": "theorem13.theorem_13",
    "16": "theorem16.theorem_16", "census": "theorem13.spurious_minima", "decay": "weight_decay.main",
    "sketch": "misc.visualisation1",
}  # fmt: skip
#: Words of a command line, and what the line has to say.
TABLE: dict[str, dict[str, str]] = {
    "every script": {
        "--seed -1": "--seed: got -1; allowed: an integer >= 0", "--seed 1.5": "--seed: got 1.5", "--seed": "--seed",
        "--only nothing": "--only: got nothing; allowed: one of:", "--outdir d.csv": "--outdir: got d.csv; allowed: a folder",
        "--outdir ''": "--outdir: got ''; allowed: a folder", "--format gif": "--format: got gif; allowed: png, pdf, svg",
        "--dpi 0": "--dpi: got 0; allowed: an integer from 20 to 2400", "--style poster": "--style: got poster",
        "--redraw --outdir none": "--redraw: got none; allowed: a folder with", "--unknown 1": "--unknown",
        "--redraw --outdir broken": "record: got broken/",
    },
    "8": {
        "--data absent.csv": "--data: got absent.csv; allowed: an existing", "--data text.npz": "X (), Y () in text.npz",
        "--data bomb.npz": "GB unpacked from bomb.npz; allowed: at most",
        "--data notes.npz": "--data: got notes.npz; allowed: a readable .npz",
        "--data pickle.npz": "--data: got pickle.npz", "--data notes.txt": "--data: got notes.txt; allowed: a .csv or an .npz",
        "--data huge.csv": "--data: got 1e+308 in huge.csv", "--data large.csv --activation z8": "--data: got losses of size",
        "--data nan.csv": "'nan' in column b, row 2 of nan.csv", "--data ragged.csv": "3 fields in row 3 of ragged.csv",
        "--data words.csv": "'two' in column y, row 2 of words.csv", "--data empty.csv": "--data: got empty.csv",
        "--data twins.csv": "column names that differ", "--data latin.csv": "latin.csv; allowed: a .csv file of UTF-8",
        "--data lengths.npz": "X (4, 2), Y (3,) in lengths.npz", "--data none.npz": "X (0, 2), Y (0,) in none.npz",
        "--data only_x.npz": "only_x.npz with keys ['X']; allowed: the keys X, Y", "--data .": "--data: got .; allowed",
        "--data d.csv --target z": "--target: got z; allowed: columns of d.csv: a, b, y",
        "--data d.csv --target a b y": "--target: got a b y; allowed: at least one column left as input",
        "--data d.npz --target y": "--target: got y; allowed: nothing for an .npz file",
        "--data d.csv --activation gelu": "relu leaky_relu tanh",
        "--data d.csv --activation poly:": "poly:", "--data d.csv --activation ''": "--activation: got ''",
        "--data d.csv --width 0": "--width: got 0; allowed: an integer >= 1", "--data d.csv --width many": "--width: got many",
        "--data d.csv --width 3": "--width: got 3; allowed: a width >= 12",
        "--data d.csv --width 1000000000": "--width: got 1000000000; allowed: a size that fits: it needs",
        "--data d.csv --width 100000000000": "--width: got 100000000000; allowed: a size that fits: it needs",
        "--data d.npz --start d.npz": "--start: got d.npz with keys",
        "--data d.npz --start wide.npz": "--start: got m = 2, n = 5",
        "--data d.npz --start flat.npz": "--start: got U (3,)",
        "--data d.npz --start empty_net.npz": "--start: got U (2, 0)",
        "--data d.npz --start net.npz --width 9": "--width: got 9; allowed: the width 15", "--start net.npz": "--data",
        "--data d.csv --save-path d.csv/x.npz": "--save-path", "--data d.csv --save-path ''": "--save-path: got ''",
        "--width 4": "--width: got 4; allowed: only together with --data FILE", "--data d.csv --save-path folder": "--save-path",
    },
    "11": {
        "--depth 7": "--depth: got 7; allowed: an integer from 1 to 6",
        "--depth 3 --widths 2": "--widths: got 2; allowed: 3 widths",
        "--widths 0": "--widths: got 0", "--widths 1000000000": "--widths: got 1000000000", "--n 1000000": "--n: got 1000000",
        "--covariance odd": "--covariance: got odd; allowed: identity, ill, singular", "--start odd": "--start: got odd",
        "--start absent.npz": "--start: got absent.npz", "--data absent.csv": "--data: got absent.csv", "--target y": "--data",
        "--data zeros.npz": "--data: got inputs that are all 0 in zeros.npz", "--data huge.csv": "--data: got 1e+308",
        "--start wide.npz": "--start", "--depth 2 --start net.npz": "--start", "--step nan": "--step: got nan",
        "--data text.npz": "--data", "--save-path d.csv/x.npz": "--save-path",
    },
    "12": {
        "--n 0": "--n: got 0", "--p 0": "--p: got 0", "--m 2": "--m: got 2", "--activation relu": "--activation: got relu",
        "--target skew.npz": "--target", "--target rectangle.npz": "--target", "--target absent.npz": "--target",
        "--n 5 --target good.npz": "--target", "--start net.npz": "--start", "--n 3 --start one.npz": "--n",
        "--n 4 --p 3 --only quadratic_path": "--p", "--n 4 --p 8 --method paper --only quadratic_path": "--p",
        "--n 1 --target theorem13": "--target", "--method other": "--method: got other", "--start odd": "--start: got odd",
        "--target bomb.npz": "--target",
    },
    "13": {
        "--p 0": "--p: got 0", "--n 1": "--n: got 1", "--alpha 0": "--alpha: got 0", "--alpha 1e-200": "--alpha",
        "--alpha inf": "--alpha: got inf", "--beta nan": "--beta: got nan", "--margin 0": "--margin: got 0",
        "--activation tanh": "--activation: got tanh", "--law cauchy": "--law: got cauchy",
        "--from net.npz": "--to", "--from net.npz --to absent.npz": "--to: got absent.npz", "--runs 0": "--runs: got 0",
        "--from net.npz --to wide.npz --data d.npz": "", "--save-path x.npz --redraw": "--save-path", "--device moon": "--device",
        "--from net.npz --to net.npz --data huge.csv": "--data: got 1e+308", "--path-points 9": "--path-points: got 9",
    },
    "16": {
        "--widths 0 4": "--widths: got 0", "--widths 8 4": "--widths: got 8 4", "--widths 4000000": "GB",
        "--trials 0": "--trials: got 0", "--d-in 0": "--d-in: got 0", "--d-in 1 --no-bias": "--d-in: got 1",
        "--delta 1": "--delta: got 1.0", "--dtype int": "--dtype: got int", "--device nowhere": "--device: got nowhere",
        "--teacher nobody": "--teacher: got nobody", "--teacher sum": "--teacher: got sum",
        "--teacher absent.npz": "--teacher: got absent.npz", "--teacher net.npz": "--teacher", "--teacher atoms.npz": "unit rows",
    },
    "census": {
        "--runs 0": "--runs: got 0", "--step 0": "--step: got 0", "--step nan": "--step: got nan", "--k 0": "--k: got 0",
        "--k six": "--k: got six", "--extra-units -1": "--extra-units: got -1", "--data absent.csv": "--data",
        "--data d.csv --activation spline": "--activation", "--data d.csv --width 0": "--width: got 0",
        "--data d.csv --target price": "--target", "--data words.csv": "--data", "--data huge.csv": "--data",
    },
    "decay": {
        "--data d.csv": "--beta: got nothing", "--data d.csv --beta 0": "--beta: got 0", "--data d.csv --beta=-1": "--beta",
        "--data d.csv --beta nan": "--beta: got nan", "--data d.csv --beta 1 --activation tanh": "relu, leaky_relu, z",
        "--data d.npz --beta 1": "one output", "--beta 1": "--data", "--data d.csv --beta 1 --start wide.npz": "--start",
        "--data huge.csv --beta 1": "--data", "--data d.csv --beta 1 --width 0": "--width: got 0", "--sets 2": "--sets: got 2",
    },
    "sketch": {
        "--grid 1": "--grid: got 1; allowed: an integer from 10 to 5000", "--grid fine": "--grid", "--reach 0": "--reach",
        "--filter-reach nan": "--filter-reach", "--epochs 0": "--epochs: got 0",
    },
    "certify": {
        "--data d.npz --model absent.pt": "--model: got absent.pt", "--data d.npz --model notes.txt": "--model: got notes.txt",
        "--data d.npz --model list.pt": "list in list.pt", "--data d.npz --model half.pt": "the state dict of nn.Sequential",
        "--data d.npz --model thin.npz": "width: got 3; allowed: a width >=", "--data d.npz --model nan.npz": "nan.npz",
        "--data d.npz --model d.npz": "--model", "--data d.npz --model net.npz --loss absolute": "--loss: got absolute",
        "--data d.npz --model net.npz --activation gelu": "relu", "--data absent.csv --model net.npz": "--data",
        "--data d.npz --model net.npz --loss cross_entropy": "y", "--data d.npz --model net.npz --loss huber:0": "huber",
        "--data d.npz --model net.npz --save-path d.npz/x.npz": "--save-path", "--data d.npz --model wide.npz": "X",
        "--data d.npz --model net.npz --save-path ''": "--save-path", "--data d.npz --model net.npz --seed x": "--seed",
        "--model net.npz": "--data", "--data d.npz --model net.npz --weight-decay nan": "",
        "--data d.npz --model net.npz --weight-decay=-1": "", "--data d.npz --model net.npz --weight-decay x": "--weight-decay",
        "--data bomb.npz --model net.npz": "--data", "--data d.npz --model bomb.npz": "--model",
    },
    "connect": {
        "--data d.npz --from net.npz --to absent.npz": "--to: got absent.npz", "--data d.npz --from net.npz": "--to",
        "--data d.npz --from net.npz --to wide.npz": "", "--data d.npz --from thin.npz --to thin.npz": "width",
        "--data d.npz --from net.npz --to one.npz": "", "--data d.npz --from nan.npz --to net.npz": "--from",
    },
    "verify": {
        "absent.npz": "FILE: got absent.npz", "d.npz": "FILE", "notes.npz": "FILE: got notes.npz",
        "bomb.npz": "GB unpacked from bomb.npz",
        "net.npz": "FILE", "": "file", "text.npz": "FILE", "pickle.npz": "FILE: got pickle.npz",
    },
    "check": {
        "absent.npz": "check: absent.npz: ", "notes.npz": "check: notes.npz: ", "bomb.npz": "check: bomb.npz: more than",
        "d.npz": "check: d.npz: ", "pickle.npz": "check: pickle.npz: ", "text.npz": "check: text.npz: ",
    },
    "gallery": {
        "--page --outdir d.csv": "--outdir: got d.csv", "--page --outdir ''": "--outdir: got ''", "--pages": "--pages",
    },
    "readme": {"none": "claims: got", "broken": "claims: got", "no_claim": "README.md: got"},
}  # fmt: skip
CASES = [
    pytest.param(command, words, told, id=f"{command} {words}")
    for group, table in TABLE.items()
    for command in (SCRIPTS if group == "every script" else [group])
    for words, told in table.items()
]


def command_named(name: str) -> Callable[[list[str]], int]:
    """The command, called with its words."""
    if name in SCRIPTS:
        main = importlib.import_module(SCRIPTS[name]).main
        return lambda words: main(words if "--outdir" in words else [*words, "--outdir", "out"])  # type: ignore[no-any-return]
    if name == "readme":
        return lambda words: importlib.import_module("valleys.page.readme").main(Path(words[0]))  # type: ignore[no-any-return]
    if name in {"certify", "connect"}:
        return getattr(importlib.import_module("valleys.own.commands"), f"{name}_command")  # type: ignore[no-any-return]
    module = {"verify": "valleys.judge.verify", "gallery": "valleys.page.gallery", "check": "check.__main__"}[name]
    return importlib.import_module(module).main  # type: ignore[no-any-return]


def write_bomb(file: Path) -> None:
    """A small .npz that unpacks to more than a gigabyte."""
    header = np.lib.format.header_data_from_array_1_0(np.zeros(0)) | {"shape": (1 << 29, 1)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("X", "Y", "U", "W", "A"):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, header)
                for _ in range(17 if name == "X" else 0):
                    member.write(bytes(1 << 26))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of good and bad files, the current one."""
    folder, home, rng = tmp_path_factory.mktemp("bad"), Path.cwd(), np.random.default_rng(0)
    os.chdir(folder)
    rows = "\n".join(",".join(f"{x:.6f}" for x in row) for row in rng.standard_normal((12, 3)))
    texts = {
        "d.csv": f"a,b,y\n{rows}\n", "large.csv": "a,y\n1e20,1\n2e20,3\n", "huge.csv": "a,y\n1e308,1\n-1e308,2\n",
        "nan.csv": "a,b,y\n1,nan,2\n", "ragged.csv": "a,y\n1,2\n1,2,3\n", "words.csv": "a,y\n1,two\n", "empty.csv": "",
        "twins.csv": "a,a\n1,2\n", "notes.npz": "hello", "notes.txt": "hello",
    }  # fmt: skip
    for name, text in texts.items():
        Path(name).write_text(text)
    Path("latin.csv").write_bytes(b"a,y\n\xe9,1\n")
    X, Y, ones = rng.standard_normal((12, 3)), rng.standard_normal((12, 2)), np.ones
    arrays = {
        "d": {"X": X, "Y": Y},
        "text": {"X": np.array("x"), "Y": np.array("y")}, "zeros": {"X": np.zeros((4, 2)), "Y": np.zeros(4)},
        "pickle": {"X": np.array([None, {}]), "Y": ones(2)}, "lengths": {"X": ones((4, 2)), "Y": ones(3)},
        "none": {"X": ones((0, 2)), "Y": ones(0)}, "only_x": {"X": X}, "net": {"U": ones((2, 15)), "W": ones((15, 3))},
        "wide": {"U": ones((2, 15)), "W": ones((15, 5))}, "thin": {"U": ones((2, 3)), "W": ones((3, 3))},
        "one": {"U": ones((1, 4)), "W": ones((4, 4))}, "flat": {"U": ones(3), "W": ones((3, 3))},
        "empty_net": {"U": ones((2, 0)), "W": ones((0, 3))}, "nan": {"U": np.full((2, 15), np.nan), "W": ones((15, 3))},
        "skew": {"A": np.array([[0.0, 1.0], [0.0, 0.0]])}, "rectangle": {"A": np.zeros((2, 3))}, "good": {"A": np.eye(4)},
        "atoms": {"W": ones((5, 11)), "g": ones(5)},
    }  # fmt: skip
    for name, content in arrays.items():
        np.savez(f"{name}.npz", **content)  # type: ignore[arg-type]
    write_bomb(Path("bomb.npz"))
    torch.save(["no", "state"], "list.pt")
    torch.save({"0.weight": torch.ones(2, 2)}, "half.pt")
    for name in ("none", "broken", "no_claim", "folder"):
        Path(name).mkdir()
    for name in ("none", "broken/outputs", "no_claim/outputs"):
        Path(name).mkdir(exist_ok=True)
        (Path(name.partition("/")[0]) / "README.md").write_text("1<!-- a.py x measured .3g -->")
    Path("broken/outputs/claims.json").write_text("{")
    Path("no_claim/outputs/claims.json").write_text('{"claims": []}')
    for script in SCRIPTS.values():
        Path(f"broken/{script.partition('.')[2]}.json").write_text("{")
    yield folder
    os.chdir(home)


@pytest.mark.parametrize(("command", "words", "told"), CASES)
def test_one_line_and_nothing_written(
    files: Path,
    command: str,
    words: str,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = sorted(file for file in files.rglob("*") if file.is_file())
    split = shlex.split(words)
    main = command_named(command)
    monkeypatch.setattr(sys, "argv", ["command", *split])
    try:
        code = main() if command == "check" else main(split)  # type: ignore[call-arg]
    except SystemExit as stop:  # argparse
        code = int(stop.code or 0)
    error = capsys.readouterr().err
    assert code == 2, error
    assert error.count("\n") == 1 and told in error and "Traceback" not in error, error
    assert sorted(file for file in files.rglob("*") if file.is_file()) == before


def test_the_table_is_long_and_names_every_command() -> None:
    assert len(CASES) >= 80
    assert set(SCRIPTS) | {"every script"} <= set(TABLE)
