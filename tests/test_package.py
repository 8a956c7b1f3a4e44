"""What `pip install .` brings, and what `import valleys` shows: one folder, one command, names that load when used."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import valleys
from tests.running import ROOT, python

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_at_most_25_names_and_each_is_there() -> None:
    assert len(valleys.__all__) <= 25
    assert set(valleys.__all__) <= set(dir(valleys))
    for name in valleys.__all__:
        assert getattr(valleys, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        valleys.nothing  # noqa: B018


def test_type_checkers_see_what_users_get() -> None:
    tree = ast.parse((ROOT / "valleys" / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: f"{node.module}" for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == {name: f"valleys.{home}" for name, home in valleys._CONTENTS.items()}


def test_importing_costs_nothing_and_leaves_matplotlib_alone() -> None:
    code = (
        "import sys, valleys; assert not {'torch', 'numpy'} & set(sys.modules); [getattr(valleys, n) for n in valleys.__all__];"
        "assert 'matplotlib' not in sys.modules"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


def test_the_readme_example_runs_with_valleys_alone() -> None:
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert code
    for text in code:
        assert set(re.findall(r"^(?:import|from) (\S+)", text, re.MULTILINE)) <= {"torch", "valleys"}
        done = python("-c", text)
        assert done.returncode == 0, done.stderr


def test_nothing_inside_goes_through_the_face() -> None:
    for file in [*ROOT.glob("valleys/**/*.py"), *ROOT.glob("theorem*/**/*.py")]:
        assert not re.search(r"^\s*(from valleys import|import valleys$)", file.read_text(), re.MULTILINE), file


def names(lines: list[str]) -> dict[str, str]:
    told = (re.match(r"([\w-]+)(.*)", line.strip()) for line in lines if line.strip() and line[0] not in "#-")
    return {match[1]: match[2] for match in told if match}


def test_requirements_agree_and_torch_is_open() -> None:
    listed = names((ROOT / "requirements.txt").read_text().splitlines())
    mine = names(PROJECT["dependencies"])
    assert mine.pop("torch") == ">=2.5" and listed.pop("torch").startswith(">=2.5,<=")
    assert mine.items() <= listed.items()
    development = (ROOT / "requirements-dev.txt").read_text().splitlines()
    assert names(PROJECT["optional-dependencies"]["dev"]) == names(development)


def test_versions_agree() -> None:
    assert PROJECT["version"] == valleys.__version__
    assert f"\nversion: {valleys.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {valleys.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_the_wheel_holds_valleys_alone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("valleys", "theorem8", "misc"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "outputs*"))
    for name in ("README.md", "LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w"]
    done = subprocess.run([*command, str(tmp_path), str(source)], capture_output=True, text=True, timeout=120)
    if "No module named" in done.stderr and "setuptools" in done.stderr:
        pytest.skip("no setuptools here")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = wheel.namelist()
        metadata = wheel.read(next(name for name in held if name.endswith("METADATA"))).decode()
        commands = wheel.read(next(name for name in held if name.endswith("entry_points.txt"))).decode()
    assert {name.split("/")[0] for name in held} == {"valleys", f"spurious_valleys-{valleys.__version__}.dist-info"}
    assert {"valleys/py.typed", "valleys/page/assets/page.html"} <= set(held)
    assert {f"valleys/{f.relative_to(ROOT / 'valleys')}" for f in (ROOT / "valleys").rglob("*.py")} <= set(held)
    assert "Requires-Dist: torch>=2.5\n" in metadata and "Project-URL: Paper" in metadata
    assert "valleys-verify = valleys.judge.verify:main" in commands


ORDERS = [
    "import valleys; import valleys.certify, valleys.connect",
    "import valleys.certify; import valleys.connect; import valleys",
    "import valleys; valleys.certify; import valleys.certify",
    "from valleys.certify import certify_command; import valleys",
    "from valleys import certify, connect; import valleys.connect; import valleys; assert connect is valleys.connect",
    "import importlib; importlib.import_module('valleys.certify'); import valleys",
]


def test_a_command_never_hides_the_function_of_its_name() -> None:
    """In each order, in a process of its own, forked from one that has loaded what takes seconds."""
    check = "; import types; assert all(isinstance(f, types.FunctionType) for f in (valleys.certify, valleys.connect))"
    done = python("-c", FORKED.format([order + check for order in ORDERS]))
    assert done.stdout.split() == ["held"] * len(ORDERS), done.stderr


FORKED = """
import os, torch, scipy.optimize, flint
for code in {!r}:
    if os.fork() == 0:
        exec(code, {{}})
        print("held", flush=True)
        os._exit(0)
    os.wait()
"""
