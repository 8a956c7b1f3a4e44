"""The whole landscape of one unit: two sheets that meet in one point, and the tree of their basins.  No mathematics here."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from valleys.run.figure import GATE, GOOD, GREY, VALLEY, Role, subplots
from valleys.run.pictures import Part

#: Lines of equal loss between 0 and the gate, and how many times the gate's level the lines go up to.
LINES, UP_TO = 3, 4.0
STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0)


def draw_whole_landscape(part: Part) -> Figure:
    """Draw both sheets with the pieces below the gate coloured, and the merge tree beside them."""
    w, a = part.values["whole_landscape"], part.arrays
    figure, axes = subplots(1, 3, height=3.15, width_ratios=(1, 1, 0.72))
    roles = (VALLEY, GOOD) if w["floor"] > w["good"] else (GOOD, VALLEY)
    spots = ((w["alpha"], 0.0, w["floor"], "(a) $u > 0$"), (0.0, w["beta"], w["good"], "(b) $u < 0$"))
    for k, (axis, spot, role) in enumerate(zip(axes[0, :2], spots, roles, strict=True)):
        sheet(axis, a["side"], a["sheets"][k], w["gate"], spot, role)
    axes[0, 0].set_ylabel(r"$q_2 = |u|\,w_2$")
    merge_tree(axes[0, 2], w, roles)
    figure.suptitle("All of one unit's landscape: the two basins touch in a single point, the gate", fontsize=9.5)
    return figure


def spacing(gate: float) -> float:
    """A round step between lines of equal loss."""
    power = 10.0 ** np.floor(np.log10(gate / LINES))
    return float(power * min(STEPS, key=lambda step: abs(step * power - gate / LINES)))


def sheet(
    axis: Axes, q: np.ndarray, L: np.ndarray, gate: float, spot: tuple[float, float, float, str], role: Role
) -> None:
    """One sheet: lines evenly spaced in the loss, the piece below the gate, its lowest point, and the gate."""
    x, y, lowest, title = spot
    step = spacing(gate)
    lines = axis.contour(q, q, L, levels=np.arange(step, UP_TO * gate, step), colors=GREY, linewidths=0.5)
    axis.clabel(lines, np.asarray(lines.levels)[1::2], fontsize=7, fmt="%g", inline_spacing=2)
    axis.contourf(q, q, L, levels=[-1.0, gate], colors=[role.colour], alpha=0.3)
    axis.contour(q, q, L, levels=[gate], colors=GATE.colour, linewidths=1.6)
    axis.plot(0, 0, GATE.marker, color="black", ms=7, mec="white", mew=0.7, zorder=6)
    axis.plot(x, y, role.marker, color=role.colour, ms=9, mec="white", mew=0.7, zorder=6)
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85}
    axis.annotate(f"{lowest:.4g}", (x, y), (9, 5), textcoords="offset points", fontsize=8, bbox=box, zorder=7)
    axis.annotate(
        f"gate {gate:.4g}", (0, 0), (-8, -12), textcoords="offset points", fontsize=8, ha="right", bbox=box, zorder=7
    )
    axis.set_aspect("equal")
    axis.set_title(f"{title}: {'spurious ' if role is VALLEY else ''}{role.word}", fontsize=9)
    axis.set_xlabel(r"$q_1 = |u|\,w_1$")
    axis.grid(False)


def merge_tree(axis: Axes, w: dict[str, float], roles: tuple[Role, Role]) -> None:
    """Two leaves (the lowest points) that join at the gate."""
    for x, key, role, sign in ((0.0, "floor", roles[0], "u > 0"), (1.0, "good", roles[1], "u < 0")):
        axis.plot([x, x], [w[key], w["gate"]], color=role.colour, lw=2.5)
        axis.plot(x, w[key], role.marker, color=role.colour, ms=9)
        axis.annotate(f"{role.word}\n${sign}$: {w[key]:.4g}", (x, w[key]), (0, -8), textcoords="offset points", ha="center",
                      va="top", fontsize=8)  # fmt: skip
    axis.plot([0, 1], [w["gate"]] * 2, color=GATE.colour, lw=2.5)
    low = min(w["floor"], w["good"])
    axis.plot([0.5, 0.5], [w["gate"], w["gate"] + 0.25 * (w["gate"] - low)], color=GATE.colour, lw=2.5)
    axis.annotate(f"gate {w['gate']:.4g}", (0.5, w["gate"]), (5, 5), textcoords="offset points", fontsize=8)
    axis.set_ylim(low - 0.35 * (w["gate"] - low), w["gate"] + 0.3 * (w["gate"] - low))
    axis.set_xlim(-0.75, 1.75)
    axis.set_xticks([])
    axis.grid(False)
    axis.set_ylabel("loss $L$")
    axis.set_title("(c) where they join", fontsize=9)
