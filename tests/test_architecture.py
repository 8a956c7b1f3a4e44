"""The house rules, read from the folders: rooms import one way, files are small, builder and judge never share a room."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "valleys"
ROOMS = sorted(folder.name for folder in LIBRARY.iterdir() if (folder / "__init__.py").is_file())
#: Folders of scripts: whatever holds modules, but is neither the library nor a test, nor the checker, which anybody may call.
SCRIPTS = sorted(
    folder.name
    for folder in ROOT.iterdir()
    if (folder / "__init__.py").is_file() and folder.name not in {"valleys", "tests", "check"}
)
SOURCES = sorted(file for folder in ("valleys", "check", *SCRIPTS) for file in (ROOT / folder).rglob("*.py"))
#: Who judges must not know who builds or searches, nor the other way round.
APART = {
    ("judge", "construct"),
    ("judge", "search"),
    ("construct", "judge"),
    ("search", "judge"),
    ("paths", "judge"),
    ("problem", "paths"),
}


@cache
def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def arrows(files: list[Path], depth: int) -> dict[str, set[str]]:
    """Who imports whom, in names cut to ``depth`` parts (2: rooms of the library, 9: modules)."""
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    graph: dict[str, set[str]] = {}
    for name, file in names.items():
        short = ".".join(name.split(".")[:depth])
        targets = {".".join(found.split(".")[:depth]) for found in imports(file) if found in names}
        graph.setdefault(short, set()).update(targets - {short})
    return graph


def room_arrows() -> dict[str, set[str]]:
    return arrows([file for room in ROOMS for file in sorted((LIBRARY / room).glob("*.py"))], 2)


@pytest.mark.parametrize("graph", [room_arrows(), arrows(SOURCES, 9)], ids=["rooms", "modules"])
def test_no_arrow_runs_back(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {error.args[1]}")


def test_a_circle_is_seen() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_builder_and_judge_are_apart() -> None:
    graph = room_arrows()
    for room, other in APART:
        assert f"valleys.{other}" not in graph[f"valleys.{room}"], f"{room} imports {other}"


def test_the_library_knows_no_theorem() -> None:
    for file in LIBRARY.rglob("*.py"):
        assert not {name for name in imports(file) if name.split(".")[0] in SCRIPTS}, file


def test_only_drawing_rooms_import_matplotlib() -> None:
    for path in SOURCES:
        if any(name.split(".")[0] == "matplotlib" for name in imports(path)):
            assert path.stem.endswith("figure") or path.stem == "pictures", path


def test_what_computes_does_not_import_what_draws() -> None:
    """Else a colour would change the fingerprint of numbers; entry scripts and the one that makes pictures put both together."""
    drawing = {file.stem for file in SOURCES if file.stem.endswith("figure")}
    for path in SOURCES:
        if path.stem.endswith("figure") or path == LIBRARY / "run" / "script.py" or path.parts[-2] == "benchmarks":
            continue
        if 'if __name__ == "__main__":' in path.read_text():
            continue
        assert not {name for name in imports(path) if name.split(".")[-1] in drawing and "matplotlib" not in name}, path


def test_files_are_small() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES + sorted((ROOT / "tests").glob("*.py"))}
    assert {str(path): n for path, n in lengths.items() if n > 300} == {}
    assert median(lengths.values()) < 150


def test_nothing_imports_sketches() -> None:
    for path in SOURCES:
        if path.parent.name not in {"misc", "benchmarks"}:  # itself, and what times it
            assert not any(name.split(".")[0] == "misc" for name in imports(path))
