"""Legs that move live rows of a (leaky) ReLU network on a sample: polynomials between exact kinks."""

from __future__ import annotations

from collections.abc import Iterator

from flint import fmpq, fmpq_mat, fmpq_poly

from check.balls.series import lines
from check.sample import Sample


def kinks(part: Sample, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Iterator[tuple[fmpq_poly, fmpq, fmpq]]:
    """(Leaky) ReLU on a sample: ``L`` on each piece between two rational ``t`` at which some ``<w_i, x_j>`` changes sign."""
    leak, zero = part.sigma.leak or fmpq(0), fmpq_poly([0])
    Z, u = lines(W * part.X, dW * part.X), lines(U, dU)
    R = [[zero - part.Y[o, j] for j in range(part.N)] for o in range(len(u))]
    events: list[tuple[fmpq, int, int]] = []
    on = {}
    for i, row in enumerate(Z):
        for j, z in enumerate(row):
            on[i, j] = (z[0], z[1]) > (0, 0)
            if z[0] * z(1) < 0:
                events.append((-z[0] / z[1], i, j))
            for o, w in enumerate(u):
                R[o][j] += w[i] * z * (1 if on[i, j] else leak)
    L, last = sum((r * r for row in R for r in row), zero), fmpq(0)
    for t, i, j in [*sorted(events), (fmpq(1), -1, -1)]:
        if t > last:
            yield L / part.N, last, t
        if i < 0:
            return
        for o, w in enumerate(u):
            new = R[o][j] + w[i] * Z[i][j] * ((leak - 1) if on[i, j] else (1 - leak))
            L, R[o][j] = L + new * new - R[o][j] * R[o][j], new
        on[i, j], last = not on[i, j], t
