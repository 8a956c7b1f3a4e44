"""Theorem 12 and Corollary 14: quadratic networks, the width that suffices and the width that does not.

Theorem 12: for sigma(z) = z^2, one output and p >= 2n + 1 the square loss has no spurious valleys: from every parameter
there is a path to a global minimum on which it never rises. Beyond the paper: the same for every p >= n (theorem12/PROOF.md,
argued there, not peer-reviewed). Corollary 14: for p <= n - 1 some law has a spurious valley, with the barrier computed here.

Certified here: the sharp paths shown, straight legs on each of which the loss falls, and lifted certificates for p = n, over the
rationals (python -m check); the paper's path, leg by leg, by a judge that recomputes the loss from the parameters (exact
parabolas where only u moves, a refined grid elsewhere); the barrier, in closed form. Not certified: what gradient descent does.

  python theorem12/theorem_12.py                                   both paths, n = 4 and 8; the phase diagram for n = 4
  python theorem12/theorem_12.py --n 6 --p 6 7 --target indefinite --start repeated
  python theorem12/theorem_12.py --start FILE.npz --target A.npz --save-path PATH.npz    the path from your network
  python theorem12/theorem_12.py --animate                         and units.gif: hidden units, output and loss along a path
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from theorem12.th12options import OUTPUTS, Config
from valleys.run.pictures import Picture, folder_for
from valleys.run.script import run

if TYPE_CHECKING:
    from valleys.run.animation import Watched


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures that these options make."""
    from theorem12 import th12figure, th12paths, th12phase

    folder = folder_for(config, OUTPUTS) / "paths"
    paths = Picture("quadratic_path", partial(th12paths.quadratic_path, folder), th12figure.draw_quadratic_path)
    return (
        [paths]
        if config.single
        else [paths, Picture("phase_diagram", th12phase.phase_diagram, th12figure.draw_phase_diagram)]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; the exit code: 0 all claims hold, 1 one does not, 2 bad input."""
    return run(Config, pictures, "theorem_12", OUTPUTS, __doc__ or "", argv, watched)


def watched(config: Config) -> Watched | None:
    """What ``units.gif`` shows, where the options ask for it."""
    if not config.animate:
        return None
    from theorem12.th12tour import planar_watched

    return planar_watched(config.seed)


if __name__ == "__main__":
    sys.exit(main())
