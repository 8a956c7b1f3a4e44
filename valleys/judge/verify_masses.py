"""The public judge's part for paths along masses (weight decay): the exact checker's verdict, as claims."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

from valleys.judge.decay_claims import Judged, connection_claims, decay_claims
from valleys.judge.exact import judged_exactly
from valleys.run.claims import Claim
from valleys.run.errors import InputError

SOURCE = "weight_decay/PROOF.md, Theorem A"


def verify_masses(file: str) -> list[Claim]:
    """Print what the exact checker says of each leg; the claims.

    Args:
        file: the .npz.

    Returns:
        the claims of a descent, or of a connection.

    Raises:
        InputError: for a file that the checker does not judge.
    """
    from check.reading import RefusedError

    try:
        told = judged_exactly(File(file))
    except RefusedError as error:
        raise InputError("FILE", f"{error} in {file}", "a path along masses, as check/README.md says") from None
    for leg in told["legs"]:
        print(f"leg {leg['leg']}: {leg['kind']:6s} {leg['verdict']}, rise {leg['rise']}")
    print(f"L {told['start']} -> {told['end']}; end: {told['attained']}")
    return connection_claims("path", told) if told["claim"] == "connection" else descent(told)


def descent(told: dict[str, Any]) -> list[Claim]:
    """The claims on a descent: the second where the file holds what a floor is made from."""
    claims = decay_claims("path", SOURCE, [Judged(told, 0.0, 0.0, 0.0)])
    return claims if "above_floor" in told else claims[:1]
