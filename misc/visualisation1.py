"""A sketch: the loss of a small ReLU classifier on two planes through the point where training stopped.

Phi(x) = U relu(W x) with 64 inputs, 32 hidden units, 10 classes; cross entropy; 1000 random 8 x 8 images (standard
normal pixels) with random labels; stochastic gradient descent on batches of 64 in a fixed order, step 0.1, until
the loss on all images changes by less than 1e-4 from one epoch to the next.  Drawn is the loss on one batch, over a
plane through that point, spanned by

- two random orthonormal directions of the whole parameter space, coordinates in [-20, 20];
- two filter-normalised random directions (Li et al., Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018),
  coordinates in [-1, 1]: each row of U and of W in the direction is as long as the same row of theta, so that at 1
  every row has moved by its own length, and what lies further out is the direction rather than the network.

No claim hangs on it.  The picture is true of its plane and says little about the others: a path may leave the plane, so
it shows neither that a valley is spurious nor that it is not; and in d dimensions a random direction sees an average
of the d curvatures, so a few steep or negative ones go unseen.

  python misc/visualisation1.py               the picture, in seconds
  python misc/visualisation1.py --seed 1      other images, another start, other planes
  python misc/visualisation1.py --reach 2     a closer look
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from misc.options import Config
from valleys.run.pictures import Picture
from valleys.run.script import run

OUTDIR = Path(__file__).resolve().parent


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The one picture."""
    from misc import landscape1, landscape1figure

    return [Picture("loss_landscape1", landscape1.loss_landscape, landscape1figure.draw)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; the exit code: 0 done, 2 bad input."""
    return run(Config, pictures, "visualisation1", OUTDIR, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
