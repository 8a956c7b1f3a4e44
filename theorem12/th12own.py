"""A user's own target, start and path: files in, files out; ``TARGETS`` and ``STARTS`` by name otherwise."""

from __future__ import annotations

from pathlib import Path as File

import numpy as np
import torch

from theorem12.construction.falling_path import falling_path
from theorem12.construction.lifted import exact, lifted
from theorem12.construction.paper_path import paper_path
from theorem12.th12data import TARGETS
from theorem12.th12model import QuadraticRisk
from valleys.paths.files import save_arrays, save_curve, save_path
from valleys.paths.law_files import law_arrays, mixture_arrays
from valleys.paths.path import Line, Path
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, load_theta, read_npz
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


def risk_for(target: str, n: int, p: int) -> QuadraticRisk:
    """The loss for a target by name (``TARGETS``), or for ``A`` from a file with Gaussian inputs.

    Raises:
        InputError: for another name, or a file whose ``A`` is not symmetric ``(n, n)``.
    """
    if target in TARGETS:
        return TARGETS[target](n, p)
    if not target.endswith(".npz"):
        raise InputError("--target", target, ", ".join(TARGETS) + " or FILE.npz")
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


def start_from_file(file: str) -> Theta:
    """``U (1, p)``, ``W (p, n)`` from an .npz.

    Raises:
        InputError: for more than one output.
    """
    theta = load_theta(file)
    if theta.m != 1:
        raise InputError("--start", f"U {tuple(theta.U.shape)} in {file}", "U (1, p): Theorem 12 is for one output")
    return theta


def path_by(method: str, theta: Theta, risk: QuadraticRisk, generator: torch.Generator) -> Path:
    """The sharp path, which falls on every leg, or the paper's.

    Raises:
        InputError: for another method.
    """
    if method == "sharp":
        return falling_path(theta, risk, generator)
    if method == "paper":
        return paper_path(theta, risk.target)
    raise InputError("--method", method, "sharp, paper")


def law_of(risk: QuadraticRisk) -> dict[str, np.ndarray]:
    """What a path file says of the loss: a teacher of squares that has the matrix ``A*`` to the bit.

    Units ``e_i`` of weight ``A_ii``, and ``e_i + e_j``, ``e_i - e_j`` of weight ``A_ij/2``, ``-A_ij/2``. The two parts of the
    two-part law never see what lies between them, and a teacher unit lives in one of them.
    """
    n, squares, eye = risk.n, activation("z2"), torch.eye(risk.n, dtype=torch.float64)
    seen = risk.target * risk.mask
    rows, weights = [*eye], [*risk.target.diagonal()]
    for i in range(n):
        for j in range(i):
            if seen[i, j] != 0:
                rows += [eye[i] + eye[j], eye[i] - eye[j]]
                weights += [seen[i, j] / 2, -seen[i, j] / 2]
    teacher = Theta(torch.stack(weights)[None], torch.stack(rows))
    if risk.law == "gaussian":
        return law_arrays(FeatureRisk(squares, GaussianTeacher(teacher, squares)))
    last = torch.arange(n) == n - 1
    both = Theta(teacher.U.expand(2, -1).contiguous(), teacher.W)
    return mixture_arrays(squares, [0.5, 0.5], torch.stack([~last, last]), both)


def save_lifted(file: File, theta: Theta, risk: QuadraticRisk) -> None:
    """Write the lifted certificate from ``theta`` to the target for ``python -m check``."""
    save_arrays(file, lifted(theta, exact(risk.target)), law_of(risk))


def save(file: str | File | None, path: Path, risk: QuadraticRisk) -> None:
    """Write the path where a file is named: its knots, or where it has curves points along them."""
    if file is None:
        return
    straight = all(isinstance(piece, Line) for piece in path.pieces)
    (save_path if straight else save_curve)(File(file), path, law_of(risk))
