"""The text of the gallery page: it reads, says what the records say, and cannot smuggle markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest

from valleys.page.statement import KINDS, Statement, mathml, read_statement, rendered, statement_files, statements
from valleys.run.claims import Kind
from valleys.run.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
STATEMENTS = statements(ROOT)
GOOD = """title = "Theorem 9"
source = "p. 1"
scripts = ["main.py"]
words = '''
One $a<b$ & more,
on two lines.

Two.
'''
formulas = ['a^2']
not_certified = "The rest."
[kinds]
measured = "By chance."
proved = "By argument."
"""


def write(root: Path, text: str, folder: str = "theorem9") -> Path:
    file = root / folder / "statement.toml"
    file.parent.mkdir(exist_ok=True)
    (file.parent / "main.py").touch()
    file.write_text(text, encoding="utf-8")
    return file


def claimed_kinds(statement: Statement) -> set[str]:
    kinds = set()
    for script in statement.scripts:
        (file,) = (ROOT / statement.folder).glob(f"outputs_*/{Path(script).stem}.json")
        kinds |= {claim["kind"] for claim in json.loads(file.read_text(encoding="utf-8"))["claims"]}
    return kinds


def test_every_theorem_has_one() -> None:
    assert [s.folder for s in STATEMENTS] == [
        *(folder.name for folder in sorted(ROOT.glob("theorem*"), key=lambda f: int(f.name[7:])) if folder.is_dir()),
        "weight_decay",
    ]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.folder)
def test_it_says_what_the_records_say(statement: Statement) -> None:
    said, claimed = set(statement.kinds), claimed_kinds(statement)
    assert claimed == said
    recorded = {file.stem for file in (ROOT / statement.folder).glob("outputs_*/*.json")}
    assert sorted(recorded) == sorted(Path(script).stem for script in statement.scripts)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.folder)
def test_it_becomes_well_formed_html(statement: Statement) -> None:
    for paragraph in statement.paragraphs:
        ElementTree.fromstring(f"<p>{rendered(paragraph)}</p>")
    for tex in statement.formulas:
        assert ElementTree.fromstring(mathml(tex, display=True)).get("display") == "block"
    for text in (statement.title, statement.source, statement.not_certified, *statement.kinds.values()):
        assert "$" not in text and "\\" not in text


def test_kinds_are_the_judges() -> None:
    assert get_args(Kind) == KINDS


def test_a_good_file_reads(tmp_path: Path) -> None:
    found = read_statement(write(tmp_path, GOOD))
    assert found == Statement(
        "theorem9", "Theorem 9", "p. 1", ("main.py",), ("One $a<b$ & more, on two lines.", "Two."), ("a^2",), "The rest.",
        {"proved": "By argument.", "measured": "By chance."},
    )  # fmt: skip
    assert list(found.kinds) == ["proved", "measured"]


def test_a_new_theorem_needs_only_its_file(tmp_path: Path) -> None:
    for folder in ("theorem12", "theorem9", "theorem100"):
        write(tmp_path, GOOD, folder)
    (tmp_path / "theorem7").mkdir()
    assert [file.parent.name for file in statement_files(tmp_path)] == ["theorem9", "theorem12", "theorem100"]
    assert [s.folder for s in statements(tmp_path)] == ["theorem9", "theorem12", "theorem100"]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('source = "p. 1"\n', "", ("source", "missing")),
        ("[kinds]", "gallery = 1\n[kinds]", ("gallery", "unknown")),
        ('"Theorem 9"', "9", ("title", "9")),
        ('"The rest."', '" "', ("not_certified", "not empty")),
        ('["main.py"]', '"main.py"', ("scripts", "a list")),
        ('["main.py"]', "[]", ("scripts", "a list")),
        ('["main.py"]', '["other.py"]', ("scripts", "other.py")),
        ('["main.py"]', '["../theorem9/main.py"]', ("scripts", "same folder")),
        ("['a^2']", "['a', 'b', 'c', 'd']", ("formulas", "at most 3")),
        ("['a^2']", "['a^']", ("formulas", "a^", "TeX")),
        ("['a^2']", r"['\unheardof{a}']", ("formulas", "unheardof")),
        ("$a<b$", "$a<b", ("words", "pairs")),
        ("measured =", "guessed =", ("kinds", "guessed")),
        ('"By chance."', "1", ("kinds", "measured")),
        ('[kinds]\nmeasured = "By chance."\nproved = "By argument."', "kinds = 1", ("kinds", "a table")),
        ('title = "Theorem 9"', 'title = "Theorem 9', ("statement", "TOML")),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_a_bad_file_is_named_in_one_line(tmp_path: Path, old: str, new: str, names: tuple[str, ...]) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        read_statement(write(tmp_path, GOOD.replace(old, new)))
    line = str(caught.value)
    assert "\n" not in line and "theorem9/statement.toml" in line
    assert all(name in line for name in names)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_statement(tmp_path / "theorem9" / "statement.toml")
    file = write(tmp_path, GOOD)
    file.write_bytes(b"title = '\xff'")
    with pytest.raises(InputError, match="utf-8"):
        read_statement(file)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "$<script>alert(1)</script>$",
        r"$\text{<script>alert(1)</script>}$",
        r"$\text{&lt;script&gt;<img src=x onerror=alert(1)>}$",
        r"$\operatorname{<b>}$",
        'a "quoted" & <b>bold</b> word',
    ],
)
@pytest.mark.parametrize("display", [False, True])
def test_text_and_tex_stay_text(text: str, display: bool) -> None:
    html = mathml(text.strip("$"), display) if display and "$" in text else rendered(text)
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(f"<p>{html}</p>").iter()}
    assert tags <= {"p", "math", "mrow", "mi", "mo", "mn", "mtext"}


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r'\class{"><script>}{x}',
        r"\style{color:red}{x}",
        r"\color{red}{x}",
        r"\mathbf{1}",
        "",
        "a & b",
    ],
)
def test_tex_that_asks_for_more_than_a_formula_is_refused(tex: str) -> None:
    with pytest.raises(InputError, match="TeX"):
        mathml(tex, display=False)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\mathbb{R}^n", "<mi>ℝ</mi><mi>n</mi>"),
        (r"\dim^*", "<mi>dim</mi><mo>∗</mo>"),
        (r"\|x\|", '<mo fence="false" stretchy="false">‖</mo>'),
        (r"1/p", '<mo lspace="0" rspace="0">/</mo>'),
        (r"\inf\limits_{u>0}L", '<munder><mo lspace="0" rspace="0.167em">inf</mo>'),
        (r"a,\dots,b", "<mi>…</mi>"),
        (r"\mathcal{R}\ge 0", "<mo>≥</mo>"),
        (r"\begin{cases}a\\b\end{cases}", 'form="prefix">{</mo><mtable>'),
    ],
)
def test_formulas_read_as_printed(tex: str, expected: str) -> None:
    assert expected in mathml(tex, display=True)
