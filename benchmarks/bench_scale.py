"""Shards: what the seam costs, networks a second against workers, bytes and memory; with --write into docs/scale.md."""

from __future__ import annotations

import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from theorem13.census.training import Setting, orthonormal_risk, starts, student
from valleys.run.record import write_bytes
from valleys.run.shards import Arrays, Shards
from valleys.search.training import train

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
RUNS, K, COUNT = 400, 6, 6
STEP, STEPS = 5.0, 20000
LARGE = 1e8
#: Seconds of a shard at which the seam's share is told.
SECONDS = 2.0


def descended(runs: int, number: int) -> Arrays:
    """Where gradient descent of the census ends, one thread; the shard's number is the seed of its starts."""
    theta = student(starts(Setting(K, 0, runs, number, STEP, STEPS)))
    end = train(orthonormal_risk(K), theta, frozen="U", step=STEP / (2 * K), steps=STEPS, tolerance=1e-8)
    return {"W": end.theta.W.numpy(), "steps": end.steps.numpy(), "diverged": end.diverged.numpy()}


def simulated(runs: int, number: int) -> Arrays:
    """Arrays of the same shapes, of noise, which does not get smaller when it is packed."""
    W = np.random.default_rng(number).standard_normal((runs, K, K))
    return {"W": W, "steps": np.zeros(runs, int), "diverged": np.zeros(runs, bool)}


def computed(task: Callable[[int, int], Arrays], count: int, executor: str) -> tuple[float, float]:
    """Seconds of a run, and bytes of a shard's file."""
    with tempfile.TemporaryDirectory() as folder:
        shards = Shards(task, RUNS, count, Path(folder), Path(__file__), {"runs": RUNS})
        _ = shards.folder  # the fingerprint is taken once, before the clock runs
        began = time.perf_counter()
        shards.compute(executor, "shards")
        took = time.perf_counter() - began
        return took, sum(shards.file(number).stat().st_size for number in range(count)) / count


def peak() -> float:
    """MB that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def lines() -> list[str]:
    """Measure; one sentence each."""
    began = time.perf_counter()
    for number in range(100):
        simulated(RUNS, number)
    bare = (time.perf_counter() - began) / 100
    computed(simulated, 25, "threads:1")
    first = peak()
    few = computed(simulated, 25, "threads:1")[0] / 25
    seam = computed(simulated, 500, "threads:1")[0] / 500 - bare
    told = [
        f"seam: {1e3 * seam:.1f} ms a shard of {RUNS} networks ({1e3 * few:.1f} ms in a run of 25), "
        f"{100 * seam / SECONDS:.2f} % of a shard of {SECONDS:.0f} s",
        f"memory of the driver: {first:.0f} MB after {25 * RUNS:,} simulated networks, {peak():.0f} MB after {525 * RUNS:,}",
    ]
    rates = {}
    for executor in ("threads:1", "threads:2", "processes:1", "processes:2"):
        start = computed(simulated, 2, executor)[0]
        seconds, size = computed(descended, COUNT, executor)
        rates[executor] = COUNT * RUNS / max(seconds - start, 1e-9)
        told.append(
            f"{executor}: {rates[executor]:.0f} networks a second (k = n = {K}), after a start of {start:.2f} s"
        )
    days = LARGE / rates["threads:1"] / 86400
    gigabytes = LARGE / RUNS * size / 1e9
    told.append(
        f"{LARGE:.0e} such networks in shards of {RUNS}: {days:.1f} days of one worker, {LARGE / RUNS:,.0f} files, "
        f"{gigabytes:.0f} GB through the driver ({size / RUNS:.0f} bytes a network), "
        f"the driver busy for {LARGE / RUNS * seam / 3600:.1f} h"
    )
    return told


def main(words: list[str] | None = None) -> None:
    """Print the lines; with ``--write`` put them between the marks of docs/scale.md."""
    told = lines()
    print("\n".join(told))
    if words and "--write" in words:
        block = "<!-- measured -->\n" + "".join(f"- {line}\n" for line in told) + "<!-- end -->"
        text = re.sub(r"<!-- measured -->.*?<!-- end -->", lambda _: block, DOCUMENT.read_text(), flags=re.DOTALL)
        write_bytes(DOCUMENT, text.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
