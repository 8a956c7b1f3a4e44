"""Weight decay: a floor under every width, a path down from any network of width r + 1, and the whole landscape of small data.

For f(theta) = |Phi(X) - Y|^2/2 + (beta/2)(|U|^2 + |W|^2), summed over the data, with ReLU or leaky ReLU, biases of hidden
units among the weights, and r = dim*(relu, X) <= N: for p >= r + 1 every network has a path to the best network of any width on
which f never rises (Theorem A); for every N there are N points for which p = r is not enough (Theorem B); for small data in
the plane every valley and every barrier is known (Theorem C). The proofs are in weight_decay/PROOF.md.

Certified here: the floor, in rationals, with no rounding; the paths, in rationals too, by a checker that reads their files alone;
barriers, by rational floors on every way out of a valley. Not certified: anything about optimisers, which may stop where no
valley is.

  python weight_decay/main.py                                          three pictures
  python weight_decay/main.py --all                                    also the sharp width and training
  python weight_decay/main.py --data FILE.csv --beta 0.1 --start FILE.npz
                                                                       your network: how far it is from the best of any width
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from valleys.run.pictures import Picture, folder_for
from valleys.run.script import run
from weight_decay.wdoptions import Config

OUTPUTS = Path(__file__).resolve().parent / "outputs_wd"


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures that these options make."""
    from weight_decay import wdexcess, wdfigure, wdown, wdpaths, wdpictures, wdsharp, wdtreefigure

    if config.data is not None:
        return [Picture("own_path", wdown.own_path, wdfigure.draw_own)]
    return [
        Picture("whole_landscape", wdpictures.whole_landscape, wdtreefigure.draw_landscape),
        Picture("merge_tree", wdpictures.tree_of_examples, wdtreefigure.draw_tree),
        Picture("path_down", partial(wdpaths.path_down, folder_for(config, OUTPUTS) / "paths"), wdfigure.draw_paths),
        Picture("sharp_width", wdsharp.sharp_width, wdtreefigure.draw_sharp, default=False),
        Picture("training", wdexcess.training, wdfigure.draw_training, default=False),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; the exit code: 0 all claims hold, 1 one does not, 2 bad input."""
    return run(Config, pictures, "main", OUTPUTS, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
