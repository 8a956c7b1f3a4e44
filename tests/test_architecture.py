"""The house rules: imports go one way, files are small, builder and judge never share a room."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Rooms of the shared library from left to right; a module imports only from rooms to its left.
ORDER = (
    "errors", "cli", "provenance", "record", "partial", "script", "network", "intervals", "streams", "activations", "laws",
    "kernels", "features", "risk", "population", "mixture", "path", "curves", "tour", "curvefile", "span", "filters",
    "fastgradient", "updates", "trainingrun", "training", "hessian", "lbfgs", "finish", "census", "barrier", "curve_judge",
    "certificate", "pathfile", "verify", "figure", "statement", "gather", "webpage", "gallery", "readme",
)  # fmt: skip
#: The shared face of the scripts calls the drawing room when it runs, not when it is imported.
LATE = {("script", "figure"), ("script", "certificate")}
SOURCES = sorted(
    path
    for folder in ("valleys", "theorem8", "theorem11", "theorem12", "theorem13", "theorem16", "misc", "benchmarks")
    for path in (ROOT / folder).glob("*.py")
)


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name == "valleys"], ids=lambda p: p.stem)
def test_rooms_import_to_their_left(path: Path) -> None:
    if path.stem in {"__init__"}:
        return
    assert path.stem in ORDER, "a new room needs its place in ORDER"
    for name in imports(path):
        parts = name.split(".")
        assert not parts[0].startswith("theorem"), f"{path.name} imports {name}"
        if parts[0] == "valleys" and len(parts) > 1 and parts[1] in ORDER and (path.stem, parts[1]) not in LATE:
            assert ORDER.index(parts[1]) < ORDER.index(path.stem), f"{path.stem} imports {parts[1]}"


def test_builder_and_judge_are_apart() -> None:
    judges = ("certificate", "verify", "span", "pathfile")
    for judge in judges:
        assert not {"valleys.training", "valleys.barrier", "valleys.filters"} & imports(
            ROOT / "valleys" / f"{judge}.py"
        )
    for path in (ROOT / "valleys").glob("*.py"):
        if path.stem == "path":
            assert not {"valleys.risk", "valleys.certificate"} & imports(path)


def test_only_drawing_rooms_import_matplotlib() -> None:
    for path in SOURCES:
        if any(name.split(".")[0] == "matplotlib" for name in imports(path)):
            assert path.stem == "figure" or path.stem.endswith("figure") or path.stem == "script", path


def test_files_are_small() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES + sorted((ROOT / "tests").glob("*.py"))}
    assert {str(path): n for path, n in lengths.items() if n > 300} == {}
    assert median(lengths.values()) < 150


def test_nothing_imports_sketches() -> None:
    for path in SOURCES:
        if path.parent.name not in {"misc", "benchmarks"}:  # itself, and what times it
            assert not any(name.split(".")[0] == "misc" for name in imports(path))
