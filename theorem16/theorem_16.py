"""Theorem 16: random features, low risk at every width.

Statement.  Let w_1 .. w_p be uniform on the unit sphere and f*(x) = E[Y | X = x].  From (u, W) the straight line in u
to the best readout never raises L(theta) = E|u relu(W x) - Y|^2 and ends at R(X, Y) + R^2(W).  Part 1: R^2(W) <= lambda
with probability 1 - delta once p >= O(log(1 / lambda delta) / lambda).  Part 2: for f* = int g(w) relu(<w, .>) dtau(w)
with bounded g, R^2(W) falls like 1/p: the weights g(w_k)/p alone have the mean (int g^2 |psi_w|^2 - |f*|^2) / p.

What is certified.  Errors are population errors in closed form, at every width, to 1e-13 |f*|^2.  Proved: the best
readout lies below the theorem's own weights, for every drawn W.  Verified: no line in u rises.  Measured: medians,
slopes, the mean of the theorem's weights, the frequencies of both parts.  Not certified: that errors fall faster than
1/p (a heuristic).
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from theorem16.th16options import OUTPUTS, Config, has_density
from valleys.run.pictures import Picture
from valleys.run.script import run


def pictures(config: Config) -> list[Picture[Config]]:
    """Every picture of the theorem."""
    from theorem16 import th16descent, th16figure, th16guarantee, th16morefigure, th16own, th16teachers, th16widths

    th16own.place(config)  # a device that is not there is named before anything is computed
    made = [
        Picture("th16plot", th16widths.compute, th16figure.draw_th16plot),
        Picture("th16_descent", th16descent.compute, th16figure.draw_descent),
        Picture("th16_teachers", th16teachers.compute, th16morefigure.draw_teachers, default=False),
    ]
    if has_density(config):
        made.append(Picture("th16_guarantee", th16guarantee.compute, th16morefigure.draw_guarantee, default=False))
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script and return its exit code."""
    return run(Config, pictures, "theorem_16", OUTPUTS, __doc__ or "", argv)


if __name__ == "__main__":
    raise SystemExit(main())
