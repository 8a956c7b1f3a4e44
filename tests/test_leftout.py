"""A picture that cannot be made is left out with a line; broken records and two runs at once are one line too."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.test_script import CALLS, Config, draw, go, pictures
from theorem8.th8pathfigure import draw_own
from valleys.page.all_claims import Run, run_of
from valleys.page.statement import Statement
from valleys.page.webpage import figures_of
from valleys.run.errors import InputError, UnavailableError
from valleys.run.lock import alone
from valleys.run.pictures import Part, Picture
from valleys.run.savefigure import save
from valleys.run.script import run

LINE = "left out: one: --width: got 3; allowed: a width >= 5 for this picture\n"


def impossible(*_: Any) -> NoReturn:
    raise UnavailableError("--width", 3, "a width >= 5 for this picture")


def some(config: Config) -> Sequence[Picture[Config]]:
    one, two = pictures(config)
    return [replace(one, compute=impossible), two]


def undrawn(config: Config) -> Sequence[Picture[Config]]:
    one, two = pictures(config)
    return [replace(one, draw=impossible), two]


@pytest.mark.parametrize("how", [some, undrawn], ids=["not computed", "not drawn"])
def test_left_out_and_the_rest_made(tmp_path: Path, capsys: pytest.CaptureFixture[str], how: Any) -> None:
    go(tmp_path)
    assert run(Config, how, "toy", tmp_path, "toy", ["--all"]) == 0
    assert LINE in capsys.readouterr().out
    record = json.loads((tmp_path / "toy.json").read_text())
    assert record["figures"]["one"]["file"] is None and record["figures"]["one"]["caption"].startswith(
        "Left out: --width"
    )
    assert {file.name for file in tmp_path.glob("*.[ps][nv]g")} == {"two.png", "two.svg"}
    assert [claim["id"] for claim in record["claims"]] == ["two.width"] if how is some else ["one.width", "two.width"]
    assert run(Config, how, "toy", tmp_path, "toy", ["--all", "--redraw"]) == 0


def test_nothing_to_be_made_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Config, some, "toy", tmp_path, "toy", ["--only", "one"]) == 2
    assert "error: --width: got 3" in capsys.readouterr().err


def test_the_page_tells_why(tmp_path: Path) -> None:
    folder = tmp_path / "theorem1" / "outputs_t1"
    run(Config, some, "toy", folder, "toy", ["--all"])
    found: Run = run_of(Statement("theorem1", "", "", (), (), (), "", {}), "toy.py", tmp_path)
    assert found.problems == []
    shown = {figure["stem"]: figure for figure in figures_of(found, tmp_path / "page")}
    assert shown["one"]["src"] == "" and "Left out" in shown["one"]["alt"] and shown["two"]["src"]


def test_a_broken_record_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "toy.json").write_text("{")
    assert go(tmp_path) == 2
    error = capsys.readouterr().err
    assert "toy.json" in error and "--force begins a new one" in error and error.count("\n") == 1
    assert go(tmp_path, "--force") == 0 and CALLS == ["one"]


def needs_more(config: Config) -> Sequence[Picture[Config]]:
    one, two = pictures(config)
    return [replace(one, draw=lambda part: draw(Part(part.values, {"x": part.arrays["of tomorrow"]}))), two]


def test_redrawing_what_other_code_computed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go(tmp_path)
    file = tmp_path / "toy.json"
    told = json.loads(file.read_text())
    told["versions"]["code"] = "another"
    file.write_text(json.dumps(told))
    before = file.read_bytes()
    assert run(Config, needs_more, "toy", tmp_path, "toy", ["--redraw"]) == 2
    out, err = capsys.readouterr()
    assert "drawn from numbers of other options, code or versions" in out
    assert err == f"error: --redraw: got {file}; allowed: numbers that today's code has computed: leave --redraw out\n"
    assert file.read_bytes() == before
    assert go(tmp_path, "--redraw") == 0
    record = json.loads(file.read_text())
    assert record["versions"]["code"] == "another" and record["figures"]["one"]["drawing"]
    assert go(tmp_path, "--missing") == 0 and CALLS == ["one"]


def test_other_data_under_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x\n1\n")
    words = ["--own", str(tmp_path / "d.csv"), "--outdir", str(tmp_path / "out")]
    assert go(tmp_path, *words) == 0 and go(tmp_path, *words, "--missing") == 0 and CALLS == []
    (tmp_path / "d.csv").write_text("x\n2\n")
    assert go(tmp_path, *words, "--missing") == 0 and CALLS == ["one"]


def attempt(folder: Path, gate: Any, told: Any) -> None:
    gate.wait()
    try:
        with alone(folder, "toy"):
            told.put("in")
            gate.wait()
    except InputError as error:
        told.put(str(error))
        gate.wait()


def test_six_at_once_and_one_writes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate, told = context.Barrier(6), context.Queue()
    runs = [context.Process(target=attempt, args=(tmp_path, gate, told)) for _ in range(6)]
    for process in runs:
        process.start()
    lines = sorted(told.get(timeout=20) for _ in runs)
    for process in runs:
        process.join()
    assert lines == [f"--outdir: got {tmp_path}; allowed: a folder that no other run of toy is writing now"] * 5 + [
        "in"
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_empty_series_takes_no_room(tmp_path: Path) -> None:
    from valleys.run.figure import subplots

    figure, axes = subplots(1, 2)
    axes[0, 1].plot([0, 1], [0, 1])
    axes[0, 1].plot([], [], "o", clip_on=False)
    axes[0, 1].scatter([], [], clip_on=False)
    assert isinstance(figure, Figure)
    save(figure, [tmp_path / "x.png"], {})  # a warning of matplotlib is an error here
    assert axes[0, 0].get_position().width > 0.4


def test_no_way_is_drawn_from_a_minimum() -> None:
    own = Part({"descent": [{}]}, {"path0": np.zeros((1, 5))})
    with pytest.raises(UnavailableError, match="a global minimum already"):
        draw_own(own)
