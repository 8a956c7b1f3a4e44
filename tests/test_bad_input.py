"""Bad input to every command: one line that names what is wrong, exit code 2, and no file left behind.

Called in this process; that an entry script hands the code on to the shell is seen in ``test_theorem16_script.py``. What a
path file may not hold is the table of ``test_path_files.py``.
"""

from __future__ import annotations

import importlib
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bad_files import write_files

SCRIPTS = {
    "8": "theorem8.main", "11": "theorem11.theorem_11", "12": "theorem12.theorem_12", "13": "theorem13.theorem_13",
    "16": "theorem16.theorem_16", "census": "theorem13.spurious_minima", "decay": "weight_decay.main",
    "sketch": "misc.visualisation1",
}  # fmt: skip
#: An integer that is no float.
LONG = 400 * "1"
#: Words of a command line, and what the line has to say.
TABLE: dict[str, dict[str, str]] = {
    "every script": {
        "--seed -1": "--seed: got -1; allowed: an integer >= 0", "--seed 1.5": "--seed: got 1.5", "--seed": "--seed",
        "--only nothing": "--only: got nothing; allowed: one of:", "--outdir d.csv": "--outdir: got d.csv; allowed: a folder",
        "--outdir ''": "--outdir: got ''; allowed: a folder", "--format gif": "--format: got gif; allowed: png, pdf, svg",
        "--dpi 0": "--dpi: got 0; allowed: an integer from 20 to 2400", "--style poster": "--style: got poster",
        "--redraw --outdir none": "--redraw: got none; allowed: a folder with", "--unknown 1": "--unknown",
        "--redraw --outdir broken": "record: got broken/", f"--dpi {LONG}": "--dpi: got 111",
    },
    "8": {
        "--data absent.csv": "--data: got absent.csv; allowed: an existing",
        "--data text.npz": "--data: got X of type <U1 in text.npz",
        "--data scalar.npz": "X (), Y () in scalar.npz",
        "--data complex.npz": "--data: got X of type complex128 in complex.npz",
        "--data wide_numbers.npz": "--data: got X with NaN or inf in",
        "--data foreign.npz": "--data: got X of type |S5 in foreign.npz",
        "--data tiny.npz": "--data: got 1e-300 in tiny.npz as the largest of X; allowed: numbers up to 1e+50, and not all",
        "--data steep.npz --activation relu": "--data: got a start of the loss",
        "--data 'two\nlines.csv'": "--data: got two lines.csv",
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
        "--data d.csv --width 0": "--width: got 0; allowed: an integer from 1 to 1000000000",
        "--data d.csv --width many": "--width: got many",
        "--data d.csv --width 3": "--width: got 3; allowed: a width >= 12",
        "--data d.csv --width 1000000000": "--width: got 1000000000; allowed: a size that fits: it needs",
        "--data d.csv --width 100000000000": "--width: got 100000000000; allowed: an integer from 1 to 1000000000",
        "--data d.npz --start d.npz": "--start: got d.npz with keys",
        "--data d.npz --start wide.npz": "--start: got m = 2, n = 5",
        "--data d.npz --start flat.npz": "--start: got U (3,)",
        "--data d.npz --start empty_net.npz": "--start: got U (2, 0)",
        "--data d.npz --start net.npz --width 9": "--width: got 9; allowed: the width 15", "--start net.npz": "--data",
        "--data d.csv --save-path d.csv/x.npz": "--save-path", "--data d.csv --save-path ''": "--save-path: got ''",
        "--width 4": "--width: got 4; allowed: only together with --data FILE",
        "--data d.csv --save-path folder": "--save-path",
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
        "--n 0": "--n: got 0", "--n 501": "--n: got 501; allowed: an integer from 1",
        "--p 0": "--p: got 0", "--m 2": "--m: got 2", "--activation relu": "--activation: got relu",
        "--target skew.npz": "--target", "--target rectangle.npz": "--target", "--target absent.npz": "--target",
        "--n 5 --target good.npz": "--target", "--start net.npz": "--start", "--n 3 --start one.npz": "--n",
        "--n 4 --p 3 --only quadratic_path": "--p", "--n 4 --p 8 --method paper --only quadratic_path": "--p",
        "--n 1 --target theorem13": "--target", "--method other": "--method: got other", "--start odd": "--start: got odd",
        "--target bomb.npz": "--target",
        "--p 1000000000": "--p: got 1000000000; allowed: an integer from 1 to 2000", "--step inf": "--step: got inf",
        "--n 8 --p 1..2000 --runs 10000 --only phase_diagram": "--runs: got 10000; allowed: a size that fits: it needs",
    },
    "13": {
        "--p 0": "--p: got 0", "--n 1": "--n: got 1", "--alpha 0": "--alpha: got 0", "--alpha 1e-200": "--alpha",
        "--alpha inf": "--alpha: got inf", "--beta nan": "--beta: got nan", "--margin 0": "--margin: got 0",
        "--activation tanh": "--activation: got tanh", "--law cauchy": "--law: got cauchy",
        "--from net.npz": "--to", "--from net.npz --to absent.npz": "--to: got absent.npz", "--runs 0": "--runs: got 0",
        "--from net.npz --to wide.npz --data d.npz": "",
        "--from net.npz --to huge_net.npz --data d.npz": "--to: got 1e+308",
        "--save-path x.npz --redraw": "--save-path",
        "--device moon": "--device",
        "--from net.npz --to net.npz --data huge.csv": "--data: got 1e+308", "--path-points 9": "--path-points: got 9",
    },
    "16": {
        "--widths 0 4": "--widths: got 0", "--widths 8 4": "--widths: got 8 4", "--widths 1000000": "GB",
        f"--widths {LONG}": "--widths: got 111",
        "--trials 0": "--trials: got 0", "--d-in 0": "--d-in: got 0", "--d-in 1 --no-bias": "--d-in: got 1",
        "--delta 1": "--delta: got 1.0", "--dtype int": "--dtype: got int", "--device nowhere": "--device: got nowhere",
        "--teacher nobody": "--teacher: got nobody", "--teacher sum": "--teacher: got sum",
        "--teacher absent.npz": "--teacher: got absent.npz; allowed: an existing .npz file", "--teacher net.npz": "--teacher",
        "--teacher atoms.npz": "row 0 of W in atoms.npz of length 3.31662; allowed: unit rows",
        "--teacher no_function.npz": "a function that is 0 to rounding in no_function.npz; allowed: a teacher f*",
        "--teacher narrow_atoms.npz": "W (5, 10), g (5,) in narrow_atoms.npz; allowed: W (q, 11) and g (q,)",
        "--teacher few_atoms.npz": "W (5, 11), g (4,) in few_atoms.npz", "--teacher text_atoms.npz": "--teacher: got W of type",
        "--teacher nan_atoms.npz": "--teacher: got g with NaN or inf in nan_atoms.npz",
    },
    "census": {
        "--runs 0": "--runs: got 0", "--step 0": "--step: got 0", "--step nan": "--step: got nan", "--k 0": "--k: got 0",
        "--k six": "--k: got six", "--extra-units -1": "--extra-units: got -1", "--data absent.csv": "--data",
        "--data d.csv --activation spline": "--activation", "--data d.csv --width 0": "--width: got 0",
        "--data d.csv --target price": "--target", "--data words.csv": "--data", "--data huge.csv": "--data",
        "--k 6 --step 20": "--step", "--k 7 --step 50": "--step", "--width 5": "--width", "--data d.csv --k 5": "--k",
        "--data d.csv --width 9999": "--width", "--data text.npz": "--data: got X of type <U1",
    },
    "decay": {
        "--data d.csv": "--beta: got nothing", "--data d.csv --beta 0": "--beta: got 0", "--data d.csv --beta=-1": "--beta",
        "--data d.csv --beta nan": "--beta: got nan", "--data d.csv --beta 1 --activation tanh": "relu, leaky_relu, z",
        "--data d.npz --beta 1": "one output", "--beta 1": "--data", "--data d.csv --beta 1 --start wide.npz": "--start",
        "--data huge.csv --beta 1": "--data", "--data d.csv --beta 1 --width 0": "--width: got 0", "--sets 2": "--sets: got 2",
        "--data far.npz --beta 1": "rank 5", "--data text.npz --beta 1": "--data: got X of type <U1",
        "--data d.csv --beta 1 --start one.npz": "--start: got m = 1, n = 4",
        "--data d.csv --beta 1 --start slim.npz --save-path p.npz": "--save-path",
        "--data d.csv --beta 1e-300": "weight decay: got",
        "--data d.csv --beta 1 --width 1000000000": "--width: got 1000000000; allowed: a size that fits: it needs",
        "--data d.csv --beta 1 --start minute.npz": "--start",
        "--data one_y.npz --beta 1 --start huge_net.npz": "--start: got 1e+308",
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
        "--data d.npz --model net.npz --seed=-1": "--seed: got -1; allowed: an integer >= 0",
        "--model net.npz": "--data", "--data d.npz --model net.npz --weight-decay nan": "",
        "--data d.npz --model net.npz --weight-decay=-1": "", "--data d.npz --model net.npz --weight-decay x": "--weight-decay",
        "--data bomb.npz --model net.npz": "--data", "--data d.npz --model bomb.npz": "--model",
        "--data d.npz --model text_net.npz": "--model: got U of type <U1",
        "--data d.npz --model text_bias.npz": "--model: got b of type",
        "--data d.npz --model complex.pt": "--model: got U of type torch.complex64",
        "--data d.npz --model sparse.pt": "dense real",
        "--data d.npz --model huge_net.npz": "--model: got 1e+308 in U",
        "--data one_y.npz --model minute.npz --weight-decay 1": "model: got weights of size",
        "--data d.npz --model members.npz": "--model: got X of type |S5", "--data none.csv --model net.npz": "--data",
        "--data classes.npz --model net.npz --loss cross_entropy": "y: got classes [2.0, 3.0]",
        "--data d.npz --model net.npz --loss logistic": "for 2 outputs",
    },
    "connect": {
        "--data d.npz --from net.npz --to absent.npz": "--to: got absent.npz", "--data d.npz --from net.npz": "--to",
        "--data d.npz --from net.npz --to wide.npz": "", "--data d.npz --from thin.npz --to thin.npz": "width",
        "--data d.npz --from net.npz --to one.npz": "", "--data d.npz --from nan.npz --to net.npz": "--from",
        "--data d.npz --from text_net.npz --to net.npz": "--from: got U of type <U1",
        "--data d.npz --from net.npz --to huge_net.npz": "--to: got 1e+308 in U",
        "--data one_y.npz --from minute.npz --to minute.npz --weight-decay 1": "model: got weights of size",
    },
    "verify": {
        "absent.npz": "FILE: got absent.npz", "d.npz": "FILE", "notes.npz": "FILE: got notes.npz",
        "bomb.npz": "GB unpacked from bomb.npz",
        "huge_path.npz": "FILE: got 1e+200 in U of huge_path.npz; allowed: weights up to 1e+75",
        "net.npz": "FILE", "": "file", "text.npz": "FILE", "pickle.npz": "FILE: got pickle.npz",
        "foreign.npz": "FILE: got X of type |S5", "falling_t.npz": "FILE: got t", "nan_t.npz": "FILE: got t",
    },
    "check": {
        "absent.npz": "check: absent.npz: ", "notes.npz": "check: notes.npz: ", "bomb.npz": "check: bomb.npz: more than",
        "d.npz": "check: d.npz: ", "pickle.npz": "check: pickle.npz: ", "text.npz": "check: text.npz: ",
        "": "check: ``python -m check FILE",
        "long_t.npz": "t (3,) float64: allowed is float64 (2,)", "falling_t.npz": "t: does not increase",
        "nan_t.npz": "holds NaN", "text_t.npz": "t () <U1: allowed is float64 (2,)",
        "foreign.npz": "check: foreign.npz: ", "--unknown d.npz": "check: ",
    },
    "gallery": {
        "--page --outdir d.csv": "--outdir: got d.csv", "--page --outdir ''": "--outdir: got ''", "--pages": "--pages",
    },
    "readme": {"none": "claims: got", "broken": "claims: got", "no_claim": "README.md: got",
    "absent": "README.md: got absent/README.md"},
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


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of good and bad files, the current one."""
    folder, home = tmp_path_factory.mktemp("bad"), Path.cwd()
    os.chdir(folder)
    write_files()
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
