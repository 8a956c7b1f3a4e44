"""A user's own target, start and path: files in, files out; ``TARGETS`` and ``STARTS`` by name otherwise."""

from __future__ import annotations

from pathlib import Path as File

import torch
from torch import Tensor

from theorem12.construction.lifted import exact, lifted
from theorem12.construction.paper_path import paper_path
from theorem12.construction.sharp_path import sharp_path
from theorem12.th12data import TARGETS
from theorem12.th12model import QuadraticRisk
from valleys.paths.files import save_arrays, save_curve
from valleys.paths.law_files import law_arrays, mixture_arrays
from valleys.paths.path import Path
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, load_theta, read_npz
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError

METHODS = {"sharp": sharp_path, "paper": paper_path}


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


def path_by(method: str, theta: Theta, target: Tensor) -> Path:
    """The path of the paper or the sharp one.

    Raises:
        InputError: for another method.
    """
    if method not in METHODS:
        raise InputError("--method", method, ", ".join(METHODS))
    return METHODS[method](theta, target)


def save_lifted(file: File, theta: Theta, risk: QuadraticRisk) -> None:
    """Write the lifted certificate from ``theta`` to the target, a diagonal one, for ``python -m check``."""
    squares, target = activation("z2"), risk.target
    teacher = Theta(target.diagonal()[None], torch.eye(risk.n, dtype=torch.float64))
    law = FeatureRisk(squares, GaussianTeacher(teacher, squares))
    save_arrays(file, lifted(theta, exact(target)), law_arrays(law))


def save(file: str | None, path: Path, risk: QuadraticRisk) -> None:
    """Write the path where a file is named, with the law as a teacher of squares."""
    if file is None:
        return
    n, squares = risk.n, activation("z2")
    target = risk.target.clone()
    if risk.law != "gaussian":
        # the two parts never see what lies between them, and a teacher unit lives in one of them
        target[:-1, -1] = target[-1, :-1] = 0.0
    values, V = torch.linalg.eigh(target)
    teacher = Theta(values[None], V.T.contiguous())
    law = law_arrays(FeatureRisk(squares, GaussianTeacher(teacher, squares)))
    if risk.law != "gaussian":
        last = torch.arange(n) == n - 1
        law = mixture_arrays(squares, [0.5, 0.5], torch.stack([~last, last]), Theta(values.expand(2, -1), teacher.W))
    save_curve(File(file), path, law | {"A": risk.target.numpy()})
