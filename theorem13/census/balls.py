"""Half the loss of the census, its gradient and its Hessian in balls: midpoint and radius, every rounding outwards.

Students ``w_1, .., w_n`` and teachers ``e_1, .., e_k``, all output weights 1, ``x ~ N(0, I_k)``. For two rows ``v, w``
at the angle ``phi`` write ``c = <v, w>`` and ``s = |v| |w| sin phi``; then

    ``E relu(<v, x>) relu(<w, x>) = (s + c (pi - phi))/(2 pi)``, with gradient ``((pi - phi) w + s v/|v|^2)/(2 pi)`` in ``v``.

Nothing is shared with the torch code that trains, or with the table of kernels: a second route to both. Rows must not be
parallel (there the ball of ``s`` holds 0 and the Hessian's balls are infinite).
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, arb_mat, fmpq

Rows = Sequence[Sequence[arb]]


def box(W: Sequence[Sequence[float]], radius: float = 0.0) -> list[list[arb]]:
    """The float64 numbers ``W (n, k)`` as what they are, each with this radius.

    >>> [[x]] = box([[0.5]], 0.25)
    >>> bool(x.contains(0.75)), bool(x.contains(0.76))
    (True, False)
    """
    return [[arb(_exact(x), _exact(radius)) for x in map(float, row)] for row in W]


def half_loss(W: Rows) -> arb:
    """``E |sum_i relu(<w_i, x>) - sum_j relu(x_j)|^2/2``."""
    n, k, two_pi = len(W), len(W[0]), 2 * arb.pi()
    total = (arb(k) / 2) + k * (k - 1) / two_pi
    squares = [_dot(w, w) for w in W]
    for i in range(n):
        total += squares[i] / 2
        for j in range(i):
            c, s, obtuse = _angle(W[i], W[j], squares[i], squares[j])
            total += 2 * (s + c * obtuse) / two_pi
        for j in range(k):
            s, obtuse = _teacher_angle(W[i], j)
            total -= 2 * (s + W[i][j] * obtuse) / two_pi
    return total / 2


def gradient(W: Rows) -> list[list[arb]]:
    """Of half the loss by the students, shape ``(n, k)``."""
    n, k, pi = len(W), len(W[0]), arb.pi()
    squares = [_dot(w, w) for w in W]
    rows = []
    for i in range(n):
        along = arb(0)  # what multiplies w_i/|w_i|^2
        row = [pi * x for x in W[i]]
        for j in range(n):
            if j != i:
                _, s, obtuse = _angle(W[i], W[j], squares[i], squares[j])
                along += s
                row = [x + obtuse * y for x, y in zip(row, W[j], strict=True)]
        for j in range(k):
            s, obtuse = _teacher_angle(W[i], j)
            along -= s
            row[j] -= obtuse
        rows.append([(x + along * y / squares[i]) / (2 * pi) for x, y in zip(row, W[i], strict=True)])
    return rows


def hessian(W: Rows) -> arb_mat:
    """Of half the loss by the students, row by row, shape ``(n k, n k)``."""
    n, k = len(W), len(W[0])
    squares = [_dot(w, w) for w in W]
    entries: list[list[list[list[arb]]]] = [[[] for _ in range(n)] for _ in range(n)]
    for i in range(n):
        entries[i][i] = _own_block(W, squares, i).tolist()
        for j in range(i):
            block = _pair_block(W[i], W[j], squares[i], squares[j])
            entries[i][j], entries[j][i] = block.tolist(), block.transpose().tolist()
    return arb_mat([[x for block in entries[i] for x in block[a]] for i in range(n) for a in range(k)])


def _own_block(W: Rows, squares: Sequence[arb], i: int) -> arb_mat:
    """``I/2 + sum_r +-s_ir/(2 pi |w_i|^2) (I - w w^T + n n^T)`` over the other students (+) and the teachers (-).

    ``w`` is the unit vector along ``w_i``, ``n`` the one normal to it in the plane of ``w_i`` and ``r``.
    """
    k, a = len(W[i]), squares[i]
    signs, normals, total = [], [], arb(0)
    for j in range(len(W)):
        if j != i:
            c, s, _ = _angle(W[i], W[j], a, squares[j])
            total += s
            signs.append(1 / s)
            normals.append([a * y - c * x for x, y in zip(W[i], W[j], strict=True)])
    for j in range(k):
        s, _ = _teacher_angle(W[i], j)
        total -= s
        signs.append(-1 / s)
        normals.append([(a if b == j else 0) - W[i][j] * x for b, x in enumerate(W[i])])
    # s n n^T = (a r - c w_i)(a r - c w_i)^T/(a s).
    N = arb_mat(normals)
    weighted = arb_mat([[x * sign / a for x in row] for row, sign in zip(normals, signs, strict=True)])
    w = arb_mat([list(W[i])])
    return identity(k, arb(1) / 2) + (
        identity(k, total) - w.transpose() * w * (total / a) + N.transpose() * weighted
    ) * (1 / (2 * arb.pi() * a))


def _pair_block(v: Sequence[arb], w: Sequence[arb], a: arb, b: arb) -> arb_mat:
    """``((pi - phi) I + sin phi (n_v n_w^T + v w^T/(|v| |w|)))/(2 pi)``, the second derivative by ``v`` and ``w``."""
    c, s, obtuse = _angle(v, w, a, b)
    scale = 1 / (a * b)
    left = arb_mat([[(a * y - c * x) * scale / s, x * s * scale] for x, y in zip(v, w, strict=True)])
    right = arb_mat([[b * x - c * y for x, y in zip(v, w, strict=True)], list(w)])
    return (identity(len(v), obtuse) + left * right) * (1 / (2 * arb.pi()))


def identity(k: int, value: arb | int = 1) -> arb_mat:
    """``value I``, shape ``(k, k)``."""
    return arb_mat([[value if i == j else arb(0) for j in range(k)] for i in range(k)])


def _angle(v: Sequence[arb], w: Sequence[arb], a: arb, b: arb) -> tuple[arb, arb, arb]:
    """``c``, ``s`` and ``pi - phi`` of two students with squared lengths ``a, b``."""
    c = _dot(v, w)
    s = (a * b - c * c).sqrt()
    return c, s, arb.pi() / 2 + arb.atan2(c, s)


def _teacher_angle(w: Sequence[arb], j: int) -> tuple[arb, arb]:
    """``s`` and ``pi - phi`` of a student and ``e_j``."""
    s = sum((x * x for b, x in enumerate(w) if b != j), arb(0)).sqrt()
    return s, arb.pi() / 2 + arb.atan2(w[j], s)


def _dot(v: Sequence[arb], w: Sequence[arb]) -> arb:
    return sum((x * y for x, y in zip(v, w, strict=True)), arb(0))


def _exact(x: float) -> arb:
    return arb(fmpq(*x.as_integer_ratio()))
