"""The fingerprint of a script's code changes with every module that it reaches, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from valleys.run.provenance import ROOT, fingerprints, reached


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "theorem1/main.py": '"""Doc."""\nfrom theorem1 import helper, helpfigure\n\nprint(helper.f())\n',
        "theorem1/__init__.py": "",
        "theorem1/helper.py": "def f():\n    from shared.deep import A\n    return A + 1, 'data.csv'\n",
        "theorem1/helpfigure.py": "from shared.colours import RED\nfrom shared.deep import A\n",
        "shared/colours.py": "RED = 1\n",
        "shared/typed.py": "B = 1\n",
        "theorem1/alone.py": "B = 2\n",
        "theorem1/data.csv": "a,b\n1,2\n",
        "shared/__init__.py": "",
        "shared/deep.py": "import json\nif TYPE_CHECKING:\n    from shared import typed\nA = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


NEITHER, COMPUTING, DRAWING = (False, False), (True, False), (False, True)
CHANGES = {
    "the entry": ("theorem1/main.py", "from theorem1 import helper, helpfigure\nprint(helper.f() + 1)\n", COMPUTING),
    "a helper": (
        "theorem1/helper.py",
        "def f():\n    from shared.deep import A\n    return 2, 'data.csv'\n",
        COMPUTING,
    ),
    "a late import of a helper": ("shared/deep.py", "import json\nA = 2\n", COMPUTING),
    "the data": ("theorem1/data.csv", "a,b\n1,3\n", COMPUTING),
    "a figure": ("theorem1/helpfigure.py", "from shared.colours import RED\nBLUE = 2\n", DRAWING),
    "what a figure alone reaches": ("shared/colours.py", "RED = 2\n", DRAWING),
    "a foreign file": ("theorem1/foreign.csv", "a,b\n", NEITHER),
    "a module that is not reached": ("theorem1/alone.py", "B = 3\n", NEITHER),
    "a module for type checkers": ("shared/typed.py", "B = 3\n", NEITHER),
    "a comment": ("shared/colours.py", "RED = 1  # one\n", NEITHER),
    "a docstring": (
        "theorem1/main.py",
        '"""Other."""\nfrom theorem1 import helper, helpfigure\n\nprint(helper.f())\n',
        NEITHER,
    ),
}


@pytest.mark.parametrize(("name", "text", "changes"), CHANGES.values(), ids=list(CHANGES))
def test_what_changes_it(project: Path, name: str, text: str, changes: tuple[bool, bool]) -> None:
    entry = project / "theorem1" / "main.py"
    before = fingerprints(entry)
    (project / name).write_text(text)
    after = fingerprints(entry)
    assert tuple(a != b for a, b in zip(after, before, strict=True)) == changes


def test_reaches_through_late_imports() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in reached(ROOT / "theorem8" / "main.py")}
    assert {
        "theorem8/th8construction.py",
        "theorem8/th8figure.py",
        "valleys/judge/certificate.py",
        "valleys/run/figure.py",
    } <= names
    assert not {name for name in names if name.startswith(("tests/", "theorem13/", "valleys/page"))}
