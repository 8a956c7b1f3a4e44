"""What every entry script does: options, pictures one by one, record, table of claims, exit code.

A script is a list of ``Picture``. Computing and drawing are two steps; ``--redraw`` repeats the second alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from valleys.cli import Common, parse, writable
from valleys.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from valleys.certificate import Claim
    from valleys.record import Record

C = TypeVar("C", bound=Common)


@dataclass
class Part:
    """What one picture adds to the record.

    Attributes:
        values: numbers for ``record.values``, by top-level key.
        arrays: what the picture is drawn from.
        claims: checked by a judge.
        caption: one or two sentences below the picture in the gallery, made from the values.
        partial: whether the computation was cut short (Ctrl-C); the picture says so.
    """

    values: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    caption: str = ""
    partial: bool = False


@dataclass(frozen=True)
class Picture(Generic[C]):
    """One picture of a script.

    Attributes:
        stem: its file name without ending.
        compute: config -> Part; imports what is heavy by itself.
        draw: Part -> Figure; reads ``values`` and ``arrays`` alone, so that it works from a record too.
        default: whether it is made without ``--all``.
    """

    stem: str
    compute: Callable[[C], Part]
    draw: Callable[[Part], Figure]
    default: bool = True


def select(pictures: Sequence[Picture[C]], config: C) -> list[Picture[C]]:
    """The pictures that the options ask for, in their order.

    Raises:
        InputError: for an unknown name.
    """
    known = [picture.stem for picture in pictures]
    for name in config.only:
        if name not in known:
            raise InputError("--only", name, "one of: " + ", ".join(known))
    if config.only:
        return [picture for picture in pictures if picture.stem in config.only]
    return [picture for picture in pictures if picture.default or config.all or config.quick]


def folder_for(config: Common, default: Path) -> Path:
    """``--outdir``; else ``default`` for the default config, and ``default/runs/<options>`` for any other."""
    if config.outdir is not None:
        return Path(config.outdir)
    standard, mine = type(config)().compared(), config.compared()
    changed = [f"{key}={_short(mine[key])}" for key in mine if mine[key] != standard[key]]
    name = "_".join((["quick"] if config.quick else []) + changed)
    return default / "runs" / name[:100] if name else default


def _short(value: Any) -> str:
    text = "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return "".join(c if c.isalnum() or c in "+-.," else "-" for c in Path(text).name)


def make(
    pictures: Sequence[Picture[C]], config: C, script: str, default: Path, versions: dict[str, str]
) -> tuple[Record, bool]:
    """Compute and draw the selected pictures; each is written, with the record, as soon as it is ready.

    Args:
        pictures: all pictures of the script.
        config: the options.
        script: name of the record.
        default: folder of the default configuration.
        versions: of the packages and of the code; a record made with others is begun anew.

    Returns:
        the record as written, and whether no picture was cut short.

    Raises:
        InputError: for a folder that cannot be written, or nothing to redraw.
    """
    from valleys.figure import save
    from valleys.record import Record, plain, read_record

    chosen = select(pictures, config)
    folder = writable(folder_for(config, default))
    compared = plain(config.compared())
    record = read_record(folder, script)
    if config.redraw:
        if record is None:
            raise InputError("--redraw", folder, f"a folder with {script}.json of an earlier run")
        chosen = [picture for picture in chosen if picture.stem in record.figures]
    elif record is None or record.config != compared or record.versions != versions:
        record = Record(script, compared, config.seed, versions)
    if config.missing:
        chosen = [picture for picture in chosen if not _stands(record, picture.stem, folder, config.format)]
    for picture in chosen:
        began = time.perf_counter()
        if config.redraw:
            part = stored_part(record, picture.stem)
        else:
            part = picture.compute(config)
            merge(record, picture.stem, part)
        file = f"{picture.stem}.{config.format}"
        record.figures[picture.stem] = {"file": file, "caption": part.caption, "partial": part.partial}
        save(
            picture.draw(part), folder / file, {"script": script, "config": record.config, "versions": record.versions}
        )
        order = [p.stem for p in pictures]
        record.claims.sort(key=lambda claim: order.index(claim["figure"]))
        record.write(folder)
        print(f"{_shown(folder / file)}  ({time.perf_counter() - began:.1f} s)", flush=True)
        if part.partial:
            return record, False
    return record, True


def _stands(record: Record, stem: str, folder: Path, format: str) -> bool:
    """Whether a picture is in the record, whole, with its file."""
    file = f"{stem}.{format}"
    whole = {"file": file, "partial": False}
    return whole.items() <= record.figures.get(stem, {}).items() and (folder / file).is_file()


def merge(record: Record, stem: str, part: Part) -> None:
    """Replace the picture's own claims, values and arrays in the record; leave the rest."""
    from valleys.record import plain

    record.values.update(plain(part.values))
    record.claims = [claim for claim in record.claims if claim["figure"] != stem]
    record.claims += [{**plain(claim.as_dict()), "figure": stem} for claim in part.claims]
    record.arrays = {key: value for key, value in record.arrays.items() if not key.startswith(stem + "/")}
    record.arrays |= {f"{stem}/{key}": value for key, value in part.arrays.items()}


def stored_part(record: Record, stem: str) -> Part:
    """The picture's part as the record holds it (without claims, which only computing makes)."""
    arrays = {key.partition("/")[2]: value for key, value in record.arrays.items() if key.startswith(stem + "/")}
    entry = record.figures[stem]
    return Part(record.values, arrays, [], entry["caption"], entry["partial"])


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def table(claims: Sequence[dict[str, Any]]) -> str:
    """The closing table: claim, measured, bound, kind, verdict."""
    if not claims:
        return "no claims"
    rows = [("claim", "measured", "bound", "kind", "verdict")]
    for c in claims:
        verdict = "holds" if c["holds"] else "FAILS"
        rows.append((c["id"], number(c["measured"]), number(c["bound"]), c["kind"], verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def number(value: float | None) -> str:
    """A number of a claim as text; None is what a record holds for NaN.

    >>> number(2.25), number(1.5e-16), number(0), number(None)
    ('2.25', '1.500e-16', '0', 'nan')
    """
    return "nan" if value is None else f"{value:.10g}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.3e}"


def run(
    config: type[C],
    pictures: Callable[[C], Sequence[Picture[C]]],
    script: str,
    default: Path,
    description: str,
    argv: Sequence[str] | None = None,
) -> int:
    """Run an entry script: parse, make the pictures, print the table of claims.

    Args:
        config: dataclass of the options.
        pictures: config -> all pictures of the script (for these options), a function of the entry script, whose
            code the record is then known by; may raise InputError.
        script: name of the record, as ``main``.
        default: folder of the default configuration.
        description: the theorem, for ``--help``.
        argv: the words; None takes the command line.

    Returns:
        the exit code: 0 all claims hold, 1 one does not, 2 bad input, 130 interrupted.
    """
    return guarded(lambda: _run(config, pictures, script, default, description, argv))


def _run(
    config: type[C],
    pictures: Callable[[C], Sequence[Picture[C]]],
    script: str,
    default: Path,
    description: str,
    argv: Sequence[str] | None,
) -> int:
    options = parse(config, argv, f"{script}.py", description)
    # Before numpy and torch are loaded. Small matrices: a second thread inside an operation costs more than it gives,
    # and a hundred times that on a busy machine.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from valleys.provenance import fingerprint
    from valleys.record import versions

    code = fingerprint(Path(pictures.__code__.co_filename))
    record, finished = make(pictures(options), options, script, default, versions() | {"code": code})
    print()
    print(table(record.claims))
    if not finished:
        raise KeyboardInterrupt
    return 0 if all(claim["holds"] for claim in record.claims) else 1


def guarded(action: Callable[[], int]) -> int:
    """The exit code of ``action``; bad input is one line on stderr and code 2, Ctrl-C is code 130."""
    try:
        return action()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # who read the output has gone, as head does; nothing is left to be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
