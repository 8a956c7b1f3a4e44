"""``python -m valleys.readme``: write the numbers of README.md anew from outputs/claims.json.

Each number stands before a comment that says where it comes from, ``2.45<!-- SCRIPT CLAIM FIELD FORMAT -->``: the claim of
a script, its field (``measured``, ``bound``, ``slack``) and Python's format, or ``down7``. Readers see the number alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from valleys.run.claims import down
from valleys.run.errors import InputError
from valleys.run.record import write_bytes
from valleys.run.script import guarded

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r"[^\s(]*<!-- (?P<script>\S+) (?P<claim>\S+) (?P<field>measured|bound|slack) (?P<format>\S+) -->")


def read_claims(file: Path) -> list[dict[str, Any]]:
    """The claims in ``claims.json``.

    Raises:
        InputError: if the file is missing or broken.
    """
    try:
        return list(json.loads(file.read_text(encoding="utf-8"))["claims"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("claims", file, "the claims.json of python -m valleys.gallery") from None


def refreshed(text: str, claims: Sequence[dict[str, Any]]) -> str:
    """``text`` with every marked number as the claims have it; an InputError names a mark without a claim.

    >>> claims = [{"script": "a.py", "id": "x", "measured": 2.4528}]
    >>> refreshed("about 1<!-- a.py x measured .3g -->.", claims)
    'about 2.45<!-- a.py x measured .3g -->.'
    """
    found = {(claim["script"], claim["id"]): claim for claim in claims}

    def number(match: re.Match[str]) -> str:
        mark = match.group().partition("<!--")[2]
        try:
            value = shown(found[match["script"], match["claim"]][match["field"]], match["format"])
        except (KeyError, ValueError, TypeError):
            raise InputError("README.md", f"<!--{mark}", "a claim of claims.json, its field and a format") from None
        return f"{value}<!--{mark}"

    return MARK.sub(number, text)


def shown(value: float, spec: str) -> str:
    """``format(value, spec)``; ``down7`` rounds down to seven digits, so that a lower bound stays one.

    >>> shown(2.45288886, ".7g"), shown(2.45288886, "down7")
    ('2.452889', '2.452888')
    """
    return down(value, int(spec[4:])) if spec.startswith("down") else format(value, spec)


def main(root: Path = ROOT) -> int:
    """The command; exit code 2 where a mark or the claims are bad."""

    def rewrite() -> int:
        file = root / "README.md"
        try:
            told = file.read_text(encoding="utf-8")
        except OSError as error:
            raise InputError("README.md", file, f"a file that can be read ({error.strerror})") from None
        text = refreshed(told, read_claims(root / "outputs" / "claims.json"))
        write_bytes(file, text.encode(), "README.md")
        return 0

    return guarded(rewrite)
