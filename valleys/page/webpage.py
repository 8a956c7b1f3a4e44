"""The page: ``index.html`` and the pictures beside it, one folder that can be uploaded as it is."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from valleys.page.all_claims import SIGNS, Run, shown
from valleys.page.cards import cards
from valleys.page.glossary import GLOSSARY, anchor, button, explained
from valleys.page.images import copy_picture
from valleys.page.statement import Statement, mathml, rendered
from valleys.paths.tour import read_tour
from valleys.run.claims import number
from valleys.run.errors import InputError
from valleys.run.record import write_bytes
from valleys.run.roles import ROLES
from valleys.run.version import __version__

TEMPLATES = Path(__file__).parent / "assets"
FONT = TEMPLATES / "fonts" / "stix-two-math-subset.woff2"
#: What an address may hold as it is: all that is printed, but for what begins an escape or a fragment.
PLAIN = "".join(map(chr, range(32, 127))).replace("%", "").replace("#", "")


def text_of(value: Any) -> str:
    """A value of a config as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def worded(text: str) -> tuple[Markup, str]:
    """A caption as markup, its ``$TeX$`` as MathML, and as plain text for readers who do not see the picture."""
    try:
        return Markup(rendered(text)), text.replace("$", "")
    except InputError:  # a dollar without a partner, or TeX that is none: the words are still words
        return Markup(escape(text)), text


def figures_of(run: Run, out: Path) -> list[dict[str, Any]]:
    """The figures of a script for the template, their pictures copied.

    A picture that is missing or broken is left out (``src`` is empty); its claims stay.
    """
    if run.record is None:
        return []
    found = []
    for stem, entry in run.record.figures.items():
        place: dict[str, Any] = {"src": "", "width": 0, "height": 0}
        if shown(run.folder, entry):
            src = f"{run.section.folder}/{stem}.svg"
            try:
                width, height = copy_picture(run.folder / f"{stem}.svg", out / src)
                place = {"src": src, "width": width, "height": height}
            except InputError as error:
                run.problems.append(f"{run.script}: {error}")
        claims = [
            claim
            | {"measured": number(claim["measured"]), "bound": f"{SIGNS[claim['relation']]} {number(claim['bound'])}"}
            for claim in run.record.claims
            if claim["figure"] == stem
        ]
        words, plain = worded(entry["caption"])
        found.append({
            **place, "stem": stem, "words": words, "alt": plain, "command": run.command(stem), "claims": claims,
        })  # fmt: skip
    return found


def tours_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """All tours; one that is broken is a problem of its run."""
    found = []
    for run, record in ((run, run.record) for run in runs if run.record):
        for stem in record.figures:
            try:
                tour = read_tour(stem, record.values, record.arrays, f"{run.section.folder}-{stem}")
            except InputError as error:
                run.problems.append(f"{run.script}: {error}")
                continue
            found += [tour] if tour else []
    return found


def section_of(statement: Statement, runs: Sequence[Run], out: Path) -> dict[str, Any]:
    """A theorem for the template."""
    mine = [run for run in runs if run.section is statement and run.record]
    paragraphs = [Markup("<p>{}</p>").format(Markup(rendered(text))) for text in statement.paragraphs]
    return {
        "id": statement.folder, "title": statement.title, "source": statement.source,
        "short": statement.title.partition(":")[0].partition(" and ")[0],
        "lead": explained(paragraphs[0]), "words": explained(Markup("\n").join(paragraphs[1:])),
        "formulas": [Markup(mathml(tex, display=True)) for tex in statement.formulas],
        "kinds": [{"kind": kind, "text": text} for kind, text in statement.kinds.items()],
        "not_certified": statement.not_certified,
        "runs": [
            {
                "script": run.script, "command": f"python {run.script} --all", "seed": run.record.seed,
                "config": [(key, text_of(value)) for key, value in run.record.config.items()],
                "versions": list(run.record.versions.items()), "figures": figures_of(run, out),
            }
            for run in mine if run.record
        ],
    }  # fmt: skip


def build(sections: Sequence[Statement], runs: Sequence[Run], problems: Sequence[str], out: Path) -> None:
    """Write the page and its pictures into ``out``.

    Args:
        sections: the theorems, in order.
        runs: their scripts; problems met on the way are added to them.
        problems: of the gallery itself, shown with those of the runs.
        out: the folder.
    """
    theorems = [section_of(statement, runs, out) for statement in sections]
    tours = tours_of(runs)
    data = json.dumps(tours, separators=(",", ":"), allow_nan=False)
    claims = [claim for section in theorems for run in section["runs"] for f in run["figures"] for claim in f["claims"]]
    counts = {
        "claims": len(claims), "hold": sum(claim["holds"] for claim in claims),
        "figures": sum(bool(f["src"]) for section in theorems for run in section["runs"] for f in run["figures"]),
    }  # fmt: skip
    figures = [figure for section in theorems for run in section["runs"] for figure in run["figures"]]
    for i, figure in enumerate(figures, 1):
        figure["number"] = i
    page = template().render(
        sections=theorems, counts=counts, tours=inside_script(data), versions_note=f"spurious-valleys {__version__}",
        cards=cards(tours), roles=ROLES, problems=[*problems, *(line for run in runs for line in run.problems)],
    )  # fmt: skip
    write_bytes(out / "index.html", page.encode())


def template() -> Template:
    """The page's template with all that is the same for every page: modules, font, glossary."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "modules": modules(), "math_font": b64encode(FONT.read_bytes()).decode(), "term": button,
        "glossary": [(word, anchor(word), note) for word, note in GLOSSARY.items()],
    }  # fmt: skip
    return environment.get_template("page.html")


def modules() -> Markup:
    """The import map of the page's modules, each as a data address: modules of files would not load without a server."""
    found = {
        f"#{file.stem}": "data:text/javascript," + quote(file.read_text(encoding="utf-8"), safe=PLAIN)
        for file in sorted(TEMPLATES.glob("*.js"))
    }
    return inside_script(json.dumps({"imports": found}))


def inside_script(text: str) -> Markup:
    r"""JSON that cannot end the script element around it: ``<``, ``>`` and ``&`` become ``\u003c`` and so on.

    >>> print(inside_script('"</script>"'))
    "\u003c/script\u003e"
    """
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
