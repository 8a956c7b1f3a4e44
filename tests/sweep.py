"""Every entry script at random valid options: ``python -m tests.sweep`` (``make sweep``), part of it in the tests.

A setting passes if the script ends with exit code 0 (so every claim holds), says nothing on stderr, and leaves a record with
its pictures. One that several options forbid together is refused in one line with exit code 2; refusals are counted apart.
Anything else is a finding: the command is printed, so that it can be run again.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests import sweep_tally
from tests.draws import option_words
from tests.odd_data import write_odd_data
from tests.sweep_setting import ROOT, Outcome, dotted, loaded, taken, try_one
from valleys.page.statement import statements
from valleys.run.errors import InputError
from valleys.run.options import Common, parse


def scripts() -> list[str]:
    """Every entry script that has claims, as ``theorem8/main.py``."""
    return [f"{section.folder}/{name}" for section in statements(ROOT) for name in section.scripts]


def entry(script: str) -> tuple[type[Common], Callable[[Sequence[str]], int]]:
    """The options of a script and its ``main``."""
    module = importlib.import_module(dotted(ROOT / script))
    return module.Config, module.main


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


def allowed(script: str) -> Callable[[list[str]], bool]:
    """Whether a script takes the words of a command line, before it computes: of them together, no range tells."""
    module = importlib.import_module(dotted(ROOT / script))

    def takes(words: list[str]) -> bool:
        try:
            module.pictures(parse(module.Config, [*words, "--quick"], script, ""))
        except InputError:
            return False
        return True

    return takes


def drawn(
    config: type[Common],
    count: int,
    number: int,
    lines: st.SearchStrategy[list[str]] | None = None,
    takes: Callable[[list[str]], bool] = lambda words: True,
) -> list[list[str]]:
    """``count`` command lines of valid options or a little fewer, no two alike, the same for the same ``number``.

    Args:
        config: declares the options.
        count: of the lines.
        number: seed.
        lines: what is drawn from; by default any options but those for own data.
        takes: whether words will do; none else are kept.

    Returns:
        the words of each.
    """
    found: list[list[str]] = []

    @seed(number)
    @settings(
        max_examples=2 * count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given((option_words(config) if lines is None else lines).filter(takes))
    def collect(words: list[str]) -> None:
        if words not in found:
            found.append(words)

    collect()
    return found[:count]


def sweep(
    script: str, count: int, number: int, until: float = float("inf"), data: Path | None = None, first: int = 0
) -> Iterator[Outcome]:
    """Outcomes of settings of a script.

    Args:
        script: as ``theorem8/main.py``.
        count: of the settings.
        number: seed.
        until: reading of ``time.monotonic()`` after which no setting is begun.
        data: a folder with ``odd_data``; then settings are of own data only, each file in turn.
        first: number of the first, by which its pictures are written or not.

    Yields:
        what became of each.
    """
    config, main = entry(script)
    if data is None:
        lines = drawn(config, count, number, takes=allowed(script))
    elif any(f.name == "data" for f in fields(config)):
        files = sorted(write_odd_data(data).values())
        lines = [
            drawn(config, i // len(files) + 1, number, beside_data(script, config, files[i % len(files)]))[-1]
            for i in range(count)
        ]
    else:
        return
    for i, words in enumerate(lines, first):
        if time.monotonic() > until:
            return
        yield try_one(script, main, words, taken(i))


def again() -> int:
    """Try every open finding of the tally once more, and write what became of it; the number of those still open."""
    rows = sweep_tally.read()
    with tempfile.TemporaryDirectory() as folder:
        write_odd_data(Path(folder))
        for row in rows:
            _, main = entry(row.script)
            for command in list(row.red):
                words = shlex.split(command.replace(f"{sweep_tally.DATA}/", f"{folder}/"))[1:-1]
                outcome = try_one(row.script, main, words)
                report(outcome)
                if outcome.well:
                    row.red.remove(command)
                    row.mended += 1
    sweep_tally.write(rows)
    return sum(len(row.red) for row in rows)


def report(outcome: Outcome) -> None:
    """Say what a setting came to."""
    print(f"{outcome.verdict} ({outcome.seconds:.0f} s): python {outcome.command}\n  {outcome.told}", flush=True)


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
    parser.add_argument("--tally", action="store_true", help="add what became of them to docs/sweep.json and its table")
    parser.add_argument("--again", action="store_true", help="try the open findings of docs/sweep.json, nothing else")
    options = parser.parse_args(argv)
    if options.again:
        return 1 if again() else 0
    data = Path(options.own_data) if options.own_data else None
    chosen = options.scripts or scripts()
    if unknown := sorted({*chosen} - {*scripts()}):
        print(f"error: SCRIPT: got {unknown[0]}; allowed: {', '.join(scripts())}", file=sys.stderr)
        return 2
    found = 0
    for script in chosen:
        share = (60 * options.minutes) / len(chosen)
        tally: Counter[str] = Counter()
        row = sweep_tally.Row(script, "own data" if data else "options", options.seed, loaded(script).computing)
        spent = 0.0
        for outcome in sweep(script, options.count, options.seed, time.monotonic() + share, data):
            tally[outcome.verdict] += 1
            spent += outcome.seconds
            if not outcome.well:
                found += 1
                row.red.append(outcome.command.replace(f"{data}/", f"{sweep_tally.DATA}/"))
                report(outcome)
            row.passed, row.refused = tally["passed"], tally["refused"]
            if options.tally:
                sweep_tally.add(row)
        words = ", ".join(f"{count} {verdict}" for verdict, count in tally.most_common())
        print(f"{script}: {words}; {spent / max(sum(tally.values()), 1):.1f} s each", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run())
