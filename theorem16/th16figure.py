"""The pictures of Theorem 16, drawn from the record alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from valleys.run.figure import BLUE, GREY, PALETTE, RED, letter, subplots
from valleys.run.pictures import Part

TRIAL: dict[str, Any] = {"color": "0.6", "linewidth": 0.4, "alpha": 0.35, "zorder": 1}


def draw_th16plot(part: Part) -> Figure:
    """Width against exact error; with the thesis' own teacher beside it where the record holds it."""
    thesis = part.values.get("figure5_thesis")
    figure, axes = subplots(1, 2 if thesis else 1, height=4.3, width=10.4 if thesis else 6.4)
    _approximation(axes[0, 0], part)
    if thesis:
        _thesis(axes[0, 1], thesis)
        letter(axes)
    if part.partial:
        v = part.values["figure5"]
        figure.suptitle(f"partial: {v['trials']} of {v['trials_asked']} trials finished", color=RED, fontsize=9)
    return figure


def _approximation(axis: Axes, part: Part) -> None:
    v, arrays = part.values["figure5"], part.arrays
    widths = np.array(v["widths"])
    axis.loglog(arrays["shown"], arrays["trials"].T, **TRIAL)
    axis.fill_between(widths, v["q05"], v["q95"], color=BLUE, alpha=0.2, linewidth=0, label="5 to 95 %")
    axis.loglog(
        widths, v["median"], color=BLUE, linewidth=2.0, label="best readout, median" + _slope(v["slope_median"])
    )
    if v["law_constant"] is not None:
        axis.loglog(arrays["dots"], arrays["drawn"].T, ".", color=RED, markersize=2, alpha=0.25, zorder=2)
        axis.plot([], [], ".", color=RED, label="theorem's weights $g(w_k)/p$, draws" + _slope(v["slope_mc"]))
        label = rf"their exact mean, {v['law_constant']:.3g}$\,/p$"
        axis.loglog(widths, v["law_constant"] / widths, "--", color="black", linewidth=1.1, label=label)
    _untrusted(axis, v)
    _labels(axis)
    axis.set_ylim(top=axis.get_ylim()[1] * 10)
    axis.legend(loc="upper right", borderaxespad=0.2)
    _inset(axis, widths, np.array(v["median"]), arrays["shown"], arrays["trials"], v["law_constant"])


def _thesis(axis: Axes, v: dict[str, Any]) -> None:
    widths, trials = np.array(v["widths"]), np.array(v["trials"])
    axis.loglog(widths, trials.T, **{**TRIAL, "alpha": 0.9})
    axis.loglog(
        widths, v["median"], color=BLUE, linewidth=2.0, label="best readout, median" + _slope(v["slope_median"])
    )
    constant = _first_constant(widths, np.array(v["median"]))
    axis.loglog(widths, constant / widths, ":", color=GREY, linewidth=1.6, label="$1/p$ through the median at $p = 16$")
    _untrusted(axis, v)
    _labels(axis)
    axis.set_ylim(axis.get_ylim()[0] / 30, axis.get_ylim()[1] * 30)
    title = f"the thesis' teacher, {v['atoms']} random atoms:\n"
    title += f"a density of size $\\sqrt{{{v['atoms']}}}$, no useful constant"
    axis.legend(loc="upper right", borderaxespad=0.2, title=title, title_fontsize=8)
    _inset(axis, widths, np.array(v["median"]), widths, trials, constant, ":", GREY)


def _inset(
    axis: Axes, widths: np.ndarray, median: np.ndarray, shown: np.ndarray, trials: np.ndarray, constant: float | None,
    style: str = "--", colour: str = "black",
) -> None:  # fmt: skip
    """The thesis' view: linear axes, its widths 16, 32, .., as far as they are there."""
    marks = [i for i, p in enumerate(widths) if p >= 16 and (p & (p - 1)) == 0]
    if len(marks) < 3:
        return
    view = axis.inset_axes((0.085, 0.075, 0.31, 0.25))
    later = shown >= widths[marks[0]]
    view.plot(shown[later], trials[:, later].T, **TRIAL)
    view.plot(widths[marks], median[marks], "o-", color=BLUE, markersize=2.5, linewidth=1.2)
    if constant is not None:
        span = widths[widths >= widths[marks[0]]]
        view.plot(span, constant / span, style, color=colour, linewidth=1.0)
    view.set_ylim(0, 1.15 * max(median[marks[0]], 0 if constant is None else constant / widths[marks[0]]))
    view.tick_params(labelsize=6, pad=1)
    view.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
    view.yaxis.get_offset_text().set_fontsize(6)
    view.set_title("linear axes, as in the thesis", fontsize=6.5, pad=3, loc="right")
    view.grid(False)


def _first_constant(widths: np.ndarray, median: np.ndarray) -> float:
    first = int(np.argmin(abs(widths - 16)))
    return float(median[first] * widths[first])


def _untrusted(axis: Axes, v: dict[str, Any]) -> None:
    """Shade what lies below the smallest trusted error, if the picture reaches it."""
    bottom = axis.get_ylim()[0]
    if min(v["q05"]) < v["trusted_from"]:
        axis.axhspan(bottom, v["trusted_from"], color=GREY, alpha=0.25, linewidth=0)
        place: dict[str, Any] = {"transform": axis.get_yaxis_transform(), "ha": "right", "va": "top", "fontsize": 7}
        axis.text(0.98, v["trusted_from"], "untrusted: rounding", **place)
        axis.set_ylim(bottom=max(bottom, v["trusted_from"] / 100))


def _labels(axis: Axes) -> None:
    axis.set_xlabel("width $p$")
    axis.set_ylabel(r"$E|u^T\mathrm{relu}(Wx) - f^*|^2$")
    axis.margins(x=0.02)


def _slope(slope: float | None) -> str:
    return "" if slope is None else f" (slope {slope:.2f})".replace("-", "\N{MINUS SIGN}")


def draw_descent(part: Part) -> Figure:
    """The line in u, training of both layers from the same start, and the final risks against width."""
    rows = part.values["descent"]["widths"]
    figure, axes = subplots(1, 3, height=3.2, width=9.6, sharey=True)
    line, training, final = axes[0]
    t = 1 - np.concatenate([[0.0], np.geomspace(1e-5, 1, 200)])
    for row, colour in zip(rows, PALETTE, strict=False):
        label = f"$p = {row['p']}$"
        for _, end, s, a in part.arrays[f"line{row['p']}"]:
            line.semilogy(t, end - 2 * s * (1 - t) + a * (1 - t) ** 2, color=colour, linewidth=0.7)
        if row["steps"]:
            training.semilogy(part.arrays[f"training{row['p']}"].T, color=colour, linewidth=0.7)
        line.plot([], [], color=colour, label=label)
    p = [row["p"] for row in rows]
    trained = [row for row in rows if row["steps"]]
    for key, mine, colour, marker, label in (
        ("start", rows, GREY, "^", "random start"),
        ("training", trained, RED, "s", f"both layers trained, {_steps(trained)} steps"),
        ("line", rows, BLUE, "o", "end of the line in $u$: best readout"),
    ):
        if mine:
            low, middle, high = np.array([row[key] for row in mine]).T
            error = np.array([middle - low, high - middle]).clip(0)
            widths = [row["p"] for row in mine]
            final.errorbar(widths, middle, error, color=colour, marker=marker, markersize=4, capsize=2, label=label)
    final.set_xscale("log", base=2)
    final.set_xticks(p, [str(x) for x in p])
    final.minorticks_off()
    line.set_xlabel("$t$ along the line in $u$")
    training.set_xlabel("steps of gradient descent, both layers")
    final.set_xlabel("width $p$ (median, 5 to 95 %)")
    line.set_ylabel(r"risk $L(\theta) - R(X, Y)$")
    line.legend(loc="lower left")
    figure.legend(
        *final.get_legend_handles_labels(), loc="outside lower right", ncols=3, title="in (c):", alignment="left"
    )
    letter(axes)
    if part.partial:
        figure.suptitle("partial: not every network is done", color=RED, fontsize=9)
    return figure


def _steps(rows: list[dict[str, Any]]) -> str:
    """The steps of training, as 300 or 100 to 300."""
    steps = sorted({row["steps"] for row in rows})
    return " to ".join(str(step) for step in sorted({*steps[:1], *steps[-1:]}))
