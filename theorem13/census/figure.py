"""Drawing the census from its record alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from theorem13.census.published import EXTRA_UNIT, SOURCES
from valleys.run.figure import BLUE, CERTIFIED, GREEN, GREY, ORANGE, PALETTE, RED, VALLEY, level, scientific, subplots
from valleys.run.pictures import Part

MARKERS = "osD^vPX*h"
SIZES = "area: how many runs; open: extra units"
VERDICTS = (
    ("lowest minimum found", BLUE, "o"),
    ("higher minimum", RED, "s"),
    ("saddle", ORANGE, "D"),
    ("not converged", GREY, "x"),
)


def draw_spurious_minima(part: Part) -> Figure:
    """Left: per cent of spurious runs against k, published and ours. Right: losses of the minima, by family."""
    figure, axes = subplots(1, 2, height=4.1, sharex=True)
    rates_panel(axes[0, 0], part.values["rates"])
    minima_panel(axes[0, 1], part.values["minima"])
    titles = "(a) how often training ends spurious", "(b) where it ends" + told(part.values["minima"])
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=9, loc="left")
    figure.suptitle(message(part.values["rates"]), fontsize=10.5)
    if part.partial:
        figure.suptitle("cut short: the runs that are finished", fontsize=8, color=RED)
    return figure


def told(minima: list[dict[str, Any]]) -> str:
    """How many of the spurious minima are proved, in words."""
    kinds = [row["kind"] for row in minima if row["verdict"] != "global minimum"]
    proved = kinds.count("proved")
    return (
        ""
        if not kinds
        else f": {proved} of {len(kinds)} minima proved"
        if proved < len(kinds)
        else ": all proved minima"
    )


def message(rates: list[dict[str, Any]]) -> str:
    """What the rates say in one sentence."""
    exact = [row["percent"] for row in sorted(rates, key=lambda row: row["k"]) if row["n"] == row["k"]]
    wider = [row["percent"] for row in rates if row["n"] > row["k"]]
    grows = len(exact) > 1 and exact[-1] > exact[0]
    first = "The larger the teacher, the more often training is caught" if grows else "How often training is caught"
    return first + ("; with extra units, in no run here" if wider and max(wider) == 0 < max(exact, default=0) else "")


def rates_panel(axis: Axes, rates: list[dict[str, Any]]) -> None:
    """Rates with 95 % intervals, one series a number of extra units, over the published ones."""
    ks = sorted({row["k"] for row in rates})
    looks = (("s", GREY, -0.16), ("D", ORANGE, 0.16), ("v", GREEN, 0.32))
    for source, (marker, colour, shift) in zip((*SOURCES, EXTRA_UNIT), looks, strict=True):
        known = np.array([k for k in sorted(source.percent) if k in ks])
        percent = [source.percent[k] for k in known]
        label = f"published, {source.name}"
        axis.plot(known + shift, percent, marker, mfc="none", color=colour, label=label, zorder=3, markersize=5.5)
    extras = sorted({row["n"] - row["k"] for row in rates})
    for i, (extra, colour) in enumerate(zip(extras, (BLUE, GREEN, *PALETTE[1:]), strict=False)):
        mine = [row for row in rates if row["n"] - row["k"] == extra]
        x, y = [row["k"] + 0.07 * i for row in mine], np.array([row["percent"] for row in mine])
        low, high = np.array([row["interval"] for row in mine]).T
        spread = [np.maximum(y - low, 0), np.maximum(high - y, 0)]
        label = ("ours, $n = k$" if extra == 0 else f"ours, $n = k + {extra}$") + f" ({mine[0]['runs']} runs, 95 %)"
        axis.errorbar(x, y, spread, fmt="o-", color=colour, markersize=3.5, capsize=2.5, linewidth=1.2, label=label)
    axis.set_xlabel("number of teacher units $k$")
    axis.set_ylabel("runs that end spurious, per cent")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    top = max([row["interval"][1] for row in rates] + [row["published"] or 0 for row in rates])
    axis.set_ylim(-0.03 * top, 1.08 * top)
    axis.set_xlim(ks[0] - 0.5, ks[-1] + 0.5)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=7)


def minima_panel(axis: Axes, minima: list[dict[str, Any]]) -> None:
    """Half losses; colour and marker tell the number of reversed units, area the count, open markers extra units."""
    spurious = [row for row in minima if row["verdict"] != "global minimum"]
    numbers = sorted({row["reversed_units"] for row in spurious})
    for number in numbers:
        colour, marker = PALETTE[(number - 1) % len(PALETTE)], MARKERS[(number - 1) % len(MARKERS)]
        name = f"{number} reversed unit" + ("" if number == 1 else "s")
        points(axis, [row for row in spurious if row["reversed_units"] == number], colour, marker, name)
    plain = [row for row in minima if row["verdict"] == "global minimum" and row["n"] == row["k"]]
    points(axis, plain, GREY, "o", "global minimum")
    top = max([row["loss"] for row in spurious], default=0.02)
    axis.set_ylim(-0.07 * top, 1.12 * top)
    axis.set_xlabel("number of teacher units $k$")
    axis.set_ylabel("half the square loss at the minimum")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=7, ncols=2, title=SIZES, title_fontsize=7)


def points(axis: Axes, rows: list[dict[str, Any]], colour: str, marker: str, name: str) -> None:
    """One family: area by count, open where there are extra units, and one entry of the legend."""
    for row in rows:
        face = colour if row["n"] == row["k"] else "white"
        size = 8.0 + 100.0 * row["count"] / row["runs"]
        axis.scatter(row["k"], row["loss"], s=size, marker=marker, color=face, edgecolor=colour, zorder=3)
    axis.scatter([], [], s=30, marker=marker, color=colour, label=name)


def draw_escape(part: Part) -> Figure:
    """Half loss along both paths against the length walked; dots are the knots."""
    figure, axes = subplots(1, 1, height=3.0, width=5.0)
    axis = axes[0, 0]
    names = ("reversed unit split", "ordinary unit split")
    for row, name, colour in zip(part.values["escape"], names, (VALLEY.colour, CERTIFIED.colour), strict=True):
        x, y, knots = (part.arrays[f"{key}{row['unit']}"] for key in ("length", "loss", "knots"))
        axis.plot(x, y, color=colour, zorder=3 - row["unit"], label=f"{name}: ends at {scientific(row['end_loss'], 6)}")
        axis.plot(x[knots], y[knots], "o", color=colour, markersize=3, zorder=3 - row["unit"])
    start = part.values["escape"][0]["start_loss"]
    level(axis, start, f"the $k = 7$ minimum, {start:.7f}")
    axis.set_xlabel("length along the path")
    axis.set_ylabel("half the square loss")
    axis.set_ylim(-0.001, 1.15 * start)
    axis.set_title("One unit more opens a way down: which one decides how far", fontsize=9.5)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=1)
    return figure


def draw_own(part: Part) -> Figure:
    """End losses of one's own data in ascending order, coloured by verdict."""
    figure, axes = subplots(1, 1, height=3.2, width=5.0)
    axis = axes[0, 0]
    loss, kind = part.arrays["loss"], part.arrays["kind"]
    share = np.empty(len(loss))
    share[np.argsort(loss)] = (np.arange(len(loss)) + 1) / part.values["runs"]
    for i, (name, colour, marker) in enumerate(VERDICTS):
        chosen = kind == i
        if chosen.any():
            label = f"{name}: {chosen.sum()}"
            axis.plot(share[chosen], loss[chosen], marker, color=colour, markersize=4, label=label)
    axis.set_xlabel("share of runs that end at most this high")
    axis.set_ylabel("loss at the end")
    axis.set_xlim(0, 1.02)
    axis.set_ylim(top=loss.max() + 0.5 * (loss.max() - loss.min()))
    axis.legend(loc="upper left")
    return figure
