"""The page: ``index.html`` and the pictures beside it, one folder that can be uploaded as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from valleys import __version__
from valleys.page.all_claims import SIGNS, Run, shown
from valleys.page.statement import Statement, mathml, rendered
from valleys.paths.tour import read_tour
from valleys.run.claims import number
from valleys.run.errors import InputError
from valleys.run.record import write_bytes

TEMPLATES = Path(__file__).parent / "assets"
COLOURS = 256


def compact(content: bytes) -> tuple[bytes, tuple[int, int]]:
    """A PNG with at most 256 colours and the same text in its metadata, a third of the size; its width and height."""
    with Image.open(BytesIO(content)) as image:
        kept = PngInfo()
        for key, text in image.text.items():  # type: ignore[attr-defined]
            kept.add_text(key, text)
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        buffer = BytesIO()
        few.save(buffer, "PNG", optimize=True, pnginfo=kept, dpi=image.info.get("dpi"))
    return buffer.getvalue(), few.size


def copy_picture(source: Path, target: Path) -> tuple[int, int]:
    """Put the compact picture on the page; its width and height in pixels.

    Raises:
        InputError: if the picture is broken, or cannot be written.
    """
    try:
        content, size = compact(source.read_bytes())
    except (OSError, SyntaxError, AttributeError):  # Pillow's errors for a file that is no PNG
        raise InputError("picture", source, "a PNG file") from None
    write_bytes(target, content)
    return size


def text_of(value: Any) -> str:
    """A value of a config as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def figures_of(run: Run, out: Path) -> list[dict[str, Any]]:
    """The figures of a script for the template, their pictures copied.

    A picture that is missing or broken is left out (``src`` is empty); its claims stay.
    """
    if run.record is None:
        return []
    found = []
    for stem, entry in run.record.figures.items():
        src, width, height = "", 0, 0
        if shown(run.folder, entry):
            try:
                width, height = copy_picture(run.folder / entry["file"], out / run.section.folder / entry["file"])
                src = f"{run.section.folder}/{entry['file']}"
            except InputError as error:
                run.problems.append(f"{run.script}: {error}")
        claims = [
            claim
            | {"measured": number(claim["measured"]), "bound": f"{SIGNS[claim['relation']]} {number(claim['bound'])}"}
            for claim in run.record.claims
            if claim["figure"] == stem
        ]
        found.append({
            "src": src, "stem": stem, "caption": entry["caption"], "width": width, "height": height,
            "command": run.command(stem), "claims": claims,
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
    return {
        "id": statement.folder, "title": statement.title, "source": statement.source,
        "words": Markup("\n").join(Markup("<p>{}</p>").format(Markup(rendered(text))) for text in statement.paragraphs),
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
    tours = json.dumps(tours_of(runs), separators=(",", ":"), allow_nan=False)
    claims = [claim for section in theorems for run in section["runs"] for f in run["figures"] for claim in f["claims"]]
    counts = {
        "claims": len(claims), "hold": sum(claim["holds"] for claim in claims),
        "figures": sum(bool(f["src"]) for section in theorems for run in section["runs"] for f in run["figures"]),
    }  # fmt: skip
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("page.html").render(
        sections=theorems, counts=counts, tours=inside_script(tours), modules=modules(), versions_note=f"spurious-valleys {__version__}",
        problems=[*problems, *(line for run in runs for line in run.problems)],
    )  # fmt: skip
    write_bytes(out / "index.html", page.encode())


def modules() -> Markup:
    """The import map of the page's modules, each as a data address: modules of files would not load without a server."""
    found = {
        f"#{file.stem}": "data:text/javascript," + quote(file.read_text(encoding="utf-8"), safe=" ()*,;:=!.'/?@")
        for file in sorted(TEMPLATES.glob("*.js"))
    }
    return inside_script(json.dumps({"imports": found}))


def inside_script(text: str) -> Markup:
    r"""JSON that cannot end the script element around it: ``<``, ``>`` and ``&`` become ``\u003c`` and so on.

    >>> print(inside_script('"</script>"'))
    "\u003c/script\u003e"
    """
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
