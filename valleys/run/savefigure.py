"""A figure as files: PNG, PDF, SVG with provenance, for paper or for slides, and its curves as .csv."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from valleys.run.options import DPI
from valleys.run.record import write_bytes
from valleys.run.svg import compact, dark

#: A slide, in inches (16:9), and how much larger its letters and lines are than those on paper.
SLIDE, LARGER = (12.8, 7.2), 1.8
COLUMNS = ("panel", "curve", "x", "y", "x is", "y is")


def save(figure: Figure, files: Sequence[Path], provenance: dict[str, Any], dpi: int = DPI) -> None:
    """Write a figure, each file whole or not at all, and close it.

    Args:
        figure: as drawn for paper.
        files: by their ending ``.png .pdf .svg .csv``; the first is the record's own picture, in its own resolution;
            names that end in ``-slides`` are for slides.
        provenance: for the metadata.
        dpi: dots an inch of all files but the first.
    """
    keep_empty_out(figure)
    try:
        for i, file in enumerate(
            sorted(files, key=lambda file: "-slides" in file.stem)
        ):  # slides change the figure: last
            if "-slides" in file.stem and figure.get_figwidth() != SLIDE[0]:
                to_slide(figure)
            content = (
                curves(figure)
                if file.suffix == ".csv"
                else render(figure, file.suffix[1:], provenance, dpi if i else DPI)
            )
            write_bytes(file, content)
    finally:
        plt.close(figure)


def render(figure: Figure, format: str, provenance: dict[str, Any], dpi: int = DPI) -> bytes:
    """The file's bytes: config, seed and versions in the metadata, no date: same run, same bytes."""
    text = json.dumps(provenance, sort_keys=True, default=str)
    metadata: Any = {
        "png": {"Software": "spurious-valleys", "Description": text},
        "pdf": {"Creator": "spurious-valleys", "Keywords": text, "CreationDate": None},
        "svg": {"Creator": "spurious-valleys", "Description": text, "Date": None},
    }[format]
    buffer = BytesIO()
    figure.savefig(buffer, format=format, metadata=metadata, dpi=dpi)
    return dark(compact(buffer.getvalue().decode())).encode() if format == "svg" else buffer.getvalue()


def keep_empty_out(figure: Figure) -> None:
    """Leave series without a finite point out of the layout: one that is not clipped would be given all the room."""
    for axis in with_insets(figure.axes):
        for line in axis.lines:
            x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
            if not (np.isfinite(x) & np.isfinite(y)).any():
                line.set_in_layout(False)
        for points in axis.collections:
            if isinstance(points, PathCollection):
                places = np.asarray(np.ma.filled(points.get_offsets(), np.nan), float)
                if not np.isfinite(places).all(axis=1).any():
                    points.set_in_layout(False)


def with_insets(axes: Sequence[Any]) -> Iterator[Axes]:
    """The axes and those inside them."""
    for axis in axes:
        yield axis
        yield from with_insets(axis.child_axes)


def to_slide(figure: Figure) -> None:
    """The same figure at 16:9 with large letters and lines that are seen from the last row."""
    scale = {Text: ("fontsize", LARGER), Line2D: ("linewidth", LARGER)}
    for kind, (name, factor) in scale.items():
        for artist in figure.findobj(kind):
            getattr(artist, f"set_{name}")(getattr(artist, f"get_{name}")() * factor)
    for line in figure.findobj(Line2D):
        line.set_markersize(line.get_markersize() * LARGER)
    figure.set_size_inches(*SLIDE)


def curves(figure: Figure) -> bytes:
    """Every curve and scatter of the figure, a line a point: panel, curve, ``x, y`` and what the axes say they are."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, axis in enumerate(figure.axes):
        panel = (
            next((t for where in ("center", "left", "right") if (t := axis.get_title(loc=where))), "")
            or f"panel {number + 1}"
        )
        for i, (label, x, y) in enumerate(series(axis)):
            name = f"curve {i + 1}" if not label or label.startswith("_") else label
            rows = zip(x.tolist(), y.tolist(), strict=True)
            writer.writerows((panel, name, a, b, axis.get_xlabel(), axis.get_ylabel()) for a, b in rows)
    return buffer.getvalue().encode()


def series(axis: Axes) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Label, x and y of the lines and scatters of an axis that stand in its data's coordinates."""
    artists: list[Artist] = [*axis.lines, *(c for c in axis.collections if isinstance(c, PathCollection))]
    for artist in artists:
        if isinstance(artist, Line2D):
            x, y = np.asarray(artist.get_xdata(), float), np.asarray(artist.get_ydata(), float)
            across, up = axis.get_yaxis_transform(), axis.get_xaxis_transform()
            if artist.get_transform() == across:  # a level, from side to side
                x = np.interp(x, (0, 1), axis.get_xlim())
            elif artist.get_transform() == up:
                y = np.interp(y, (0, 1), axis.get_ylim())
        elif isinstance(artist, PathCollection):
            x, y = np.asarray(artist.get_offsets(), float).T
        yield str(artist.get_label()), x, y
