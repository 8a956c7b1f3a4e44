"""The picture of what is proved: a spurious local minimum for every k from 6 to 20, and what becomes of it below 6."""

from __future__ import annotations

from dataclasses import asdict
from math import nan

import torch
from torch import Tensor

from theorem13.census.family import family, symmetric
from theorem13.census.options import Config
from theorem13.census.proof import Minimum, prove
from theorem13.census.training import orthonormal_risk, student
from valleys.problem.hessian import hessian
from valleys.run.claims import Claim, at_least, down
from valleys.run.pictures import Part

SOURCE = "Safran and Shamir 2018"
PROVED = tuple(range(6, 21))
#: The same critical point where it is no minimum yet.
BELOW = (3, 4, 5)


def proved_part(config: Config) -> Part:
    """The minimum with one reversed unit for k = 6 .. 20 (``--quick``: to 8), proved in balls around five float64 numbers."""
    torch.set_num_threads(1)
    ks = PROVED[:3] if config.quick else PROVED
    entries = family([*BELOW, *ks])
    found = {k: prove(symmetric(k, entries[k]).tolist()) for k in ks}
    rows = [
        {"k": k, "entries": list(entries[k]), **({} if proof is None else asdict(proof))} for k, proof in found.items()
    ]
    before = [{"k": k, "min_eigenvalue": float_eigenvalue(symmetric(k, entries[k]))} for k in BELOW]
    claims = [minimum_claim(k, proof) for k, proof in found.items()]
    return Part({"proved": rows, "below": before}, {}, claims, proved_caption(found))


def float_eigenvalue(W: Tensor) -> float:
    """Smallest eigenvalue of the Hessian of half the loss, in float64."""
    return float(torch.linalg.eigvalsh(hessian(orthonormal_risk(W.shape[-1]), student(W), "U"))[0]) / 2


def minimum_claim(k: int, proof: Minimum | None) -> Claim:
    """The Hessian's smallest eigenvalue is above 0 at a critical point above the global minimum: NaN where none is proved."""
    text = "no critical point with a positive Hessian and a loss above 0 is proved"
    if proof is not None:
        text = (
            f"smallest Hessian eigenvalue at the spurious minimum of half loss {proof.loss}, the only critical point"
            f" within {down(proof.radius, 2)} in every weight"
        )
    return at_least(f"minimum.k{k}", SOURCE, text, nan if proof is None else proof.min_eigenvalue, 0.0, "proved")


def proved_caption(found: dict[int, Minimum | None]) -> str:
    """What is proved, in numbers of the record."""
    proofs: dict[int, Minimum] = {k: proof for k, proof in found.items() if proof is not None}
    text = f"ReLU students of k orthonormal ReLU units: a spurious local minimum is proved for {len(proofs)} of {len(found)} k"
    if proofs:
        first, last = min(proofs), max(proofs)
        text += (
            f", k = {first} to {last}. Half its loss is at least {down(proofs[first].loss_at_least, 4)} at k = {first} and"
            f" {down(proofs[last].loss_at_least, 4)} at k = {last}, its smallest Hessian eigenvalue at least"
            f" {down(min(p.min_eigenvalue for p in proofs.values()), 3)}, and within"
            f" {down(min(p.radius for p in proofs.values()), 2)} in every weight there is no other critical point"
        )
    return text + ". Below k = 6 the same critical point is a saddle (float64). All balls: every rounding outwards."
