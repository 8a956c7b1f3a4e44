"""The fingerprint of a script's code changes with every module that it reaches, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from valleys.run.provenance import ROOT, fingerprint, reached


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "theorem1/main.py": '"""Doc."""\nfrom theorem1 import helper\n\nprint(helper.f())\n',
        "theorem1/__init__.py": "",
        "theorem1/helper.py": "def f():\n    from shared.deep import A\n    return A + 1\n",
        "theorem1/alone.py": "B = 2\n",
        "theorem1/data.csv": "a,b\n1,2\n",
        "shared/__init__.py": "",
        "shared/deep.py": "import json\nA = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


CHANGES = {
    "the entry": ("theorem1/main.py", "print(helper.f() + 1)\nfrom theorem1 import helper\n", True),
    "a helper": ("theorem1/helper.py", "def f():\n    from shared.deep import A\n    return A + 2\n", True),
    "a late import of a helper": ("shared/deep.py", "import json\nA = 2\n", True),
    "the data": ("theorem1/data.csv", "a,b\n1,3\n", True),
    "a module that is not reached": ("theorem1/alone.py", "B = 3\n", False),
    "a comment": ("shared/deep.py", "import json\n\nA = 1  # one\n", False),
    "a docstring": ("theorem1/main.py", '"""Other."""\nfrom theorem1 import helper\n\nprint(helper.f())\n', False),
}


@pytest.mark.parametrize(("name", "text", "changes"), CHANGES.values(), ids=list(CHANGES))
def test_what_changes_it(project: Path, name: str, text: str, changes: bool) -> None:
    entry = project / "theorem1" / "main.py"
    before = fingerprint(entry, project)
    (project / name).write_text(text)
    assert (fingerprint(entry, project) != before) == changes


def test_reaches_through_late_imports() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in reached(ROOT / "theorem8" / "main.py")}
    assert {
        "theorem8/th8construction.py",
        "theorem8/th8figure.py",
        "valleys/judge/certificate.py",
        "valleys/run/figure.py",
    } <= names
    assert not {name for name in names if name.startswith(("tests/", "theorem13/", "valleys/page"))}
