"""The default pictures of Theorem 13: paths over time, wall and gate, the whole landscape.  No mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, ConnectionPatch

from valleys.run.figure import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, letter, subplots
from valleys.run.pictures import Part

LINE, PATH, PROVED, COMPUTED, FLOOR, WALL = BLUE, RED, PURPLE, GREEN, GREY, "#303030"
L_LABEL = r"population loss $L(\theta)$"
BOX = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75}
U_LABEL = r"smallest output weight $\min_i u_i$"


def draw_path_loss(part: Part) -> Figure:
    """Draw the losses over t, and the wall with its gate."""
    figure, axes = subplots(1, 2, height=3.9, width=8.2)
    over_time(axes[0, 0], part)
    wall_and_gate(axes[0, 1], part)
    letter(axes)
    return figure


def over_time(axis: Axes, part: Part) -> None:
    """The thesis' line and the best path over t, with every level labelled by its value."""
    v, a = part.values, part.arrays
    for name, colour, label, peak in (
        ("line", LINE, "straight line (thesis)", v["straight_line_peak"]), ("path", PATH, "best path", v["path_peak"]),
    ):  # fmt: skip
        L = a[f"{name}_L"]
        axis.plot(np.linspace(0, 1, len(L)), L, color=colour, label=f"{label}, peak {peak:.6g}", zorder=3)
        axis.plot(a[f"{name}_dot_t"], a[f"{name}_dot_L"], ".", color=colour, ms=2.5, alpha=0.6, mew=0, zorder=2)
    axis.plot([], [], ".", color=GREY, ms=3, label=f"mean over {v['sample_points']} samples")
    axis.set_ylim(*limits(part))
    axis.set_xlim(0, 1)
    labelled_levels(axis, levels(v))
    axis.set_xlabel(r"time $t$ on the path")
    axis.set_ylabel(L_LABEL)
    axis.legend(loc="upper left", ncols=1, handlelength=1.4)


def levels(v: dict[str, Any]) -> list[tuple[str, float, str, str]]:
    """Label, level, colour and line style of every level, from the top down."""
    same = v["barrier_computed"] == v["barrier_proved"]
    rows = [("gate", v["path_peak"], PATH, "-")]
    if not same:
        rows += [("every path (computed)", v["barrier_computed"], COMPUTED, "--")]
    rows += [
        ("every path (proved)", v["barrier_proved"], PROVED, "--"),
        ("valley floor", v["valley_floor"], FLOOR, "--"),
        ("thesis' good end", v["thesis_good_loss"], LINE, ":"),
        ("end of best path", v["path_end"], PATH, ":"),
    ]
    return sorted(rows, key=lambda row: -row[1])


def limits(part: Part) -> tuple[float, float]:
    """Bottom and top of the axes: both curves below, room for a legend or an inset above.

    A straight line that climbs much higher than the path is cut: its peak stands in the legend.
    """
    v, a = part.values, part.arrays
    bottom = min(a["path_L"].min(), a["line_L"].min(), a["path_dot_L"].min())
    top = min(a["line_L"].max(), v["path_peak"] + 1.5 * (v["path_peak"] - v["path_end"]))
    top = max(top, v["path_peak"], a["path_dot_L"].max())
    return bottom - 0.06 * (top - bottom), bottom + (top - bottom) / 0.68


def labelled_levels(axis: Axes, rows: list[tuple[str, float, str, str]]) -> None:
    """Horizontal lines whose labels stand to the right of the axes, pushed apart where levels are close."""
    low, high = axis.get_ylim()
    gap = 0.064 * (high - low)
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
        axis.axhline(y, color=colour, ls=style, lw=0.9, zorder=1)
        axis.annotate(
            f"{name}\n{number(y)}", (1.0, y), (1.05, place), xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"), fontsize=6.5, color=colour, va="center", ha="left",
            linespacing=0.95, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "relpos": (0, 0.5)},
        )  # fmt: skip


def number(y: float) -> str:
    """A level: six decimals where it is of the order of one, else seven digits."""
    return f"{y:.6f}" if 0.01 < abs(y) < 1000 else f"{y:.7g}"


def wall_and_gate(axis: Axes, part: Part) -> None:
    """Loss against the smallest output weight: the wall stands at 0, up to the floor of every path."""
    v, a = part.values, part.arrays
    axis.plot(a["line_u"], a["line_L"], color=LINE, zorder=3)
    axis.plot(a["path_u"], a["path_L"], color=PATH, zorder=4)
    low, high = limits(part)
    right = max(a["path_u"].max(), a["line_u"].max())
    left = min(a["path_u"].min(), a["line_u"].min())
    axis.set_xlim(left - 0.05 * (right - left), right + 0.08 * (right - left))
    axis.set_ylim(low, high)
    axis.vlines(0, low, v["barrier_computed"], color=WALL, lw=3.5, zorder=5)
    axis.fill_between([0, axis.get_xlim()[1]], low, v["valley_floor"], color=GREY, alpha=0.16, lw=0)
    axis.plot(a["path_u"][0], a["path_L"][0], "o", color=PATH, ms=4, zorder=6)
    axis.annotate(
        "wall", (0, low + 0.04 * (high - low)), (-4, 0), textcoords="offset points",
        rotation=90, ha="right", va="bottom", fontsize=7.5, color=WALL,
    )  # fmt: skip
    axis.set_xlabel(U_LABEL)
    axis.set_ylabel(L_LABEL)
    axis.annotate(
        r"no $u > 0$ is this low", (1.0, v["valley_floor"]), (-3, -3), xycoords=("axes fraction", "data"),
        textcoords="offset points", fontsize=6.5, color=WALL, ha="right", va="top",
    )  # fmt: skip
    gate_inset(axis, part)


def gate_inset(axis: Axes, part: Part) -> None:
    """The gate at its own scale: how far the path passes above the wall."""
    v, a = part.values, part.arrays
    depth, base = float(a["zoom_depth"]), v["barrier_computed"]
    power = int(np.floor(np.log10(depth)))
    unit = 10.0**power
    inset = axis.inset_axes((0.11, 0.735, 0.36, 0.255))
    for side in ("before", "after"):
        inset.plot(a[f"zoom_{side}_u"], (a[f"zoom_{side}_L"] - base) / unit, color=PATH, lw=1.2)
    span = a["zoom_before_u"].max()
    low, high = -depth / unit, (v["path_peak"] - base + 0.45 * depth) / unit
    inset.vlines(0, low, 0, color=WALL, lw=3)
    inset.plot(0, (v["path_peak"] - base) / unit, "o", color=PATH, ms=3)
    inset.set_xlim(-0.55 * span, 1.05 * span)
    inset.set_ylim(low, high)
    inset.axhline(0, color=COMPUTED, ls="--", lw=0.8)
    inset.tick_params(labelsize=6, length=2, pad=1.5)
    inset.set_xticks([0])
    inset.grid(False)
    for side in ("top", "right"):
        inset.spines[side].set_visible(True)
    name = "proved floor" if v["barrier_computed"] == v["barrier_proved"] else "computed floor"
    text = f"at the gate:\n$L$ less {name},\nin units of $10^{{{power}}}$"
    axis.annotate(text, (0.50, 0.98), xycoords="axes fraction", fontsize=7, va="top")


def draw_path_multi_runs(part: Part) -> Figure:
    """Draw the perturbed starts' straight lines, in both views."""
    a, levels = part.arrays, part.arrays["levels"]
    figure, axes = subplots(1, 2, height=3.7, width=8.2, sharey=True)
    doomed = a["doomed"].astype(bool)
    t = np.linspace(0, 1, a["L"].shape[1])
    for axis, x, path_x in ((axes[0, 0], t, np.linspace(0, 1, len(a["path_L"]))), (axes[0, 1], None, a["path_u"])):
        for k, L in enumerate(a["L"]):
            axis.plot(t if x is not None else a["u"][k], L, color=GREY, lw=0.6, alpha=0.6, zorder=2)
        mean_x = t if x is not None else a["u"].mean(axis=0)
        axis.plot(mean_x, a["L"].mean(axis=0), color=LINE, lw=1.8, zorder=4, label="their mean")
        axis.plot([], [], color=GREY, lw=0.8, label=f"{len(doomed)} perturbed starts, straight")
        axis.plot(path_x, a["path_L"], color=PATH, zorder=3, label="best path")
        start_x = np.zeros(len(doomed)) if x is not None else a["u"][:, 0]
        for chosen, marker, colour, label in (
            (doomed, "o", GREEN, "start below the floor of every path"),
            (~doomed, "x", ORANGE, "start above it: nothing is proved"),
        ):
            if chosen.any():  # an empty series that is not clipped would shrink the axes to nothing
                axis.plot(
                    start_x[chosen], a["L"][chosen, 0], marker, color=colour, ms=4, zorder=5, clip_on=False, label=label
                )
        axis.axhline(levels[1], color=COMPUTED, ls="--", lw=0.9, zorder=1)
        axis.axhline(levels[0], color=FLOOR, ls="--", lw=0.9, zorder=1)
    low, high = axes[0, 0].get_ylim()
    axes[0, 0].set_ylim(low, high + 0.42 * (high - low))
    axes[0, 1].vlines(0, low, levels[1], color=WALL, lw=3.0, zorder=5)
    for y, label, colour, up in (
        (levels[1], "floor of every\npath", COMPUTED, 1),
        (levels[0], "valley floor\n", FLOOR, -1),
    ):
        axes[0, 1].annotate(
            f"{label} {number(y)}", (0, y), (4, 3 * up), xycoords=("axes fraction", "data"), fontsize=7,
            textcoords="offset points", va="bottom" if up > 0 else "top", color=colour,
        )  # fmt: skip
    axes[0, 0].set_xlabel(r"time $t$ on the path")
    axes[0, 1].set_xlabel(U_LABEL)
    axes[0, 0].set_ylabel(L_LABEL)
    axes[0, 0].set_xlim(0, 1)
    axes[0, 0].legend(loc="upper left", fontsize=7, ncols=1, labelspacing=0.3)
    letter(axes)
    return figure


def draw_whole_landscape(part: Part) -> Figure:
    """Draw both sheets as discs that meet at their centres, and the merge tree beside them."""
    w, a = part.values["whole_landscape"], part.arrays
    figure, axes = subplots(1, 3, height=3.2, width=8.2, width_ratios=(1, 1, 0.8))
    q, sheets = a["side"], a["sheets"]
    inside = np.hypot(*np.meshgrid(q, q)) <= q[-1]
    steps = np.linspace(0, 1, 15) ** 2 * (sheets[:, inside].max() - min(w["good"], w["floor"])) + min(
        w["good"], w["floor"]
    )
    spots = ((w["alpha"], 0.0, "floor", r"$u > 0$"), (0.0, w["beta"], "good", r"$u < 0$"))
    for k, (axis, (x, y, key, name)) in enumerate(zip(axes[0, :2], spots, strict=True)):
        shown = np.where(inside, sheets[k], np.nan)
        axis.contour(q, q, shown, levels=steps[1:], cmap="viridis", linewidths=0.8)
        if sheets[k][inside].min() < w["gate"]:
            axis.contourf(q, q, shown, levels=[-1.0, w["gate"]], colors=[GREEN if k else RED], alpha=0.15)
            axis.contour(q, q, shown, levels=[w["gate"]], colors=WALL, linewidths=1.3)
        axis.plot(0, 0, "D", color=WALL, ms=5, zorder=5)
        note = {"textcoords": "offset points", "fontsize": 7.5, "ha": "center", "bbox": BOX}
        axis.annotate(f"gate {w['gate']:.6g}", (0, 0), (0, -17), **note)
        colour = GREEN if k else RED
        axis.plot(x, y, "o", color=colour, ms=5)
        axis.annotate(f"{w[key]:.6g}", (x, y), (0, 7), color=colour, **note)
        axis.set_aspect("equal")
        axis.set_xlim(-1.03 * q[-1], 1.03 * q[-1])
        axis.set_ylim(-1.03 * q[-1], 1.03 * q[-1])
        axis.set_title(f"sheet {name}", fontsize=9)
        axis.set_xlabel(r"$q_1 = |u|\,w_1$")
        axis.grid(False)
        axis.add_patch(Circle((0, 0), q[-1], fill=False, ec=GREY, lw=0.8))
    glue = ConnectionPatch(
        (0, 0), (0, 0), "data", "data", axesA=axes[0, 0], axesB=axes[0, 1], color=WALL, ls=":", lw=1.2, zorder=6
    )
    figure.add_artist(glue)
    axes[0, 0].set_ylabel(r"$q_2 = |u|\,w_2$")
    merge_tree(axes[0, 2], w)
    letter(axes)
    return figure


def merge_tree(axis: Axes, w: dict[str, float]) -> None:
    """Two leaves (the minima) that join at the gate."""
    for x, key, colour, name in ((0.0, "floor", RED, "valley\n$u > 0$"), (1.0, "good", GREEN, "good minimum\n$u < 0$")):
        axis.plot([x, x], [w[key], w["gate"]], color=colour, lw=2)
        axis.plot(x, w[key], "o", color=colour, ms=6)
        axis.annotate(f"{name}\n{w[key]:.6g}", (x, w[key]), (0, -7), textcoords="offset points",
                      ha="center", va="top", fontsize=7.5, color=colour)  # fmt: skip
    axis.plot([0, 1], [w["gate"]] * 2, color=WALL, lw=2)
    axis.plot([0.5, 0.5], [w["gate"], w["gate"] * 1.15], color=WALL, lw=2)
    axis.annotate(f"gate {w['gate']:.6g}", (0.5, w["gate"]), (4, 4), textcoords="offset points", fontsize=7.5)
    low = min(w["floor"], w["good"])
    axis.set_ylim(low - 0.45 * (w["gate"] - low) - 0.05, w["gate"] * 1.17)
    axis.set_xlim(-0.55, 1.55)
    axis.set_xticks([])
    axis.set_ylabel(r"loss $L$")
    axis.set_title("merge tree", fontsize=9)
