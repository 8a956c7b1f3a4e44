"""What the page's own files may hold: nothing that fetches, nothing that turns text into markup, and little of it."""

from __future__ import annotations

import re

import pytest

from tests.page_fixture import PAGE

LIMITS = {"page.html": 10_000, "page.css": 12_000, "draw.js": 14_000, "tour.js": 6_000}
#: The only addresses: the paper, and the names of a vocabulary, which no browser fetches.
ADDRESSES = {"https://jmlr.org/papers/v20/18-674.html", "http://www.w3.org/2000/svg"}
UNSAFE = r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\bfetch\b|XMLHttp|\bimport\b|@import|\|\s*safe"


@pytest.mark.parametrize("name", LIMITS)
def test_files(name: str) -> None:
    text = (PAGE / name).read_text(encoding="utf-8")
    assert len(text.encode()) < LIMITS[name]
    assert len(text.splitlines()) <= 300
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= ADDRESSES
    assert re.findall(UNSAFE, text) == []


def test_the_included_script_is_no_template() -> None:
    assert re.findall(r"{{|{%|{#", (PAGE / "draw.js").read_text(encoding="utf-8")) == []


def test_no_other_files() -> None:
    assert {path.name for path in PAGE.iterdir()} == set(LIMITS)
