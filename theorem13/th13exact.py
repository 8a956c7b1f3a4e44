"""The barrier path of Theorem 13 before the exact checker: how high it is, from its file alone."""

from __future__ import annotations

import math
from pathlib import Path as File
from tempfile import TemporaryDirectory

import numpy as np
from flint import arb

from theorem13.th13balls import above
from theorem13.th13data import law_arrays
from theorem13.th13proof import Barrier
from valleys.judge.exact import judged_exactly
from valleys.paths.files import save_path
from valleys.run.claims import Claim, at_most

SOURCE = "Theorem 13, p. 10"
#: The gate's level is a float64; the checker prints twelve digits and their error.
DIGITS = 1e-11


def peak_exactly(b: Barrier) -> list[Claim]:
    """ReLU under the theorem's law: the path is highest at its gate, in balls; nothing is said where that is undecided.

    Nor for teachers with ``p >= n`` directions in the plane: their angles to every row take the checker minutes.
    """
    if (b.setting.activation, b.setting.law) != ("relu", "theorem") or not b.setting.orthonormal:
        return []
    with TemporaryDirectory() as folder:
        file = File(folder) / "path.npz"
        save_path(file, b.path, law_arrays(b.setting) | {"claim": np.array("connection")})
        found = judged_exactly(file)
    if "at_knot" not in found:  # the boxes did not decide where the path is highest
        return []
    highest = above(arb(found["highest"])) if found["at_knot"] == b.gate else math.nan
    text = "highest loss on the path, at its gate: upper end of a ball; bound: the gate's level as computed, and 1e-11 of it"
    return [at_most("peak_exactly", SOURCE, text, highest, b.upper * (1 + DIGITS), "exact")]
