"""The committed page: what today's gallery makes of the committed records, small, and whole in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser import VIEWS, check_page, reason_to_skip, started
from valleys.page.gallery import main

OUTPUTS = Path(__file__).resolve().parents[1] / "outputs"
LIMIT = 6_000_000


def without_formulas(page: str) -> str:
    """Each release of the library that makes MathML has its own way to write it."""
    return re.sub(r"<math.*?</math>", "", page, flags=re.DOTALL)


def test_the_committed_page_is_todays(tmp_path: Path) -> None:
    assert main(["--page", "--outdir", str(tmp_path)]) == 0
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(OUTPUTS) for path in OUTPUTS.rglob("*") if path.is_file()} - {Path("times.json")}
    assert made == kept
    for name in ("claims.json", "claims.md", "index.html"):
        now, then = (without_formulas((folder / name).read_text()) for folder in (tmp_path, OUTPUTS))
        assert now == then, f"{name}: python -m valleys.gallery"


def test_size_of_the_folder() -> None:
    assert sum(path.stat().st_size for path in OUTPUTS.rglob("*") if path.is_file()) < LIMIT


def test_every_theorem_has_its_figures_and_a_walk() -> None:
    page = (OUTPUTS / "index.html").read_text()
    sections = set(re.findall(r'<section id="(theorem\d+|weight_decay)"', page))
    assert sections == {"theorem8", "theorem11", "theorem12", "theorem13", "theorem16", "weight_decay"}
    assert {Path(name).parts[0] for name in re.findall(r'<img src="([^"]+)"', page)} == sections
    assert set(re.findall(r'"id":"(theorem\d+|weight_decay)-', page)) == sections


@pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip())
def test_in_a_browser() -> None:
    with started() as browser:
        check_page(browser, OUTPUTS / "index.html")
    assert len(VIEWS) >= 2
