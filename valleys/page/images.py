"""The pictures of the page: the SVG that each script draws beside its PNG, which follows light and dark by itself."""

from __future__ import annotations

import re
from pathlib import Path

from valleys.run.errors import InputError
from valleys.run.record import write_bytes

SIZE = re.compile(rb'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"')
#: Pixels a point of print: letters of 7 points, the smallest in a figure, are then 11 pixels high.
SCALE = 1.6


def copy_picture(source: Path, target: Path) -> tuple[int, int]:
    """Put a picture on the page; the width and height in pixels at which its letters are easily read.

    Raises:
        InputError: if there is none, if it is no SVG with a size, or if it cannot be written.
    """
    try:
        content = source.read_bytes()
    except OSError:
        content = b""
    size = SIZE.search(content)
    if size is None:
        raise InputError("picture", source, "an SVG file of a script")
    write_bytes(target, content)
    return round(SCALE * float(size[1])), round(SCALE * float(size[2]))
