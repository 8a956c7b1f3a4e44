"""A project of two toy theorems, for tests of the gallery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from valleys.run.provenance import ROOT

SCRIPT = '''"""A toy theorem."""
import sys
from dataclasses import dataclass
from pathlib import Path
sys.path[:0] = [{root!r}, str(Path(__file__).resolve().parents[1])]
import numpy as np
from valleys.run.claims import at_most
from valleys.run.options import Common, option
from valleys.run.pictures import Part, Picture
from valleys.run.script import run

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Config(Common):
    bound: float = option(1.0, "bound", quick=2.0)


def small(measured, bound):
    return at_most("toy.small", "p. 1 <b>", "a | b", measured, bound, "verified")


def compute(config):
    with (HERE / "ran.log").open("a") as log:
        log.write("ran ")
    return Part({{"x": 1.0}}, {{"y": np.arange(3.0)}}, [small({measured}, config.bound)], "A <script>alert(1)</script> & more.")


def draw(part):
    from valleys.run.figure import subplots
    from {folder}.toyfigure import COLOUR
    figure, axes = subplots(1, 1, height=1.5, width=2.0)
    axes[0, 0].plot(part.arrays["y"], color=COLOUR)
    return figure


def pictures(config):
    {body}
    return [Picture("toy", compute, draw)]


if __name__ == "__main__":
    sys.exit(run(Config, pictures, "toy", HERE / "{outputs}", __doc__))
'''
STATEMENT = """
title = "Toy {number} & Co"
source = "p. {number}"
scripts = ["toy.py"]
words = "For $x < 1$ all is well."
formulas = ['x^2\\ge 0']
not_certified = "Anything else."
[kinds]
verified = "The number is small."
"""


def toy_project(root: Path, measured: float = 0.5, body: str = "pass") -> Path:
    """Theorems 1 and 2 below ``root``; ``measured`` and ``body`` are for the second."""
    for number, value, line in ((1, 0.5, "pass"), (2, measured, body)):
        folder = root / f"theorem{number}"
        folder.mkdir(parents=True)
        text = SCRIPT.format(
            root=str(ROOT), measured=value, body=line, outputs=f"outputs_t{number}", folder=folder.name
        )
        (folder / "toy.py").write_text(text)
        (folder / "toyfigure.py").write_text("COLOUR = 'blue'\n")
        (folder / "statement.toml").write_text(STATEMENT.format(number=number))
    return root


def runs_of(root: Path, number: int) -> int:
    """How often the script has computed."""
    log = root / f"theorem{number}" / "ran.log"
    return len(log.read_text().split()) if log.exists() else 0


def claims_in(folder: Path) -> list[dict[str, Any]]:
    """The claims that the gallery has gathered."""
    return list(json.loads((folder / "claims.json").read_text())["claims"])
