"""Options from a frozen dataclass: each default and each range is written once, ``Config -> argparse -> Config``.

Only the standard library is imported here, so that ``--help`` answers before torch is loaded.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from valleys.run.errors import InputError
from valleys.run.limits import told
from valleys.run.ranges import Range, written_out

#: Options that say what to run, where to put it and how it looks, and so are no part of the compared config.
UNCOMPARED = (
    "all", "only", "quick", "outdir", "device", "format", "dpi", "csv", "style", "redraw", "missing", "force",
    "executor",
)  # fmt: skip
#: Dots an inch of a record's own pictures.
DPI = 300

C = TypeVar("C", bound="Common")
Check = Callable[[Any], bool]


def option(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    among: tuple[str, ...] = (),
    file: str = "",
    tried: tuple[Any, ...] = (),
    allowed: str = "",
    check: Check | None = None,
    needs: str = "",
    unless: str = "",
    quick: Any = MISSING,
    short: str | None = None,
    metavar: str | None = None,
    many: bool = False,
    type: Callable[[str], Any] | None = None,
    compared: bool = True,
) -> Any:
    """A field of a Config.

    Args:
        default: the default; a bool makes ``--name/--no-name``, a tuple a list of values.
        help: one line for ``--help``.
        least: smallest value; this and the five that follow make the range, its words and its check.
        most: largest value.
        above: every value is larger.
        below: every value is smaller.
        among: the names to choose from.
        file: ending of a file that may stand for a name.
        tried: smallest and largest value that tests draw (names: all of them), where the range is wider than is quick.
        allowed: what is allowed, for the error line, where no range says it.
        check: whether a value (each value of a list) is allowed, where no range says it.
        needs: field that this option acts with alone, as ``data``; given without it, the option is refused.
        unless: field that makes this option idle; given together with it, the option is refused.
        quick: the value with ``--quick``, unless the option is given.
        short: a second name of the option.
        metavar: its placeholder in ``--help``.
        many: whether it takes several values although the default is None.
        type: how a word is read; by default the type of the default.
        compared: whether it is a part of the compared config.

    Returns:
        a dataclass field.
    """
    limits = (least, most, above, below)
    sample = default[0] if isinstance(default, tuple) and default else default
    range = (
        Range(type is int or isinstance(sample, int), *limits, among, file) if among or limits != (None,) * 4 else None
    )
    data = {
        "help": help, "range": range, "tried": tried, "allowed": allowed or str(range or ""),
        "check": check or (range.__contains__ if range else None), "needs": needs, "unless": unless, "quick": quick,
        "short": short, "metavar": metavar, "many": many or isinstance(default, tuple), "type": type, "compared": compared,
    }  # fmt: skip
    return field(default=default, metadata=data)


@dataclass(frozen=True)
class Common:
    """Options that every entry script takes."""

    seed: int = option(0, "seed of every random draw", least=0, tried=(0, 999))
    quick: bool = option(False, "small sizes, seconds; every picture of --all")
    all: bool = option(False, "every picture, not only the default ones")
    only: tuple[str, ...] = option((), "only these pictures (names without ending)", metavar="NAME")
    outdir: str | None = option(None, "folder for pictures and record", type=str, metavar="DIR", allowed="a folder")
    redraw: bool = option(False, "draw again from the record, compute nothing")
    missing: bool = option(
        False, "leave out what is there already; compute what the code's numbers changed, draw the rest"
    )
    force: bool = option(False, "begin a new record, whatever lies in the folder")
    format: tuple[str, ...] = option(
        ("png",), "files to write beside the record's PNG, as svg,pdf", among=("png", "pdf", "svg")
    )
    dpi: int = option(DPI, "write the pictures in this resolution too", least=20, most=2400)
    style: str = option(
        "paper", "write the pictures in this style too (slides: large type, 16:9)", among=("paper", "slides")
    )
    csv: bool = option(False, "write the curves of each picture as .csv")

    def compared(self) -> dict[str, Any]:
        """The options that make two runs the same run."""
        chosen = [f.name for f in fields(self) if f.name not in UNCOMPARED and f.metadata.get("compared", True)]
        return {name: getattr(self, name) for name in chosen}

    def check(self) -> None:
        """What no single option can see; ``parse`` calls it. A Config with such rules overrides it, and raises InputError."""


class OneLine(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without the usage of thirty options above it."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(2, f"error: {message}; --help lists what is allowed\n")


def flag(name: str) -> str:
    """The option of a field: ``path_points`` is ``--path-points``."""
    return "--" + name.replace("_", "-")


def parser_for(config: type[Common], prog: str, description: str) -> argparse.ArgumentParser:
    """An argparse parser with one option a field; options work with hyphens and with underscores."""
    layout, own = argparse.RawDescriptionHelpFormatter, {f.name for f in fields(config)} & {"data", "start"}
    parser = OneLine(
        prog=prog, description=description, epilog=told() if own else None, formatter_class=layout, allow_abbrev=False
    )
    for f in fields(config):
        data, default = f.metadata, f.default
        names = [flag(f.name)]
        names += ["--" + f.name] if "_" in f.name else []
        names += [data["short"]] if data["short"] else []
        allowed = f"; {data['range']}" if data["range"] else ""
        shown = "" if default in {None, False, ()} else f" (default {_words(default)})"
        text = (data["help"] + allowed + shown).replace("%", "%%")
        if isinstance(default, bool):
            action = argparse.BooleanOptionalAction if default else "store_true"
            parser.add_argument(*names, dest=f.name, action=action, default=None, help=text)
            continue
        parser.add_argument(
            *names, dest=f.name, default=None, help=text, metavar=data["metavar"] or f.name.upper(),
            nargs="+" if data["many"] else None,
        )  # fmt: skip
    return parser


def _words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _reader(f: Any) -> Any:
    if f.metadata["type"]:
        return f.metadata["type"]
    sample = f.default[0] if isinstance(f.default, tuple) and f.default else f.default
    return str if sample is None or sample == () else type(sample)


def parse(config: type[C], argv: Sequence[str] | None, prog: str, description: str) -> C:
    """Read options into ``config``; explicit options beat ``--quick``.

    Args:
        config: the dataclass.
        argv: the words; None takes the command line.
        prog: how the command is called.
        description: the text at the head of ``--help``.

    Returns:
        the checked config; an InputError names a value that cannot be read, is not allowed, or would be ignored.
    """
    given = {k: v for k, v in vars(parser_for(config, prog, description).parse_args(argv)).items() if v is not None}
    values: dict[str, Any] = {}
    for f in fields(config):
        if f.name in given:
            values[f.name] = given[f.name] if isinstance(given[f.name], bool) else _value(f, given[f.name])
        elif given.get("quick") and f.metadata["quick"] is not MISSING:
            values[f.name] = f.metadata["quick"]
        if f.name in values:
            _check(flag(f.name), values[f.name], f.metadata)
    _check_company(config, values, set(given))
    options = replace(config(), **values)
    options.check()
    return options


def _value(f: Any, words: Any) -> Any:
    """The words of one option, read."""
    if not f.metadata["many"]:
        return _read(_reader(f), flag(f.name), words, f.metadata["allowed"])
    if f.name == "format":  # png,svg is one word, and as good as two
        words = [part for word in words for part in word.split(",")]
    reader = _reader(f)
    if reader is int:
        words = written_out(words, f.metadata["range"])
    return tuple(_read(reader, flag(f.name), word, f.metadata["allowed"]) for word in words)


def _read(reader: Callable[[str], Any], name: str, word: str, allowed: str) -> Any:
    if not word.strip():
        raise InputError(name, repr(word), allowed or "a value that is not empty")
    try:
        return reader(word)
    except InputError:
        raise
    except ValueError:
        raise InputError(name, word, allowed or f"a value of type {reader.__name__}") from None


def _check(name: str, value: Any, data: Any) -> None:
    if data["check"] is None or value is None:
        return
    for item in value if isinstance(value, tuple) else (value,):
        if not data["check"](item):
            raise InputError(name, item, data["allowed"])


def _check_company(config: type[Common], values: dict[str, Any], given: set[str]) -> None:
    """Refuse options that would be ignored.

    Raises:
        InputError: names one that lacks the option that it needs, or stands beside one that makes it idle.
    """
    placeholder = {f.name: f" {f.metadata['metavar']}" if f.metadata["metavar"] else "" for f in fields(config)}
    for f in fields(config):
        if f.name not in given:
            continue
        needs, unless = f.metadata["needs"], f.metadata["unless"]
        if needs and needs not in given:
            allowed = f"only together with {flag(needs)}{placeholder[needs]}"
        elif unless and unless in given:
            allowed = f"only without {flag(unless)}, which makes it idle"
        else:
            continue
        raise InputError(flag(f.name), _words(values[f.name]), allowed)


def writable(folder: str | Path, argument: str = "--outdir") -> Path:
    """The folder, made if need be.

    Raises:
        InputError: if it cannot be made or written.
    """
    path = Path(folder)
    probe = path / ".writable.partial"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(argument, folder, f"a folder that can be written ({error.strerror})") from None
    return path
