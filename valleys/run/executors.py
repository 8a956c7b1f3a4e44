"""Who computes the shards: any ``concurrent.futures.Executor``, opened by its name. Distribution is left to its engine."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, NamedTuple

from valleys.run.errors import InputError
from valleys.run.options import option

KNOWN = "threads[:N], processes[:N], dask:ADDRESS, executorlib[:slurm|:flux], module:factory"
NAME = re.compile(
    r"(threads|processes)(:[1-9]\d*)?|dask:\S+|executorlib(:slurm|:flux)?"
    r"|(?!(threads|processes|dask|executorlib):)[A-Za-z_][\w.]*:[A-Za-z_]\w*"
)
#: Engines of executorlib, and the command that each needs.
ENGINES = {"": ("SingleNodeExecutor", ""), "slurm": ("SlurmJobExecutor", "srun"), "flux": ("FluxJobExecutor", "flux")}
#: Python threads of ``threads``.
THREADS = 2
#: Seconds in which a cluster has to answer.
REACH = 10
#: Shards handed out at once, to a cluster and for each worker of this machine.
AHEAD, AHEAD_EACH = 4096, 2


class Opened(NamedTuple):
    """An executor, and how many shards it is handed at once (more wait here, so that memory stays flat)."""

    executor: Executor
    ahead: int


def executor_option() -> Any:
    """The option ``--executor``, for a script that computes shards; the numbers do not depend on it."""
    told = "who computes the trials: " + KNOWN
    check = lambda name: NAME.fullmatch(name) is not None  # noqa: E731
    return option("threads", told, allowed=KNOWN, check=check, compared=False, metavar="NAME")


@contextmanager
def opened(name: str) -> Iterator[Opened]:
    """An executor by its name, shut down afterwards.

    Args:
        name: ``threads:N`` (2 without N) and ``processes:N`` (one for each core) of this machine; ``dask:ADDRESS`` of a
            scheduler of dask.distributed; ``executorlib`` on this machine, with ``:slurm`` or ``:flux`` inside an
            allocation; ``module:factory``, a function of your own that returns a ``concurrent.futures.Executor``.

    Raises:
        InputError: for an unknown name, a package that is not installed, or a cluster that does not answer in 10 s.

    >>> with opened("threads:3") as (executor, ahead):
    ...     executor.submit(max, 1, 2).result(), ahead
    (2, 6)
    """
    kind, _, rest = name.partition(":")
    if NAME.fullmatch(name) is None:
        raise InputError("--executor", name, KNOWN)
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if kind == "threads":
        with ThreadPoolExecutor(int(rest or THREADS)) as pool:
            yield Opened(pool, AHEAD_EACH * int(rest or THREADS))
    elif kind == "processes":  # begun anew, not forked: threads of torch do not survive a fork
        with ProcessPoolExecutor(int(rest or cores), get_context("spawn"), _deaf) as pool:
            yield Opened(pool, AHEAD_EACH * int(rest or cores))
    elif kind == "dask":
        client = _client(_module("distributed", name), rest)
        with client:
            yield Opened(client.get_executor(pure=False), AHEAD)
    elif kind == "executorlib":
        workers = int(os.environ.get("SLURM_NTASKS", cores)) if rest else cores
        with _executorlib(name, *ENGINES[rest])(
            max_workers=workers, block_allocation=True, disable_dependencies=True
        ) as pool:
            yield Opened(pool, AHEAD_EACH * workers)
    else:
        with _own(name, kind, rest) as pool:
            yield Opened(pool, AHEAD)


def _deaf() -> None:
    """Ctrl-C is for the driver: a worker finishes its shard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _module(package: str, name: str) -> Any:
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError:
        allowed = f"an executor that is installed; for this one: pip install {package}"
        raise InputError("--executor", name, allowed) from None


def _executorlib(name: str, engine: str, command: str) -> Any:
    module = _module("executorlib", name)
    if command and shutil.which(command) is None:
        raise InputError("--executor", name, f"an engine that is here; this one needs the command {command}")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # its workers are told in no other way
    return getattr(module, engine)


def _client(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=REACH, set_as_default=False)
    except Exception:  # what a foreign port answers may be anything
        allowed = f"the address of a scheduler that answers in {REACH} s"
        raise InputError("--executor", f"dask:{address}", allowed) from None


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
