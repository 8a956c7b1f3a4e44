"""What the options ask for: the target and its law, the start, the path and its file."""

from __future__ import annotations

from pathlib import Path as File

import numpy as np
import torch
from torch import Tensor

from theorem12.th12corollary import Valley
from theorem12.th12paper import paper_path
from theorem12.th12path import sharp_path
from theorem12.th12risk import QuadraticRisk
from valleys.paths.curve_files import save_curve
from valleys.paths.path import Path
from valleys.problem.network import Theta, load_theta, random_theta, read_npz
from valleys.run.errors import InputError

#: Sizes of the teacher of Corollary 14's law: ``alpha``, ``beta``.
ALPHA, BETA = 1.0, 1.5
#: ``u_k`` of ``scaled`` starts lies between ``10^-SPREAD`` and ``10^SPREAD``, the rows undo it.
SPREAD = 8.0


def risk_for(target: str, n: int, p: int) -> QuadraticRisk:
    """The loss: ``A*`` with eigenvalues from 2 to 1/2 (psd), from 2 to -2 (indefinite), Corollary 14's law, or a file.

    Corollary 14's target has ``min(p, n - 1)`` positive eigenvalues: the law is made for the width.

    Raises:
        InputError: for a file whose ``A`` is not symmetric ``(n, n)``.
    """
    if target == "psd":
        return QuadraticRisk(torch.diag(torch.linspace(2, 0.5, n, dtype=torch.float64)))
    if target == "indefinite":
        return QuadraticRisk(torch.diag(torch.linspace(2, -2, n, dtype=torch.float64)))
    if target == "theorem13":
        if n < 2:
            raise InputError("--target", "theorem13 with n = 1", "n >= 2 for the law of Theorem 13")
        return Valley(n, min(p, n - 1), ALPHA, BETA).risk
    A = read_npz(target, "--target", ("A",))["A"]
    if A.shape != (n, n):
        raise InputError("--target", f"A {A.shape} in {target}", f"A (n, n) with n = {n}")
    return QuadraticRisk(torch.from_numpy(A))


def size_of_target(file: str) -> int:
    """``n`` of a target file.

    Raises:
        InputError: if ``A`` is no square matrix.
    """
    A = read_npz(file, "--target", ("A",))["A"]
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise InputError("--target", f"A {A.shape} in {file}", "A (n, n), symmetric")
    return int(A.shape[0])


def minimum(risk: QuadraticRisk, p: int) -> float:
    """``min L`` over all networks of width ``p``: closed form for the Gaussian law, Corollary 14 for its own."""
    if risk.law == "gaussian" or p >= risk.n:
        return risk.minimum(p)
    return Valley(risk.n, p, ALPHA, BETA).minimum


def saddle(risk: QuadraticRisk, p: int) -> Theta:
    """The best fit on the first half of the eigenvectors of ``A*``, other rows 0: the gradient vanishes, no minimum."""
    values, V = torch.linalg.eigh(risk.target)
    count = min(p, max(1, risk.n // 2))
    kept = values.abs().argsort(descending=True)[:count]
    U, W = torch.zeros(1, p, dtype=torch.float64), torch.zeros(p, risk.n, dtype=torch.float64)
    # the kept eigenvalues take up the trace of the rest; under the two-part law those of x_n stay apart
    counted = torch.ones(risk.n, dtype=torch.bool) if risk.law == "gaussian" else V[-1].abs() < 0.5
    left = values[counted].sum() - values[kept][counted[kept]].sum()
    shift = torch.where(counted[kept], left / (counted[kept].sum() + 2), 0.0)
    U[0, :count], W[:count] = values[kept] + shift, V[:, kept].T
    return Theta(U, W)


def start(name: str, risk: QuadraticRisk, p: int, generator: torch.Generator) -> Theta:
    """A start of width ``p``, by name.

    Args:
        name: *random*; *repeated* (rows in equal pairs, the pairs with opposite signs: ``A = 0``); *zero*; *saddle*;
            *scaled* (``u_k`` from ``10^-8`` to ``10^8``); *opposite* (``A = -A*`` on the first eigenvectors: the
            straight line to ``A*`` passes where all eigenvalues vanish at once).
        risk: gives ``n`` and the target.
        p: width.
        generator: draws the random numbers.

    Returns:
        the parameters.
    """
    theta = random_theta(1, p, risk.n, generator)
    if name == "zero":
        return theta.map(torch.zeros_like)
    if name == "repeated":
        sign = torch.where(torch.arange(p) % 2 == 0, 1.0, -1.0).to(torch.float64)
        pair = torch.arange(p) // 2
        return Theta(sign * theta.U[:, pair].abs(), theta.W[pair].clone())
    if name == "scaled":
        stretch = 10 ** torch.linspace(-SPREAD, SPREAD, p, dtype=torch.float64)
        return Theta(theta.U * stretch, theta.W / stretch.sqrt()[:, None])
    if name == "saddle":
        return saddle(risk, p)
    if name == "opposite":
        values, V = torch.linalg.eigh(risk.target)
        count = min(p, risk.n)
        U, W = torch.zeros_like(theta.U), torch.zeros_like(theta.W)
        U[0, :count], W[:count] = -values[:count], V.T[:count]
        return Theta(U, W)
    return theta


def near(risk: QuadraticRisk, p: int, generator: torch.Generator, noise: float = 0.1) -> Theta:
    """A start near the optimum: the eigenform of ``1.2 A*``, spare rows 0, every parameter perturbed by ``noise``."""
    values, V = torch.linalg.eigh(risk.target)
    theta = random_theta(1, p, risk.n, generator)
    U, W = noise * theta.U * p**0.5, noise * theta.W * risk.n**0.5
    U[0, : risk.n] += 1.2 * values
    W[: risk.n] += V.T
    return Theta(U, W)


def start_from_file(file: str) -> Theta:
    """``U (1, p)``, ``W (p, n)`` from an .npz.

    Raises:
        InputError: for more than one output.
    """
    theta = load_theta(file)
    if theta.m != 1:
        raise InputError("--start", f"U {tuple(theta.U.shape)} in {file}", "U (1, p): Theorem 12 is for one output")
    return theta


def path_by(method: str, theta: Theta, target: Tensor) -> Path:
    """The path of the paper or the sharp one."""
    return paper_path(theta, target) if method == "paper" else sharp_path(theta, target)


def save(file: str | None, path: Path, risk: QuadraticRisk) -> None:
    """Write the path where a file is named, with the law as a teacher of squares."""
    if file is None:
        return
    target = risk.target.clone()
    if (
        risk.law != "gaussian"
    ):  # the two parts never see what lies between them, and a teacher unit lives in one of them
        target[:-1, -1] = target[-1, :-1] = 0.0
    values, V = torch.linalg.eigh(target)
    law = {
        "law": np.array(risk.law), "activation": np.array("z2"), "teacher_activation": np.array("z2"),
        "teacher_U": values[None].numpy(), "teacher_W": np.ascontiguousarray(V.T.numpy()), "noise": np.array(0.0),
        "A": risk.target.numpy(),
    }  # fmt: skip
    save_curve(File(file), path, law)
