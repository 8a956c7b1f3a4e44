"""Which files of ``check/`` one has to read to trust which verdict: ``python benchmarks/check_sizes.py`` prints the table.

A file of each kind is written and judged; what was loaded for it is what decided.  The table in ``check/README.md`` is this one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CORE = {"__init__", "__main__", "legs", "reading", "sample"}
SAMPLE: dict[str, Any] = {"activation": "relu", "X": [[1.0, 0.0], [1.0, 1.0]], "Y": [1.0, -1.0]}
ROWS: dict[str, Any] = {"U": [[[0.0, 0.0]], [[0.5, -0.25]]], "W": [[[1.0, 0.0], [0.0, 1.0]]] * 2}
MOVE: dict[str, Any] = {"U": [[[1.0, 0.0]]] * 2, "W": [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.5], [0.0, 1.0]]]}
TEACHER: dict[str, Any] = {"teacher_U": [[1.0]], "teacher_W": [[1.0, 0.0]]}
GAUSS: dict[str, Any] = {"law": "gaussian", "noise": 0.0} | TEACHER
MIXTURE: dict[str, Any] = {
    "law": "mixture",
    "weights": [1.0],
    "moving": [[1.0, 1.0]],
    "point": [[0.0, 0.0]],
    "target": [0.0],
}
LINEAR: dict[str, Any] = SAMPLE | {"activation": "z"}
LIFTED: dict[str, Any] = {"U": [[[1.0]]], "W": [[[1.0]]], "S": np.array([["1"], ["1"]]), "W_end": np.array([["1"]])}
MASSES: dict[str, Any] = {"loss": "square+decay:0.5", "ratio": [[1.0, 1.0]] * 2} | {
    "U": [[[1.0, 1.0]]] * 2,
    "mass": np.array([["1", "1"], ["1/2", "0"]]),
}

#: what a verdict is on, and a file of the kind.
KINDS: dict[str, dict[str, Any]] = {
    "legs of `U` and dead units, relu, leaky relu, `z`..`z99`, on a sample (Theorems 8, 11)": SAMPLE | ROWS,
    "the same, `poly:..` and sigmoid, tanh, softplus, erf in balls": SAMPLE | ROWS | {"activation": "sigmoid"},
    "Gaussian law": GAUSS | ROWS | {"activation": "z3"},
    "mixture": MIXTURE | TEACHER | ROWS | {"activation": "relu"},
    "legs that move live rows of `W`: polynomials": SAMPLE | MOVE | {"activation": "z2"},
    "the same, `z2` under normal laws (Theorem 12)": GAUSS | MOVE | {"activation": "z2"},
    "the same: relu, leaky relu": SAMPLE | MOVE,
    "the same: other activations": SAMPLE | MOVE | {"activation": "tanh"},
    "`loss`: another convex one": SAMPLE | ROWS | {"loss": "logistic"},
    "`loss`: weight decay (and what moves `W`)": SAMPLE | ROWS | {"loss": "square+decay:0.5"},
    "`mass`: weight decay along masses": SAMPLE | ROWS | MASSES,
    "the same, `nu`: and a floor under every width": SAMPLE | ROWS | MASSES | {"nu": np.array([["1", "1"]])},
    "`U_low`: knots in two float64": SAMPLE | ROWS | {"U_low": [[[0.0, 0.0]]] * 2},
    "`t`: points of a curve": SAMPLE | ROWS | {"t": [0.0, 1.0]},
    "`c`: output bias": SAMPLE | ROWS | {"c": [[0.0], [0.0]]},
    "`claim`: connection": SAMPLE | ROWS | {"claim": "connection"},
    "`W1`, `W2`, ..: linear networks of any depth (Theorem 11)": LINEAR | {"W1": MOVE["W"], "W2": MOVE["U"]},
    "`S`: lifted certificates (Theorem 12)": {"activation": "z2", "X": [[1.0]], "Y": [1.0]} | LIFTED,
}


def lines(names: set[str]) -> int:
    """Lines of these modules of ``check/``."""
    files = [ROOT / "check" / f"{name.replace('.', '/')}.py" for name in names]
    return sum(len(file.read_text().splitlines()) for file in files if file.is_file())


def loaded(arrays: dict[str, Any], file: Path) -> set[str]:
    """The modules of ``check/`` that are loaded to judge a file of these arrays."""
    for name in [name for name in sys.modules if name.split(".")[0] == "check"]:
        del sys.modules[name]
    np.savez(file, **arrays)
    from check.__main__ import checked

    checked(str(file))
    names = {name.removeprefix("check.") for name in sys.modules if name.startswith("check.")}
    return names - {"balls", "kinds"} | {"__init__", "__main__"}


def table() -> str:
    """The rows: what is judged, the files beyond the core, lines in all."""
    rows = ["| the verdict on | read also (.py) | lines in all |", "|---|---|---|"]
    order = ["reading", "sample", "legs", "__main__"]
    rows.append(f"| *the core* | {', '.join(f'{n} {lines({n})}' for n in order)} | {lines(CORE)} |")
    with tempfile.TemporaryDirectory() as folder:
        for words, arrays in KINDS.items():
            names = loaded(arrays, Path(folder) / "path.npz")
            more = ", ".join(n.replace(".", "/") for n in sorted(names - CORE)) or "nothing"
            rows.append(f"| {words} | {more} | {lines(names)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
