"""Drawing for Theorem 11: no mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from valleys.run.figure import CERTIFIED, DESCENT, GOOD, GREY, STRAIGHT, WIDTH, Role, level, subplots
from valleys.run.pictures import Part

KINDS = (("line", STRAIGHT), ("path", CERTIFIED), ("descent", DESCENT))
#: Straight lines that stay below this are left out; the axis ends at the second where they climb far.
CLIMBS, HIGHEST = 1.01, 1.6
#: Where contours of the whole landscape carry their level, away from the paths; what lies behind a start's number.
LABELS = (
    (-0.33, -3.0),
    (3.2, 0.0),
    (-2.45, -2.45),
    (0.33, -3.2),
    (1.0, -3.0),
    (-3.0, -3.0),
    (-3.0, 1.0),
    (3.5, 1.43),
    (3.5, 2.57),
)
#: Of the networks' paths, beside the tint: one a network, at so many places.
MARKERS, PLACES = "osD^vP", 6
NUMBER = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75}


def tinted(colour: str, share: float) -> tuple[float, float, float]:
    """The colour mixed with white: ``share`` 1 leaves it."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def draw_starts(part: Part, starts: list[str], networks: list[str], what: str, title: str) -> Figure:
    """One panel a start; in it every network, by marker and tint: the loss along its path, and what training does."""
    columns = min(2, len(starts))
    rows = -(-len(starts) // columns)
    figure, axes = subplots(
        rows, columns, height=1.35 + 1.65 * rows, sharex=True, sharey=True, width=WIDTH if columns > 1 else 4.2
    )
    shares = np.linspace(1 if len(networks) == 1 else 0.35, 1, len(networks))
    peaks = [part.arrays[f"line_{k}_{j}"].max() for k in range(len(starts)) for j in range(len(networks))]
    top = 1.15 if max(peaks) < CLIMBS else HIGHEST
    for k, name in enumerate(starts):
        axis = axes.flat[k]
        for kind, role in KINDS:
            for j, share in enumerate(shares):
                draw_loss(axis, part.arrays[f"{kind}_{k}_{j}"], kind, role, share, j, len(networks))
        axis.set_title(f"({'abcd'[k]}) {label_of(name)}: {said(part, k, networks)}", loc="left", fontsize=9)
        axis.set(xlim=(-0.01, 1.01), ylim=(-0.05 * top, top))
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$(L - L^*)\,/\,(L_0 - L^*)$")
    for axis in axes[-1]:
        axis.set_xlabel("share of the way, or of the steps")
    shown = [role for kind, role in KINDS[1:] + KINDS[:1] if kind != "line" or max(peaks) >= CLIMBS]
    handles = [
        axes[0, 0].plot([], [], **looks("path", CERTIFIED, share, j, len(networks)))[0]
        for j, share in enumerate(shares)
    ]
    handles += [axes[0, 0].plot([], [], **role.style(linewidth=1.3))[0] for role in shown[1:]]
    names = [f"{CERTIFIED.word}, {what}{name}" for name in networks] + [role.word for role in shown[1:]]
    figure.legend(handles, names, loc="outside lower center", ncols=min(3, len(names)), fontsize=7.5)
    figure.suptitle(title, fontsize=10.5)
    return figure


def looks(kind: str, role: Role, share: float, j: int, networks: int) -> dict[str, Any]:
    """How the loss of network ``j`` is drawn; networks are told apart on the paths alone."""
    if kind != "path":
        return role.style(linewidth=1.3, alpha=0.6)
    marker = MARKERS[j % len(MARKERS)] if networks > 1 else ""
    colour = tinted(role.colour, share)
    return role.style(color=colour, linewidth=2.0, marker=marker, markersize=4.5, mec="white", mew=0.5)


def draw_loss(axis: Axes, values: np.ndarray, kind: str, role: Role, share: float, j: int, networks: int) -> None:
    """One curve, and how high it climbs where that is above the picture."""
    if kind == "line" and values.max() < CLIMBS:
        return
    apart = max(1, len(values) // PLACES)
    first = (2 * j + 1) * apart // (2 * networks)
    axis.plot(np.linspace(0, 1, len(values)), values, **looks(kind, role, share, j, networks), markevery=(first, apart))
    if kind == "line" and values.max() > HIGHEST:
        axis.annotate(
            f"the straight line\nclimbs to {values.max():.2g}", (0.65, 0.95), xycoords="axes fraction", ha="center",
            va="top", fontsize=7.5, color=GREY, bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1},
        )  # fmt: skip


def said(part: Part, k: int, networks: list[str]) -> str:
    """What gradient descent does from a start, in words that are true of all networks."""
    ends = np.array([part.arrays[f"descent_{k}_{j}"][-1] for j in range(len(networks))])
    if np.all(ends > 0.999):
        return "gradient descent stays"
    if np.isnan(ends).any():
        times = np.isnan(ends).sum()
        return "gradient descent diverges" + (
            " once" if times == 1 < len(ends) else "" if len(ends) == 1 else f" {times} times"
        )
    late = ends > 0.01
    return "gradient descent arrives" if not late.any() else f"gradient descent is late {late.sum()} times"


def label_of(start: str) -> str:
    """The start's name."""
    return start.rsplit("/", 1)[-1] if start.endswith(".npz") else f"{start} start"


def draw_paths(part: Part) -> Figure:
    """``linear_path``."""
    shown: dict[str, Any] = part.values["linear_path"]
    title = "Linear networks of any width: from every start a way down on which the loss never rises"
    return draw_starts(part, shown["starts"], [str(p) for p in shown["widths"]], "width $p$ = ", title)


def draw_deep(part: Part) -> Figure:
    """``deep_linear_path``."""
    shown: dict[str, Any] = part.values["deep_linear_path"]
    title = "Deep linear networks: from every start a way down on which the loss never rises"
    return draw_starts(part, shown["starts"], ["-".join(map(str, w)) for w in shown["widths"]], "hidden widths ", title)


def draw_landscape(part: Part) -> Figure:
    """``whole_landscape``: contours, both branches of minima, five paths; the loss along them."""
    figure, axes = subplots(1, 2, height=3.9, gridspec_kw={"width_ratios": [1.15, 1]})
    plane, losses = axes[0]
    grid, field = part.arrays["grid"], part.arrays["field"]
    shades = np.array([0.0, 1, 4, 9, 16, 36, 64, 100, 144, 200, 400])
    plane.contourf(grid, grid, field.T, levels=shades, cmap="Greys", alpha=0.45)
    lines = plane.contour(grid, grid, field.T, levels=shades[2:6], colors="0.35", linewidths=0.6)
    plane.clabel(lines, fmt=lambda v: f"{v:g}", fontsize=7.5, manual=LABELS)
    for side in (-1, 1):
        w = side * np.linspace(0.75, 4, 200)
        plane.plot(w, 3 / w, **GOOD.style(linewidth=2.0, label=f"{GOOD.word}, $uw = 3$" if side == 1 else None))
    plane.plot(0, 0, "x", color="black", markersize=6, label="saddle")
    for k in range(5):
        path, loss = part.arrays[f"path_{k}"], part.arrays[f"loss_{k}"]
        plane.plot(*path.T, **CERTIFIED.style(linewidth=2.0, label=CERTIFIED.word if k == 0 else None))
        legs = round((len(path) - 1) / part.values["landscape_points"])
        for middle in range(len(path) // legs // 2, len(path), len(path) // legs):
            plane.annotate(
                "", path[middle + 2], path[middle],
                arrowprops={"arrowstyle": "-|>", "color": CERTIFIED.colour, "lw": 0, "mutation_scale": 13},
            )  # fmt: skip
        plane.plot(*path[0], "o", color="black", markersize=4.5, label="start" if k == 0 else None)
        plane.annotate(str(k + 1), path[0], xytext=(4, 4), textcoords="offset points", fontsize=8, bbox=NUMBER)
        losses.plot(np.linspace(0, 1, len(loss)), loss, **CERTIFIED.style(linewidth=1.6))
        losses.plot(0, loss[0], "o", color="black", markersize=4.5, clip_on=False, zorder=4)
        losses.annotate(
            str(k + 1), (0, loss[0]), xytext=(-5, 0), textcoords="offset points", ha="right", va="center", fontsize=8
        )
    level(losses, 9, "loss of the saddle")
    plane.set(xlabel="$w$", ylabel="$u$", xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
    plane.set_title("(a) the landscape $L(u, w) = (uw - 3)^2$", loc="left", fontsize=9)
    plane.grid(False)
    losses.set(xlabel="share of the way", ylabel="$L$", xlim=(0, 1), ylim=(-0.8, None))
    losses.set_title("(b) the loss along the paths", loc="left", fontsize=9)
    losses.tick_params(axis="y", pad=12)
    handles, names = plane.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4)
    figure.suptitle("A landscape without a spurious valley, all of it: every start has a way down", fontsize=10.5)
    return figure
