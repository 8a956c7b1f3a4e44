"""Drawing of paths and of training: no mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator

from valleys.run.figure import (
    BLUE,
    CERTIFIED,
    DESCENT,
    FLOOR,
    GOOD,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    VALLEY,
    subplots,
)
from valleys.run.pictures import Part

#: Colours of the construction's legs.
LEGS = {"balance": GREY, "thin out": ORANGE, "face descent": BLUE, "exchange": PURPLE}
SMALL = 7.5


def draw_legs(axis: Axes, loss: np.ndarray, position: np.ndarray, names: list[str]) -> None:
    """The loss along a path, each leg in the colour of its step."""
    each = len(loss) // len(names)
    for k, name in enumerate(names):
        part = slice(k * each, (k + 1) * each)
        axis.plot(position[part], loss[part], color=LEGS[name], linewidth=2, solid_capstyle="butt")
    axis.plot(0, loss[0], VALLEY.marker, color=VALLEY.colour, markersize=7, zorder=4, clip_on=False)
    axis.plot(len(names), loss[-1], GOOD.marker, color=GOOD.colour, markersize=10, zorder=4, clip_on=False)


def leg_handles(names: list[str]) -> tuple[list[Line2D], list[str]]:
    """Legend entries of the steps that occur."""
    used = [name for name in LEGS if name in names]
    return [Line2D([], [], color=LEGS[name], linewidth=2) for name in used], used


def floor_line(axis: Axes, value: float, text: str) -> None:
    """The floor, with its words below the line."""
    axis.axhline(value, color=FLOOR.colour, linestyle=FLOOR.line, linewidth=1.2)
    axis.annotate(text, (0.02, value), xycoords=("axes fraction", "data"), xytext=(0, -3), textcoords="offset points",
                  ha="left", va="top", fontsize=SMALL)  # fmt: skip


def draw_paths(part: Part) -> Figure:
    """``path_down``: the loss along the path, and the network's units before and after."""
    found = part.values["path_down"]
    figure, axes = subplots(1, 3, height=3.3, gridspec_kw={"width_ratios": [1.5, 1, 1]})
    loss, before, after = axes[0]
    run = found["runs"][0]
    values = part.arrays["loss_0"]
    draw_legs(loss, values, part.arrays["position_0"], run["legs"])
    span = values[0] - values[-1]
    floor_line(loss, found["floor"], f"floor under every width: {found['floor']:.6f}")
    loss.xaxis.set_major_locator(MaxNLocator(integer=True))
    loss.set(xlabel="leg", ylabel="loss with weight decay $f$", xlim=(-0.2, len(run["legs"]) + 0.3))
    loss.set_ylim(found["floor"] - 0.16 * span, values[0] + 0.06 * span)
    loss.set_title("loss along the path, leg by leg")
    title = f"No valley held L-BFGS where it stopped: the way down, width $p = r + 1 = {found['p']}$"
    figure.suptitle(title, fontsize=10)
    reach = 1.12 * max(float(np.abs(part.arrays[f"{when}_0"][:, 1:]).max()) for when in ("before", "after"))
    for axis, when, role in ((before, "before", VALLEY), (after, "after", GOOD)):
        draw_units(axis, part.arrays[f"{when}_0"], part.arrays["X"], reach)
        axis.set_title(f"its units {when}", color=role.colour)
    before.set_ylabel("second coordinate")
    handles, names = leg_handles(run["legs"])
    handles += [Line2D([], [], color=c, marker=">", linewidth=1.4, markersize=4) for c in (BLUE, RED)]
    handles.append(Line2D([], [], color=GREY, linewidth=0.6))
    figure.legend(handles, [*names, "unit $|u|w$, $u > 0$", "unit $|u|w$, $u < 0$", "a kink: $w \\cdot x_j = 0$"],
                  loc="outside lower center", ncols=4)  # fmt: skip
    return figure


def draw_units(axis: Axes, units: np.ndarray, X: np.ndarray, reach: float) -> None:
    """Each unit as an arrow ``|u| w`` in the plane of ``w``, the kinks of the data as lines."""
    for x in X:
        along = np.array([-x[1], x[0]]) / np.linalg.norm(x) * 2 * reach
        axis.plot([-along[0], along[0]], [-along[1], along[1]], color=GREY, linewidth=0.6, zorder=0)
    for sign, *v in units:
        if np.linalg.norm(v) > 1e-9:
            axis.annotate("", v, (0, 0), arrowprops={"arrowstyle": "-|>", "color": BLUE if sign > 0 else RED, "linewidth": 1.4,
                                                     "shrinkA": 0, "shrinkB": 0})  # fmt: skip
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="first coordinate")
    axis.grid(False)
    axis.tick_params(labelsize=7)


def draw_own(part: Part) -> Figure:
    """``own_path``: the loss along the path with the floor; where there is no path, start and floor alone."""
    found = part.values["own"]
    figure, axes = subplots(1, 1, height=3.0, width=4.6)
    axis = axes[0, 0]
    if "loss" in part.arrays:
        draw_legs(axis, part.arrays["loss"], part.arrays["position"], found["legs"])
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set(xlabel="leg", xlim=(-0.2, len(found["legs"]) + 0.3))
        figure.legend(*leg_handles(found["legs"]), loc="outside lower center", ncols=4)
        axis.set_title(f"your network, $p = {found['p']}$: down to the best of any width")
    else:
        axis.plot(0, found["loss_start"], VALLEY.marker, color=VALLEY.colour, markersize=7)
        axis.set(xticks=[])
        axis.set_title(f"your network, $p = {found['p']}$ (a path is promised from $p = {found['r'] + 1}$)")
    span = max(found["loss_start"] - found["floor"], 1e-3 * found["loss_start"])
    floor_line(axis, found["floor"], f"floor under every width: {found['floor']:.6g}")
    axis.set(
        ylabel="loss with weight decay $f$", ylim=(found["floor"] - 0.16 * span, found["loss_start"] + 0.06 * span)
    )
    return figure


def draw_training(part: Part) -> Figure:
    """``training``: the excess over the floor for each optimiser and after the rescue, a dot a run."""
    found: dict[str, Any] = part.values["training"]
    figure, axes = subplots(1, 4, height=3.4, sharey=True)
    steps = f"{found['steps']} steps"
    titles = {
        "lbfgs": "L-BFGS,\nuntil it stops", "gd": f"gradient descent,\n{steps}", "adam": f"Adam,\n{steps}",
        "rescue": "L-BFGS,\nthen the rescue",
    }  # fmt: skip
    colours = {"lbfgs": SKY, "gd": DESCENT.colour, "adam": ORANGE, "rescue": CERTIFIED.colour}
    widths, r = found["widths"], found["r"]
    for axis, (method, title) in zip(axes[0], titles.items(), strict=True):
        for k, p in enumerate(widths):
            values = np.maximum(part.arrays[f"{method}_{p}"], 1e-16)
            spread = (np.arange(len(values)) - (len(values) - 1) / 2) * 0.6 / max(len(values), 1)
            axis.plot(k + spread, values, "o", color=colours[method], markersize=2.6, alpha=0.8)
            if len(values):
                axis.plot([k - 0.35, k + 0.35], [np.median(values)] * 2, color="black", linewidth=1.2)
        at = widths.index(r + 1) - 0.5
        axis.axvline(at, color=GOOD.colour, linewidth=1.0, linestyle="--")
        axis.set(yscale="log", xticks=range(len(widths)), xlabel="width $p$", ylim=(5e-17, 3))
        axis.set_xticklabels([str(p) for p in widths], fontsize=7)
        axis.yaxis.set_major_locator(LogLocator(base=100, numticks=12))
        axis.set_title(title)
    axes[0, 0].annotate(
        f"no valley\nfrom $r + 1 = {r + 1}$", (widths.index(r + 1) - 0.3, 1e-12), fontsize=SMALL, ha="left", va="center"
    )
    axes[0, 0].set_ylabel("end over the floor, $f/f_{\\mathrm{floor}} - 1$")
    handles = [
        Line2D([], [], color="black", marker="o", linestyle="", markersize=2.6),
        Line2D([], [], color="black", linewidth=1.2),
        Line2D([], [], color=GOOD.colour, linestyle="--", linewidth=1.0),
    ]
    figure.legend(
        handles,
        ["a run (at $10^{-16}$ if below)", "median", "width $r$ | width $r + 1$"],
        loc="outside lower center",
        ncols=3,
    )
    figure.suptitle(f"No valley from width {r + 1} on, and yet optimisers end above the floor", fontsize=10)
    return figure
