"""A fingerprint of the code that a script's numbers come from: it changes when a number could, and knows no date."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ("*.csv", "*.npz")


def fingerprint(entry: Path, root: Path = ROOT) -> str:
    """Twelve hexadecimal digits of the SHA-256 of every module that ``entry`` reaches, and of the data beside it.

    Modules count as syntax trees without docstrings: comments, layout and documentation do not change the number.

    Args:
        entry: the script.
        root: of the project; modules outside it are known by their versions.

    Returns:
        the fingerprint.
    """
    total = hashlib.sha256()
    for file in sorted(reached(entry.resolve(), root)):
        total.update(f"{file.stem}\n{meaning(file)}\n".encode())
    for pattern in DATA:
        for file in sorted(entry.resolve().parent.glob(pattern)):
            total.update(file.name.encode() + file.read_bytes())
    return total.hexdigest()[:12]


def reached(entry: Path, root: Path = ROOT) -> set[Path]:
    """The entry and all modules of the project that it imports, at once or late, directly or through others."""
    found: set[Path] = set()
    queue = [entry]
    while queue:
        file = queue.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_bytes())):
            queue += [path for name in imported(node) if (path := locate(name, root)) is not None]
    return found


def imported(node: ast.AST) -> list[str]:
    """Full names that an import statement may load; those of attributes are tried as modules too."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return []


def locate(name: str, root: Path) -> Path | None:
    """The file of a module of the project; None for any other."""
    path = root.joinpath(*name.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def meaning(file: Path) -> str:
    """The module's syntax tree without docstrings, as text."""
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return ast.dump(tree)
