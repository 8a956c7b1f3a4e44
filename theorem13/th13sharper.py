"""The sharper lower bound ``B(p) <= eps(p)`` for ReLU, ``2 <= p <= 20``, proved in balls; the argument is section 5 of PROOF.md.

``N = p - 1`` units ``a_i relu(<v_i, x>)``, ``a_i >= 0``, ``|v_i| = 1``, against ``p`` orthonormal ones.  Three cases: some unit
lies between two teachers (``th13between`` for ``p = 3, 4``), each is at a teacher of its own and tilted (``th13tilted``), two are
at one teacher.  The weights are minimised over in closed form; what is left, two variables, is enclosed by branch and bound.
"""

from __future__ import annotations

from functools import cache

from flint import arb

from theorem13.th13balls import above, below
from theorem13.th13between import falls, reversed_unit, served
from theorem13.th13dual import expected
from theorem13.th13steady import TILTED, steady
from theorem13.th13tilt import BETWEEN, C0, PI, bits
from theorem13.th13tilted import GAP, Tilted, doubled, exceeds, least_tilted, steepest, tilted_with_one

WIDEST_SHARPER = 20
#: How close to the least value of the unit between two teachers its bound has to come, p = 3.
CLOSE = 2e-6


@cache
def relu_ball(p: int) -> arb:
    """``B(p)``: the least of all cases, in a ball; its lower end is a proved lower bound of eps(p).

    Args:
        p: the width, 2 to 20.

    Returns:
        The ball, of width 1e-7 (2e-6 for ``p = 3``); for ``p = 2`` it holds eps(2) itself.

    What is not decided is an ArithmeticError.
    """
    with bits():
        if p == 2:
            return one_against_two()
        low, high = few(p) if p < TILTED else many(p)
        return arb(low).union(arb(high))


def many(p: int) -> tuple[float, float]:
    """``p >= 5``: tilted units cost the least."""
    r = Tilted(p, *steady(p))
    low, high = least_tilted(r)
    cases = untilted(r), steepest(r)
    fine = r.sound() and high - low <= 2 * GAP
    low, high = min(low, *map(below, cases)), min(high, *map(above, cases))
    return decided(p, fine and exceeds(r, low, doubled), low, high)


def few(p: int) -> tuple[float, float]:
    """``p = 3, 4``: a unit far from every teacher is looked at with the others; for ``p = 3`` it costs the least."""
    r = Tilted(p, *steady(p))
    low, high = least_tilted(r)
    fine = r.sound() and falls() and high - low <= 2 * GAP
    low, high = min((low, high), (expected(p) - CLOSE, expected(p)))
    others = [r.level([BETWEEN, BETWEEN] + [arb(0)] * (p - 3)), reversed_unit(p)]
    fine = fine and all(level > low for level in others) and exceeds(r, low, doubled) and served(p, low)
    return decided(p, fine and (p == 3 or exceeds(r, low, tilted_with_one)), low, high)


def decided(p: int, fine: bool, low: float, high: float) -> tuple[float, float]:
    """The two ends, if all is well and order 0 alone would cost more than the lower one.

    Raises:
        ArithmeticError: if it is not.
    """
    if not (fine and low < C0):
        raise ArithmeticError(f"B({p}) is not decided")
    return low, high


def untilted(r: Tilted) -> arb:
    """Some unit lies between two teachers."""
    return r.level([BETWEEN] + [arb(0)] * (r.N - 1))


def one_against_two() -> arb:
    """``eps(2) = 1 + 1/pi - 4 kappa(cos pi/4)^2 2``: one unit halfway between the two."""
    return 1 + 1 / PI - ((1 + 3 * PI / 4) / PI) ** 2
