"""What the sweep has tried so far, committed: ``docs/sweep.json``, and its table ``docs/sweep.md``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
#: The folder of own data, in a command that is kept.
DATA = "DATA"
HEAD = """\
# Settings tried

`python -m tests.sweep --tally` tries every script at random valid options, `--own-data DIR` at data of odd shapes
(`tests/odd_data.py`), and adds to `sweep.json`; this table is made from it. *Passed*: exit code 0, every claim holds, no warning,
record and pictures complete. *Refused*: one line, exit code 2. *Mended*: was a finding, and passes or is refused since.
*Open*: is a finding still. Options are drawn from their declared ranges, sizes are those of `--quick`. Pictures are built for
every setting, laid out for every third and written for every tenth.
"""


@dataclass
class Row:
    """Settings of one script from one seed.

    Attributes:
        script: as ``theorem8/main.py``.
        data: ``options``, or ``own data``.
        seed: of the options; or a word.
        code: fingerprint of the script's code that computes.
        passed: how many ended well.
        refused: how many were refused in one line.
        mended: findings that are none any more.
        red: commands of the findings that are open.
    """

    script: str
    data: str
    seed: int | str
    code: str
    passed: int = 0
    refused: int = 0
    mended: int = 0
    red: list[str] = field(default_factory=list)


def read(folder: Path = DOCS) -> list[Row]:
    """The rows so far."""
    return [Row(**row) for row in json.loads((folder / "sweep.json").read_text())]


def write(rows: Sequence[Row], folder: Path = DOCS) -> None:
    """Both files."""
    told = ",\n".join(json.dumps(asdict(row)) for row in sorted(rows, key=_order))
    (folder / "sweep.json").write_text(f"[\n{told}\n]\n")
    (folder / "sweep.md").write_text(table(rows))


def add(row: Row, folder: Path = DOCS) -> None:
    """One more row; one of the same script, data and seed takes the place of the earlier."""
    write([old for old in read(folder) if _order(old) != _order(row)] + [row], folder)


def table(rows: Sequence[Row]) -> str:
    """The page: a line for each script and kind of data."""
    lines = ["| script | settings | seeds | passed | refused | mended | open |", "|---|---|---|---|---|---|---|"]
    for (script, data), group in groupby(sorted(rows, key=_order), key=lambda row: (row.script, row.data)):
        mine = list(group)
        seeds = ", ".join(str(row.seed) for row in mine)
        counts = [sum(row.passed for row in mine), sum(row.refused for row in mine), sum(row.mended for row in mine)]
        lines.append(f"| `{script}` | {data} | {seeds} | " + " | ".join(map(str, counts)) + f" | {_open(mine)} |")
    left = [f"- `python {command}`" for row in sorted(rows, key=_order) for command in row.red]
    return "\n".join([HEAD, *lines, *(["", "Open:", "", *left] if left else []), ""])


def _open(rows: Sequence[Row]) -> int:
    return sum(len(row.red) for row in rows)


def _order(row: Row) -> tuple[str, str, str]:
    return row.script, "" if row.data == "options" else row.data, str(row.seed).rjust(12)
