"""Two fingerprints of the code that a script reaches: of what computes its numbers, and of what draws its pictures.

Modules whose name ends in ``figure``, and what only they reach, draw; all others compute. A fingerprint knows no date.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: Endings of the data files that modules read from their own folder.
DATA = (".csv", ".npz")
#: Fields in which a statement holds others.
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Fingerprints(NamedTuple):
    """Twelve hexadecimal digits each.

    Attributes:
        computing: of what the numbers come from.
        drawing: of what the pictures come from besides, matplotlib included.
    """

    computing: str
    drawing: str


def fingerprints(entry: Path) -> Fingerprints:
    """SHA-256 of every module that ``entry`` reaches, and of the data files that these modules name.

    Modules count as syntax trees without docstrings: comments, layout and documentation do not change the number.

    Args:
        entry: the script, in a folder of its project; modules outside that and this one are known by their versions.

    Returns:
        the two fingerprints.
    """
    computing = reached(entry.resolve(), enter=lambda file: not draws(file))
    drawing = reached(entry.resolve()) - computing
    return Fingerprints(_digest(computing, ""), _digest(drawing, version("matplotlib")))


def draws(file: Path) -> bool:
    """Whether a module draws: its name says so."""
    return file.stem.endswith("figure")


class Source(NamedTuple):
    """What a module's text says, whatever folder it lies in.

    Attributes:
        imports: full names that it may load; those of attributes are tried as modules too.
        data: texts in it that end as names of data files do.
        meaning: SHA-256 of its syntax tree without docstrings.
    """

    imports: frozenset[str]
    data: tuple[str, ...]
    meaning: str


@cache  # by content: a module that is edited while this process runs is another one
def source(content: bytes) -> Source:
    """Parse a module, once for all that is asked about it."""
    tree = ast.parse(content)
    imports = frozenset(name for node in statements(tree, typing=False) for name in imported(node))
    nodes = ast.walk(tree) if any(ending.encode() in content for ending in DATA) else ()
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    data = tuple(sorted(text for text in texts if text.endswith(DATA)))
    return Source(imports, data, hashlib.sha256(meaning(tree).encode()).hexdigest())


def _digest(files: Iterable[Path], more: str) -> str:
    total = hashlib.sha256(more.encode())
    for file in sorted(files):
        told = source(file.read_bytes())
        for data in (file.parent / name for name in told.data):
            if data.is_file():
                total.update(data.name.encode() + data.read_bytes())
        total.update(f"{file.stem}\n{told.meaning}\n".encode())
    return total.hexdigest()[:12]


def reached(entry: Path, enter: Callable[[Path], bool] = lambda file: True) -> set[Path]:
    """The entry and all modules of its project and this one that it imports, at once or late, directly or through others.

    Args:
        entry: the script.
        enter: whether a module counts; what only others reach is left out with them.

    Returns:
        their files.
    """
    roots = (entry.parents[1], ROOT)
    found: set[Path] = set()
    named: set[str] = set()
    queue = [entry]
    while queue:
        file = queue.pop()
        if file in found or not enter(file):
            continue
        found.add(file)
        new = source(file.read_bytes()).imports - named
        named |= new
        queue += [path for name in new if (path := locate(name, roots)) is not None]
    return found


def statements(tree: ast.Module, typing: bool = True) -> Iterator[ast.AST]:
    """The module and all its statements, or all but those that only a type checker reads."""
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        if (
            not typing
            and isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
        ):
            queue += node.orelse
            continue
        yield node
        queue += [part for block in BLOCKS for part in getattr(node, block, ())]


def imported(node: ast.AST) -> list[str]:
    """Full names that an import statement may load; those of attributes are tried as modules too."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return []


def locate(name: str, roots: Sequence[Path]) -> Path | None:
    """The file of a module below one of the roots; None for any other."""
    paths = [root.joinpath(*name.split(".")) for root in roots]
    files = (file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py"))
    return next((file for file in files if file.is_file()), None)


def meaning(tree: ast.Module) -> str:
    """A module's syntax tree without docstrings, as text."""
    for node in statements(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return ast.dump(tree)


def given_data(values: dict[str, object]) -> str:
    """Twelve digits for the content of the files among a config's values (what a run reads); "" where there are none."""
    words = [
        (name, word) for name, value in values.items() for word in (value if isinstance(value, tuple) else (value,))
    ]
    total = hashlib.sha256()
    files = [Path(w) for name, w in words if isinstance(w, str) and w.endswith(DATA) and not name.startswith("save")]
    read = [file.read_bytes() for file in files if file.is_file()]
    for content in read:
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()[:12] if read else ""
