"""One setting of the sweep: the script in a forked process, and what became of it.

The processes share what is costly and the same for all: imported modules, the code's fingerprint. Pictures are built for
every setting, laid out for every ``LAID``th, where matplotlib warns, and written for every ``INKED``th; for these alone are
pictures made that no option changes.
"""

from __future__ import annotations

import importlib
import json
import math
import multiprocessing
import os
import resource
import shlex
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from matplotlib import pyplot
from matplotlib.figure import Figure

from theorem13.th13sharper import WIDEST_SHARPER, relu_ball
from valleys.judge import exact
from valleys.run import animation_figure, provenance, savefigure, shards
from valleys.run.options import parse
from valleys.run.provenance import Fingerprints
from valleys.run.threads import one_thread

ROOT = Path(__file__).resolve().parents[1]
#: A ``--quick`` run that computes for longer, in seconds, is a finding, however well it might end; so is one that hangs.
PATIENCE = int(os.environ.get("SWEEP_PATIENCE", "75"))
HANGS = 10 * PATIENCE
#: Every so many settings, pictures are written, or laid out; and their dots an inch.
INKED, LAID, COARSE = 10, 3, 40
#: Pictures that few options change, or none: left out where none of these is given and no ink is.
UNCHANGED: dict[str, dict[str, tuple[str, ...]]] = {
    "theorem13/spurious_minima.py": {"proved_minima": (), "escape": ()},
    "theorem13/theorem_13.py": {"activations": ("--margin",), "barrier_sandwich": ("--alpha", "--beta", "--margin")},
    "weight_decay/main.py": {"whole_landscape": (), "merge_tree": ()},
}
#: Numbers that scripts compute once for all settings, and so the sweep for all its processes.
WARM: dict[str, Callable[[], object]] = {
    "theorem13/theorem_13.py": lambda: [relu_ball(p) for p in range(2, WIDEST_SHARPER + 1)]
}


@dataclass(frozen=True)
class Outcome:
    """What became of one setting.

    Attributes:
        verdict: ``passed``, ``refused``, or what was found.
        command: the words after ``python``.
        told: the claims that fail, or the end of what the script wrote to stderr.
        seconds: it computed.
    """

    verdict: str
    command: str
    told: str
    seconds: float

    @property
    def well(self) -> bool:
        """Nothing to mend."""
        return self.verdict in {"passed", "refused"}


class Here(Executor):
    """Does at once what is submitted: the exact judges without processes, each of which would load torch again."""

    def __init__(self, *told: Any, **named: Any) -> None:
        """Whatever a pool of processes is told."""

    def submit(self, action: Callable[..., Any], /, *told: Any, **named: Any) -> Future[Any]:
        """The result, as a future that is done."""
        done: Future[Any] = Future()
        done.set_result(action(*told, **named))
        return done


def dotted(file: Path) -> str:
    """The name of the module in a file."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


@cache
def loaded(script: str) -> Fingerprints:
    """The fingerprints of a script, after all that it imports late is loaded: once for all its settings."""
    for file in sorted(provenance.reached(ROOT / script)):
        importlib.import_module(dotted(file))
    importlib.import_module("torch._dynamo")  # by torch.optim, when the first optimiser is made
    one_thread()
    torch.set_num_threads(1)
    WARM.get(script, list)()
    return provenance.fingerprints(ROOT / script)


def lay_out(figure: Figure, files: Sequence[Path], *told: object) -> None:
    """In the place of ``savefigure.save``: the figure's layout without its ink; the files are empty."""
    savefigure.keep_empty_out(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    let_go(figure, files)


def let_go(figure: Figure, files: Sequence[Path], *told: object) -> None:
    """In the place of ``savefigure.save``: the files are empty."""
    pyplot.close(figure)
    for file in files:
        file.touch()


#: What stands for ``savefigure.save``, by how far a setting's pictures are taken.
SAVES: dict[str, Callable[..., None]] = {"inked": savefigure.save, "laid out": lay_out, "built": let_go}


def taken(number: int) -> str:
    """How far the pictures of a setting are taken, by its number."""
    return "inked" if number % INKED == 0 else "laid out" if number % LAID == 0 else "built"


def _child(main: Callable[[Sequence[str]], int], words: list[str], out: Path, known: Fingerprints, far: str) -> None:
    """Run the script here, in a process of its own; warnings are what a user would see on stderr."""
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
    warnings.simplefilter("always")
    replaced: list[tuple[Any, str, Any]] = [
        (provenance, "fingerprints", lambda entry: known), (shards, "fingerprints", lambda entry: known),
        (shards, "LONG", math.inf), (exact, "ProcessPoolExecutor", Here),
        (savefigure, "DPI", COARSE), (animation_figure, "DPI", COARSE), (savefigure, "save", SAVES[far]),
    ]  # fmt: skip
    for module, name, other in replaced:
        setattr(module, name, other)
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


def try_one(script: str, main: Callable[[Sequence[str]], int], words: list[str], far: str = "inked") -> Outcome:
    """One setting, in a forked process that is ended after ``PATIENCE`` seconds of computing.

    Args:
        script: as ``theorem8/main.py``.
        main: its function.
        words: its options; ``--quick`` is added.
        far: how far its pictures are taken, of ``SAVES``; those that no option changes are made with ink alone.

    Returns:
        what became of it.
    """
    folder = Path(tempfile.mkdtemp(prefix="sweep-"))
    words = [*words, "--quick"]
    some = [] if far == "inked" else chosen(script, words)
    began = _computed()
    process = multiprocessing.get_context("fork").Process(
        target=_child, args=(main, [*words, *some, "--outdir", str(folder / "out")], folder, loaded(script), far)
    )
    process.start()
    process.join(HANGS)
    if process.is_alive():
        process.kill()
        process.join()
    seconds = _computed() - began
    late = process.exitcode is not None and process.exitcode < 0 and seconds > 0.9 * PATIENCE
    told = (folder / "stderr").read_bytes().decode() if (folder / "stderr").is_file() else ""
    claims = (folder / "stdout").read_text() if (folder / "stdout").is_file() else ""
    verdict = "no end" if late else judged(process.exitcode, told, folder / "out", Path(script).stem)
    shutil.rmtree(folder)
    end = "\n  ".join([line for line in claims.splitlines() if line.endswith("FAILS")] or [told.strip()[-300:]])
    return Outcome(verdict, shlex.join([script, *words]), end, seconds)


def chosen(script: str, words: list[str]) -> list[str]:
    """``--only`` the pictures that these options change; nothing where they are all of them, or where data is given."""
    same = {name for name, changed_by in UNCHANGED.get(script, {}).items() if not {*changed_by} & {*words}}
    if not same or "--data" in words:
        return []
    module = importlib.import_module(dotted(ROOT / script))
    made = module.pictures(parse(module.Config, words, script, ""))
    return ["--only", *(picture.stem for picture in made if picture.stem not in same)]


def _computed() -> float:
    """Seconds that ended children have computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judged(code: int | None, told: str, out: Path, stem: str) -> str:
    """The verdict on a run from its exit code, its stderr and its folder."""
    lines = [line for line in (row.rpartition("\r")[2] for row in told.split("\n")) if line.strip()]
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
