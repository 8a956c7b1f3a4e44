"""Every committed picture has its record beside it, of today's default options, with every claim holding."""

from __future__ import annotations

import importlib
import json

import pytest

from tests.running import ROOT
from valleys.run.record import KEYS, plain

#: Entry modules and where their committed record lies.
ENTRIES = {
    "theorem8.main": "theorem8/outputs_t8/main.json",
    "theorem11.theorem_11": "theorem11/outputs_t11/theorem_11.json",
    "theorem12.theorem_12": "theorem12/outputs_t12/theorem_12.json",
    "theorem13.theorem_13": "theorem13/outputs_t13/theorem_13.json",
    "theorem13.spurious_minima": "theorem13/outputs_t13/spurious_minima.json",
    "theorem16.theorem_16": "theorem16/outputs_t16/theorem_16.json",
    "weight_decay.main": "weight_decay/outputs_wd/main.json",
}


@pytest.mark.parametrize(("entry", "file"), ENTRIES.items(), ids=list(ENTRIES))
def test_committed_record(entry: str, file: str) -> None:
    module = importlib.import_module(entry)
    record = json.loads((ROOT / file).read_text())
    assert tuple(record) == KEYS
    assert record["config"] == plain(module.Config().compared())
    assert set(record["figures"]) == {picture.stem for picture in module.pictures(module.Config())}
    for figure in record["figures"].values():
        assert (ROOT / file).with_name(figure["file"]).is_file()
        assert figure["caption"] and not figure["partial"]
    assert record["claims"] and all(claim["holds"] for claim in record["claims"])


def test_no_picture_without_a_record() -> None:
    listed = set()
    for file in ENTRIES.values():
        record = json.loads((ROOT / file).read_text())
        listed |= {(ROOT / file).with_name(figure["file"]) for figure in record["figures"].values()}
    for folder in ROOT.glob("*/outputs_*"):
        assert {path for path in folder.glob("*.png")} <= listed
        assert {path.with_suffix(".png") for path in folder.glob("*.svg")} <= listed
