"""Paths out of the valley: over time, and against the weight that has to vanish.  No mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from valleys.run.claims import down
from valleys.run.figure import CERTIFIED, FLOOR, FOUND, GREY, STRAIGHT, VALLEY, scientific, subplots
from valleys.run.pictures import Part

L_LABEL = r"population loss $L(\theta)$"
U_LABEL = r"smallest output weight $\min_i u_i$"
#: Colour of the wall at which the set u > 0 ends, below the floor of every path.
WALL = "#303030"


def draw_path_loss(part: Part) -> Figure:
    """Draw the losses over t, and the wall that both paths have to get over."""
    figure, axes = subplots(1, 2, height=3.7, width_ratios=(1, 0.95))
    over_time(axes[0, 0], part)
    wall(axes[0, 1], part)
    figure.suptitle(
        "Every way out of the valley climbs over the floor; a straight line climbs much higher", fontsize=9.5
    )
    gap = scientific(part.values["path_peak"] - part.values["barrier_floor"])
    axes[0, 0].plot([], [], color=WALL, lw=3.5, label=f"wall: the floor of every path; this one passes {gap} above it")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def over_time(axis: Axes, part: Part) -> None:
    """The thesis' line and the certified path over t, with every level labelled by its value."""
    v, a = part.values, part.arrays
    for name, role, words in (
        ("line", STRAIGHT, "straight line (thesis)"),
        ("path", CERTIFIED, "path found, certified"),
    ):
        L = a[f"{name}_L"]
        axis.plot(np.linspace(0, 1, len(L)), L, **role.style(label=words, zorder=3))
        axis.plot(a[f"{name}_dot_t"], a[f"{name}_dot_L"], ".", color=role.colour, ms=2.5, alpha=0.6, mew=0, zorder=2)
    axis.plot([], [], ".", color=GREY, ms=4, label=f"one sample of {v['sample_points']} points")
    axis.plot(0, a["path_L"][0], VALLEY.marker, color=VALLEY.colour, ms=6, zorder=5)
    axis.set_ylim(*limits(part))
    axis.set_xlim(0, 1)
    labelled_levels(axis, levels(v))
    axis.set_xlabel(r"time $t$ on the path")
    axis.set_ylabel(L_LABEL)
    axis.set_title("(a) along the path", fontsize=9, loc="left")


def levels(v: dict[str, Any]) -> list[tuple[str, float, str, Any]]:
    """Label, level, colour and line style of every level, from the top down; floors are rounded down."""
    rows: list[tuple[str, float, str, Any]] = [
        (f"path found: {v['path_peak']:.7g}", v["path_peak"], CERTIFIED.colour, "-")
    ]
    if v["barrier_floor"] != v["barrier_closed"]:
        rows.append((
            f"floor (sharper): {down(v['barrier_floor'], 7)}",
            v["barrier_floor"],
            FLOOR.colour,
            FLOOR.line,
        ))
    rows += [
        (f"floor (closed form): {down(v['barrier_closed'], 7)}", v["barrier_closed"], FLOOR.colour, (0, (1, 3))),
        (f"valley's bottom: {v['valley_floor']:.5g}", v["valley_floor"], VALLEY.colour, ":"),
        (f"end of the line: {v['thesis_good_loss']:.5g}", v["thesis_good_loss"], STRAIGHT.colour, ":"),
        (f"end of the path: {v['path_end']:.5g}", v["path_end"], CERTIFIED.colour, ":"),
    ]
    return sorted(rows, key=lambda row: -row[1])


def limits(part: Part) -> tuple[float, float]:
    """Bottom and top of the axes; a straight line that climbs much higher than the path is cut."""
    v, a = part.values, part.arrays
    bottom = min(a["path_L"].min(), a["line_L"].min(), a["path_dot_L"].min())
    top = min(a["line_L"].max(), v["path_peak"] + 1.5 * (v["path_peak"] - v["path_end"]))
    top = max(top, v["path_peak"], a["path_dot_L"].max())
    return bottom - 0.06 * (top - bottom), top + 0.06 * (top - bottom)


def labelled_levels(axis: Axes, rows: list[tuple[str, float, str, Any]]) -> None:
    """Horizontal lines whose labels stand to the right of the axes, pushed apart where levels are close."""
    low, high = axis.get_ylim()
    gap = 0.075 * (high - low)
    rows = [row for row in rows if row[1] < high]
    places = np.array([row[1] for row in rows])
    for _ in range(400):
        for i in range(len(rows) - 1):
            close = gap - (places[i] - places[i + 1])
            if close > 0:
                places[i] += close / 2
                places[i + 1] -= close / 2
        places = np.clip(places, low + gap / 2, high)
    for (name, y, colour, style), place in zip(rows, places, strict=True):
        axis.axhline(y, color=colour, ls=style, lw=1.0, zorder=1)
        axis.annotate(
            name, (1.0, y), (1.05, place), xycoords=("axes fraction", "data"), textcoords=("axes fraction", "data"),
            fontsize=7, color=colour, va="center", ha="left", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "relpos": (0, 0.5)},
        )  # fmt: skip


def wall(axis: Axes, part: Part) -> None:
    """Loss against the smallest output weight: to leave, it has to pass 0, and there the wall stands."""
    v, a = part.values, part.arrays
    axis.plot(a["line_u"], a["line_L"], color=STRAIGHT.colour, ls=STRAIGHT.line, zorder=3)
    axis.plot(a["path_u"], a["path_L"], color=CERTIFIED.colour, zorder=4)
    low, high = limits(part)
    right, left = max(a["path_u"].max(), a["line_u"].max()), min(a["path_u"].min(), a["line_u"].min())
    axis.set_xlim(left - 0.05 * (right - left), right + 0.08 * (right - left))
    axis.set_ylim(low, high)
    axis.vlines(0, low, v["barrier_floor"], color=WALL, lw=3.5, zorder=5)
    axis.plot(a["path_u"][0], a["path_L"][0], VALLEY.marker, color=VALLEY.colour, ms=6, zorder=6)
    axis.fill_between([0, axis.get_xlim()[1]], low, v["valley_floor"], color=GREY, alpha=0.18, lw=0)
    middle = (0.5 * axis.get_xlim()[1], 0.5 * (low + v["valley_floor"]))
    axis.annotate("no network\nwith $u > 0$\nis this low", middle, fontsize=7.5, ha="center", va="center")
    axis.set_xlabel(U_LABEL)
    axis.set_title("(b) one weight has to vanish", fontsize=9, loc="left")


def draw_path_multi_runs(part: Part) -> Figure:
    """Draw the perturbed starts' straight lines, in both views."""
    a, (floor, every_path, _) = part.arrays, part.arrays["levels"]
    figure, axes = subplots(1, 2, height=3.6, sharey=True)
    doomed = a["doomed"].astype(bool)
    t = np.linspace(0, 1, a["L"].shape[1])
    views = ((axes[0, 0], None, np.linspace(0, 1, len(a["path_L"]))), (axes[0, 1], a["u"], a["path_u"]))
    for axis, weight, path_x in views:
        x = np.broadcast_to(t, a["L"].shape) if weight is None else weight
        # All starts have t = 0: there they stand beside each other, left of it.
        place = -0.02 - 0.09 * np.linspace(0, 1, len(doomed)) if weight is None else weight[:, 0]
        axis.plot(x.T, a["L"].T, color=STRAIGHT.colour, lw=0.6, alpha=0.5, zorder=2)
        axis.plot([], [], color=STRAIGHT.colour, lw=0.8, label="straight lines (thesis)")
        axis.plot(x.mean(axis=0), a["L"].mean(axis=0), **STRAIGHT.style(lw=2.0, zorder=4, label="their mean"))
        axis.plot(path_x, a["path_L"], **CERTIFIED.style(zorder=3, label="path found, certified"))
        for chosen, marker, colour, label in (
            (doomed, VALLEY.marker, VALLEY.colour, "start below the floor of every path"),
            (~doomed, "x", WALL, "start above it: nothing is proved"),
        ):
            if chosen.any():  # an empty series that is not clipped would shrink the axes to nothing
                axis.plot(
                    place[chosen], a["L"][chosen, 0], marker, color=colour, ms=3.2, zorder=5, clip_on=False, label=label
                )
        axis.axhline(every_path, **FLOOR.style(lw=1.2, zorder=1, label=f"floor of every path: {down(every_path, 6)}"))
        axis.axhline(floor, color=VALLEY.colour, ls=":", lw=1.0, zorder=1, label=f"valley's floor: {floor:.5g}")
    low = axes[0, 0].get_ylim()[0]
    axes[0, 0].set_ylim(low, None)
    axes[0, 1].vlines(0, low, every_path, color=WALL, lw=3.0, zorder=5)
    axes[0, 0].set_xlabel(r"time $t$ on the path")
    axes[0, 1].set_xlabel(U_LABEL)
    axes[0, 0].set_ylabel(L_LABEL)
    axes[0, 0].set_xlim(-0.13, 1)
    axes[0, 0].axvline(0, color=GREY, lw=0.6, zorder=1)
    axes[0, 0].set_title("(a) along the path; left of it, the starts", fontsize=9, loc="left")
    axes[0, 1].set_title("(b) over the wall at 0", fontsize=9, loc="left")
    figure.suptitle(f"{len(doomed)} starts near the valley's bottom: every straight line out climbs", fontsize=9.5)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=7.5)
    return figure


def draw_path_between(part: Part) -> Figure:
    """Draw the loss along the path found and along the straight line."""
    a, v = part.arrays, part.values["path_between"]
    figure, axes = subplots(1, 1, height=3.4, width=5.0)
    axis = axes[0, 0]
    for name, role, peak in (("line", STRAIGHT, v["straight_line_peak"]), ("found", FOUND, v["peak"])):
        axis.plot(a[f"{name}_t"], a[f"{name}_L"], **role.style(label=f"{role.word}, peak {peak:.6g}"))
    axis.set_xlim(0, 1)
    axis.set_xlabel("share of the path's length")
    axis.set_ylabel(r"loss $L(\theta)$")
    axis.set_title("The lowest pass found between two networks", fontsize=9.5)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
