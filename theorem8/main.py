"""Theorem 8: no spurious valleys once the width reaches the upper intrinsic dimension.

For a continuous sigma and X with dim*(sigma, X) < infinity, L(theta) = E |U sigma(W X) - Y|^2 has no spurious valleys
for p >= dim*(sigma, X): from every theta there is a path to a global minimum on which L never rises.

Certified here: such a path from every start shown, leg by leg, by a judge that recomputes the loss from the parameters
(exact parabolas where only U moves). Not certified: anything about gradient descent, which is drawn beside it.

  python theorem8/main.py                     the thesis' Figures 2a and 2b, and certified descent paths
  python theorem8/main.py --all               also the gully, the transition in the width, and two networks joined (CONNECT.md)
  python theorem8/main.py --animate           and units.gif: hidden units, output and loss along a path
  python theorem8/main.py --data FILE.csv --activation relu --width 500 --bias
                                              the descent path of your own network on your own data
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from theorem8.th8options import OUTPUTS, Config
from valleys.run.pictures import Picture, folder_for
from valleys.run.script import run

if TYPE_CHECKING:
    from valleys.run.animation import Watched


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures that these options make."""
    from theorem8 import (
        th8connect,
        th8connectfigure,
        th8descents,
        th8figure,
        th8own,
        th8pathfigure,
        th8thesis,
        th8transition,
        th8wall,
    )

    if config.data is not None:
        return [Picture("descent_path_data", th8own.own_descent, th8pathfigure.draw_own)]
    paths = folder_for(config, OUTPUTS) / "paths"
    return [
        Picture("loss_contours_2x2", th8thesis.contours, th8figure.draw_contours),
        Picture("loss_vs_epoch_stacked", th8thesis.loss_curves, th8figure.draw_curves),
        Picture("descent_path", partial(th8descents.descents, paths), th8pathfigure.draw_descents),
        Picture("descent_gully", th8descents.gully, th8pathfigure.draw_gully, default=False),
        Picture("width_transition", th8transition.transition, th8figure.draw_transition, default=False),
        Picture("connected", th8connect.connected, th8connectfigure.draw_connected, default=False),
        Picture("connected_width", partial(th8wall.connected_width, paths), th8connectfigure.draw_width, default=False),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; the exit code: 0 all claims hold, 1 one does not, 2 bad input."""
    return run(Config, pictures, "main", OUTPUTS, __doc__ or "", argv, watched)


def watched(config: Config) -> Watched | None:
    """What ``units.gif`` shows, where the options ask for it."""
    if not config.animate:
        return None
    from theorem8.th8tour import planar_watched

    return planar_watched(config.seed)


def main1() -> int:
    """Figure 2a alone."""
    return main(["--only", "loss_contours_2x2"])


def main2() -> int:
    """Figure 2b alone."""
    return main(["--only", "loss_vs_epoch_stacked"])


def main3() -> int:
    """The certified descent paths alone."""
    return main(["--only", "descent_path"])


def main4() -> int:
    """The transition in the width alone."""
    return main(["--only", "width_transition"])


if __name__ == "__main__":
    sys.exit(main())
