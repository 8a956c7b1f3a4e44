"""Run every entry script with --all, check every claim, and gather all of it into outputs/.

A script whose record is current (same config, code and versions) computes nothing; pictures that other code drew are drawn
again from the record.  Written are claims.json, claims.md, index.html with the pictures, and times.json (running times,
not part of any record).
"""

from __future__ import annotations

import argparse
import ctypes
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from valleys.page.all_claims import Run, claims_json, claims_markdown, claims_of, outputs_of, run_of
from valleys.page.statement import Statement, read_statement, statement_files
from valleys.page.webpage import build
from valleys.run.claims import table
from valleys.run.errors import InputError
from valleys.run.options import OneLine, writable
from valleys.run.record import write_bytes
from valleys.run.script import guarded

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED = 130
PR_SET_PDEATHSIG = 1


def read_sections(root: Path) -> tuple[list[Statement], list[str]]:
    """The theorems in order, and a line for each whose statement cannot be read."""
    sections, problems = [], []
    for file in statement_files(root):
        try:
            sections.append(read_statement(file))
        except InputError as error:
            problems.append(str(error))
    return sections, problems


def run_script(command: Sequence[str]) -> int:
    """The exit code of a command; at Ctrl-C it is left the time to keep what it has, and it does not outlive this process.

    Raises:
        KeyboardInterrupt: after the command has ended.
    """
    # In a group of its own it hears Ctrl-C from here alone, whether that came from the terminal or by `kill -INT`.
    with subprocess.Popen(command, process_group=0, preexec_fn=_ends_with_parent()) as process:
        code, interrupted = None, False
        while code is None:
            try:
                code = process.wait()
            except KeyboardInterrupt:
                interrupted = True
                process.send_signal(signal.SIGINT)
    if interrupted or code == INTERRUPTED:
        raise KeyboardInterrupt
    return code


def _ends_with_parent() -> Callable[[], object] | None:
    """What a child does first: it asks Linux for SIGTERM when its parent dies, however that dies. Elsewhere nothing."""
    if sys.platform != "linux":
        return None
    return partial(ctypes.CDLL(None).prctl, PR_SET_PDEATHSIG, signal.SIGTERM)


def run_all(
    sections: Sequence[Statement], root: Path, records: Path | None, force: bool
) -> tuple[dict[str, float], list[str]]:
    """Run all scripts, one after the other.

    Args:
        sections: the theorems.
        root: of the project.
        records: where small runs go; None for the full runs, each beside its script.
        force: run scripts whose record is current too.

    Returns:
        seconds by script, and a line for each script that did not end well.
    """
    seconds, problems = {}, []
    scripts = [(section.folder, name) for section in sections for name in section.scripts]
    began = time.perf_counter()
    for i, (folder, name) in enumerate(scripts):
        words = ["--all", "--force" if force else "--missing"]
        if records is not None:
            words = ["--quick", "--outdir", str(records / folder / outputs_of(folder))]
        script = f"{folder}/{name}"
        start = time.perf_counter()
        done = f"[{i + 1}/{len(scripts)}, {start - began:.0f} s]"
        print(f"{done} python {script} {' '.join(words)}", flush=True)
        code = run_script([sys.executable, str(root / script), *words])
        seconds[script] = round(time.perf_counter() - start, 1)
        if code:
            reason = "a claim failed" if code == 1 else f"exit code {code}, see above"
            problems.append(f"{script}: {reason}")
        print(flush=True)
    return seconds, problems


def gather(
    sections: Sequence[Statement], runs: Sequence[Run], claims: Sequence[dict[str, Any]], problems: list[str], out: Path
) -> None:
    """Write everything into ``out``; a file that cannot be written is a problem, and the others are written."""
    writers: list[Callable[[], None]] = [
        lambda: write_bytes(out / "claims.json", claims_json(claims).encode()),
        lambda: write_bytes(out / "claims.md", claims_markdown(claims).encode()),
        lambda: build(sections, runs, problems, out),
    ]
    for write in writers:
        try:
            write()
        except InputError as error:
            problems.append(str(error))


def main(argv: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command; the exit code: 0 every claim holds, 1 one fails or something is missing, 2 bad input, 130 interrupted."""
    parser = OneLine(
        prog="python -m valleys.gallery", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, into a new temporary folder")
    parser.add_argument("--force", action="store_true", help="run scripts whose record is current as well")
    parser.add_argument("--page", action="store_true", help="run nothing: gather the records that are there")
    parser.add_argument("--outdir", metavar="DIR", help="where the page goes (default: outputs/ of the project)")
    options = parser.parse_args(argv)
    return guarded(lambda: _main(options, root))


def _main(options: argparse.Namespace, root: Path) -> int:
    if options.outdir == "":
        raise InputError("--outdir", "''", "a folder")
    sections, problems = read_sections(root)
    if options.quick:
        out = Path(options.outdir or tempfile.mkdtemp(prefix="spurious-valleys-"))
    else:
        out = Path(options.outdir or root / "outputs")
    records = out / "records" if options.quick else root
    writable(out, "--outdir" if options.outdir else "outputs")
    seconds: dict[str, float] = {}
    if not options.page:
        seconds, failed = run_all(sections, root, records if options.quick else None, options.force)
        problems += failed
    runs = [run_of(section, name, records) for section in sections for name in section.scripts]
    claims = claims_of(runs)
    gather(sections, runs, claims, problems, out)
    if seconds:
        write_bytes(out / "times.json", (json.dumps({"seconds": seconds}, indent=1) + "\n").encode())
    print(table(claims))
    print("\n" + "\n".join(f"{value:7.1f} s  {script}" for script, value in seconds.items()))
    print(f"\n{out / 'index.html'}: {sum(c['holds'] for c in claims)} of {len(claims)} claims hold")
    problems += [line for run in runs for line in run.problems]
    for line in problems:
        print(f"error: {line}", file=sys.stderr)
    return 1 if problems or not all(claim["holds"] for claim in claims) else 0
