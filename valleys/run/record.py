"""Records: one JSON a script (config, seed, versions, values, claims, figures), arrays in an .npz beside it.

No time, no date, no machine. Files are written beside and renamed, so they are whole or not there.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from valleys.run.claims import judged
from valleys.run.errors import InputError
from valleys.run.version import __version__

KEYS = ("script", "config", "seed", "versions", "values", "claims", "figures")
CLAIM = frozenset({"id", "source", "statement", "measured", "relation", "bound", "slack", "holds", "kind", "figure"})
FIGURE = frozenset({"file", "caption", "partial", "drawing"})


@dataclass
class Record:
    """What one run of a script found.

    Attributes:
        script: name of the script, without ending.
        config: the compared options.
        seed: the seed.
        versions: of the project, of Python and of the packages that numbers depend on.
        values: the numbers, by name.
        claims: as dictionaries of ``Claim``, each with the ``figure`` it belongs to.
        figures: for each picture ``file`` (its PNG; None where it was left out, and the caption says why), ``caption``,
            ``partial`` and ``drawing``, the fingerprint of the code that drew it.
        arrays: what pictures are drawn from, by ``figure/name``; kept in the .npz.
    """

    script: str
    config: dict[str, Any]
    seed: int
    versions: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def current(self, config: dict[str, Any], versions: dict[str, str]) -> bool:
        """Whether today's code, packages and options would compute the same numbers (matplotlib only draws)."""
        ours, theirs = ({k: v for k, v in told.items() if k != "matplotlib"} for told in (self.versions, versions))
        return self.config == config and ours == theirs

    def write(self, folder: Path, arrays: bool = True) -> None:
        """Write ``<script>.json`` and, if ``arrays``, ``<script>.npz`` into ``folder``, each whole or not at all."""
        if arrays:
            save_npz(folder / f"{self.script}.npz", self.arrays)
        text = json.dumps({key: plain(getattr(self, key)) for key in KEYS}, indent=1, ensure_ascii=False)
        write_bytes(folder / f"{self.script}.json", (text + "\n").encode())


def versions() -> dict[str, str]:
    """Versions of the project, Python, torch, numpy, scipy and matplotlib."""
    found = {name: version(name).partition("+")[0] for name in ("torch", "numpy", "scipy", "matplotlib")}
    return {"spurious-valleys": __version__, "python": platform.python_version(), **found}


def plain(value: Any) -> Any:
    """``value`` with numpy and torch numbers as Python's, tuples as lists, and null for what is not finite."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray) or hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def read_record(folder: Path, script: str) -> Record | None:
    """The record of ``script`` in ``folder``, or None where there is none; its verdicts follow from its numbers.

    Raises:
        InputError: if the files are broken or foreign.
    """
    file = folder / f"{script}.json"
    if not file.is_file():
        return None
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        with (folder / f"{script}.npz").open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        record = Record(**{key: data[key] for key in KEYS}, arrays=arrays)
    except Exception:  # json, zipfile, numpy and zlib each have their own error for a broken file
        allowed = f"a record with the keys {', '.join(KEYS)} and its .npz beside it; --force begins a new one"
        raise InputError("record", file, allowed) from None
    _check_shape(record, file)
    record.claims = [judged(claim) for claim in record.claims]
    return record


def _check_shape(record: Record, file: Path) -> None:
    """Refuse a record that is not as every script writes it.

    Raises:
        InputError: names what is not.
    """
    again = "; --force begins a new one"
    shapes = {"config": dict, "versions": dict, "values": dict, "claims": list, "figures": dict}
    for name, shape in shapes.items():
        if not isinstance(getattr(record, name), shape):
            raise InputError("record", file, f"{name} as every script writes them{again}")
    for claim in record.claims:
        if not (isinstance(claim, dict) and set(claim) == CLAIM and _is_judgeable(claim)):
            raise InputError("record", file, f"claims with the keys {', '.join(sorted(CLAIM))}{again}")
    for entry in record.figures.values():
        if not (isinstance(entry, dict) and set(entry) == FIGURE and _is_name(entry["file"])):
            raise InputError("record", file, f"figures with {', '.join(sorted(FIGURE))}; file without folders{again}")


def _is_judgeable(claim: dict[str, Any]) -> bool:
    numbers = claim["measured"], claim["bound"]
    return claim["relation"] in {"<=", ">="} and all(x is None or isinstance(x, (int, float)) for x in numbers)


def _is_name(file: object) -> bool:
    return file is None or (isinstance(file, str) and Path(file).name == file)


def write_bytes(file: Path, content: bytes, argument: str = "output") -> None:
    """Write ``content`` beside ``file`` and rename: the file is whole or not there.

    Raises:
        InputError: if the folder cannot be written, or no file is named.
    """
    if not file.name:
        raise InputError(argument, f"'{file}'", "the name of a file")
    partial = file.with_name(f".{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        os.replace(partial, file)
    except OSError as error:
        raise InputError(argument, file, f"a path that can be written ({error.strerror})") from None
    finally:  # also after Ctrl-C
        with suppress(OSError):
            partial.unlink()


def sweep_up(folder: Path, names: Iterable[str]) -> None:
    """Take away the half files that a killed run has left: ``.<name>*.partial``."""
    for name in names:
        for file in folder.glob(f".{name}*.partial"):
            with suppress(OSError):
                file.unlink()


def save_npz(file: Path, arrays: dict[str, np.ndarray], argument: str = "output") -> None:
    """Write arrays as an .npz, whole or not at all, with the same bytes for the same arrays."""
    named: dict[str, Any] = arrays
    write_bytes(file, _buffered(lambda buffer: np.savez_compressed(buffer, **named)), argument)


def _buffered(write: Callable[[BytesIO], None]) -> bytes:
    buffer = BytesIO()
    write(buffer)
    return buffer.getvalue()
