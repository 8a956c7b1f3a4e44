"""The picture of what a spurious valley is.  No mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LightSource, to_rgb
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import proj3d

from valleys.run.figure import CERTIFIED, FLOOR, GATE, GOOD, GREY, VALLEY, WIDTH, subplots
from valleys.run.pictures import Part

#: The drawn land ends here, in units of the gate's level.
TOP = 2.0
BOX = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8}
LAND = "#D9CDB8"
#: Water over the valley and over the minimum: light enough for the words on it.
POND, LAKE = "#E07B45", "#A5E3CE"


def draw_valley(part: Part) -> Figure:
    """Draw the relief with its two lakes, and the three small panels."""
    figure, _ = subplots(height=4.3, width=WIDTH)
    figure.clear()
    grid = figure.add_gridspec(3, 2, width_ratios=(2.15, 1))
    relief(figure.add_subplot(grid[:, 0], projection="3d"), part)
    wide, narrow, random = (figure.add_subplot(grid[k, 1]) for k in range(3))
    v, a = part.values["valley"], part.arrays
    path(wide, a["wide_t"], a["wide_L"], "(b) wide: always a way down")
    path(narrow, a["narrow_t"], a["narrow_L"], "(c) narrow: every way out climbs")
    narrow.axhline(v["narrow_every_path"], color=FLOOR.colour, ls=FLOOR.line, lw=1.2)
    narrow.annotate("no path out stays below", (1, v["narrow_every_path"]), (0, 2), xycoords=("axes fraction", "data"),
                    textcoords="offset points", ha="right", va="bottom", fontsize=7)  # fmt: skip
    narrow.set_ylim(0, 1.35 * v["narrow_every_path"])
    readouts(random, v, a["random_L"])
    return figure


def relief(axis: Any, part: Part) -> None:
    """Land, and water up to one level in two colours; the ridge u = 0 and both bottoms."""
    v, a = part.values["valley"], part.arrays
    u, phi, L = a["u"], np.degrees(a["phi"]), np.minimum(a["L"], TOP * v["gate"])
    wet = a["L"] <= v["water"]
    height = np.maximum(L, v["water"])
    X, Y = np.meshgrid(u, phi, indexing="ij")
    shade = LightSource(azdeg=300, altdeg=50).hillshade(L, vert_exag=12.0)[..., None]
    colours = np.array(to_rgb(LAND)) * (0.45 + 0.6 * shade)
    colours[wet & (X > 0)], colours[wet & (X < 0)] = to_rgb(POND), to_rgb(LAKE)
    axis.plot_surface(X, Y, height, facecolors=np.clip(colours, 0, 1), rstride=1, cstride=1, linewidth=0, antialiased=False,
                      shade=False, rasterized=True)  # fmt: skip
    axis.computed_zorder = False
    axis.plot(np.zeros_like(phi), phi, np.full_like(phi, v["gate"]), color=GATE.colour, lw=1.6, zorder=5)
    axis.contour(X, Y, a["L"], levels=[v["gate"]], colors=GATE.colour, linewidths=1.6, zorder=5)
    axis.contour(X, Y, a["L"], levels=[v["water"]], colors="#404040", linewidths=0.7, zorder=4)
    axis.view_init(elev=50, azim=-62)
    axis.set_box_aspect((1.25, 1.1, 0.5), zoom=1.15)
    axis.set_xlabel("output weight $u$")
    axis.set_ylabel(r"direction $\varphi$ of $w$ (degrees)")
    axis.set_yticks([-90, 0, 90, 180])
    axis.set_zticks([0, 2, 4, 6])
    axis.set_zlim(0, TOP * v["gate"])
    axis.set_title("(a) a spurious valley is a lake that misses\nthe deepest point (height: loss $L$)", fontsize=9)
    for x, y, z, role, words, offset in (
        (2.0, 0.0, v["water"], VALLEY, f"spurious valley:\nits floor is {v['floor']:g}", (-8, -58)),
        (-3.0, 90.0, v["water"], GOOD, f"the deepest point: {v['good']:g}", (-66, 34)),
        (0.0, phi[-1], v["gate"], GATE, f"gate: at {v['gate']:g}\nthe lakes join", (30, 26)),
    ):
        flat = proj3d.proj_transform(x, y, z, axis.get_proj())[:2]
        if role is not GATE:
            axis.plot(x, y, z, role.marker, color=role.colour, ms=8, mec="white", mew=0.7, zorder=8)
        axis.annotate(words, flat, offset, textcoords="offset points", fontsize=7.5, ha="center", va="center", zorder=9,
                      bbox=BOX, arrowprops={"arrowstyle": "-", "lw": 0.8, "shrinkB": 4})  # fmt: skip


def path(axis: Axes, t: np.ndarray, L: np.ndarray, title: str) -> None:
    """Loss along a certified path from the valley's bottom."""
    axis.plot(t, L, color=CERTIFIED.colour)
    axis.plot(t[0], L[0], VALLEY.marker, color=VALLEY.colour, ms=5, clip_on=False, zorder=4)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1.25 * L.max())
    axis.set_title(title, fontsize=8.5, loc="left")
    axis.set_ylabel("loss $L$", fontsize=8)
    axis.set_xlabel("along the path", fontsize=8, labelpad=1)
    axis.set_xticks([])


def readouts(axis: Axes, v: dict[str, Any], L: np.ndarray) -> None:
    """Loss of the best output weights against the number of random units."""
    width = np.arange(1, L.shape[1] + 1)
    axis.fill_between(width, L.min(axis=0), L.max(axis=0), color=GREY, alpha=0.3, lw=0)
    axis.loglog(width, np.median(L, axis=0), color="black", lw=1.2)
    axis.axhline(v["narrow_floor"], color=VALLEY.colour, lw=1.2)
    axis.annotate("valley's floor", (1, v["narrow_floor"]), (0, 2), xycoords=("axes fraction", "data"),
                  textcoords="offset points", ha="right", va="bottom", fontsize=7, color=VALLEY.colour)  # fmt: skip
    axis.set_title("(d) random units lie low", fontsize=8.5, loc="left")
    axis.set_xlabel("number of random hidden units", fontsize=8, labelpad=1)
    axis.set_ylabel("loss $L$", fontsize=8)
