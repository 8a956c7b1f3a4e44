"""Every entry script at random valid options: ``python -m tests.sweep`` (``make sweep``), part of it in the tests.

A setting passes if the script ends with exit code 0 (so every claim holds), says nothing on stderr, and leaves a record with
its pictures. One that several options forbid together is refused in one line with exit code 2; refusals are counted apart.
Anything else is a finding: the command is printed, so that it can be run again.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import shlex
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.draws import option_words
from tests.odd_data import write_odd_data
from valleys.page.statement import statements
from valleys.run import animation_figure, provenance, savefigure
from valleys.run.options import Common
from valleys.run.provenance import Fingerprints
from valleys.run.threads import one_thread

ROOT = Path(__file__).resolve().parents[1]
#: A ``--quick`` run that takes longer is a finding, however well it might end; the variable is for a machine that is busy.
PATIENCE = float(os.environ.get("SWEEP_PATIENCE", "75"))
#: Dots an inch of the pictures here: their layout is what is tried, not their ink.
COARSE = 40


@dataclass(frozen=True)
class Outcome:
    """What became of one setting.

    Attributes:
        verdict: ``passed``, ``refused``, or what was found.
        command: the words after ``python``.
        told: the claims that fail, or the end of what the script wrote to stderr.
        seconds: it took.
    """

    verdict: str
    command: str
    told: str
    seconds: float

    @property
    def well(self) -> bool:
        """Nothing to mend."""
        return self.verdict in {"passed", "refused"}


def scripts() -> list[str]:
    """Every entry script that has claims, as ``theorem8/main.py``."""
    return [f"{section.folder}/{name}" for section in statements(ROOT) for name in section.scripts]


def entry(script: str) -> tuple[type[Common], Callable[[Sequence[str]], int]]:
    """The options of a script and its ``main``."""
    module = importlib.import_module(_dotted(ROOT / script))
    return module.Config, module.main


def _dotted(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


@cache
def _loaded(script: str) -> Fingerprints:
    """The fingerprints of a script, after all that it imports late is loaded: once for all its settings."""
    for file in sorted(provenance.reached(ROOT / script)):
        importlib.import_module(_dotted(file))
    one_thread()
    torch.set_num_threads(1)
    return provenance.fingerprints(ROOT / script)


def beside_data(script: str, config: type[Common], file: Path) -> st.SearchStrategy[list[str]]:
    """Command lines with ``--data FILE`` and what the script asks for beside it."""
    words, given = ["--data", str(file)], ["data"]
    if script == "theorem13/theorem_13.py":
        words += ["--from", str(file.with_stem(f"{file.stem}_a")), "--to", str(file.with_stem(f"{file.stem}_b"))]
        given += ["start", "to"]
    if script == "weight_decay/main.py":
        words += ["--beta", "0.1"]
        given += ["beta"]
    return option_words(config, beside=tuple(given)).map(lambda more: words + more)


def drawn(
    config: type[Common], count: int, number: int, lines: st.SearchStrategy[list[str]] | None = None
) -> list[list[str]]:
    """``count`` command lines of valid options, the same for the same ``number``.

    Args:
        config: declares the options.
        count: of the lines.
        number: seed.
        lines: what is drawn from; by default any options but those for own data.

    Returns:
        the words of each.
    """
    found: list[list[str]] = []

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(option_words(config) if lines is None else lines)
    def collect(words: list[str]) -> None:
        found.append(words)

    collect()
    return found


def _child(main: Callable[[Sequence[str]], int], words: list[str], out: Path, known: Fingerprints) -> None:
    """Run the script here, in a process of its own; warnings are what a user would see on stderr."""
    warnings.simplefilter("always")
    provenance.fingerprints = lambda entry: known
    savefigure.DPI = animation_figure.DPI = COARSE
    with (
        (out / "stderr").open("w") as err,
        (out / "stdout").open("w") as told,
        redirect_stderr(err),
        redirect_stdout(told),
    ):
        try:
            code = main(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            code = 99
    os._exit(code)


def try_one(script: str, main: Callable[[Sequence[str]], int], words: list[str]) -> Outcome:
    """One setting, in a forked process that is ended after ``PATIENCE`` seconds."""
    folder = Path(tempfile.mkdtemp(prefix="sweep-"))
    words = [*words, "--quick"]
    began = time.monotonic()
    process = multiprocessing.get_context("fork").Process(
        target=_child, args=(main, [*words, "--outdir", str(folder / "out")], folder, _loaded(script))
    )
    process.start()
    process.join(PATIENCE)
    late = process.is_alive()
    if late:
        process.kill()
        process.join()
    told = (folder / "stderr").read_text() if (folder / "stderr").is_file() else ""
    claims = (folder / "stdout").read_text() if (folder / "stdout").is_file() else ""
    code = process.exitcode
    verdict = "no end" if late else judged(code, told, folder / "out", Path(script).stem)
    shutil.rmtree(folder)
    end = "\n  ".join([line for line in claims.splitlines() if line.endswith("FAILS")] or [told.strip()[-300:]])
    return Outcome(verdict, shlex.join([script, *words]), end, time.monotonic() - began)


def judged(code: int | None, told: str, out: Path, stem: str) -> str:
    """The verdict on a run from its exit code, its stderr and its folder."""
    lines = [line for line in told.splitlines() if line.strip() and "\r" not in line]
    if code == 2 and len(lines) == 1:
        return "refused"
    if code != 0:
        return {1: "a claim fails", 99: "traceback"}.get(code or 0, f"exit code {code}")
    if any("Warning" in line for line in lines):
        return "a warning"
    record = json.loads((out / f"{stem}.json").read_text())
    missing = [
        entry["file"]
        for entry in record["figures"].values()
        if entry.get("file") and not (out / entry["file"]).is_file()
    ]
    return f"missing {missing}" if missing or not record["figures"] else "passed"


def sweep(
    script: str, count: int, number: int, until: float = float("inf"), data: Path | None = None
) -> Iterator[Outcome]:
    """Outcomes of settings of a script.

    Args:
        script: as ``theorem8/main.py``.
        count: of the settings.
        number: seed.
        until: reading of ``time.monotonic()`` after which no setting is begun.
        data: a folder with ``odd_data``; then settings are of own data only, each file in turn.

    Yields:
        what became of each.
    """
    config, main = entry(script)
    if data is None:
        lines = drawn(config, count, number)
    elif any(f.name == "data" for f in fields(config)):
        files = sorted(write_odd_data(data).values())
        lines = [
            drawn(config, i // len(files) + 1, number, beside_data(script, config, files[i % len(files)]))[-1]
            for i in range(count)
        ]
    else:
        return
    for words in lines:
        if time.monotonic() > until:
            return
        yield try_one(script, main, words)


def run(argv: Sequence[str] | None = None) -> int:
    """The command; the exit code: 0 nothing was found, 1 something was."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.sweep", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scripts", nargs="*", help="such as theorem8/main.py; all by default")
    parser.add_argument("--seed", type=int, default=0, help="other settings (default 0)")
    parser.add_argument("--count", type=int, default=500, help="settings a script at most (default 500)")
    parser.add_argument("--minutes", type=float, default=15.0, help="for all of it (default 15)")
    parser.add_argument(
        "--own-data", metavar="DIR", help="settings with --data only, of odd data that is written to DIR"
    )
    options = parser.parse_args(argv)
    data = Path(options.own_data) if options.own_data else None
    chosen = options.scripts or scripts()
    found = 0
    for i, script in enumerate(chosen):
        share = (60 * options.minutes) / len(chosen)
        tally: Counter[str] = Counter()
        for outcome in sweep(script, options.count, options.seed + i, time.monotonic() + share, data):
            tally[outcome.verdict] += 1
            if not outcome.well:
                found += 1
                print(
                    f"{outcome.verdict} ({outcome.seconds:.0f} s): python {outcome.command}\n  {outcome.told}",
                    flush=True,
                )
        print(f"{script}: " + ", ".join(f"{count} {verdict}" for verdict, count in tally.most_common()), flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run())
