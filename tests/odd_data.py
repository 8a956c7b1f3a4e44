"""Data of odd shapes, for the sweep: what a user may have, and what no example of ours has."""

from __future__ import annotations

from pathlib import Path

import numpy as np

#: More rows than anybody draws by hand.
MANY = 3000


def odd_data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """``X (N, n)`` and ``Y (N, m)`` by name; always the same."""
    rng = np.random.default_rng(8)
    plain, target = rng.standard_normal((20, 3)), rng.standard_normal((20, 1))
    line = rng.standard_normal((20, 1)) @ rng.standard_normal((1, 4))
    many = rng.standard_normal((MANY, 2))
    return {
        "one_row": (plain[:1], target[:1]),
        "one_row_of_zeros": (0 * plain[:1], target[:1]),
        "fewer_rows_than_columns": (rng.standard_normal((3, 8)), target[:3]),
        "one_column": (plain[:, :1], target),
        "constant_column": (np.hstack([plain, np.ones((20, 1)), np.zeros((20, 1))]), target),
        "constant_target": (plain, np.full((20, 1), 2.5)),
        "zero_target": (plain, 0 * target),
        "twins_that_differ": (np.vstack([plain[:5]] * 4), target),
        "all_rows_alike": (np.vstack([plain[:1]] * 20), target),
        "collinear": (line, target),
        "collinear_columns": (np.hstack([plain, plain @ rng.standard_normal((3, 2))]), target),
        "whole_numbers": (rng.integers(-2, 3, (20, 3)).astype(float), np.sign(target)),
        "ten_outputs": (plain, rng.standard_normal((20, 10))),
        "small_and_large_columns": (plain * [1e-8, 1.0, 1e8], target),
        "small": (1e-8 * plain, 1e-8 * target),
        "large": (1e8 * plain, 1e8 * target),
        "large_target": (plain, 1e8 * target),
        "far_from_zero": (plain + 1e6, target),
        "outlier": (np.vstack([plain, [[1e6, -1e6, 1e6]]]), np.vstack([target, [[1e3]]])),
        "many_rows": (many, np.sin(many[:, :1])),
    }


def write_odd_data(folder: Path) -> dict[str, Path]:
    """An .npz each, and beside it ``NAME_a.npz`` and ``NAME_b.npz``, two networks of four units that fit; the data by name."""
    files, rng = {}, np.random.default_rng(9)
    for name, (X, Y) in odd_data().items():
        files[name] = folder / f"{name}.npz"
        np.savez(files[name], X=X, Y=Y)
        for end in "ab":
            U, W = rng.standard_normal((Y.shape[1], 4)), rng.standard_normal((4, X.shape[1]))
            np.savez(folder / f"{name}_{end}.npz", U=U, W=W)
    return files
