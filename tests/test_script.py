"""The common face of the scripts: options, records, --only, --redraw, the same bytes for the same run."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from valleys.run.claims import at_most
from valleys.run.errors import InputError
from valleys.run.figure import subplots
from valleys.run.options import Common, option, parse
from valleys.run.pictures import Part, Picture
from valleys.run.provenance import fingerprints
from valleys.run.record import Record, read_record, versions, write_bytes
from valleys.run.script import run


@dataclass(frozen=True)
class Config(Common):
    width: int = option(3, "width", allowed="an integer >= 1", check=lambda v: v >= 1, quick=2)
    path_points: tuple[int, ...] = option((1, 2), "points")
    rate: float | None = option(None, "rate", type=float)
    own: str | None = option(None, "own data", type=str)


CALLS: list[str] = []


def compute(name: str):  # type: ignore[no-untyped-def]
    def part(config: Config) -> Part:
        CALLS.append(name)
        claims = [at_most(f"{name}.width", "", "width", config.width, 5, "measured")]
        return Part({name: config.width}, {"x": np.arange(config.width)}, claims, name)

    return part


def draw(part: Part) -> Figure:
    figure, axes = subplots(1, 1)
    axes[0, 0].plot(part.arrays["x"])
    return figure  # type: ignore[no-any-return]


def pictures(config: Config) -> list[Picture[Config]]:
    return [Picture("one", compute("one"), draw), Picture("two", compute("two"), draw, default=False)]


def go(folder: Path, *words: str) -> int:
    CALLS.clear()
    return run(Config, pictures, "toy", folder, "toy", list(words))


def test_default_then_only_keeps_the_rest(tmp_path: Path) -> None:
    assert go(tmp_path) == 0 and CALLS == ["one"]
    assert go(tmp_path, "--only", "two") == 0 and CALLS == ["two"]
    record = json.loads((tmp_path / "toy.json").read_text())
    assert list(record) == ["script", "config", "seed", "versions", "values", "claims", "figures"]
    assert record["values"] == {"one": 3, "two": 3}
    assert [claim["id"] for claim in record["claims"]] == ["one.width", "two.width"]
    assert {"id", "source", "statement", "measured", "bound", "slack", "holds", "kind"} <= set(record["claims"][0])


def test_other_options_go_to_a_folder_of_their_own(tmp_path: Path) -> None:
    go(tmp_path)
    before = (tmp_path / "toy.json").read_bytes()
    assert go(tmp_path, "--width", "4", "--quick") == 0
    assert (tmp_path / "toy.json").read_bytes() == before
    assert (tmp_path / "runs" / "quick_width=4" / "toy.json").is_file()


def test_redraw_computes_nothing_and_gives_the_same_bytes(tmp_path: Path) -> None:
    go(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    (tmp_path / "one.png").unlink()
    assert go(tmp_path, "--redraw") == 0 and CALLS == []
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    go(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_provenance_in_the_picture(tmp_path: Path) -> None:
    go(tmp_path)
    with Image.open(tmp_path / "one.png") as image:
        described = json.loads(image.info["Description"])
    assert described["config"]["width"] == 3
    code = fingerprints(Path(__file__))
    assert described["versions"] == versions() | {"code": code.computing} and described["drawing"] == code.drawing


def test_missing_makes_only_what_does_not_stand(tmp_path: Path) -> None:
    go(tmp_path)
    assert go(tmp_path, "--missing") == 0 and CALLS == []
    assert go(tmp_path, "--missing", "--all") == 0 and CALLS == ["two"]
    (tmp_path / "one.png").unlink()
    assert go(tmp_path, "--missing", "--all") == 0 and CALLS == []
    assert (tmp_path / "one.png").is_file()
    (tmp_path / "one.svg").unlink()
    assert go(tmp_path, "--missing") == 0 and CALLS == []
    assert (tmp_path / "one.svg").is_file()


@pytest.mark.parametrize("key", ["code", "numpy"])
def test_a_record_of_other_versions_is_begun_anew(tmp_path: Path, key: str) -> None:
    go(tmp_path, "--all")
    record = json.loads((tmp_path / "toy.json").read_text())
    record["versions"][key] = "another"
    (tmp_path / "toy.json").write_text(json.dumps(record))
    assert go(tmp_path, "--missing") == 0 and CALLS == ["one"]
    assert list(json.loads((tmp_path / "toy.json").read_text())["figures"]) == ["one"]


def test_an_interrupted_picture_keeps_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def cut(config: Config) -> list[Picture[Config]]:
        one, two = pictures(config)
        return [dataclasses.replace(one, compute=lambda c: Part({}, {"x": np.arange(2)}, [], "", partial=True)), two]

    assert run(Config, cut, "toy", tmp_path, "toy", ["--all"]) == 130
    assert "kept" in capsys.readouterr().err
    assert json.loads((tmp_path / "toy.json").read_text())["figures"]["one"]["partial"]
    assert go(tmp_path, "--missing") == 0 and CALLS == ["one"]


FORMATS = {
    "svg": (["--format", "svg"], set()),
    "two words": (["--format", "png", "pdf"], {"one.pdf"}),
    "one word": (["--format", "pdf,svg"], {"one.pdf"}),
    "resolution": (["--dpi", "60"], {"one-60dpi.png"}),
    "slides": (["--style", "slides", "--format", "png,pdf"], {"one-slides.png", "one-slides.pdf"}),
    "curves": (["--csv"], {"one.csv"}),
}


@pytest.mark.parametrize(("words", "more"), FORMATS.values(), ids=list(FORMATS))
def test_files_beside_the_record(tmp_path: Path, words: list[str], more: set[str]) -> None:
    go(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert go(tmp_path, *words) == 0 and CALLS == ["one"]
    after = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(after) - set(before) == more and before.items() <= after.items()
    assert go(tmp_path, "--redraw", *words) == 0 and CALLS == []
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == after


def test_slides_are_wide_and_curves_have_a_header(tmp_path: Path) -> None:
    go(tmp_path, "--style", "slides", "--csv", "--dpi", "100")
    with Image.open(tmp_path / "one-slides-100dpi.png") as image:
        assert image.size == (1280, 720)
    lines = (tmp_path / "one.csv").read_text().splitlines()
    assert lines[:3] == ["panel,curve,x,y,x is,y is", "panel 1,curve 1,0.0,0.0,,", "panel 1,curve 1,1.0,1.0,,"]


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go(tmp_path, "--width", "6") == 1
    assert "FAILS" in capsys.readouterr().out
    assert go(tmp_path, "--width", "0") == 2
    assert capsys.readouterr().err == "error: --width: got 0; allowed: an integer >= 1\n"
    assert go(tmp_path, "--only", "three") == 2
    assert go(tmp_path, "--redraw", "--outdir", str(tmp_path / "empty")) == 2
    (tmp_path / "file").write_text("")
    assert go(tmp_path, "--outdir", str(tmp_path / "file")) == 2
    assert "--outdir" in capsys.readouterr().err


def test_foreign_record_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "toy.json").write_text("{}")
    assert go(tmp_path) == 2
    assert "toy.json" in capsys.readouterr().err


def test_parse() -> None:
    def read(*words: str) -> Config:
        return parse(Config, list(words), "toy", "")

    assert read() == Config()
    assert read("--path_points", "3", "4") == read("--path-points", "3", "4") == Config(path_points=(3, 4))
    assert read("--quick").width == 2
    assert read("--quick", "--width", "7").width == 7
    assert read("--rate", "1e-3").rate == 1e-3
    with pytest.raises(InputError, match="--rate: got fast; allowed: a value of type float"):
        read("--rate", "fast")


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    record = Record("toy", {}, 0, {}, values={"x": float("nan"), "y": np.float64(1.0)})
    record.write(tmp_path)
    again = read_record(tmp_path, "toy")
    assert again is not None and again.values == {"x": None, "y": 1.0}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["toy.json", "toy.npz"]
    with pytest.raises(InputError):
        write_bytes(tmp_path / "toy.json" / "below", b"")
