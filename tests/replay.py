"""A part of a committed record, made again and held against it number by number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.running import ROOT
from valleys.run.pictures import Part
from valleys.run.record import Record, plain, read_record

#: A number of a record, made again on another machine; what is below is rounding.
CLOSE, NOTHING = 1e-6, 1e-12


def record_of(folder: str, script: str) -> Record:
    found = read_record(ROOT / folder, script)
    assert found is not None
    return found


def same(told: Any, held: Any, where: str = "") -> None:
    """Whether two values of a record are the same, number by number."""
    if isinstance(held, dict):
        assert told.keys() == held.keys(), where
        for key in held:
            same(told[key], held[key], f"{where}.{key}")
    elif isinstance(held, list):
        assert len(told) == len(held), where
        for i, (a, b) in enumerate(zip(told, held, strict=True)):
            same(a, b, f"{where}[{i}]")
    elif isinstance(held, float):
        assert told == pytest.approx(held, rel=CLOSE, abs=NOTHING), where
    else:
        assert told == held and type(told) is type(held), where


def claims_in(record: Record, begins: tuple[str, ...]) -> list[dict[str, Any]]:
    """The claims of a record whose ids begin so, as a part makes them."""
    held = [claim for claim in record.claims if claim["id"].startswith(begins)]
    return [{key: value for key, value in claim.items() if key != "figure"} for claim in held]


def replayed(part: Part, record: Record, name: str, claims: tuple[str, ...]) -> None:
    """A part against what the record holds of it; the claims are those whose ids begin so, or are these."""
    same(plain(part.values), {key: record.values[key] for key in part.values})
    stored = {key.removeprefix(f"{name}/"): array for key, array in record.arrays.items() if key.startswith(f"{name}/")}
    assert part.arrays.keys() == stored.keys()
    for key, array in part.arrays.items():
        assert array.dtype == stored[key].dtype, key
        np.testing.assert_allclose(array, stored[key], rtol=CLOSE, atol=NOTHING, err_msg=key)
    same(plain([claim.as_dict() for claim in part.claims]), claims_in(record, claims))
    assert part.caption == record.figures[name]["caption"]
