"""Numbers in captions: TeX between dollars, set as mathematics on the page."""

from __future__ import annotations


def tex(value: float, digits: int = 2) -> str:
    r"""The number, as a power of ten where it is very small or large.

    >>> tex(1.5e-16), tex(0.25), tex(0), tex(1e-22, 1)
    ('$1.5\\cdot 10^{-16}$', '$0.25$', '$0$', '$10^{-22}$')
    """
    mantissa, e, exponent = f"{value:.{digits}g}".partition("e")
    if not e:
        return f"${mantissa}$"
    power = f"10^{{{int(exponent)}}}"
    return f"${power}$" if mantissa == "1" else rf"${mantissa}\cdot {power}$"
