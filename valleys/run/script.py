"""What every entry script does: options, pictures one by one, record, table of claims, exit code.

A script is a list of ``Picture``. Computing and drawing are two steps; ``--redraw`` repeats the second alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from valleys.run.claims import table
from valleys.run.errors import InputError, UnavailableError
from valleys.run.executors import close_all
from valleys.run.lock import alone
from valleys.run.options import Common, parse, writable
from valleys.run.pictures import Part, Picture, computed, files_of, folder_for, merge, select, stands, stored_part
from valleys.run.threads import one_thread

if TYPE_CHECKING:
    from valleys.run.animation import Watched
    from valleys.run.record import Record

C = TypeVar("C", bound=Common)


class Making(Generic[C]):
    """One run of a script: its record, and the steps that change it."""

    def __init__(
        self, config: C, script: str, folder: Path, record: Record, drawing: str, order: list[str], current: bool
    ) -> None:
        self.config, self.script, self.folder = config, script, folder
        self.record, self.drawing, self.order = record, drawing, order
        self.current = current

    def make(self, picture: Picture[C]) -> BaseException | None:
        """Compute and draw one picture, or only draw it; write it and the record. Returns what cut it short.

        Raises:
            UnavailableError: if it cannot be made at this setting; the record says so.
        """
        from valleys.run.savefigure import save

        stem, record, config = picture.stem, self.record, self.config
        stored = config.redraw or (
            config.missing and computed(record, stem) and record.figures[stem]["file"] is not None
        )
        began = time.perf_counter()
        if not stored:
            merge(record, stem, Part())
        try:
            part = stored_part(record, stem) if stored else picture.compute(config)
            if not stored:
                merge(record, stem, part)
            provenance = {"script": self.script, "config": record.config, "versions": record.versions}
            files = [self.folder / file for file in files_of(stem, config)]
            figure = self.draw(picture, part) if stored else picture.draw(part)
            save(figure, files, provenance | {"drawing": self.drawing}, config.dpi)
        except UnavailableError as error:
            self.leave_out(stem, error)
            raise
        self.enter(stem, {"file": files[0].name, "caption": part.caption, "partial": part.partial}, arrays=not stored)
        for file in files:
            print(f"{_shown(file)}  ({time.perf_counter() - began:.1f} s)", flush=True)
        for shards in part.shards if not part.partial else ():
            shards.remove()
        cut = [shards.cut for shards in part.shards if shards.cut is not None]
        return cut[0] if cut else KeyboardInterrupt() if part.partial else None

    def draw(self, picture: Picture[C], part: Part) -> Any:
        """The figure from stored numbers.

        Raises:
            InputError: where other code computed them, and they are not what today's drawing needs.
        """
        if self.current:
            return picture.draw(part)
        try:
            return picture.draw(part)
        except (LookupError, TypeError):
            allowed = "numbers that today's code has computed: leave --redraw out"
            raise InputError("--redraw", self.folder / f"{self.script}.json", allowed) from None

    def leave_out(self, stem: str, error: UnavailableError) -> None:
        """Say in the record and on the terminal why there is no picture; one of another code's making is taken away."""
        for ending in ("png", "svg"):
            (self.folder / f"{stem}.{ending}").unlink(missing_ok=True)
        self.enter(stem, {"file": None, "caption": f"Left out: {error}", "partial": False}, arrays=True)
        print(f"left out: {stem}: {error}", flush=True)

    def enter(self, stem: str, entry: dict[str, Any], arrays: bool) -> None:
        """Put a picture into the record and write it."""
        self.record.figures[stem] = {**entry, "drawing": self.drawing}
        self.record.claims.sort(key=lambda claim: self.order.index(claim["figure"]))
        self.record.write(self.folder, arrays)


def make(
    pictures: Sequence[Picture[C]], config: C, script: str, default: Path, versions: dict[str, str], drawing: str
) -> tuple[Record, BaseException | None]:
    """Compute and draw the selected pictures; each is written, with the record, as soon as it is ready.

    Args:
        pictures: all pictures of the script.
        config: the options.
        script: name of the record.
        default: folder of the default configuration.
        versions: of the packages and of the code that computes; a record made with others is begun anew.
        drawing: fingerprint of the code that draws; pictures made with another are stale, their numbers are not.

    Returns:
        the record as written, and what cut a picture short: Ctrl-C, or the error that names its failed shards.

    Raises:
        InputError: for a folder that cannot be written, nothing to redraw, or if no picture can be made.
    """
    from valleys.run.record import Record, plain, read_record, sweep_up

    chosen = select(pictures, config)
    folder = writable(folder_for(config, default))
    compared = plain(config.compared())
    with alone(folder, script):
        sweep_up(folder, [script, *(picture.stem for picture in pictures)])
        record = None if config.force and not config.redraw else read_record(folder, script)
        if config.redraw:
            if record is None:
                raise InputError("--redraw", folder, f"a folder with {script}.json of an earlier run")
            chosen = [picture for picture in chosen if record.figures.get(picture.stem, {"file": None})["file"]]
        elif record is None or not record.current(compared, versions):
            record = Record(script, compared, config.seed, versions)
        if config.missing:
            chosen = [p for p in chosen if not stands(record, p.stem, folder, drawing, config)]
        current = record.current(compared, versions)
        if not current:
            print(
                "drawn from numbers of other options, code or versions; without --redraw they are computed anew",
                flush=True,
            )
        record.versions = record.versions | {"matplotlib": versions["matplotlib"]}
        making = Making(config, script, folder, record, drawing, [picture.stem for picture in pictures], current)
        absent: list[UnavailableError] = []
        failed: BaseException | None = None
        for picture in chosen:
            try:
                cut = making.make(picture)
            except UnavailableError as error:
                absent.append(error)
            else:
                failed = failed or cut
                if isinstance(cut, KeyboardInterrupt):
                    break
        if absent and len(absent) == len(chosen) and not record.claims:
            raise absent[-1]
    return record, failed


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
    watched: Callable[[C], Watched | None] = lambda _: None,
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
        watched: config -> the path that ``units.gif`` shows, if these options ask for one.

    Returns:
        the exit code: 0 all claims hold, 1 one does not, 2 bad input, 130 interrupted.
    """
    try:
        return guarded(lambda: _run(config, pictures, script, default, description, argv, watched))
    finally:
        close_all()


def _run(
    config: type[C],
    pictures: Callable[[C], Sequence[Picture[C]]],
    script: str,
    default: Path,
    description: str,
    argv: Sequence[str] | None,
    watched: Callable[[C], Watched | None],
) -> int:
    options = parse(config, argv, f"{script}.py", description)
    from valleys.run.provenance import fingerprints, given_data
    from valleys.run.record import versions

    code, data = fingerprints(Path(pictures.__code__.co_filename)), given_data(options.compared())
    known = versions() | {"code": code.computing} | ({"data": data} if data else {})
    record, cut = make(pictures(options), options, script, default, known, code.drawing)
    print()
    print(table(record.claims))
    if cut is not None:
        raise cut
    if (path := watched(options)) is not None:
        animate(path, folder_for(options, default) / "units.gif")
    return 0 if all(claim["holds"] for claim in record.claims) else 1


def animate(path: Watched, file: Path) -> None:
    """Write the animation of a path and name it."""
    from valleys.run.animation_figure import write_gif

    write_gif(path, file)
    print(_shown(file))


def guarded(action: Callable[[], int]) -> int:
    """The exit code of ``action``; bad input and an output that is full are one line on stderr and code 2, Ctrl-C is code 130.

    Raises:
        OSError: of a file that no one has named an argument for.
    """
    one_thread()
    try:
        code = action()
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is not None:  # a file's, and no output's
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to be flushed
        if isinstance(error, BrokenPipeError):  # who read the output has gone, as head does
            return 1
        print(f"error: standard output: got {error.strerror}; allowed: a place that can be written", file=sys.stderr)
        return 2
