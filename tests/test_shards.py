"""Shards: the same bytes from every executor, resumed, truncated, with workers killed, and what is refused."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.running import ROOT
from valleys.problem.streams import stream
from valleys.run import executors, flight, shards
from valleys.run.errors import InputError
from valleys.run.executors import NAME, opened
from valleys.run.pictures import Part
from valleys.run.shards import Arrays, Shards

COUNT = 7


def draw(config: tuple[int, str], number: int) -> Arrays:
    """A shard with a product of matrices; the second part of the config is a folder in which mishaps are noted."""
    noted = Path(config[1]) / str(number)
    if noted.with_suffix(".fatal").exists() or (noted.with_suffix(".once").exists() and _first(noted)):
        os.kill(os.getpid(), signal.SIGKILL)
    if noted.with_suffix(".raises").exists():
        raise ArithmeticError(f"no number {number}\nin two lines")
    A = torch.randn(40, 40, generator=stream(config[0], "shards", number), dtype=torch.float64)
    return {"product": (A @ A.T).numpy(), "threads": np.array(torch.get_num_threads())}


def _first(noted: Path) -> bool:
    noted.with_suffix(".once").unlink()
    return True


def made(folder: Path, seed: int = 3, count: int = COUNT) -> Shards[tuple[int, str]]:
    folder.mkdir(exist_ok=True)
    entry = ROOT / "tests" / "test_shards.py"
    return Shards(draw, (seed, str(folder)), count, folder, entry, {"seed": seed})


def contents(s: Shards[tuple[int, str]]) -> list[bytes]:
    return [s.file(number).read_bytes() for number in range(s.count)]


def complete(s: Shards[tuple[int, str]], executor: str) -> bool:
    s.compute(executor, "test")
    return s.cut is None


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """What a test opens, it leaves to none but the process pool's next user."""
    yield
    for name in [name for name in executors._open if not name.startswith("processes")]:
        executors._open.pop(name).close()


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    s = made(tmp_path_factory.mktemp("serial"))
    assert complete(s, "threads:1")
    assert all(int(arrays["threads"]) == 1 for _, arrays in s.finished())
    return contents(s)


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


def test_a_process_killed_in_the_middle_is_replaced_a_fatal_shard_named(tmp_path: Path, serial: list[bytes]) -> None:
    (tmp_path / "2.once").touch()
    s = made(tmp_path)
    assert complete(s, "processes:2") and contents(s) == serial
    for number in (3, 4):
        s.file(number).unlink()
    (tmp_path / "4.fatal").touch()
    s.compute("processes:2", "test")
    assert isinstance(s.cut, InputError) and "1 that failed (4: its worker died)" in str(s.cut)
    assert [s.read(number) is not None for number in range(COUNT)] == [number != 4 for number in range(COUNT)]


@needs("distributed")
@pytest.mark.filterwarnings("ignore")
def test_dask_with_two_worker_processes_one_of_them_killed(tmp_path: Path, serial: list[bytes]) -> None:
    from distributed import LocalCluster

    (tmp_path / "2.once").touch()
    s = made(tmp_path)
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as cluster:
        assert complete(s, f"dask:{cluster.scheduler_address}")
        executors.close_all()
    assert contents(s) == serial


@needs("distributed")
@pytest.mark.filterwarnings("ignore")
def test_dask_without_a_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(executors, "REACH", 0.5)
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=0, dashboard_address=None, host="127.0.0.1", silence_logs=50
        ) as cluster,
        pytest.raises(InputError, match=f"^--executor: got dask:{cluster.scheduler_address}; .*with a worker$"),
    ):
        opened(f"dask:{cluster.scheduler_address}")


@needs("executorlib")
def test_executorlib_on_one_machine_a_worker_killed(tmp_path: Path, serial: list[bytes]) -> None:
    (tmp_path / "2.once").touch()
    s = made(tmp_path)
    assert complete(s, "executorlib") and contents(s) == serial
    heard = opened("executorlib").executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result()
    assert signal.SIGINT in heard and signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_present_shards_are_skipped_broken_and_foreign_ones_made_anew(tmp_path: Path, serial: list[bytes]) -> None:
    s = made(tmp_path)
    assert complete(s, "threads") and contents(s) == serial
    s.file(1).write_bytes(serial[1][:-40])
    s.file(5).write_bytes(serial[6])
    stamps = [s.file(number).stat().st_mtime_ns for number in range(COUNT)]
    assert len(list(s.finished())) == COUNT - 2
    (tmp_path / "0.raises").touch()  # would be seen if 0 were computed again
    assert complete(s, "threads") and contents(s) == serial
    assert [s.file(n).stat().st_mtime_ns != stamps[n] for n in range(COUNT)] == [n in {1, 5} for n in range(COUNT)]


def test_a_shard_that_raises_is_named_and_the_rest_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "3.raises").touch()
    s = made(tmp_path)
    s.compute("threads", "test")
    assert str(s.cut).startswith("shards: got 1 that failed (3: ArithmeticError: no number 3 in two lines); ")
    assert [number for number, _ in s.finished()] == [0, 1, 2, 4, 5, 6]
    assert "test: 6 of 7 shards" in capsys.readouterr().out and Part(shards=[s]).partial
    s.file(0).unlink()
    s.compute("none", "test")
    assert "2 that failed (0: left out; 3: left out)" in str(s.cut) and s.read(0) is None


def test_other_facts_have_another_folder_and_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    s, other, more = made(tmp_path), made(tmp_path, seed=4), made(tmp_path, count=8)
    assert len({s.folder, other.folder, more.folder}) == 3
    s.compute("threads", "test")
    s.folder.rename(other.folder)
    with pytest.raises(InputError, match=f"shards: got {other.folder}; .*those of another lie there"):
        other.compute("threads", "test")


def test_ctrl_c_keeps_what_is_finished(
    tmp_path: Path, serial: list[bytes], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls, real = iter(range(100)), flight.wait

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(flight, "wait", interrupted)
    s = made(tmp_path)
    s.compute("threads:1", "test")
    assert isinstance(s.cut, KeyboardInterrupt)
    done = len(list(s.finished()))
    assert 2 <= done < COUNT and f"test: {done} of {COUNT} shards" in "".join(capsys.readouterr())
    monkeypatch.setattr(flight, "wait", real)
    assert complete(s, "threads:1") and contents(s) == serial
    s.remove()
    assert not (tmp_path / "shards").exists()


def test_no_space_is_one_line_and_keeps_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shards.save_npz

    def full(file: Path, arrays: Arrays) -> None:
        if file.stem == "000004":
            raise InputError("output", file, "a path that can be written (No space left on device)")
        real(file, arrays)

    monkeypatch.setattr(shards, "save_npz", full)
    s = made(tmp_path)
    with pytest.raises(InputError, match="No space left"):
        s.compute("threads:1", "test")
    assert {0, 1, 2, 3} <= {number for number in range(COUNT) if s.read(number) is not None}


def test_long_runs_take_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = shards.opened

    def noted(name: str) -> executors.Opened:
        asked.append(name)
        return real("threads")

    monkeypatch.setattr(shards, "opened", noted)
    for seconds in (0.1, 100.0):
        s = made(tmp_path / str(seconds))
        s.seconds = seconds
        s.compute("auto", "test")
    assert asked == ["threads", "processes"]


class Backwards(ThreadPoolExecutor):
    """An executor of a user, last come first served."""

    def __init__(self) -> None:
        super().__init__(1)
        self.held: list[tuple[Future[Any], Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.held.append((Future(), (fn, args)))
        if len(self.held) == COUNT:
            for future, (work, words) in reversed(self.held):
                future.set_running_or_notify_cancel()
                future.set_result(work(*words))
        return self.held[-1][0]


def backwards() -> Executor:
    return Backwards()


def test_an_executor_of_ones_own_in_another_order(tmp_path: Path, serial: list[bytes]) -> None:
    s = made(tmp_path)
    assert complete(s, "tests.test_shards:backwards") and contents(s) == serial


REFUSED = {
    "unknown": ("nobody", executors.KNOWN),
    "no number": ("threads:many", executors.KNOWN),
    "no address": ("dask:", executors.KNOWN),
    "no module": ("no_such_module:make", executors.KNOWN),
    "no executor": ("math:pi", "a function that returns a concurrent.futures.Executor"),
    "not here": ("executorlib:slurm", "srun"),
    "unreachable": ("dask:tcp://127.0.0.1:9", "the address of a scheduler that answers in 0.2 s, with a worker"),
}


@pytest.mark.parametrize(("name", "allowed"), REFUSED.values(), ids=list(REFUSED))
@pytest.mark.filterwarnings("ignore")
def test_refused_in_one_line(name: str, allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = {"dask": "distributed", "executorlib": "executorlib"}.get(name.partition(":")[0])
    if package and NAME.fullmatch(name):
        pytest.importorskip(package)
    monkeypatch.setattr(executors, "REACH", 0.2)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError) as error:
        opened(name)
    assert str(error.value).startswith(f"--executor: got {name}; allowed: ") and allowed in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name, package", [("dask:tcp://x:1", "distributed"), ("executorlib", "executorlib")])
def test_a_missing_package_has_its_pip_line(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=f"^--executor: got {name}; .*pip install {package}$"):
        opened(name)
    listed = (ROOT / "pyproject.toml").read_text(), (ROOT / "requirements-dev.txt").read_text()
    assert all(package in text for text in listed) and package not in (ROOT / "requirements.txt").read_text()
