"""The pictures of a script: what each adds to the record, which of them the options ask for, and the folder they go to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from valleys.run.errors import InputError
from valleys.run.options import DPI, Common

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from valleys.run.claims import Claim
    from valleys.run.record import Record

C = TypeVar("C", bound=Common)
#: Of a folder's name, in letters.
LONGEST = 80


class Held(Protocol):
    """Shards, as a part knows them: what cut their computation short, and how they are taken away."""

    cut: BaseException | None

    def remove(self) -> None:
        """Take the files away."""


@dataclass
class Part:
    """What one picture adds to the record.

    Attributes:
        values: numbers for ``record.values``, by top-level key.
        arrays: what the picture is drawn from.
        claims: checked by a judge.
        caption: one or two sentences below the picture in the gallery, made from the values.
        partial: whether the computation was cut short; the picture says so.
        shards: from which the part was reduced; they are kept until the record has it whole.
    """

    values: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    caption: str = ""
    partial: bool = False
    shards: Sequence[Held] = ()

    def __post_init__(self) -> None:
        """A part of some of its shards is partial."""
        self.partial |= any(shards.cut is not None for shards in self.shards)


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
    """``--outdir``; else ``default`` for the default config, and ``default/runs/<options>`` for any other.

    A name that does not tell the options in full (long ones, files, unusual signs) ends in a hash of them.
    """
    if config.outdir is not None:
        return Path(config.outdir)
    standard, mine = type(config)().compared(), config.compared()
    changed = {key: value for key, value in mine.items() if value != standard[key]}
    words = ["quick"] if config.quick else []
    full = "_".join([*words, *(f"{key}={_text(value)}" for key, value in changed.items())])
    name = "_".join([*words, *(f"{key}={_short(value)}" for key, value in changed.items())])
    if name != full or len(name) > LONGEST:
        told = json.dumps({key: _resolved(value) for key, value in changed.items()}, sort_keys=True, default=str)
        name = f"{name[:LONGEST]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    return default / "runs" / name if name else default


def _text(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _short(value: Any) -> str:
    items = value if isinstance(value, tuple) else (value,)
    return "+".join("".join(c if c.isalnum() or c in "-.," else "-" for c in Path(str(v)).name) for v in items)


def _resolved(value: Any) -> Any:
    return str(Path(value).resolve()) if isinstance(value, str) and Path(value).is_file() else value


def files_of(stem: str, config: Common) -> list[str]:
    """The files of a picture: the record's PNG, the page's SVG, and what the options add beside them."""
    look = ("" if config.style == "paper" else f"-{config.style}") + ("" if config.dpi == DPI else f"-{config.dpi}dpi")
    more = [f"{stem}{look}.{ending}" for ending in config.format] + ([f"{stem}.csv"] if config.csv else [])
    return list(dict.fromkeys([f"{stem}.png", f"{stem}.svg", *more]))


def computed(record: Record, stem: str) -> bool:
    """Whether a picture's numbers are in the record, whole (or that it cannot be made is)."""
    return stem in record.figures and not record.figures[stem]["partial"]


def stands(record: Record, stem: str, folder: Path, drawing: str, config: Common) -> bool:
    """Whether there is nothing to do: computed, drawn by today's code, its files there."""
    if not computed(record, stem) or record.figures[stem]["drawing"] != drawing:
        return False
    left_out = record.figures[stem]["file"] is None
    return left_out or all((folder / file).is_file() for file in files_of(stem, config))


def merge(record: Record, stem: str, part: Part) -> None:
    """Replace the picture's own claims, values and arrays in the record; leave the rest."""
    from valleys.run.record import plain

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
