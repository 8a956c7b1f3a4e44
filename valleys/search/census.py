"""A census of end points: which critical points training ended at, up to symmetry, how often, and of what kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from valleys.problem.activations import Activation
from valleys.problem.hessian import flatten, hessian
from valleys.problem.network import Theta
from valleys.problem.risk import Risk

GLOBAL, SPURIOUS, SADDLE, UNCONVERGED = "global minimum", "spurious minimum", "saddle", "not converged"


@dataclass(frozen=True)
class Thresholds:
    """What the verdicts rest on.

    Attributes:
        gradient: a point counts as converged if the norm of its gradient is at most this.
        curvature: a converged point is a saddle if its smallest Hessian eigenvalue is below minus this.
        loss: a converged point is a global minimum if its loss exceeds the minimum by less than this.
        same: two points are the same if their losses agree to this, relative to ``1 + L``, and their units to the root.
    """

    gradient: float = 1e-8
    curvature: float = 1e-6
    loss: float = 1e-6
    same: float = 1e-8


@dataclass(frozen=True, eq=False)
class Family:
    """End points that are the same up to symmetry; all global minima are one family.

    Attributes:
        verdict: global minimum, spurious minimum, saddle or not converged.
        loss: ``L`` at the representative.
        gradient_norm: of the gradient by the trained parameters, the largest of the family.
        min_eigenvalue: smallest eigenvalue of the exact Hessian by the trained parameters, at the representative.
        members: which networks, shape ``(count,)``.
        representative: one of them.
    """

    verdict: str
    loss: float
    gradient_norm: float
    min_eigenvalue: float
    members: Tensor
    representative: Theta

    @property
    def count(self) -> int:
        """How many runs ended here."""
        return len(self.members)


def parity(sigma: Activation) -> int:
    """1 for an even activation, -1 for an odd one, else 0.

    >>> from valleys.problem.activations import activation
    >>> [parity(activation(name)) for name in ("z2", "z3", "tanh", "relu", "poly:1,1")]
    [1, -1, -1, 0, 0]
    """
    if sigma.coefficients is not None:
        rests = {k % 2 for k in sigma.powers}
        return 0 if len(rests) > 1 else 1 - 2 * rests.pop()
    return 1 if sigma.odd == "zero" else -1 if sigma.even == "zero" else 0


def atoms(theta: Theta, sigma: Activation) -> Tensor:
    """The units as points ``(..., p, d)`` that the symmetries of one unit leave alone.

    A unit is ``(a, |a| v)``: for ``sigma(c z) = c^k sigma(z)``, ``a = u |w|^k`` and ``v = w/|w|`` (positive rescaling),
    else ``a = u`` and ``v = w``. An even activation knows ``v`` up to its sign: ``(a, |a| v v^T)``; an odd one
    ``(a, v)`` up to a common sign: ``(a v^T, |v|)``.
    """
    length = theta.W.norm(dim=-1, keepdim=True)
    a, v = theta.U.mT, theta.W
    if sigma.homogeneous is not None:
        a, v = a * length**sigma.homogeneous, v / length.clamp_min(torch.finfo(length.dtype).tiny)
    if parity(sigma) == -1:
        return torch.cat([(a[..., :, None] * v[..., None, :]).flatten(-2), v.norm(dim=-1, keepdim=True)], dim=-1)
    if parity(sigma) == 1:
        v = (v[..., :, None] * v[..., None, :]).flatten(-2)
    weight = a.norm(dim=-1, keepdim=True) if sigma.homogeneous is not None else 1.0
    return torch.cat([a, weight * v], dim=-1)


def same_up_to_permutation(a: Tensor, b: Tensor, tolerance: float) -> bool:
    """Whether two sets of atoms, each ``(p, d)``, agree entry by entry after the best matching of units."""
    distance = torch.cdist(a, b)
    rows, columns = linear_sum_assignment(distance.square().numpy())
    return bool((a[rows] - b[columns]).abs().max() <= tolerance)


def cluster(theta: Theta, loss: Tensor, sigma: Activation, same: float, any_order: bool = False) -> Tensor:
    """Labels ``(B,)``, by first appearance in ascending loss, of networks that are the same up to symmetry.

    Args:
        theta: ``B`` networks.
        loss: their losses.
        sigma: the activation; its symmetries are those of ``atoms``.
        same: tolerance, see ``Thresholds``.
        any_order: for laws that are symmetric under permutations of the inputs: then equal sorted entries of all units
            together decide, which permutations of units and of inputs leave alone.

    Returns:
        labels 0, 1, ..
    """
    units = atoms(theta, sigma).cpu()
    # Unchanged by permutations of units (and of inputs), so equal wherever two networks are the same.
    prints = units.flatten(-2).sort(dim=-1).values if any_order else units.sort(dim=-2).values.flatten(-2)
    labels = torch.full((len(loss),), -1)
    found: list[int] = []
    for i in torch.argsort(loss).tolist():
        close = same * (1 + float(loss[i]))
        for label, j in reversed(list(enumerate(found))):
            if float(loss[i] - loss[j]) > close:
                break
            if (prints[i] - prints[j]).abs().max() > close**0.5:
                continue
            if any_order or same_up_to_permutation(units[i], units[j], close**0.5):
                labels[i] = label
                break
        if labels[i] < 0:
            labels[i] = len(found)
            found.append(i)
    return labels


def census(
    risk: Risk,
    theta: Theta,
    *,
    sigma: Activation,
    frozen: str = "",
    minimum: float = 0.0,
    any_order: bool = False,
    thresholds: Thresholds | None = None,
) -> list[Family]:
    """Sort end points into families and say what each is, from the parameters alone.

    Args:
        risk: the loss.
        theta: end points ``U (B, m, p)``, ``W (B, p, n)``.
        sigma: the activation.
        frozen: the parameter that was not trained.
        minimum: the global minimum of the loss.
        any_order: see ``cluster``.
        thresholds: what the verdicts rest on.

    Returns:
        families by ascending loss; those that did not converge come last, as one.
    """
    limits = thresholds or Thresholds()
    loss, gradient = risk.value_and_gradient(theta)
    norm = flatten(gradient, frozen).norm(dim=-1)
    converged = norm <= limits.gradient
    best = converged & (loss - minimum < limits.loss)
    groups = [(GLOBAL, best.nonzero()[:, 0])] if best.any() else []
    others = (converged & ~best).nonzero()[:, 0]
    if len(others):
        labels = cluster(theta[others], loss[others], sigma, limits.same, any_order)
        groups += [("", others[labels == label]) for label in range(int(labels.max()) + 1)]
    if not converged.all():
        groups.append((UNCONVERGED, (~converged).nonzero()[:, 0]))
    return [_family(risk, theta, frozen, limits, verdict, members, loss, norm) for verdict, members in groups]


def _family(
    risk: Risk,
    theta: Theta,
    frozen: str,
    limits: Thresholds,
    verdict: str,
    members: Tensor,
    loss: Tensor,
    norm: Tensor,
) -> Family:
    finite = members[torch.isfinite(loss[members])]
    if len(finite) == 0:
        nan = float("nan")
        return Family(UNCONVERGED, nan, nan, nan, members, theta[members[0]])
    chosen = finite[loss[finite].argmin()]
    eigenvalue = float(torch.linalg.eigvalsh(hessian(risk, theta[chosen], frozen))[0])
    if not verdict:
        verdict = SADDLE if eigenvalue < -limits.curvature else SPURIOUS
    return Family(verdict, float(loss[chosen]), float(norm[members].max()), eigenvalue, members, theta[chosen])


def count_of(families: Sequence[Family], verdict: str) -> int:
    """How many runs ended in families of this verdict."""
    return sum(family.count for family in families if family.verdict == verdict)
