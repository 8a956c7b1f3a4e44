"""Path files, format 1: a path and all that its loss needs, in one .npz that anybody can write and judge.

Numbers are float64, texts single unicode strings; ``K`` counts knots, ``m`` outputs, ``p`` units, ``n`` inputs.

- ``format``: the text ``1`` (a file without it is read as format 1).
- ``U (K, m, p)``, ``W (K, p, n)``: the knots of a piecewise linear path of ``Phi(x) = U sigma(W x)``; or, where
  ``t (K,)``, increasing, is there, points along a curve that the file does not hold.
- ``W1 (K, p_1, n) .. W{D + 1} (K, m, p_D)``: a linear network of any depth, in the place of ``U`` and ``W``; without ``t`` no two
  layers above the first move on one leg (the exact checker reads such files too).
- ``activation``: one of the names that ``--activation`` takes.
- ``loss``: the text ``square`` (the default): ``L = E |Phi(X) - Y|^2``, summed over outputs; with the law ``sample`` also
  ``cross_entropy``, ``logistic``, ``huber:DELTA``, ``hinge`` (``valleys.problem.losses``): the mean of ``l(Phi(x_i), y_i)``.
  Of classes ``Y`` holds one-hot rows, with one output ``-1`` and ``1``.
  ``square+decay:LAM`` is ``L + LAM (|U|^2 + |W|^2)``, of a descent without ``c``; ``LAM`` a float64 or a fraction ``a/b``.
- ``mass``, ``ratio``, ``nu``: of paths along masses with weight decay (``valleys.paths.mass_files``).
- ``U_low (K, m, p)``: what of the output weights a float64 cannot hold; the exact checker adds it, float readers need not.
- ``c (K, m)``: output biases at the knots, where ``Phi(x) = U sigma(W x) + c``; with the law ``sample``. Hidden biases are the
  last column of ``W``, with a last column of ones in ``X``.
- ``claim``: the text ``descent`` (the default: ``L`` never rises, and ends at the minimum) or ``connection`` (``L`` is never
  above the larger of its values at the two ends); with the law ``sample``.
- ``law``, and its arrays:

  - ``sample`` (the default): ``X (N, n)``, ``Y (N,)`` or ``(N, m)``; every point has weight ``1/N``.
  - ``gaussian``: ``X ~ N(0, I_n)``, ``Y = U* sigma*(W* X)`` plus independent noise: ``teacher_U (m, q)``,
    ``teacher_W (q, n)``, ``teacher_activation``, ``noise ()`` (its ``E |noise|^2``).
  - ``mixture`` (one output): part ``k`` with probability ``weights (K,)``. Either some ``moving (K, n)`` are 1: there the
    coordinates of ``X`` are independent standard normal, the others 0, and ``Y = sum_j teacher_U[k, j] sigma(<w_j, X>)``
    with ``teacher_U (K, q)``, the rows ``w_j`` of ``teacher_W (q, n)`` and the networks' ``sigma``. Or none is: then ``X`` is
    ``point (K, n)``, ``Y`` is ``target (K,)`` and ``teacher_U[k]`` is 0.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import reduce
from math import ceil
from pathlib import Path as File

import numpy as np
import torch
from torch import Tensor

from valleys.paths.law_files import Arrays, read_law
from valleys.paths.path import Path
from valleys.problem.network import Theta, read_npz, stack
from valleys.problem.risk import Risk
from valleys.run.errors import InputError
from valleys.run.limits import KNOT
from valleys.run.record import save_npz

FORMAT = "1"
#: At least so many points along a curve.
POINTS = 2000


@dataclass(frozen=True)
class PathFile:
    """What a path file holds.

    Attributes:
        points: knots or points, a batch.
        t: where the points lie along a curve; None for the knots of a piecewise linear path.
        risk: the loss.
        width: of the narrowest hidden layer.
        claim: what the path is to show, ``descent`` or ``connection``.
    """

    points: Theta
    t: Tensor | None
    risk: Risk
    width: int
    claim: str = "descent"


def save_arrays(file: str | File, arrays: Arrays, law: Arrays) -> None:
    """Write a path file of ``arrays`` (points or knots, as above) and of what the loss needs (``law_files``)."""
    save_npz(File(file), {"format": np.array(FORMAT), **arrays, **law}, "--save-path")


def save_path(file: str | File, path: Path, law: Arrays) -> None:
    """Write the knots of a piecewise linear path; the first knot is the start bit for bit."""
    knots = stack(path.knots)
    save_arrays(file, {"U": knots.U.numpy(), "W": knots.W.numpy()}, law)


def save_curve(file: str | File, path: Path, law: Arrays, points: int = POINTS) -> None:
    """Write at least ``points`` points along straight and curved pieces, every knot among them, each piece its share of ``t``."""
    batch = path.sampled(ceil(points / len(path.pieces)))
    t = torch.linspace(0, 1, len(batch.U), dtype=torch.float64)
    save_arrays(file, {"t": t.numpy(), "U": batch.U.numpy(), "W": batch.W.numpy()}, law)


def folded(arrays: Arrays, file: str | File, argument: str) -> tuple[Arrays, int]:
    """The layers of a deep linear network as ``W = W1`` and ``U = W{D + 1} .. W2``, which has the same loss everywhere.

    Args:
        arrays: of the file.
        file: its name.
        argument: the option that named it.

    Returns:
        the arrays with ``U`` and ``W``, and the smallest hidden width.

    Raises:
        InputError: if the layers do not fit together, the activation is not ``z``, or without ``t`` their product is no line.
    """
    count = next(k for k in range(1, len(arrays) + 2) if f"W{k}" not in arrays) - 1
    layers = [arrays[f"W{k}"] for k in range(1, count + 1)]
    chained = all(layer.ndim == 3 and layer.dtype.kind == "f" for layer in layers) and all(
        a.shape[:2] == (b.shape[0], b.shape[2]) for a, b in itertools.pairwise(layers)
    )
    if count < 2 or not chained or str(arrays.get("activation")) != "z":
        got = f"layers {[layer.shape for layer in layers]} in {file}"
        raise InputError(argument, got, "activation z and W1 (K, p_1, n) .. that fit together, two or more")
    moving = sum((np.diff(layer, axis=0) != 0).any(axis=(1, 2)).astype(int) for layer in layers[1:])
    if "t" not in arrays and np.any(moving > 1):
        got = f"a straight leg in {file} on which {np.max(moving)} layers above W1 move"
        raise InputError(argument, got, "one of them at most: the product of all is a line then")
    U = reduce(lambda product, layer: layer @ product, layers[1:])
    return arrays | {"W": layers[0], "U": U}, min(layer.shape[1] for layer in layers[:-1])


def load_path(file: str | File, argument: str = "FILE") -> PathFile:
    """Read a path file.

    Args:
        file: the .npz.
        argument: the option that named it, for the error line.

    Returns:
        its points and its loss.

    Raises:
        InputError: for a missing key, an unknown format, loss or law, or arrays that do not fit.
    """
    arrays, width = read_npz(file, argument, ()), None
    if (version := str(arrays.get("format", FORMAT))) not in {FORMAT, f"{FORMAT}.0"}:
        raise InputError(argument, f"format {version} in {file}", f"format {FORMAT}")
    if "W1" in arrays:
        arrays, width = folded(arrays, file, argument)
    shapes = [arrays[key].shape if key in arrays and arrays[key].dtype.kind == "f" else None for key in ("U", "W")]
    if not all(shape and len(shape) == 3 and min(shape) > 0 and shape[0] >= 2 for shape in shapes):
        raise InputError(argument, f"U {shapes[0]}, W {shapes[1]} in {file}", "U (K, m, p) and W (K, p, n) with K >= 2")
    for key in ("U", "W"):
        if (largest := float(np.abs(arrays[key]).max())) > KNOT.most:
            raise InputError(argument, f"{largest:.3g} in {key} of {file}", f"weights up to {KNOT.most:g}")
    risk, width = read_law(arrays, file, argument), width or shapes[1][1]  # type: ignore[index]
    try:
        arrays = with_pinned_unit(arrays) if "c" in arrays else arrays
        points = Theta(torch.from_numpy(arrays["U"]), torch.from_numpy(arrays["W"]))
    except InputError as error:
        raise InputError(argument, f"{error.value} in {file}", error.allowed) from None
    if (points.m, points.n) != (risk.m, risk.n):
        got = f"m = {points.m}, n = {points.n} in {file}"
        raise InputError(argument, got, f"m = {risk.m} outputs and n = {risk.n} inputs, as the law in the file")
    t = arrays.get("t")
    if t is not None and (t.shape != (len(points.U),) or t.dtype.kind != "f" or (np.diff(t) <= 0).any()):
        raise InputError(argument, f"t {t.dtype} {t.shape} in {file}", f"t ({len(points.U)},), increasing numbers")
    claim = str(arrays.get("claim", "descent"))
    return PathFile(points, None if t is None else torch.from_numpy(t), risk, width, claim)


def with_pinned_unit(arrays: Arrays) -> Arrays:
    """The arrays of a file with ``c`` as the output weights of a last unit whose row is 0 (``valleys.problem.convex_risk``).

    Raises:
        InputError: if ``c`` does not fit ``U``.
    """
    U, W, c = arrays["U"], arrays["W"], arrays["c"]
    if c.dtype.kind != "f" or c.shape != U.shape[:2]:
        raise InputError("c", f"c {c.dtype} {c.shape}", f"numbers {U.shape[:2]}, as U")
    return arrays | {
        "U": np.concatenate([U, c[..., None]], axis=-1),
        "W": np.concatenate([W, np.zeros_like(W[:, :1])], axis=1),
    }
