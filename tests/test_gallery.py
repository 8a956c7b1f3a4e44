"""The gallery over two toy theorems: what it runs, what it writes, what it says of what is broken."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

from tests.running import ROOT, interruptible
from tests.toy_project import claims_in, runs_of, toy_project
from valleys.page.gallery import main
from valleys.run.roles import ROLES


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose gallery has run once."""
    root = toy_project(tmp_path_factory.mktemp("ready"))
    assert main([], root) == 0
    return root


@pytest.fixture
def project(ready: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ready, tmp_path / "project"))


def test_what_is_written(ready: Path) -> None:
    out = ready / "outputs"
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        "claims.json", "claims.md", "index.html", "times.json", "theorem1/toy.svg", "theorem2/toy.svg",
    }  # fmt: skip
    first, second = claims_in(out)
    assert (first["script"], first["command"]) == ("theorem1/toy.py", "python theorem1/toy.py --only toy")
    assert second["script"] == "theorem2/toy.py" and second["holds"]
    table = (out / "claims.md").read_text()
    assert "2 claims, all hold." in table and "a \\| b" in table and "p. 1 \\<b\\>" in table
    assert list(json.loads((out / "times.json").read_text())["seconds"]) == ["theorem1/toy.py", "theorem2/toy.py"]


def test_page_text_is_escaped(ready: Path) -> None:
    page = (ready / "outputs" / "index.html").read_text()
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    assert "Toy 1 &amp; Co" in page and "<math" in page
    assert page.index("Toy 1") < page.index("Toy 2")


def test_page_and_figures_share_their_colours(ready: Path) -> None:
    page = (ready / "outputs" / "index.html").read_text()
    for name in ("certified", "descent", "valley", "good"):
        assert f"--{name}: {ROLES[name].colour};" in page


def test_copied_picture_keeps_its_provenance(ready: Path) -> None:
    source, copy = ready / "theorem1" / "outputs_t1" / "toy.svg", ready / "outputs" / "theorem1" / "toy.svg"
    assert copy.read_bytes() == source.read_bytes()
    with Image.open(source.with_suffix(".png")) as picture:
        assert picture.info["Description"] in unescape(copy.read_text())


def test_current_scripts_are_left_alone(project: Path) -> None:
    before = (project / "outputs" / "claims.json").read_bytes()
    assert main([], project) == 0
    assert (runs_of(project, 1), runs_of(project, 2)) == (1, 1)
    assert main(["--force"], project) == 0
    assert (runs_of(project, 1), runs_of(project, 2)) == (2, 2)
    assert (project / "outputs" / "claims.json").read_bytes() == before


def edit(project: Path, old: str, new: str) -> None:
    script = project / "theorem2" / "toy.py"
    assert old in script.read_text()
    script.write_text(script.read_text().replace(old, new))


STALE: dict[str, Callable[[Path], None]] = {
    "another default": lambda project: edit(project, "option(1.0,", "option(3.0,"),
    "other code": lambda project: edit(project, "np.arange(3.0)", "np.arange(4.0)"),
    "no record": lambda project: (project / "theorem2" / "outputs_t2" / "toy.json").unlink(),
}


@pytest.mark.parametrize("change", STALE.values(), ids=list(STALE))
def test_stale_scripts_run_again(project: Path, change: Callable[[Path], None]) -> None:
    change(project)
    assert main([], project) == 0
    assert (runs_of(project, 1), runs_of(project, 2)) == (1, 2)


DRAWN: dict[str, Callable[[Path], object]] = {
    "no picture": lambda project: (project / "theorem2" / "outputs_t2" / "toy.png").unlink(),
    "another colour": lambda project: (project / "theorem2" / "toyfigure.py").write_text("COLOUR = 'red'\n"),
}


@pytest.mark.parametrize("change", DRAWN.values(), ids=list(DRAWN))
def test_stale_pictures_are_drawn_and_nothing_is_computed(project: Path, change: Callable[[Path], object]) -> None:
    kept = edit_record(project, "seed", 0)
    change(project)
    assert main([], project) == 0
    assert (runs_of(project, 1), runs_of(project, 2)) == (1, 1)
    entry = json.loads(kept.read_text())["figures"]["toy"]
    assert (kept.parent / "toy.png").is_file()
    before = kept.read_bytes()
    assert main([], project) == 0
    assert kept.read_bytes() == before and entry["drawing"]


def test_a_foreign_file_makes_nothing_stale(project: Path) -> None:
    before = (project / "theorem2" / "outputs_t2" / "toy.png").stat().st_mtime_ns
    (project / "theorem2" / "foreign.csv").write_text("a,b\n1,2\n")
    assert main([], project) == 0
    assert runs_of(project, 2) == 1
    assert (project / "theorem2" / "outputs_t2" / "toy.png").stat().st_mtime_ns == before


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a broken record": (lambda p: (p / "theorem2/outputs_t2/toy.json").write_text("{"), "toy.json"),
    "a broken npz": (lambda p: (p / "theorem2/outputs_t2/toy.npz").write_bytes(b"PK"), "toy.json"),
    "another script's record": (
        lambda p: edit_record(p, "script", "main"),
        "the record of toy, not of main",
    ),
    "claims of another form": (lambda p: edit_record(p, "claims", [{"id": "x"}]), "claims with the keys"),
    "a path for a file name": (
        lambda p: edit_record(
            p, "figures", {"toy": {"file": "../x.png", "caption": "", "partial": False, "drawing": ""}}
        ),
        "file without folders",
    ),
    "a missing figure": (lambda p: (p / "theorem2/outputs_t2/toy.png").unlink(), "no picture toy.png"),
    "a broken figure": (lambda p: (p / "theorem2/outputs_t2/toy.svg").write_text("GIF"), "an SVG file"),
    "a broken statement": (lambda p: (p / "theorem2/statement.toml").write_text("title ="), "theorem2/statement.toml"),
}


def edit_record(project: Path, key: str, value: object) -> Path:
    file = project / "theorem2" / "outputs_t2" / "toy.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    return file


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_broken_is_named_and_the_rest_built(
    project: Path, change: Callable[[Path], object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(project)
    shutil.rmtree(project / "outputs")
    assert main(["--page"], project) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1 and error.startswith("error: "), error
    page = (project / "outputs" / "index.html").read_text()
    assert "Toy 1" in page and "toy.small" in page and error.split(": ")[1] in page
    assert (project / "outputs" / "theorem1" / "toy.svg").is_file()
    assert claims_in(project / "outputs")[0]["script"] == "theorem1/toy.py"


def test_claims_stay_when_their_picture_is_missing(project: Path) -> None:
    (project / "theorem2/outputs_t2/toy.png").unlink()
    main(["--page"], project)
    page = (project / "outputs" / "index.html").read_text()
    assert page.count("toy.small") == (project / "outputs" / "claims.md").read_text().count("toy.small") == 2


def test_failed_claim(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = toy_project(tmp_path / "p", measured=5.0)
    assert main([], root) == 1
    told = capfd.readouterr()
    assert "FAILS" in told.out and "1 of 2 claims hold" in told.out and "theorem2/toy.py: a claim failed" in told.err
    assert "**FAILS**" in (root / "outputs" / "claims.md").read_text()
    assert "FAILS" in (root / "outputs" / "index.html").read_text()


def test_a_script_that_breaks_does_not_stop_the_others(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = toy_project(tmp_path / "p", body="raise SystemExit(7)")
    (root / "theorem1").rename(root / "theorem3")
    assert main([], root) == 1
    assert "theorem2/toy.py: exit code 7" in capfd.readouterr().err
    assert runs_of(root, 3) == 1


def test_ctrl_c_stops_the_gallery(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = toy_project(tmp_path / "p", body="raise KeyboardInterrupt")
    assert main([], root) == 130
    assert runs_of(root, 1) == 1 and not (root / "outputs" / "index.html").exists()
    assert "Traceback" not in capfd.readouterr().err


def test_a_reader_that_leaves_early_is_no_error(project: Path) -> None:
    command = [sys.executable, "-u", str(project / "theorem1" / "toy.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as script:
        assert script.stdout and script.stderr
        script.stdout.close()
        assert "Traceback" not in script.stderr.read() and script.wait() == 1


def test_quick_leaves_everything_alone(project: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and path.suffix != ".log"}
    assert main(["--quick", "--outdir", str(tmp_path / "quick")], project) == 0
    assert {path: path.read_bytes() for path in before} == before
    assert claims_in(tmp_path / "quick")[0]["bound"] == 2.0


def test_outputs_that_cannot_be_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project / "outputs")
    (project / "outputs" / "claims.json").mkdir(parents=True)
    assert main(["--page"], project) == 1
    assert "claims.json" in capsys.readouterr().err
    assert (project / "outputs" / "index.html").is_file()
    shutil.rmtree(project / "outputs")
    (project / "outputs").write_text("")
    assert main(["--page"], project) == 2
    assert capsys.readouterr().err.count("\n") == 1


WAITS = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()) + '.'); time.sleep(60)"
RUNS = f"import sys; from valleys.page.gallery import run_script; run_script([sys.executable, '-c', {WAITS!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a killed parent is not noticed")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_gallery_leaves_no_script_behind(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with interruptible("-c", RUNS, cwd=tmp_path) as gallery:
        assert eventually(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text().endswith("."))
        pid = int((tmp_path / "pid").read_text()[:-1])
        gallery.send_signal(number)
        gallery.wait(20)
        assert eventually(lambda: not Path(f"/proc/{pid}").is_dir() or " Z " in Path(f"/proc/{pid}/stat").read_text())


def eventually(happens: Callable[[], object]) -> bool:
    """Whether it happens within twenty seconds."""
    until = time.monotonic() + 20
    while not (seen := bool(happens())) and time.monotonic() < until:
        time.sleep(0.02)
    return seen
