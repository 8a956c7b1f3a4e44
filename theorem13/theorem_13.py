"""Theorem 13 (Venturi, Bandeira, Bruna, JMLR 2019): spurious valleys exist at every width.

For sigma >= 0 there are laws of (X, Y) for which the square loss of a one-hidden-layer network has a spurious valley:
every path from it to a global minimum climbs, by as much as one likes.

Here the law is the proof's.  The loss is exact (no sampling), the valley is {u > 0}, and the script shows

- a floor that no path out of the valley stays under: one in closed form, and a sharper one by branch and bound in balls;
- a path that reaches hardly more than that floor, verified point by point by a judge that recomputes the loss;
- that straight lines, as in the thesis' figure, climb much higher: they say nothing about all other paths.

Not certified: that the best path found is the best there is.  Floor and gate differ by a stated gap, which is zero for
even activations only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

# The searches use small vectors: threads of the linear algebra library cost ten times what they bring.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from theorem13.th13options import OUTPUTS, Config
from valleys.run.pictures import Picture
from valleys.run.script import run

if TYPE_CHECKING:
    from valleys.run.animation import Watched


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures that these options make."""
    from theorem13 import (
        th13activations,
        th13figure,
        th13morefigure,
        th13own,
        th13paths,
        th13problem,
        th13sandwich,
        th13training,
        th13valley,
        th13valleyfigure,
        th13whole,
        th13wholefigure,
    )

    th13problem.check(config)
    if config.start is not None:
        return [Picture("path_between", th13own.path_between, th13figure.draw_path_between)]
    return [
        Picture("valley", th13valley.valley, th13valleyfigure.draw_valley),
        Picture("path_loss", th13paths.path_loss, th13figure.draw_path_loss),
        Picture("path_multi_runs", th13paths.path_multi_runs, th13figure.draw_path_multi_runs),
        Picture("whole_landscape", th13whole.whole_landscape, th13wholefigure.draw_whole_landscape),
        Picture("barrier_sandwich", th13sandwich.barrier_sandwich, th13morefigure.draw_barrier_sandwich, default=False),
        Picture("trapped_training", th13training.trapped_training, th13morefigure.draw_trapped_training, default=False),
        Picture("activations", th13activations.activations, th13morefigure.draw_activations, default=False),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; returns the exit code."""
    return run(Config, pictures, "theorem_13", OUTPUTS, __doc__ or "", argv, watched)


def watched(config: Config) -> Watched | None:
    """What ``units.gif`` shows, where the options ask for it."""
    if not config.animate:
        return None
    from theorem13.th13problem import BETA
    from theorem13.th13tour import planar_watched

    return planar_watched(config.alpha, config.beta or BETA)


if __name__ == "__main__":
    sys.exit(main())
