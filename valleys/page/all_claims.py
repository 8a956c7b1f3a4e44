"""What the scripts found, gathered: their records read back and checked, all claims in one list and one table."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from valleys.page.statement import Statement
from valleys.run.claims import number
from valleys.run.errors import InputError
from valleys.run.record import Record, read_record

#: As readers know them.
SIGNS = {"<=": "≤", ">=": "≥"}


@dataclass
class Run:
    """One entry script and what its record says.

    Attributes:
        section: the theorem that it belongs to.
        script: as ``theorem8/main.py``.
        folder: where its record lies.
        record: None where there is none that can be read.
        problems: one line each, for what is broken or missing.
    """

    section: Statement
    script: str
    folder: Path
    record: Record | None = None
    problems: list[str] = field(default_factory=list)

    def command(self, stem: str) -> str:
        """The command that makes one picture and checks its claims."""
        return f"python {self.script} --only {stem}"


def outputs_of(folder: str) -> str:
    """The output folder of a folder of scripts: its initials and its number.

    >>> outputs_of("theorem8"), outputs_of("weight_decay")
    ('outputs_t8', 'outputs_wd')
    """
    return "outputs_" + re.sub(r"([a-z])[a-z]*_?", r"\1", folder)


def run_of(section: Statement, name: str, records: Path) -> Run:
    """The run of one script, its record read from ``records/theorem8/outputs_t8`` and checked."""
    script = f"{section.folder}/{name}"
    run = Run(section, script, records / section.folder / outputs_of(section.folder))
    try:
        run.record = checked(run.folder, Path(name).stem)
    except InputError as error:
        run.problems.append(f"{script}: {error}")
        return run
    for stem, entry in run.record.figures.items():
        if entry["partial"]:
            run.problems.append(f"{script}: {stem} was interrupted; run {run.command(stem)} again")
        if entry["file"] is not None and not shown(run.folder, entry):
            run.problems.append(f"{script}: no picture {entry['file']}; run {run.command(stem)}")
    return run


def checked(folder: Path, stem: str) -> Record:
    """A record with everything in it that the page shows.

    Raises:
        InputError: where it is missing, broken, or another script's.
    """
    file = folder / f"{stem}.json"
    record = read_record(folder, stem)
    if record is None:
        raise InputError("record", file, "a record: run the script first")
    if record.script != stem:
        raise InputError("record", file, f"the record of {stem}, not of {record.script}")
    return record


def shown(folder: Path, entry: dict[str, Any]) -> bool:
    """Whether a figure of a record has its picture, in the format that the page shows."""
    return entry["file"] is not None and entry["file"].endswith(".png") and (folder / entry["file"]).is_file()


def claims_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """All claims in the order of the page, each with its script and the command that checks it again."""
    return [
        claim | {"script": run.script, "command": run.command(claim["figure"])}
        for run in runs
        if run.record
        for claim in run.record.claims
    ]


def claims_json(claims: Sequence[dict[str, Any]]) -> str:
    """The text of ``claims.json``."""
    return json.dumps({"claims": list(claims)}, indent=1, ensure_ascii=False) + "\n"


def claims_markdown(claims: Sequence[dict[str, Any]]) -> str:
    """The text of ``claims.md``: one table."""
    names = ("claim", "what is measured", "source", "measured", "", "bound", "kind", "verdict", "command")
    rows = [names, ("---",) * len(names)]
    for c in claims:
        verdict = "holds" if c["holds"] else "**FAILS**"
        numbers = number(c["measured"]), SIGNS[c["relation"]], number(c["bound"])
        told = (c["id"], c["statement"], c["source"], *numbers, c["kind"])
        rows.append((*(_cell(text) for text in told), verdict, f"`{c['command']}`"))
    failed = sum(not c["holds"] for c in claims)
    head = f"{len(claims)} claims, " + (f"{failed} FAIL." if failed else "all hold.")
    return "\n".join(["# Claims", "", head, "", *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _cell(text: str) -> str:
    """Text inside a table of Markdown: nothing in it is markup."""
    return re.sub(r"([\\|*_`<>\[\]])", r"\\\1", " ".join(text.split()))
