"""Options declare their range once: it checks, speaks, shows in --help, and is what tests draw from."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from misc.options import Config as Sketch
from tests.draws import option_words
from tests.test_bad_input import SCRIPTS
from theorem13.census.options import Config as Census
from valleys.run.errors import InputError
from valleys.run.options import Common, option, parse, parser_for
from valleys.run.pictures import folder_for


@dataclass(frozen=True)
class Config(Common):
    n: int = option(10, "inputs", least=1, tried=(1, 6))
    share: float = option(0.05, "probability", above=0, below=1)
    law: str = option("theorem", "law", among=("theorem", "decoupled"), file=".npz")
    widths: tuple[int, ...] = option((1, 2), "widths", least=1)
    margin: float | None = option(None, "margin", type=float, above=0)
    data: str | None = option(None, "your data", type=str, metavar="FILE")
    target: tuple[str, ...] = option((), "target columns", needs="data", metavar="COLUMN")
    depth: int = option(1, "layers", least=1, most=6, unless="data")

    def check(self) -> None:
        """``n`` is above all widths."""
        if max(self.widths) > self.n:
            raise InputError("--widths", max(self.widths), f"at most --n {self.n}")


def read(*words: str) -> Config:
    return parse(Config, words, "toy", "")


BAD = {
    "too small": (["--n", "0"], "--n: got 0; allowed: an integer >= 1"),
    "no integer": (["--n", "2.5"], "--n: got 2.5; allowed: an integer >= 1"),
    "not in between": (["--share", "1"], "--share: got 1.0; allowed: a number > 0 and < 1"),
    "nan": (["--share", "nan"], "--share: got nan; allowed: a number > 0 and < 1"),
    "infinite": (["--margin", "inf"], "--margin: got inf; allowed: a number > 0"),
    "not a name": (["--law", "mine"], "--law: got mine; allowed: theorem, decoupled or FILE.npz"),
    "one of a list": (["--widths", "1", "0"], "--widths: got 0; allowed: an integer >= 1"),
    "a span that is not": (["--widths", "3", "..", "2"], "--widths: got 3..2; allowed: an integer >= 1"),
    "half a span": (["--widths", "3", ".."], "--widths: got ..; allowed: an integer >= 1"),
    "an endless span": (["--widths", "1..99999999999"], "--widths: got 1..99999999999; allowed: an integer >= 1"),
    "two options": (["--n", "3", "--widths", "4"], "--widths: got 4; allowed: at most --n 3"),
    "needs another": (["--target", "y"], "--target: got y; allowed: only together with --data FILE"),
    "idle beside another": (["--data", "d", "--depth", "1"], "--depth: got 1; allowed: only without --data, which makes it idle"),
    "empty folder": (["--outdir", ""], "--outdir: got ''; allowed: a folder"),
    "empty file": (["--data", " "], "--data: got ' '; allowed: a value that is not empty"),
    "unknown format": (["--format", "png,gif"], "--format: got gif; allowed: png, pdf, svg"),
    "empty format": (["--format", "png,"], "--format: got ''; allowed: png, pdf, svg"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "line"), BAD.values(), ids=list(BAD))
def test_refused_in_one_line(words: list[str], line: str) -> None:
    with pytest.raises(InputError) as error:
        read(*words)
    assert str(error.value) == line


def test_help_shows_every_range() -> None:
    text = " ".join(parser_for(Config, "toy", "").format_help().split())
    for f in fields(Config):
        assert str(f.metadata["range"] or "") in text
    assert "inputs; an integer >= 1 (default 10)" in text


def test_a_span_of_integers_is_written_out() -> None:
    assert read("--widths", "1", "3", "..", "5", "8..9").widths == (1, 3, 4, 5, 8, 9)
    with pytest.raises(InputError, match=r"--k: got 6\.\.99"):
        parse(Census, ["--k", "6..99"], "toy", "")
    given = parse(Census, ["--k", "6", "..", "14", "--extra", "0", "1", "2", "--runs", "1000"], "toy", "")
    assert (given.k, given.extra_units, given.runs) == (tuple(range(6, 15)), (0, 1, 2), 1000)


def test_a_company_that_is_allowed() -> None:
    assert read("--data", "d.csv", "--target", "y").target == ("y",)
    assert read("--law", "mine.npz").law == "mine.npz"
    assert read("--format", "png,svg").format == read("--format", "png", "svg").format == ("png", "svg")


@pytest.mark.parametrize("script", SCRIPTS.values())
def test_every_number_has_two_ends(script: str) -> None:
    """A seed alone may be any integer: its bits are hashed. What is between the ends may still not fit into memory."""
    for f in fields(importlib.import_module(script).Config):
        limits = f.metadata["range"]
        if f.name != "seed" and limits is not None and not limits.among:
            assert {limits.least, limits.above} != {None} and {limits.most, limits.below} != {None}, f.name
            assert 10**400 not in limits
        reads_numbers = f.metadata["type"] in {int, float} or type(f.default) in {int, float}
        assert f.metadata["check"] or not reads_numbers, f.name


@given(words=option_words(Sketch))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_drawn_is_allowed(words: list[str]) -> None:
    config = parse(Sketch, words, "toy", "")
    shown = {word for word in words if word.startswith("--")}
    assert all(f.metadata["range"] for f in fields(Sketch) if "--" + f.name.replace("_", "-") in shown)
    assert isinstance(config, Sketch)


def test_option_sets_never_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a/d.csv", "b/d.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x\n1\n")
    long = tuple(range(1, 60))
    configs = [
        Config(), Config(quick=True), Config(n=4), Config(data="a/d.csv"), Config(data="b/d.csv"),
        Config(target=("a b",)), Config(target=("a-b",)), Config(target=("a", "b")), Config(target=("a+b",)),
        Config(widths=(*long, 60)), Config(widths=(*long, 61)),
    ]  # fmt: skip
    folders = [folder_for(config, Path("out")) for config in configs]
    assert len(set(folders)) == len(configs)
    assert folders[:3] == [Path("out"), Path("out/runs/quick"), Path("out/runs/n=4")]
    assert all(len(folder.name) <= 89 for folder in folders)
