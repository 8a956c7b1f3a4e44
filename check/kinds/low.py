"""Output weights in two float64: ``U + U_low`` on ``W`` is the network ``[U, U_low]`` on ``[W; W]``, along every leg."""

from __future__ import annotations

from typing import Any

import numpy as np

from check.legs import judged as judged_without
from check.reading import Arrays, require, shaped


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """As of the network with each unit twice: a unit is dead where both of its weights are 0."""
    require("U" in arrays and "W" in arrays and arrays["W"].ndim == 3, "U_low without U and W")
    low = shaped(arrays, "U_low", *arrays["U"].shape)
    arrays["U"] = np.concatenate([arrays["U"], low], axis=2)
    arrays["W"] = np.concatenate([arrays["W"], arrays["W"]], axis=1)
    return judged_without(law, arrays)
