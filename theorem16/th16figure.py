"""The pictures of Theorem 16 that are made by default, drawn from the record alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure

from valleys.run.figure import CERTIFIED, DESCENT, GREY, RED, subplots
from valleys.run.pictures import Part

TRIAL: dict[str, Any] = {"color": "0.6", "linewidth": 0.4, "alpha": 0.35, "zorder": 1}
THEOREM: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1.2}
"""Lines that the theorem or its proof gives, constant included."""

BEST = "best output weights, median of the draws"


def draw_th16plot(part: Part) -> Figure:
    """Figure 5: width against exact error; with the thesis' own teacher beside it where the record holds it."""
    thesis = part.values.get("figure5_thesis")
    figure, axes = subplots(1, 2 if thesis else 1, height=3.9)
    _approximation(axes[0, 0], part)
    if thesis:
        _thesis(axes[0, 1], thesis)
    has_law = part.values["figure5"]["law_constant"] is not None
    title = "Random hidden units reach low error at every width" + (", below the law $1/p$ of the proof" * has_law)
    figure.suptitle(title, fontsize=10.5)
    figure.legend(*_without_repeats(axes.ravel()), loc="outside lower center", ncols=2)
    return marked(figure, part)


def _approximation(axis: Axes, part: Part) -> None:
    v, arrays = part.values["figure5"], part.arrays
    widths = np.array(v["widths"])
    _errors(axis, widths, v, arrays["shown"], arrays["trials"])
    axis.fill_between(
        widths, v["q05"], v["q95"], color=CERTIFIED.colour, alpha=0.2, linewidth=0, label="5 to 95 % of the draws"
    )
    if v["law_constant"] is not None:
        axis.loglog(arrays["dots"], arrays["drawn"].T, ".", color=DESCENT.colour, markersize=1.6, alpha=0.25, zorder=2)
        axis.plot([], [], ".", color=DESCENT.colour, label="weights of the proof, $u_k = g(w_k)/p$, single draws")
        axis.loglog(widths, v["law_constant"] / widths, **THEOREM, label="their mean, exactly: constant$\\,/p$")
    _untrusted(axis, v)
    covered = v["law_constant"] is not None
    title = "a teacher that the theorem covers" if covered else "a teacher of finitely many units"
    _finish(axis, f"(a) {title}", v["slope_median"])


def _thesis(axis: Axes, v: dict[str, Any]) -> None:
    widths, trials = np.array(v["widths"]), np.array(v["trials"])
    _errors(axis, widths, v, widths, trials)
    first = int(np.argmin(abs(widths - 16)))
    axis.loglog(
        widths, v["median"][first] * widths[first] / widths, ":", color=GREY, linewidth=1.8,
        label="$1/p$ through the median at $p = 16$ (no law)",
    )  # fmt: skip
    _untrusted(axis, v)
    _finish(axis, f"(b) the thesis' teacher: {v['atoms']} random units", v["slope_median"])


def _errors(axis: Axes, widths: np.ndarray, v: dict[str, Any], shown: np.ndarray, trials: np.ndarray) -> None:
    """Every draw thin and grey, their median bold, with the thesis' widths 16, 32, .. marked."""
    axis.loglog(shown, trials.T, **{**TRIAL, "alpha": 0.35 if len(trials) > 20 else 0.9})
    axis.plot([], [], color="0.6", linewidth=0.8, label="best output weights, one draw of the hidden units each")
    median = np.array(v["median"])
    axis.loglog(widths, median, color=CERTIFIED.colour, linewidth=1.8)
    marks = [i for i, p in enumerate(widths) if p >= 16 and (p & (p - 1)) == 0]
    axis.loglog(widths[marks], median[marks], "o", color=CERTIFIED.colour, markersize=3.5)
    axis.plot([], [], "o-", color=CERTIFIED.colour, markersize=3.5, linewidth=1.8, label=BEST)


def _finish(axis: Axes, title: str, slope: float | None) -> None:
    axis.set_title(title, loc="left", fontsize=9)
    axis.set_xlabel("width $p$ (number of random hidden units)")
    axis.set_ylabel(r"error $E\,|u^T\mathrm{relu}(Wx) - f^*(x)|^2$")
    axis.margins(x=0.02)
    if slope is not None:
        place: dict[str, Any] = {
            "transform": axis.transAxes,
            "va": "bottom",
            "color": CERTIFIED.colour,
            "fontsize": 8.5,
        }
        axis.text(0.04, 0.05, f"median from $p = 16$ on: $p^{{{slope:.2f}}}$", **place)


def _untrusted(axis: Axes, v: dict[str, Any]) -> None:
    """Shade what lies below the smallest trusted error, if the picture reaches it."""
    bottom = axis.get_ylim()[0]
    if min(v["q05"]) < v["trusted_from"]:
        axis.axhspan(bottom, v["trusted_from"], color=GREY, alpha=0.25, linewidth=0)
        place: dict[str, Any] = {"transform": axis.get_yaxis_transform(), "ha": "right", "va": "top", "fontsize": 7}
        axis.text(0.98, v["trusted_from"], "untrusted: rounding", **place)
        axis.set_ylim(bottom=max(bottom, v["trusted_from"] / 100))


def _without_repeats(axes: Any) -> tuple[list[Any], list[str]]:
    """Legend entries of several panels, each once."""
    found: dict[str, Any] = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def draw_descent(part: Part) -> Figure:
    """The line in u at every width; beside it, for one width, training of both layers from the same starts."""
    rows = part.values["descent"]["widths"]
    trained = [row for row in rows if row["steps"]]
    figure, axes = subplots(1, 1 + bool(trained), height=3.3, sharey=True)
    line, shades = axes[0, 0], LinearSegmentedColormap.from_list("widths", ["#9CC9E3", CERTIFIED.colour, "#06263A"])
    norm = LogNorm(rows[0]["p"], max(rows[-1]["p"], rows[0]["p"] + 1))
    for row in rows:
        for values in part.arrays[f"line{row['p']}"]:
            line.semilogy(*_parabola(values), color=shades(norm(row["p"])), linewidth=0.8)
    line.set_title("(a) along the line: the wider, the lower", loc="left", fontsize=9)
    line.set_xlabel("$t$: random start (0) to best output weights (1)")
    line.set_ylabel(r"risk $L(\theta)$ above the noise $\mathcal{R}(X, Y)$")
    bar = figure.colorbar(ScalarMappable(norm, shades), ax=line, pad=0.02, aspect=30)
    bar.solids.set_rasterized(False)  # so that in an SVG its colours change with those of the lines
    bar.set_ticks([row["p"] for row in rows], labels=[str(row["p"]) for row in rows])
    bar.minorticks_off()
    bar.ax.set_title("width $p$", fontsize=9)
    if trained:
        _beside_training(axes[0, 1], part, trained[-1])
    figure.suptitle(
        "From any random network a straight line in the output weights leads down to low risk", fontsize=10.5
    )
    return marked(figure, part)


def _parabola(values: Any) -> tuple[np.ndarray, np.ndarray]:
    """``L(t) = L(1) - 2 s (1-t) + a (1-t)^2`` from ``L(0), L(1), s, a``, dense at the end, where it falls fastest."""
    t = 1 - np.concatenate([[0.0], np.geomspace(1e-5, 1, 200)])
    _, end, s, a = values
    return t, end - 2 * s * (1 - t) + a * (1 - t) ** 2


def _beside_training(axis: Axes, part: Part, row: dict[str, Any]) -> None:
    p, steps = row["p"], row["steps"]
    axis.semilogy(part.arrays[f"training{p}"].T, **DESCENT.style(linewidth=0.9, linestyle="-", label=None))
    ends = part.arrays[f"line{p}"][:, 1]
    axis.axhspan(ends.min(), ends.max(), color=CERTIFIED.colour, alpha=0.35, linewidth=0)
    text: dict[str, Any] = {"transform": axis.get_yaxis_transform(), "ha": "right", "fontsize": 8}
    axis.text(0.98, ends.min() / 1.25, "ends of the lines in (a)", va="top", color=CERTIFIED.colour, **text)
    words = f"gradient descent on both layers, {len(ends)} runs"
    axis.text(0.98, 0.8, words, transform=axis.transAxes, ha="right", fontsize=8, color=DESCENT.colour)
    axis.set_title(f"(b) $p = {p}$, same starts: training, {steps} steps", loc="left", fontsize=9)
    axis.set_xlabel("steps of gradient descent")


def marked(figure: Figure, part: Part) -> Figure:
    """The figure, with a word on it where the computation was cut short."""
    if part.partial:
        figure.text(0.99, 0.99, "partial: not every draw is done", color=RED, fontsize=8, ha="right", va="top")
    return figure
