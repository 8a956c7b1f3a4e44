"""Theorem 11: linear networks of any depth and any widths have no spurious valleys.

For Phi(x) = W_{K+1} .. W_1 x, any widths and any law of (X, Y), the square loss has from every parameter a path to a
global minimum on which it never rises.

Certified here: such a path from every start shown, a few straight legs; its file is judged over the rationals, from the
knots alone (python -m check): the loss never rises, and how far the end is above the minimum. Not certified: anything about
gradient descent, which is drawn beside it.

  python theorem11/theorem_11.py                               one hidden layer, five widths, four starts
  python theorem11/theorem_11.py --depth 3 --widths 12 3 9     a deep network with its bottleneck in the middle
  python theorem11/theorem_11.py --data FILE.csv --widths 3    your data
  python theorem11/theorem_11.py --start FILE.npz --save-path PATH.npz   the path from your network, written out
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from theorem11.th11options import Config
from valleys.run.pictures import Picture, folder_for
from valleys.run.script import run

OUTPUTS = Path(__file__).resolve().parent / "outputs_t11"


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures that these options make."""
    from theorem11 import th11deeppictures, th11figure, th11pictures

    folder = folder_for(config, OUTPUTS) / "paths"
    compute_deep = partial(th11deeppictures.deep_linear_path, folder)
    deep = Picture("deep_linear_path", compute_deep, th11figure.draw_deep, config.depth > 1)
    if config.depth > 1:
        return [deep]
    paths = Picture("linear_path", partial(th11pictures.linear_path, folder), th11figure.draw_paths)
    if config.single or config.data is not None:
        return [paths]
    landscape = partial(th11pictures.whole_landscape, folder)
    return [paths, Picture("whole_landscape", landscape, th11figure.draw_landscape), deep]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; the exit code: 0 all claims hold, 1 one does not, 2 bad input."""
    return run(Config, pictures, "theorem_11", OUTPUTS, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
