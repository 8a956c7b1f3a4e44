"""A small page for the browser: two sections, two runs, four tours, one failing claim, and texts that try to be markup."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from valleys.page.cards import drawn
from valleys.page.webpage import template
from valleys.run.roles import ROLES
from valleys.run.svg import dark

HOSTILE = '<script>alert(1)</script></script><img src=x onerror="alert(2)">&amp;'
#: As matplotlib writes it: a white ground and a line, in points.
PICTURE = (
    '<svg width="360pt" height="210pt" viewBox="0 0 360 210" xmlns="http://www.w3.org/2000/svg"><defs></defs>'
    '<path d="M0 0h360v210h-360z" style="fill: #ffffff"/>'
    '<path d="M12 12l168 180l168 -132" style="fill: none; stroke: #0072b2; stroke-width: 2"/></svg>'
)
FORMULA = Markup(
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow><mi>L</mi><mo>=</mo>'
    + "<mo>+</mo><msup><mi>x</mi><mn>2</mn></msup>" * 16
    + "</mrow></math>"
)

Weights = tuple[list[list[float]], list[list[float]]]


def moving_weights(t: float, m: int, p: int, n: int) -> Weights:
    """U (m, p) and W (p, n) at time t in [0, 1]; the last unit dies at the end, where there is more than one."""
    fades = [1.0 - t if i == p - 1 and p > 1 else 1.0 for i in range(p)]
    U = [[fades[i] * math.cos(1.3 * i + j + 2 * t) for i in range(p)] for j in range(m)]
    W = [[math.sin(2.4 * i + 1.7 * j + 3 * t * (1 + i % 2)) for j in range(n)] for i in range(p)]
    return U, W


def tour(
    name: str, p: int, n: int, m: int = 1, scale: str = "linear", points: int = 61, title: str = ""
) -> dict[str, Any]:
    """One tour: a loss that stays, falls and stays again, so that each leg is seen."""
    times = [k / (points - 1) for k in range(points)]
    weights = [moving_weights(t, m, p, n) for t in times]
    if scale == "log":
        loss = [7.5 * 10 ** (-14 * t) for t in times[:-1]] + [0.0]
        lines = [
            {"label": "gate", "value": 1e-3, "kind": "gate"},
            {"label": "minimum", "value": 0.0, "kind": "minimum"},
        ]
    else:
        loss = [2.4 + 0.0737106 * math.sin(math.pi * t) - 1.1 * max(0.0, t - 0.6) for t in times]
        lines = [
            {"label": "proved floor", "value": 2.4529, "kind": "proved"},
            {"label": "computed floor", "value": 2.47369, "kind": "floor"},
            {"label": "gate", "value": 2.47371, "kind": "gate"},
            {"label": f"start {HOSTILE}" if name == "hostile" else "start", "value": loss[0], "kind": "start"},
        ]
    return {
        "id": name, "title": title or f"Tour of {name}", "text": f"What one sees in {name}: the loss and {p} units.",
        "scale": scale, "n": n, "p": p, "m": m, "loss": loss, "lines": lines,
        "leg": [min(2, int(3 * t)) for t in times],
        "legs": ["turn the dead unit", "move the weight to it, which costs nothing", "go straight to the minimum"],
        "U": [U for U, _ in weights], "W": [W for _, W in weights], **(compared(name, loss) if name != "curved" else {}),
    }  # fmt: skip


def compared(name: str, loss: list[float]) -> dict[str, Any]:
    """A straight line that climbs, and three numbers that come to their targets."""
    last = len(loss) - 1
    title = HOSTILE if name == "hostile" else "entries"
    return {
        "chord": [value + math.sin(math.pi * k / last) for k, value in enumerate(loss)],
        "targets": {"title": title, "names": ["a", "b", "c"], "values": [1.0, -2.0, 0.5]},
        "outputs": [[k / last, -2.0 * k / last, 0.5] for k in range(last + 1)],
    }


def claim(name: str, holds: bool = True, statement: str = "the loss never rises along the path") -> dict[str, Any]:
    return {
        "id": name, "source": "Theorem 8, proof of (i)", "statement": statement, "measured": "1.2e-16", "bound": "<= 1e-12",
        "kind": "verified", "holds": holds,
    }  # fmt: skip


def figure(folder: str, stem: str, caption: str, claims: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "src": f"{folder}/{stem}.svg", "stem": stem, "words": caption, "alt": caption, "width": 768, "height": 448,
        "number": len(stem),
        "command": f"python {folder}/main.py --only {stem}", "claims": claims,
    }  # fmt: skip


def run(folder: str, figures: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "script": f"{folder}/main.py", "command": f"python {folder}/main.py --all", "seed": 0,
        "config": [("width", "12"), ("activations", "relu, tanh"), ("note", HOSTILE)],
        "versions": [("torch", "2.13.0"), ("numpy", "2.4.1")], "figures": figures,
    }  # fmt: skip


def section(name: str, title: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": name, "title": title, "source": "Venturi, Bandeira, Bruna (2019), section 3",
        "short": title.partition(":")[0], "lead": Markup("<p>The lead.</p>"),
        "words": Markup("<p>If the width is at least the dimension of the filters, no start is trapped.</p>"),
        "formulas": [FORMULA],
        "kinds": [{"kind": "proved", "text": "the floor, from an argument."}, {"kind": "measured", "text": "the share."}],
        "not_certified": "what gradient descent does.", "runs": runs,
    }  # fmt: skip


def context(tours: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The context of the template."""
    first = [
        figure("theorem8", "good", "A caption of one line.", [claim("never-rises"), claim("ends-at-the-minimum")]),
        figure("theorem8", "bad", f"A caption with {HOSTILE}", [claim("fails", False, HOSTILE), claim("holds")]),
    ]
    second = [figure("theorem13", "wall", "The wall.", [claim("floor")]), figure("theorem13", "bare", "No claim.", [])]
    default = [
        tour("arrows", p=2, n=2), tour("curved", p=3, n=2, scale="log", points=121), tour("bars", p=9, n=10),
        tour("hostile", p=4, n=3, m=2, title=HOSTILE),
    ]  # fmt: skip
    text = json.dumps(default if tours is None else tours)
    return {
        "versions_note": "torch 2.13.0, numpy 2.4.1", "counts": {"claims": 5, "hold": 4, "figures": 4},
        "problems": [f"theorem12: no record {HOSTILE}"], "roles": ROLES,
        "tours": Markup(text.replace("<", "\\u003c")),
        "cards": [{"id": "theorem8", "title": f"Wide {HOSTILE}", "text": HOSTILE, "picture": drawn(default[0], HOSTILE)}],
        "sections": [
            section("theorem8", "Theorem 8: wide networks", [run("theorem8", first)]),
            section("theorem13", f"Theorem 13 {HOSTILE}", [run("theorem13", second)]),
        ],
    }  # fmt: skip


def write_page(folder: Path, values: dict[str, Any]) -> Path:
    """Render the page into `folder` with its pictures beside it."""
    page = folder / "index.html"
    for part in values["sections"]:
        for picture in (picture for run in part["runs"] for picture in run["figures"]):
            path = folder / picture["src"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dark(PICTURE))
    page.write_text(template().render(values), encoding="utf-8")
    assert str(escape(HOSTILE)) in page.read_text() or not values["problems"]
    return page
