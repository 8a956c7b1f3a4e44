"""The three cards: each theorem in one picture, the loss along a path of the record, and one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320, 150, 10, 310, 24, 138


@dataclass(frozen=True)
class Card:
    """A theorem for who has a minute.

    Attributes:
        folder: of the theorem.
        tour: whose loss is drawn.
        title: two or three words.
        text: one sentence.
        floor: what the floor of every path is called in the picture; "" where there is none.
    """

    folder: str
    tour: str
    title: str
    text: str
    floor: str = ""


CARDS = (
    Card("theorem8", "theorem8-descent_path", "Wide: no valley",
         "With as many units as the filters have dimensions, a way leads down from every start."),
    Card("theorem13", "theorem13-path_loss", "Narrow: a valley",
         "With fewer, some data make a valley: every path out of it has to climb, by a proved amount.",
         floor="no way out below"),
    Card("theorem16", "theorem16-th16_descent", "Random units: it lies low",
         "Random hidden units alone come close: valleys, where there are any, are hardly high."),
)  # fmt: skip


def cards(tours: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cards for the template: id, title, text, and the picture where the tour is there."""
    found = {tour["id"]: tour for tour in tours}
    return [
        {
            "id": card.folder, "title": card.title, "text": card.text,
            "picture": drawn(found[card.tour], card.floor) if card.tour in found else "",
        }
        for card in CARDS
    ]  # fmt: skip


def drawn(tour: dict[str, Any], floor: str) -> Markup:
    """The loss along the path, the straight line to the same end, and the floor of every path with its name."""
    loss, chord = tour["loss"], tour.get("chord", [])
    high = max([*loss, *chord])
    levels = [rule["value"] for rule in tour["lines"] if rule["kind"] == "floor"] if floor else []

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value / high

    def curve(values: Sequence[float], kind: str) -> Markup:
        x = [LEFT + (RIGHT - LEFT) * k / max(len(values) - 1, 1) for k in range(len(values))]
        points = "L".join(f"{a:.1f},{y(b):.1f}" for a, b in zip(x, values, strict=True))
        return Markup('<path class="way way-{}" d="M{}"/>').format(kind, points)

    def word(value: float, words: str) -> Markup:
        return Markup('<text x="{}" y="{:.1f}">{}</text>').format(LEFT + 24, y(value) + 22, words)

    marks = [Markup('<path class="faint" d="M{} {}H{}"/>').format(LEFT, BOTTOM, RIGHT)]
    marks += [Markup('<path class="rule gate" d="M{} {:.1f}H{}"/>').format(LEFT, y(level), RIGHT) for level in levels]
    marks += [curve(chord, "straight")] if chord else []
    marks += [curve(loss, "certified")]
    marks += [
        Markup('<circle class="point" cx="{}" cy="{:.1f}" r="5"/>').format(x, y(value))
        for x, value in ((LEFT, loss[0]), (RIGHT, loss[-1]))
    ]
    marks += [word(level, f"{floor} {level:.3g}") for level in levels]
    label = f"Loss along the path, from {loss[0]:.3g} to {loss[-1]:.3g}; on the straight line up to {high:.3g}"
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, Markup("").join(marks)
    )
