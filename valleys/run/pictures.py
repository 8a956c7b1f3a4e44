"""The pictures of a script: what each adds to the record, which of them the options ask for, and the folder they go to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from valleys.run.errors import InputError
from valleys.run.options import Common

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from valleys.run.claims import Claim
    from valleys.run.record import Record

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


def stands(record: Record, stem: str, folder: Path, format: str) -> bool:
    """Whether a picture is in the record, whole, with its file."""
    file = f"{stem}.{format}"
    whole = {"file": file, "partial": False}
    return whole.items() <= record.figures.get(stem, {}).items() and (folder / file).is_file()


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
