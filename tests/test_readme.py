"""README.md: its numbers are those of outputs/claims.json, its files exist, its versions are one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from valleys.page.all_claims import claims_of, run_of
from valleys.page.readme import MARK, main, read_claims, refreshed
from valleys.page.statement import statements
from valleys.run.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
CLAIMS = [{"script": "a.py", "id": "x", "measured": 2.4528, "bound": None}]


def test_numbers_come_from_the_claims() -> None:
    assert len(MARK.findall(README)) > 5
    message = "python -m valleys.readme writes them anew"
    assert refreshed(README, read_claims(ROOT / "outputs" / "claims.json")) == README, message


def test_a_number_that_differs_is_seen() -> None:
    claims = read_claims(ROOT / "outputs" / "claims.json")
    match = next(MARK.finditer(README))
    forged = [c | {match["field"]: 123.0} if c["id"] == match["claim"] else c for c in claims]
    assert refreshed(README, forged) != README


def test_claims_are_those_of_the_committed_records() -> None:
    runs = [run_of(section, name, ROOT) for section in statements(ROOT) for name in section.scripts]
    assert [line for run in runs for line in run.problems] == []
    assert claims_of(runs) == read_claims(ROOT / "outputs" / "claims.json")


MARKS = {
    "no such claim": "1<!-- a.py y measured .3g -->",
    "no such field there": "1<!-- a.py x slack .3g -->",
    "a bad format": "1<!-- a.py x measured .3Q -->",
    "a number that is missing": "1<!-- a.py x bound .3g -->",
}


@pytest.mark.parametrize("text", MARKS.values(), ids=list(MARKS))
def test_bad_marks_are_named(text: str) -> None:
    with pytest.raises(InputError, match=r"README\.md"):
        refreshed(text, CLAIMS)


def test_rewrites_the_file_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "README.md").write_text("text (1<!-- a.py x measured .3g -->), 7\n")
    assert main(tmp_path) == 2 and "claims.json" in capsys.readouterr().err
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "claims.json").write_text('{"claims": [{"script": "a.py", "id": "x", "measured": 2.4528}]}')
    assert main(tmp_path) == 0
    assert (tmp_path / "README.md").read_text() == "text (2.45<!-- a.py x measured .3g -->), 7\n"


def test_files_named_in_it_exist() -> None:
    named = set(re.findall(r"\]\(([\w./]+)\)", README)) | set(re.findall(r"`([\w/]+\.(?:png|py))`", README))
    assert len(named) > 25
    assert [name for name in named if not (ROOT / name).exists()] == []
