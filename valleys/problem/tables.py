"""Reading a user's data: .csv with or without a header, .npz with ``X`` and ``Y``; every fault is one line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from valleys.problem.network import read_npz
from valleys.run.errors import InputError

Table = tuple[np.ndarray, np.ndarray]


def read_table(path: Path, target: tuple[str, ...], argument: str) -> Table:
    """``X (N, n)`` and ``Y (N, m)`` of a file, as ``valleys.problem.laws.read_sample`` documents it.

    Raises:
        InputError: names what does not fit.
    """
    if not path.is_file():
        raise InputError(argument, path, "an existing .csv or .npz file")
    if path.suffix == ".npz":
        if target:
            raise InputError("--target", " ".join(target), "nothing for an .npz file: Y is the target")
        arrays = read_npz(path, argument, ("X", "Y"))
        X, Y = arrays["X"], arrays["Y"]
        Y = Y[:, None] if Y.ndim == 1 else Y
        if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or X.size == 0 or Y.size == 0:
            got = f"X {X.shape}, Y {arrays['Y'].shape} in {path}"
            raise InputError(argument, got, "X (N, n) and Y (N,) or (N, m) of the same length N >= 1")
        return X, Y
    if path.suffix == ".csv":
        return _read_csv(path, target, argument)
    raise InputError(argument, path, "a .csv or an .npz file")


def _read_csv(path: Path, target: tuple[str, ...], argument: str) -> Table:
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            rows = [row for row in csv.reader(handle) if row and not row[0].startswith("#")]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(argument, path, "a .csv file of UTF-8 text") from None
    bare = bool(rows) and all(map(_is_number, rows[0]))
    if bare:
        rows.insert(0, [str(j) for j in range(1, len(rows[0]) + 1)])
    if len(rows) < 2 or len(rows[0]) < 2:
        raise InputError(argument, path, "at least one row of two columns or more, below a header if there is one")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        raise InputError(argument, f"{path} with header {header}", "column names that differ")
    for name in target:
        if name not in header:
            raise InputError("--target", name, f"columns of {path}: {', '.join(header)}")
    table = np.array([
        _numbers(row, header, line, path, argument) for line, row in enumerate(rows[1:], 1 if bare else 2)
    ])
    chosen = [header.index(name) for name in dict.fromkeys(target)] or [len(header) - 1]
    rest = [j for j in range(len(header)) if j not in chosen]
    if not rest:
        raise InputError("--target", " ".join(target), "at least one column left as input")
    return table[:, rest], table[:, chosen]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(row: list[str], header: list[str], line: int, path: Path, argument: str) -> list[float]:
    if len(row) != len(header):
        raise InputError(argument, f"{len(row)} fields in row {line} of {path}", f"{len(header)} fields")
    values = []
    for name, text in zip(header, row, strict=True):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise InputError(argument, f"'{text}' in column {name}, row {line} of {path}", "finite numbers")
        values.append(value)
    return values
