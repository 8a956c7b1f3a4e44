"""One seed, one stream for each purpose: apart from one another, the same in every process, and the only source."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import product

import pytest

from tests.test_architecture import ROOT, SOURCES
from valleys.problem.streams import stream

#: Purposes that are easily taken for one another.
PURPOSES: tuple[tuple[int | str, ...], ...] = (
    (), ("",), ("a",), ("b",), ("ab",), ("a", "b"), ("b", "a"), ("a", ""), ("a", 0), ("a", 1), (0, "a"), (1,), (2,), (12,),
    (1, 0), (1, 2), ("1",), ("1", "2"), ("12",), ("ä",), ("a" * 100,), ("a" * 101,),
)  # fmt: skip
#: The draws of the committed records: whoever changes one makes them again.
PINNED: dict[tuple[int | str, ...], int] = {
    (0,): 1693125408465869867, (1, 2, 3): 5168399538067399530, ("attack",): 8991751419392522444,
    ("start", 3): 4628987254363417119,
}  # fmt: skip
#: The thesis' own draws come from NumPy.
THESIS = {"th8data.py"}


def test_streams_differ_by_seed_and_purpose() -> None:
    seeds = [stream(seed, *purpose).initial_seed() for seed, purpose in product((0, 1, 42), PURPOSES)]
    assert len(set(seeds)) == 3 * len(PURPOSES)


@pytest.mark.parametrize(("purpose", "seed"), PINNED.items(), ids=str)
def test_streams_stay(purpose: tuple[int | str, ...], seed: int) -> None:
    assert stream(7, *purpose).initial_seed() == seed


def test_streams_do_not_depend_on_the_process() -> None:
    code = "from valleys.problem.streams import stream; print(stream(7, 'start', 3).initial_seed())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": salt},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert printed == {f"{stream(7, 'start', 3).initial_seed()}\n"}


def made_by_hand(text: str) -> set[str]:
    """Calls that make or seed a generator."""
    calls = {"manual_seed", "default_rng", "RandomState", "SeedSequence", "seed"}
    nodes = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in calls}


def test_nothing_else_makes_a_generator() -> None:
    rooms = [path for path in SOURCES if path.parent.name not in {"benchmarks", "misc"}]
    found = {path.name for path in rooms if made_by_hand(path.read_text())}
    assert found == {"streams.py", *THESIS}
    assert made_by_hand("import torch\nx = torch.Generator().manual_seed(0)") == {"manual_seed"}
