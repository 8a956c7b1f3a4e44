"""Work that an interrupted run leaves for the next one: arrays in a file, with what they were computed from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from valleys.run.record import save_npz

KEY = "key"


def keep(file: Path, key: str, arrays: dict[str, np.ndarray]) -> None:
    """Write the arrays and what they were computed from, whole or not at all."""
    save_npz(file, {**arrays, KEY: np.array(key)})


def kept(file: Path, key: str) -> dict[str, np.ndarray]:
    """The arrays that were kept under ``key``; none from a file that is missing, broken or of another key."""
    try:
        with file.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except Exception:  # numpy, zipfile and zlib each have their own error for a broken file
        return {}
    return arrays if str(arrays.pop(KEY, "")) == key else {}
