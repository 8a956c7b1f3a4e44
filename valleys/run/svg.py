"""SVG as the page needs it: fewer letters, and lighter twins of its colours where the reader's screen is dark."""

from __future__ import annotations

import re

from valleys.run.roles import twin

#: Geometry: paths, in points of 1/72 inch or in the units of a glyph, and places. Two digits are finer than any screen.
PATH = re.compile(r'(?<= )d="([^"]*)"')
PLACE = re.compile(r'(?<= )[xy]="[^"]*"|(?<=translate\()[^)]*')
NUMBER = re.compile(r"-?\d+\.\d+")
TOKEN = re.compile(r"[MLQCZz]|-?\d+(?:\.\d+)?")
#: Marks of one look, which is told once.
MARKS = re.compile(r'<g([^>]*)>((?:<use [^>]*? style="[^"]*"/>)+)</g>')
LOOK = re.compile(r' style="[^"]*"')
#: How colours stand in the file: ``fill: #0072b2`` and ``stroke: #0072b2`` inside a ``style``.
COLOUR = re.compile(r"(fill|stroke|stop-color): (#[0-9a-f]{6})")
NAMED = re.compile(r'(?<=<g) id="[^"]+"')


def compact(text: str) -> str:
    r"""The picture in fewer letters: steps to two digits, no indentation, no names that nothing refers to.

    >>> compact('<g id="axes_1"><path d="M 1.23456 2.00001 \\nL 3.5 4 \\nL 3 4 \\n"/></g>')
    '<g><path d="M1.23 2l2.27 2-.5 0"/></g>'
    """
    text = PATH.sub(lambda found: f'd="{steps(found[1])}"', text)
    text = PLACE.sub(lambda found: NUMBER.sub(lambda number: _digits(_hundredths(number[0])), found[0]), text)
    text = NAMED.sub("", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    return MARKS.sub(_told_once, re.sub(r">\s+<", "><", text)).strip()


def steps(path: str) -> str:
    """A path's data with each place told from the last; all in whole hundredths, so that no error adds up.

    >>> steps("M 10 10 L 11.004 10 Q 12 10 12 11 z")
    'M10 10l1 0q1 0 1 1z'
    """
    told, kind, here, first = "", "", (0, 0), (0, 0)
    numbers: list[int] = []
    for token in TOKEN.findall(path):
        if token in "MLQCZz":
            letter = "z" if token in "Zz" else token if token == "M" else token.lower()
            told, kind, numbers = told + ("" if letter == kind else letter), letter, []
            here = first if letter == "z" else here
            continue
        numbers.append(_hundredths(token))
        if len(numbers) == {"M": 2, "l": 2, "q": 4, "c": 6}[kind]:
            from_here = (0, 0) if kind == "M" else here
            for i, number in enumerate(numbers):
                word = _digits(number - from_here[i % 2])
                told += word if told[-1].isalpha() or word[0] == "-" else " " + word
            here = (numbers[-2], numbers[-1])
            first = here if kind == "M" else first
            numbers = []
    return told


def _hundredths(number: str) -> int:
    return round(100 * float(number))


def _digits(hundredths: int) -> str:
    """A number of hundredths as SVG allows it, without a zero that says nothing."""
    return f"{hundredths / 100:.10g}".replace("0.", ".", 1) if abs(hundredths) < 100 else f"{hundredths / 100:.10g}"


def _told_once(marks: re.Match[str]) -> str:
    looks = set(LOOK.findall(marks[2]))
    return f"<g{marks[1]}{looks.pop()}>{LOOK.sub('', marks[2])}</g>" if len(looks) == 1 else marks[0]


def _short(geometry: str) -> str:
    digits = NUMBER.sub(lambda found: f"{round(float(found[0]), 2) + 0.0:.7g}", geometry)
    return re.sub(r"\s*([MLQCHVZz\"])\s*", r"\1", digits)


def dark(text: str) -> str:
    """The picture with one more style: on a dark screen every colour is its twin (``valleys.run.roles.twin``).

    What has no colour of its own is black, and becomes the twin of black; images stay. On paper and in the light nothing
    changes.
    """
    rules = [f"svg{{fill:{twin('#000000')}}}"]
    for kind, colour in sorted(set(COLOUR.findall(text))):
        rules.append(f'[style*="{kind}: {colour}"]{{{kind}:{twin(colour)}!important}}')
    style = f"<style>@media screen and (prefers-color-scheme: dark){{{''.join(rules)}}}</style>"
    head, _, rest = text.partition("</defs>")
    return f"{head}{style}</defs>{rest}"
