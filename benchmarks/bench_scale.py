"""Shards: what the seam costs, networks a second against workers, bytes and memory; with --write kept, and in docs/scale.md."""

from __future__ import annotations

import json
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from theorem13.census.training import Setting, orthonormal_risk, starts, student
from valleys.run.executors import close_all
from valleys.run.record import plain, write_bytes
from valleys.run.shards import Arrays, Shards
from valleys.search.training import train

RECORD = Path(__file__).with_name("scale.json")
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
RUNS, K, COUNT, ROUNDS = 400, 6, 2, 3
STEP, STEPS = 5.0, 20000
EXECUTORS = ("threads:1", "threads:2", "processes:1", "processes:2")
FEW, MANY, LARGE = 10_000, 1_000_000, 1e8
#: Seconds of a shard at which the seam's share is told.
SECONDS = 2.0


def descended(runs: int, number: int) -> Arrays:
    """Where gradient descent of the census ends, one thread; the shard's number is the seed of its starts."""
    theta = student(starts(Setting(K, 0, runs, number, STEP, STEPS)))
    end = train(orthonormal_risk(K), theta, frozen="U", step=STEP / (2 * K), steps=STEPS, tolerance=1e-8)
    return {"W": end.theta.W.numpy(), "steps": end.steps.numpy(), "diverged": end.diverged.numpy()}


def simulated(runs: int, number: int) -> Arrays:
    """Arrays of the same shapes, of noise, which does not get smaller when it is packed; and the worker's memory."""
    W = np.random.default_rng(number).standard_normal((runs, K, K))
    return {"W": W, "steps": np.zeros(runs, int), "diverged": np.zeros(runs, bool), "peak": np.array(peak())}


def peak() -> float:
    """MB that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def computed(task: Callable[[int, int], Arrays], count: int, executor: str) -> tuple[float, float, float]:
    """Seconds of a run, bytes of a shard's file, and the most memory that a worker tells of."""
    with tempfile.TemporaryDirectory() as folder:
        shards = Shards(task, RUNS, count, Path(folder), Path(__file__), {"runs": RUNS})
        _ = shards.folder  # the fingerprint is taken once, before the clock runs
        began = time.perf_counter()
        shards.compute(executor, "shards")
        took = time.perf_counter() - began
        size = sum(shards.file(number).stat().st_size for number in range(count)) / count
        return took, size, max(float(arrays.get("peak", 0)) for _, arrays in shards.finished())


def seam() -> dict[str, float]:
    """Seconds of processor time that a shard costs beyond its task, and of what they are a share."""

    def spent(action: Callable[[], object]) -> float:
        began = time.process_time()
        action()
        return time.process_time() - began

    bare = min(spent(lambda: [simulated(RUNS, n) for n in range(200)]) for _ in range(ROUNDS))
    whole = min(spent(lambda: computed(simulated, 200, "threads:1")) for _ in range(ROUNDS))
    cost = (whole - bare) / 200
    return {"seconds": cost, "share": cost / SECONDS, "of": SECONDS}


def growth() -> dict[str, dict[str, float]]:
    """Networks a second for each executor, the best of rounds in which all take turns; seconds until it has started."""
    begun = {name: computed(simulated, 2, name)[0] for name in EXECUTORS}
    best = dict.fromkeys(EXECUTORS, float("inf"))
    for _ in range(ROUNDS):
        for name in EXECUTORS:
            best[name] = min(best[name], computed(descended, COUNT, name)[0])
    return {name: {"start": begun[name], "rate": COUNT * RUNS / best[name]} for name in EXECUTORS}


def memory() -> dict[str, dict[str, float]]:
    """MB that the driver and its workers have held at most, after few simulated networks and after many."""
    found = {}
    for networks in (FEW, MANY):
        worker = computed(simulated, networks // RUNS, "processes:2")[2]
        found[str(networks)] = {"driver": peak(), "worker": worker}
    return found


def card(B: int = 20_000, steps: int = 200) -> dict[str, float] | None:
    """Network-steps a second on a card, and of the matrix products of these steps alone; None without one."""
    if not torch.cuda.is_available():
        return None
    W = starts(Setting(K, 0, 1000, 0, STEP, STEPS)).repeat(B // 1000, 1, 1).cuda()

    def products() -> None:
        for _ in range(steps):
            square = torch.bmm(W, W.mT)
            torch.bmm(square, W)
            torch.bmm(square, W)

    def trained() -> None:
        train(orthonormal_risk(K), student(W), frozen="U", step=STEP / (2 * K), steps=steps, chunk=B)

    rates = {}
    for name, action in (("limit", products), ("rate", trained)):
        action()
        torch.cuda.synchronize()
        began = time.perf_counter()
        action()
        torch.cuda.synchronize()
        rates[name] = B * steps / (time.perf_counter() - began)
    return rates


def measured() -> dict[str, Any]:
    """All of it; memory first, while the peak is its own."""
    held = memory()
    size = computed(descended, 1, "threads:1")[1]
    found = {"memory": held, "seam": seam(), "growth": growth(), "bytes": size / RUNS, "card": card()}
    close_all()
    return found


def lines(found: dict[str, Any]) -> list[str]:
    """The record in sentences."""
    few, many = (found["memory"][str(networks)] for networks in (FEW, MANY))
    cost, one = found["seam"]["seconds"], found["growth"]["processes:1"]["rate"]
    told = [
        f"seam: {1e3 * cost:.1f} ms of processor time a shard of {RUNS} networks, reading it back included; "
        f"{100 * found['seam']['share']:.2f} % of a shard of "
        f"{found['seam']['of']:.0f} s",
        f"memory of the driver: {few['driver']:.0f} MB after {FEW:,} simulated networks, {many['driver']:.0f} MB after {MANY:,}",
        f"memory of a worker: {few['worker']:.0f} MB after {FEW:,} simulated networks, {many['worker']:.0f} MB after {MANY:,}",
    ]
    told += [
        f"{name}: {row['rate']:.0f} networks a second (k = n = {K}), after a start of {row['start']:.2f} s"
        for name, row in found["growth"].items()
    ]
    told.append(
        f"{LARGE:.0e} such networks in shards of {RUNS}: {LARGE / one / 86400:.1f} days of one worker, "
        f"{LARGE / RUNS:,.0f} files, {LARGE * found['bytes'] / 1e9:.0f} GB through the driver "
        f"({found['bytes']:.0f} bytes a network), the driver busy for {LARGE / RUNS * cost / 3600:.1f} h"
    )
    if found["card"] is not None:
        told.append(
            f"card: {found['card']['rate']:.3g} network-steps a second; the matrix products of these steps alone: "
            f"{found['card']['limit']:.3g}"
        )
    return told


def block(found: dict[str, Any]) -> str:
    """What stands in docs/scale.md."""
    return "<!-- measured -->\n" + "".join(f"- {line}\n" for line in lines(found)) + "<!-- end -->"


def main(words: list[str] | None = None) -> None:
    """Print the lines; with ``--write`` keep the record and put its lines between the marks of docs/scale.md."""
    found = plain(measured())
    print("\n".join(lines(found)))
    if words and "--write" in words:
        write_bytes(RECORD, (json.dumps(found, indent=1) + "\n").encode())
        text = re.sub(
            r"<!-- measured -->.*?<!-- end -->", lambda _: block(found), DOCUMENT.read_text(), flags=re.DOTALL
        )
        write_bytes(DOCUMENT, text.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
