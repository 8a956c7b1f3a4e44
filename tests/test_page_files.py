"""What the page's own files may hold: nothing that fetches, nothing that turns text into markup, and little of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from valleys.page.webpage import FONT
from valleys.page.webpage import TEMPLATES as PAGE

FILES = sorted(file for file in PAGE.iterdir() if file.suffix in {".html", ".css", ".js"})
#: The only addresses: the paper, and the names of a vocabulary, which no browser fetches.
ADDRESSES = {"https://jmlr.org/papers/v20/18-674.html", "http://www.w3.org/2000/svg"}
UNSAFE = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bfetch\b|XMLHttp|@import|await import|\|\s*safe"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.encode()) < 20_000
    assert len(text.splitlines()) <= 300
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= ADDRESSES
    assert re.findall(UNSAFE, text) == []


def test_modules_find_each_other() -> None:
    names = {f"#{file.stem}" for file in FILES if file.suffix == ".js"}
    for file in FILES:
        if file.suffix == ".js":
            assert set(re.findall(r"^import .* from \"(.*)\";$", file.read_text(), re.MULTILINE)) <= names, file


def test_first_view_is_light() -> None:
    """All that the first screen needs: the document, its modules, the font; pictures below come when they are reached."""
    assert sum(file.stat().st_size for file in FILES) + FONT.stat().st_size * 4 / 3 < 300_000
    assert (FONT.parent / "OFL.txt").read_text().count("SIL OPEN FONT LICENSE") >= 1
