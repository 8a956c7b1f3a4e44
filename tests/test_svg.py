"""SVG files: smaller without a visible change, dark where the screen is, the same bytes each time."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.browser import contrast
from valleys.run.figure import plt, subplots
from valleys.run.roles import PALETTE, TWINS, twin
from valleys.run.savefigure import render
from valleys.run.svg import COLOUR, steps

PLACES = st.lists(st.tuples(*[st.floats(-2000, 2000).map(lambda x: round(x, 6))] * 2), min_size=2, max_size=30)
GROUND = "#15171a"


def walked(path: str) -> list[tuple[float, float]]:
    """The places of a path of lines, by a reader that knows no more than the format."""
    places: list[tuple[float, float]] = []
    for letter, words in re.findall(r"([Ml])([^Ml]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", words)]
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            a, b = places[-1] if letter == "l" else (0.0, 0.0)
            places.append((a + x, b + y))
    return places


@given(PLACES)
def test_steps_lead_where_the_path_leads(places: list[tuple[float, float]]) -> None:
    told = "M " + " \nL ".join(f"{x:.6f} {y:.6f}" for x, y in places)
    np.testing.assert_allclose(walked(steps(told)), places, rtol=0, atol=0.0051)


def test_a_figure_is_well_formed_small_and_the_same_each_time() -> None:
    made = []
    for _ in range(2):
        figure, axes = subplots()
        axes[0, 0].plot(np.sin(np.arange(200)), color=PALETTE[0], marker="o", label="$x^2$")
        axes[0, 0].legend()
        made.append(render(figure, "svg", {"seed": 1}))
        plt.close(figure)
    assert made[0] == made[1]
    assert ElementTree.fromstring(made[0]).tag.endswith("svg")
    text = made[0].decode()
    assert '{"seed": 1}' in text or "&quot;seed&quot;" in text
    assert len(text) < 40_000 and "date" not in text
    colours = {colour for _, colour in COLOUR.findall(text.partition("<style>@media")[2].partition("</style>")[2])}
    assert PALETTE[0].lower() in colours
    for kind, colour in set(COLOUR.findall(text.partition("</style></defs>")[2])):
        assert f'[style*="{kind}: {colour}"]{{{kind}:{twin(colour)}!important}}' in text


def test_roles_stand_out_on_the_dark_and_from_one_another() -> None:
    parts = {colour: [float(int(twin(colour)[i : i + 2], 16)) for i in (1, 3, 5)] for colour in TWINS}
    ground = [float(int(GROUND[i : i + 2], 16)) for i in (1, 3, 5)]
    assert all(contrast(part, ground) > 4.5 for colour, part in parts.items() if colour != "#FFFFFF")
    assert len({twin(colour) for colour in PALETTE}) == len(PALETTE)


def test_other_colours_turn_round() -> None:
    greys = [int(twin(f"#{k:02x}{k:02x}{k:02x}")[1:3], 16) for k in range(1, 255, 8)]
    assert all(a > b for a, b in pairwise(greys))
