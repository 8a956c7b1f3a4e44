"""Options from a frozen dataclass: each default is written once, ``Config -> argparse -> Config``.

Only the standard library is imported here, so that ``--help`` answers before torch is loaded.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from valleys.run.errors import InputError

#: Options that say what to run and where to put it, and so are no part of the compared config.
UNCOMPARED = ("all", "only", "quick", "outdir", "device", "format", "redraw", "missing")

C = TypeVar("C", bound="Common")
Check = Callable[[Any], bool]


def option(
    default: Any,
    help: str,
    *,
    allowed: str = "",
    check: Check | None = None,
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
        allowed: what is allowed, for the error line.
        check: whether a value (each value of a list) is allowed.
        quick: the value with ``--quick``, unless the option is given.
        short: a second name of the option.
        metavar: its placeholder in ``--help``.
        many: whether it takes several values although the default is None.
        type: how a word is read; by default the type of the default.
        compared: whether it is a part of the compared config.

    Returns:
        a dataclass field.
    """
    data = {
        "help": help, "allowed": allowed, "check": check, "quick": quick, "short": short,
        "metavar": metavar, "many": many or isinstance(default, tuple), "type": type, "compared": compared,
    }  # fmt: skip
    return field(default=default, metadata=data)


@dataclass(frozen=True)
class Common:
    """Options that every entry script takes."""

    seed: int = option(0, "seed of every random draw", allowed="an integer >= 0", check=lambda v: v >= 0)
    quick: bool = option(False, "small sizes, seconds; every picture of --all")
    all: bool = option(False, "every picture, not only the default ones")
    only: tuple[str, ...] = option((), "only these pictures (names without ending)", metavar="NAME")
    outdir: str | None = option(None, "folder for pictures and record", type=str, metavar="DIR")
    redraw: bool = option(False, "draw again from the record, compute nothing")
    missing: bool = option(False, "leave out pictures that this config, code and versions have made already")
    format: str = option("png", "png, pdf or svg", allowed="png, pdf, svg", check=lambda v: v in {"png", "pdf", "svg"})

    def compared(self) -> dict[str, Any]:
        """The options that make two runs the same run."""
        chosen = [f.name for f in fields(self) if f.name not in UNCOMPARED and f.metadata.get("compared", True)]
        return {name: getattr(self, name) for name in chosen}


def parser_for(config: type[Common], prog: str, description: str) -> argparse.ArgumentParser:
    """An argparse parser with one option a field; options work with hyphens and with underscores."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    for f in fields(config):
        data, default = f.metadata, f.default
        names = ["--" + f.name.replace("_", "-")]
        names += ["--" + f.name] if "_" in f.name else []
        names += [data["short"]] if data["short"] else []
        shown = "" if default in {None, False, ()} else f" (default {_words(default)})"
        text = (data["help"] + shown).replace("%", "%%")
        if isinstance(default, bool):
            action = argparse.BooleanOptionalAction if default else "store_true"
            parser.add_argument(*names, dest=f.name, action=action, default=None, help=text)
            continue
        parser.add_argument(
            *names, dest=f.name, default=None, help=text, metavar=data["metavar"] or f.name.upper(),
            nargs="+" if data["many"] else None,
        )  # fmt: skip
    return parser


def _words(default: Any) -> str:
    return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)


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
        the checked config; an InputError names a value that cannot be read or is not allowed.
    """
    given = {k: v for k, v in vars(parser_for(config, prog, description).parse_args(argv)).items() if v is not None}
    values: dict[str, Any] = {}
    for f in fields(config):
        name, data = "--" + f.name.replace("_", "-"), f.metadata
        if f.name in given:
            value = given[f.name]
            if not isinstance(value, bool):
                words = value if data["many"] else [value]
                read = [_read(_reader(f), name, word, data["allowed"]) for word in words]
                value = tuple(read) if data["many"] else read[0]
            values[f.name] = value
        elif given.get("quick") and data["quick"] is not MISSING:
            values[f.name] = data["quick"]
        if f.name in values:
            _check(name, values[f.name], data)
    return replace(config(), **values)


def _read(reader: Callable[[str], Any], name: str, word: str, allowed: str) -> Any:
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
