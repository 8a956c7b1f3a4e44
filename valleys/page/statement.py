"""The text of the gallery page: what each theorem states, read from ``theorem*/statement.toml``.

Text is HTML-escaped and the TeX in it becomes MathML, so that a page needs no script and no network to show formulas.
"""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

from valleys.run.errors import InputError

#: The kinds of truth, the strongest first.
KINDS = ("proved", "exact", "computed", "verified", "measured")
TEXTS = ("title", "source", "words", "not_certified")
LISTS = ("scripts", "formulas")
KEYS = (*TEXTS, *LISTS, "kinds")
FORMULAS = 3
#: The MathML that is let through. No links, classes, styles: TeX can ask for them, a formula does not need them. No
#: mathvariant: browsers do not draw it.
TAGS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mtable", "mtr", "mtd",
}  # fmt: skip
ATTRIBUTES = {
    "xmlns", "display", "displaystyle", "scriptlevel", "stretchy", "fence", "form", "minsize", "maxsize", "movablelimits",
    "accent", "linethickness", "columnalign", "width",
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """What a theorem states and what its scripts certify.

    Attributes:
        folder: name of the theorem's folder.
        title: the theorem in one line.
        source: where the paper says it.
        scripts: the entry scripts, in the order of the page.
        paragraphs: the statement in words, with ``$TeX$`` inside.
        formulas: TeX, to be displayed.
        not_certified: what the scripts do not show.
        kinds: for each kind of claim, the strongest first, what it means here.
    """

    folder: str
    title: str
    source: str
    scripts: tuple[str, ...]
    paragraphs: tuple[str, ...]
    formulas: tuple[str, ...]
    not_certified: str
    kinds: dict[str, str]


def statement_files(root: Path) -> list[Path]:
    """Every ``statement.toml`` in a folder of ``root``: the theorems by their numbers, then what has no number."""

    def number(file: Path) -> tuple[float, str]:
        return float((re.findall(r"\d+", file.parent.name) or ["inf"])[0]), file.parent.name

    return sorted(root.glob("*/statement.toml"), key=number)


def statements(root: Path) -> list[Statement]:
    """The statements of all theorems below ``root``, in the order of their numbers; an ``InputError`` where a file is bad."""
    return [read_statement(file) for file in statement_files(root)]


def read_statement(file: Path) -> Statement:
    """The statement in ``file``, checked: all keys there and none more, scripts exist, all TeX converts.

    Raises:
        InputError: if something is wrong, with the file and the key.
    """
    name = f"{file.parent.name}/{file.name}"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOML's and UTF-8's errors are ValueErrors
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError("statement", name, f"a readable TOML file ({reason})") from None
    _check_shape(data, name)
    beside = {path.name for path in file.parent.glob("*.py")}
    for script in data["scripts"]:
        if script not in beside:
            raise InputError(f"{name}: scripts", script, "a script in the same folder")
    paragraphs = tuple(" ".join(block.split()) for block in re.split(r"\n\s*\n", data["words"].strip()))
    formulas = tuple(" ".join(tex.split()) for tex in data["formulas"])
    for key, check, texts in (("words", rendered, paragraphs), ("formulas", mathml, formulas)):
        for text in texts:
            try:
                check(text)
            except InputError as error:
                raise InputError(f"{name}: {key}", error.value, error.allowed) from None
    kinds = {kind: data["kinds"][kind] for kind in KINDS if kind in data["kinds"]}
    return Statement(
        folder=file.parent.name,
        title=data["title"].strip(),
        source=data["source"].strip(),
        scripts=tuple(data["scripts"]),
        paragraphs=paragraphs,
        formulas=formulas,
        not_certified=data["not_certified"].strip(),
        kinds=kinds,
    )


def _check_shape(data: dict[str, Any], name: str) -> None:
    for key in sorted(data.keys() ^ set(KEYS)):
        raise InputError(f"{name}: {key}", "unknown" if key in data else "missing", f"the keys {', '.join(KEYS)}")
    for key in TEXTS:
        if not _is_text(data[key]):
            raise InputError(f"{name}: {key}", repr(data[key]), "a text that is not empty")
    for key in LISTS:
        if not (isinstance(data[key], list) and data[key] and all(map(_is_text, data[key]))):
            raise InputError(f"{name}: {key}", repr(data[key]), "a list of texts that are not empty")
    if len(data["formulas"]) > FORMULAS:
        raise InputError(f"{name}: formulas", len(data["formulas"]), f"at most {FORMULAS}")
    if not (isinstance(data["kinds"], dict) and data["kinds"]):
        raise InputError(f"{name}: kinds", repr(data["kinds"]), "a table that is not empty")
    for kind, text in data["kinds"].items():
        if kind not in KINDS or not _is_text(text):
            raise InputError(f"{name}: kinds", f"{kind} = {text!r}", f"a text for some of {', '.join(KINDS)}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def mathml(tex: str, display: bool = True) -> str:
    r"""TeX as MathML that is safe inside HTML.

    The library unescapes what it returns, so that ``\text{<b>}`` would become markup, and it passes on links and styles.
    Here its tree is checked against a list of tags and attributes, and written out escaped.

    Args:
        tex: the formula, without dollars.
        display: on a line of its own, or in the text.

    Returns:
        one ``<math>`` element.

    Raises:
        InputError: if the TeX is broken, or asks for what is not on the list.

    >>> mathml("a<b", display=False)
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow></math>'
    """
    try:
        tree = convert_to_element(tex, display="block" if display else "inline")
    except Exception as error:  # the library has an error of its own for each mistake, and IndexError for others
        raise InputError("TeX", tex, f"TeX that can be converted ({type(error).__name__})") from None
    for element in tree.iter():
        element.text = html.unescape(element.text or "")
        unknown = {element.tag} - TAGS | element.attrib.keys() - ATTRIBUTES
        if unknown or "\\" in element.text or element.text == "&":
            raise InputError("TeX", tex, f"plain formulas (not {', '.join(sorted(unknown)) or element.text})")
        if element.tag == "mo":
            _set_operator(element)
    return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)


def _set_operator(element: ElementTree.Element) -> None:
    """Space as in print: browsers set min, inf, slashes and dots too wide, and stars too high."""
    text = element.text or ""
    if text.isalpha():
        element.attrib.update(lspace="0", rspace="0.167em")
    elif text == "/":
        element.attrib.update(lspace="0", rspace="0")
    elif text in {"\N{HORIZONTAL ELLIPSIS}", "\N{MIDLINE HORIZONTAL ELLIPSIS}"}:
        element.tag = "mi"
    elif text == "*":
        element.text = "\N{ASTERISK OPERATOR}"


def rendered(text: str) -> str:
    """``text`` as safe HTML: escaped, each ``$TeX$`` as inline MathML.

    Raises:
        InputError: if a dollar has no partner, or the TeX is broken.

    >>> rendered("a & b")
    'a &amp; b'
    """
    parts = text.split("$")
    if len(parts) % 2 == 0:
        raise InputError("text", parts[-1], "dollars in pairs")
    return "".join(mathml(part, display=False) if i % 2 else html.escape(part) for i, part in enumerate(parts))
