"""Step 3: the verdict on each straight leg, read from its two ends bit for bit; then on the whole path."""

from itertools import pairwise
from typing import Any

import numpy as np
from flint import fmpq

from check.reading import Arrays, require, shaped, text
from check.sample import Sample, Sigma, plugin, rational

#: "never rises", "rises" or "undecided"; by how much (at least; at most where undecided); from which t to which
Verdict = tuple[str, Any, tuple[fmpq, fmpq]]
Leg = tuple[str, str, Verdict]  #: kind, argument, verdict
Knot = tuple[np.ndarray, np.ndarray]  #: U (m, p), W (p, n)
FALLS: Verdict = ("never rises", fmpq(0), (fmpq(0), fmpq(1)))
#: Modules of kinds/ that read the file first, by an array that only such files hold.
FORMS = {"mass": "masses", "t": "places", "U_low": "low", "claim": "highest", "S": "lifted", "W1": "deep"}


def parabola(s: Any, a: Any) -> Verdict:
    """``|R0 + t D|^2``, ``s = <R1, D>`` at ``t = 1``, ``a = |D|^2``: never rises iff ``s <= 0``, else from the vertex on."""
    if s <= 0:
        return FALLS
    return ("rises", 2 * s - a, FALLS[2]) if s >= a else ("rises", s * s / a, (1 - s / a, fmpq(1)))


def judge(law: Any, start: Knot, end: Knot) -> Leg:
    """Kind, argument and verdict of the straight leg between two knots."""
    live = (start[0] != 0).any(axis=0) | (end[0] != 0).any(axis=0)
    (U0, W0), (U1, W1) = ((U[:, live], W[live]) for U, W in (start, end))
    if np.array_equal(U0, U1) and np.array_equal(W0, W1):
        return "constant", "only rows with output weight 0 move", FALLS
    if not np.array_equal(W0, W1):
        return "U, W", *plugin("kinds.moving").moving(law, *map(rational, (U0, W0, U1, W1)))
    if not law.exact:
        return plugin("balls.precision").judge(law, U0, U1, W1)
    s, a, _ = law.along(rational(U1), rational(U1) - rational(U0), rational(W1))
    return "U" if a > 0 else "constant", "the sign of s = <R1, D>", parabola(s, a)


def law_of(arrays: Arrays) -> Any:
    """The loss; takes its arrays out of ``arrays``."""
    name, sigma, loss = text(arrays, "law", "sample"), Sigma(text(arrays, "activation")), text(arrays, "loss", "square")
    if name != "sample":
        return plugin("balls.laws").law(name, loss, arrays, sigma)
    X = shaped(arrays, "X", None, None)
    Y = shaped(arrays, "Y", len(X), *[None] * (arrays["Y"].ndim == 2)) if "Y" in arrays else shaped(arrays, "Y")
    sample = Sample(sigma, rational(X), rational(Y.reshape(len(X), -1)))
    return sample if loss == "square" and "c" not in arrays else plugin("kinds.losses").law(loss, sample, arrays)


def judged(law: Any, arrays: Arrays) -> dict[str, Any]:
    """Legs, verdict, the loss at the start and at the end of a path, and what it is at."""
    for module in (FORMS[key] for key in FORMS if key in arrays):
        return plugin(f"kinds.{module}").judged(law, arrays)
    U = shaped(arrays, "U", None, law.m, None)
    W = shaped(arrays, "W", len(U), U.shape[2], law.n)
    require(not arrays, f"arrays {sorted(arrays)} have no meaning here")
    require(len(U) > 1, "one knot is no path")
    knots, leg = list(zip(U, W, strict=True)), getattr(law, "leg", judge)  # a loss may judge in its own way
    loss = lambda i: law.along(rational(U[i]), rational(U[i] * 0), rational(W[i]))[2]  # noqa: E731
    start, legs = loss(0), [leg(law, *ends) for ends in pairwise(knots)]
    return told(legs, start, loss(-1), law.attained(rational(W[-1])))


def told(legs: list[Leg], start: Any, end: Any, attained: str) -> dict[str, Any]:
    """The verdict on a path is the worst of its legs'."""
    found = [verdict[0] for _, _, verdict in legs]
    worst = next((word for word in ("rises", "undecided") if word in found), FALLS[0])
    return {"verdict": worst, "start": start, "end": end, "attained": attained, "legs": legs}
