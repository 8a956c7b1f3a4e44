"""Who computes the shards: any ``concurrent.futures.Executor``, opened by its name. Distribution is left to its engine."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any, NamedTuple

from valleys.run.errors import InputError
from valleys.run.options import option

KNOWN = "auto, threads[:N], processes[:N], dask:ADDRESS, executorlib[:slurm|:flux], module:factory, none"
NAME = re.compile(
    r"auto|none|(threads|processes)(:[1-9]\d*)?|dask:\S+|executorlib(:slurm|:flux)?"
    r"|(?!(auto|none|threads|processes|dask|executorlib):)[A-Za-z_][\w.]*:[A-Za-z_]\w*"
)
#: Engines of executorlib, and the command that each needs.
ENGINES = {"": ("SingleNodeExecutor", ""), "slurm": ("SlurmJobExecutor", "srun"), "flux": ("FluxJobExecutor", "flux")}
#: Seconds in which a cluster has to answer and to have a worker.
REACH = 10
#: Shards handed out at once, to a cluster and for each worker of this machine.
AHEAD, AHEAD_EACH = 4096, 2


class Opened(NamedTuple):
    """An executor, how many shards it is handed at once (more wait here: memory stays flat), and how it is closed."""

    executor: Executor
    ahead: int
    close: Callable[[], object]


_open: dict[str, Opened] = {}


def executor_option() -> Any:
    """The option ``--executor``, for a script that computes shards; the numbers do not depend on it."""
    told = "who computes the shards (auto: threads, processes for long runs; none: take what is there): " + KNOWN
    check = lambda name: NAME.fullmatch(name) is not None  # noqa: E731
    return option("auto", told, allowed=KNOWN, check=check, compared=False, metavar="NAME", tried=("auto",))


def opened(name: str) -> Opened:
    """An executor by its name (docs/scale.md tells them); it stays open for the next picture, until ``close_all``.

    An unknown name, a package that is not installed, or a cluster without an answer or a worker in 10 s is an InputError.

    >>> opened("threads:3").executor.submit(max, 1, 2).result()
    2
    """
    if name not in _open:
        _open[name] = _opened(name, *name.partition(":")[::2])
    return _open[name]


def close_all() -> None:
    """Close what is open; the next ``opened`` starts anew."""
    while _open:
        _open.popitem()[1].close()


def _opened(name: str, kind: str, rest: str) -> Opened:
    if NAME.fullmatch(name) is None:
        raise InputError("--executor", name, KNOWN)
    workers = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    made: Any
    if kind in {"threads", "processes"}:
        workers = int(rest or workers)
        made = ThreadPoolExecutor(workers) if kind == "threads" else _processes(workers)
    elif kind == "dask":
        return _dask(_module("distributed", name), name, rest)
    elif kind == "executorlib":
        workers = int(os.environ.get("SLURM_NTASKS", workers)) if rest else workers
        made = _executorlib(_module("executorlib", name), name, workers, *ENGINES[rest])
    else:
        made, workers = _own(name, kind, rest), AHEAD // AHEAD_EACH
    return Opened(made, AHEAD_EACH * workers, made.shutdown)


def _processes(workers: int) -> Executor:
    """Workers forked from a server that has loaded torch (its threads would not survive a fork of this process)."""
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    context.set_forkserver_preload(["torch", "scipy.stats"])
    return ProcessPoolExecutor(workers, context, _follow)


def _follow() -> dict[str, Any]:
    """A worker does not hear Ctrl-C, which is for the driver; but it does not outlive a driver that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after, args=(multiprocessing.parent_process(), os.getppid()), daemon=True).start()
    return {}  # what executorlib wants of it


def _end_after(driver: BaseProcess | None, parent: int) -> None:
    if driver is not None:
        driver.join()
    while driver is None and os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _module(package: str, name: str) -> Any:
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError:
        allowed = f"an executor that is installed; for this one: pip install {package}"
        raise InputError("--executor", name, allowed) from None


def _executorlib(module: Any, name: str, workers: int, engine: str, command: str) -> Executor:
    if command and shutil.which(command) is None:
        raise InputError("--executor", name, f"an engine that is here; this one needs the command {command}")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # its workers are told in no other way
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # they inherit it: Ctrl-C is for the driver
    try:
        made: Executor = getattr(module, engine)(
            max_workers=workers, block_allocation=True, disable_dependencies=True, init_function=_follow
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return made


def _dask(distributed: Any, name: str, address: str) -> Opened:
    client, until = None, time.monotonic() + REACH
    try:
        client = distributed.Client(address, timeout=REACH, set_as_default=False)
        client.wait_for_workers(1, timeout=until - time.monotonic())
    except Exception:  # what a foreign port answers may be anything
        if client is not None:
            client.close()
        allowed = f"the address of a scheduler that answers in {REACH} s, with a worker"
        raise InputError("--executor", name, allowed) from None
    return Opened(client.get_executor(pure=False), AHEAD, client.close)


def _own(name: str, module: str, factory: str) -> Executor:
    sys.path.append(os.getcwd())
    try:
        make = getattr(importlib.import_module(module), factory)
    except (ImportError, AttributeError):
        raise InputError("--executor", name, KNOWN) from None
    made = make() if callable(make) else None
    if not isinstance(made, Executor):
        raise InputError("--executor", name, "a function that returns a concurrent.futures.Executor")
    return made
