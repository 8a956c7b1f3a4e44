"""Runs that are killed, disks that are full, folders that cannot be written: no half file, one line, and a rerun ends well.

Two small scripts by default; all of them by ``make faults`` (``FAULTS=all``).
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.running import ROOT, interruptible, python
from tests.sweep import scripts
from valleys.run.threads import VARIABLES

ALL = os.environ.get("FAULTS") == "all"
#: A small run of two scripts; the others are tried with ``--quick`` alone.
RUNS = {
    "theorem11/theorem_11.py": ["--steps", "20", *([] if ALL else ["--only", "linear_path", "whole_landscape"])],
    "misc/visualisation1.py": ["--grid", "20", "--epochs", "30"],
}
CHOSEN = [*scripts(), "misc/visualisation1.py"] if ALL else list(RUNS)
SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM, "KILL": signal.SIGKILL}
#: Seconds for a run, on a machine that has other things to do.
PATIENCE = 1200


def words_of(script: str, out: Path) -> list[str]:
    return [str(ROOT / script), "--quick", *RUNS.get(script, []), "--outdir", str(out)]


def contents(folder: Path) -> dict[str, bytes]:
    """What a run left: its files, but not what is hidden (a lock, a file that was being written)."""
    files = sorted(file for file in folder.rglob("[!.]*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def check_whole(folder: Path) -> None:
    """Every file that bears its name is whole."""
    for name, content in contents(folder).items():
        if name.endswith(".json"):
            json.loads(content)
        elif name.endswith(".npz"):
            with zipfile.ZipFile(folder / name) as archive:
                assert archive.testzip() is None
        elif name.endswith(".png"):
            assert content.endswith(b"IEND\xaeB`\x82"), name
        elif name.endswith(".svg"):
            assert content.endswith(b"</svg>"), name


Undisturbed = tuple[str, dict[str, bytes], float]


@pytest.fixture(scope="module", params=CHOSEN)
def undisturbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The script, what it writes where nothing disturbs it, and how long it takes."""
    out = tmp_path_factory.mktemp("whole")
    began = time.monotonic()
    done = python(*words_of(request.param, out), timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return request.param, contents(out), time.monotonic() - began


def test_killed_and_run_again(undisturbed: Undisturbed, tmp_path: Path) -> None:
    """By three signals, at three moments of its life; then the same command, in the same folder, gives the same bytes."""
    script, expected, seconds = undisturbed
    moments = random.Random(script)
    for name in SIGNALS:
        with interruptible(*words_of(script, tmp_path), cwd=tmp_path) as process:
            time.sleep(seconds * moments.uniform(0.1, 0.95))
            process.send_signal(SIGNALS[name])
            process.wait(60)
        check_whole(tmp_path)
    done = python(*words_of(script, tmp_path), timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert differing(contents(tmp_path), expected) == []
    assert not list(tmp_path.rglob(".*"))  # neither a lock nor a file that was being written


def differing(found: dict[str, bytes], expected: dict[str, bytes]) -> list[str]:
    """Names of files that are not the same."""
    return [name for name in sorted({*found, *expected}) if found.get(name) != expected.get(name)]


def test_two_threads_and_a_second_run_change_no_byte(
    undisturbed: Undisturbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, expected, _ = undisturbed
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "2" if os.environ.get(variable, "1") == "1" else "1")
    done = python(*words_of(script, tmp_path), timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert differing(contents(tmp_path), expected) == []
    assert expected


@pytest.mark.parametrize("script", CHOSEN if ALL else CHOSEN[-1:])
def test_a_full_disk_is_one_line(script: str, tmp_path: Path) -> None:
    """No file may be longer than 2000 bytes: the run says so, and what is there is whole."""

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    command = [sys.executable, *words_of(script, tmp_path / "out")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, preexec_fn=small)
    assert done.returncode == 2, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("error: ") and "that can be written" in line and "Traceback" not in done.stderr
    check_whole(tmp_path / "out")
    assert not list((tmp_path / "out").rglob(".*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize("words", [["-m", "check", "FILE"], ["-m", "valleys.verify", "FILE"]])
def test_an_output_that_is_full_is_one_line(words: list[str]) -> None:
    file = next((ROOT / "theorem13" / "outputs_t13" / "paths").glob("*.npz"))
    command = [sys.executable, *(str(file) if word == "FILE" else word for word in words)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "No space left" in done.stderr


def test_half_files_of_a_killed_run_are_swept_up(tmp_path: Path) -> None:
    """Of this script's own pictures and record; those of another stay, as it may be writing them."""
    for name in (".loss_landscape1.png.partial", ".visualisation1.npz.partial", ".main.json.partial"):
        (tmp_path / name).write_bytes(b"half")
    done = python(*words_of("misc/visualisation1.py", tmp_path))
    assert done.returncode == 0, done.stderr
    assert [file.name for file in tmp_path.glob(".*")] == [".main.json.partial"]


@pytest.mark.parametrize("script", CHOSEN if ALL else CHOSEN[-1:])
def test_a_folder_below_a_file_is_one_line(script: str, tmp_path: Path) -> None:
    """Nobody writes there, root neither."""
    (tmp_path / "file").write_text("")
    done = python(*words_of(script, tmp_path / "file" / "out"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "a folder that can be written (Not a directory)" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_is_read_only_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o555)
    done = python(*words_of("misc/visualisation1.py", tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "a folder that can be written (Permission denied)" in done.stderr
