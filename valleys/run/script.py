"""What every entry script does: options, pictures one by one, record, table of claims, exit code.

A script is a list of ``Picture``. Computing and drawing are two steps; ``--redraw`` repeats the second alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from valleys.run.claims import table
from valleys.run.errors import InputError
from valleys.run.options import Common, parse, writable
from valleys.run.pictures import Picture, folder_for, merge, select, stands, stored_part

if TYPE_CHECKING:
    from valleys.run.record import Record

C = TypeVar("C", bound=Common)


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
    from valleys.run.figure import save
    from valleys.run.record import Record, plain, read_record

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
        chosen = [picture for picture in chosen if not stands(record, picture.stem, folder, config.format)]
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


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


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
    from valleys.run.provenance import fingerprint
    from valleys.run.record import versions

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
