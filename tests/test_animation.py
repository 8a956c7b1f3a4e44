"""The animation of a path: as many frames as points, the output goes through the targets at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from theorem8.th8tour import planar_watched
from valleys.run.animation import Watched
from valleys.run.animation_figure import REST, write_gif


def some(watched: Watched, every: int) -> Watched:
    """Every so many points of it."""
    chosen = {key: getattr(watched, key)[::every] for key in ("W", "u", "loss", "leg", "outputs")}
    return replace(watched, **chosen)


def test_the_output_ends_in_the_targets() -> None:
    watched = planar_watched(0)
    x, y = watched.targets
    first, last = (np.interp(x, watched.x, watched.outputs[k]) for k in (0, -1))
    assert np.abs(last - y).max() < 0.05 < 0.5 < np.abs(first - y).max()
    assert len(watched.words) == watched.leg.max() + 1 == 3


def test_frames(tmp_path: Path) -> None:
    watched = some(planar_watched(0), 20)
    write_gif(watched, tmp_path / "units.gif", dpi=40)
    with Image.open(tmp_path / "units.gif") as image:
        shown = [image.info["duration"]]
        for k in range(1, image.n_frames):
            image.seek(k)
            shown.append(image.info["duration"])
    # frames that repeat the last one are kept as a longer one
    assert sum(shown) == pytest.approx((len(watched.loss) + REST) * shown[0], rel=0.05)
    assert [file.name for file in tmp_path.iterdir()] == ["units.gif"]
