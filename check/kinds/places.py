"""Files with ``t``, the places of the knots on a curve that was sampled: what is judged is the path through the knots."""

from __future__ import annotations

from typing import Any

import numpy as np

from check.legs import judged as judged_without
from check.reading import Arrays, require, shaped


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """As without ``t``, which has to be one number a knot, increasing."""
    knots = next((arrays[key] for key in ("U", "W1") if key in arrays), np.zeros(()))
    t = shaped(arrays, "t", (*knots.shape, None)[0])
    require(bool((t[1:] > t[:-1]).all()), "t: does not increase from knot to knot")
    return judged_without(law, arrays)
