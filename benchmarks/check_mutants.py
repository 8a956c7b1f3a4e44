"""Mutants of the exact checker: each breaks one line; its tests must fail.  ``python benchmarks/check_mutants.py [NAME ..]``.

Exit code 0: every mutant is caught; 2: tests fail without one. Each runs the tests in a copy of ``check/``, until one fails.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Beyond this a mutant runs in circles.
SECONDS = 300
KINDS, ALONE, LOSSES, LIFTED, MASSES = (
    f"tests/test_check{name}.py" for name in ("_kinds", "", "_losses", "_lifted", "_masses")
)

#: name: file, what stands there, what the mutant writes, the tests that are to see it.
MUTANTS: dict[str, tuple[str, str, str, str]] = {
    "sign of s": ("legs.py", "if s <= 0:\n        return FALLS", "if s >= 0:\n        return FALLS", KINDS),
    "all parabolas fall": ("legs.py", "if s <= 0:", "if s <= 1e300:", KINDS),
    "rise of a parabola": ("legs.py", "s * s / a, (1", "s * s / (2 * a), (1", KINDS),
    "which parabola": ("legs.py", "if s >= a else", "if s <= a else", KINDS),
    "undecided balls fall": ("balls/precision.py", "parabola(s, a) if s <= 0 or", "parabola(s, a) if not s > 0 or", KINDS),
    "precision leaks": ("balls/precision.py", "        ctx.prec, ctx.cap = before", "        pass", KINDS),
    "sign of L'": ("kinds/polynomials.py", "slope(t) <= 0 for t in", "slope(t) >= 0 for t in", KINDS),
    "ends only": ("kinds/polynomials.py", "[a, b, *between] if a <= t <= b", "[a, b]", KINDS),
    "ends left out": ("kinds/polynomials.py", "[a, b, *between] if a <= t <= b", "between if a <= t <= b", KINDS),
    "undecided is best": ("legs.py", '("rises", "undecided") if', '("rises",) if', KINDS),
    "the best leg counts": ("legs.py", '("rises", "undecided") if', '() if', KINDS),
    "the best piece counts": ("kinds/polynomials.py", "worst = max(found", "worst = min(found", KINDS),
    "degree too low": ("kinds/moving.py", "degree = 2 + 2 * max", "degree = 1 + 2 * max", KINDS),
    "degree of layers": ("kinds/deep.py", "degree = 2 * sum(", "degree = sum(", KINDS),
    "residual without Y": ("sample.py", "P - type(P)(self.Y)", "P", KINDS),
    "residual with + Y": ("sample.py", "P - type(P)(self.Y)", "P + type(P)(self.Y)", KINDS),
    "dead if either end is 0": ("legs.py", "(start[0] != 0).any(axis=0) |", "(start[0] != 0).any(axis=0) &", KINDS),
    "all U legs constant": ("legs.py", "if np.array_equal(U0, U1) and np", "if np", KINDS),
    "start and end swapped": ("legs.py", "law.along(rational(U1)", "law.along(rational(U0)", KINDS),
    "step turned": ("legs.py", "rational(U1) - rational(U0)", "rational(U0) - rational(U1)", KINDS),
    "equal rows keep the first": (
        "balls/precision.py", "sum((row[i] for i in group), fmpq(0))", "row[group[0]]", KINDS,
    ),
    "a leg skipped": ("legs.py", "for ends in pairwise(knots)]", "for ends in [*pairwise(knots)][1:]]", KINDS),
    "relu is the identity": ("sample.py", '{"relu": fmpq(0)', '{"relu": fmpq(1)', KINDS),
    "leak": ("sample.py", "(0.01)", "(0.02)", KINDS),
    "tanh": ("balls/functions.py", "1 - 2 / (1 + (z + z).exp())", "1 - 2 / (1 + z.exp())", KINDS),
    "moments": ("balls/kernels.py", "* 2 ** (i + k))", "* 2 ** i)", KINDS),
    "kappa's angle": ("balls/kernels.py", "(0 if c[0] > 0 else pi)", "0", KINDS),
    "kappa'": ("balls/kernels.py", "s * rate / 2", "s * rate", KINDS),
    "kappa''": ("balls/kernels.py", "(pi - phi) * 2 * c[2]", "(pi - phi) * c[2]", KINDS),
    "boxes of half the width": (
        "balls/boxes.py", "radius = arb(0, arb((b - a) / 2).upper())", "radius = arb(0)", KINDS,
    ),
    "L'' of any sign": ("balls/boxes.py", "(wide[2] <= 0 and ((even", "(((even", KINDS),
    "all lines even": ("balls/boxes.py", "return sorted(forth) == sorted(back)", "return True", KINDS),
    "kinks left out": ("kinds/kinks.py", "if z[0] * z(1) < 0:", "if z[0] * z(1) < -100:", KINDS),
    "rank modulo": ("sample.py", ".rank()) == most", ".rank()) <= most", KINDS),
    "stale features": ("sample.py", "if self.last[:2] != (W, ctx.prec)", "if self.last[1] != ctx.prec", KINDS),
    "few bits for ever": ("sample.py", "if self.last[:2] != (W, ctx.prec)", "if self.last[0] != W", KINDS),
    "denominator": ("sample.py", "else a * z for z in Z.entries()]), b * d", "else a * z for z in Z.entries()]), d", KINDS),
    "rays count": ("sample.py", "sizes, strict=True) if size", "sizes, strict=True)", KINDS),
    "inverse": ("balls/functions.py", "bool(size[0, 0] < 1)", "bool(size[0, 0] < 1000)", KINDS),
    "left derivative": ("kinds/losses.py", "top, min(slope", "top, max(slope", LOSSES),
    "convex ends": ("kinds/losses.py", "FALLS if slope <= 0", "FALLS if slope >= 0", LOSSES),
    "any end of a convex loss": ("kinds/losses.py", "if not self.sample.spans(W)", "if self.sample.spans(W)", LOSSES),
    "decay forgotten": ("kinds/decay.py", "s + self.lam * inner(U, dU)", "s", LOSSES),
    "decay of moving rows": ("kinds/moving.py", "degree) + more", "degree)", LOSSES),
    "connections always hold": ("kinds/highest.py", "peak[1] in (0, len", "peak[1] in (0, peak[1], len", LOSSES),
    "bias forgotten": ("kinds/bias.py", "F[i, j] = d", "F[i, j] = F[i, j]", LOSSES),
    "identity skipped": ("kinds/lifted.py", "require(W0.transpose() * S1 * W0 == A", "require(A == A", LIFTED),
    "the trace forgotten": ("kinds/squares.py", "+ traces[i] * traces[j])", ")", LIFTED),
    "the middle of a cubic": ("kinds/squares.py", "moved + moved.transpose() + form", "moved + moved.transpose() - form", LIFTED),
    "any law of squares": ("kinds/squares.py", "return found if fits else None", "return found", LIFTED),
    "stationary": ("kinds/lifted.py", "[0] == 0 for step", "[0] != 1 for step", LIFTED),
    "NaN passes": ("reading.py", "bool(np.isfinite(array).all())", "True", ALONE),
    "declared sizes": ("reading.py", "* kind.itemsize == info", "* kind.itemsize >= info", ALONE),
    "any kind of array": ("reading.py", 'plain = kind == np.dtype("<f8") or', "plain = True or", ALONE),
    "unread arrays": ("legs.py", "require(not arrays,", "require(True,", ALONE),
    "smallest eigenvalues": ("kinds/linear.py", "[-count:]", "[:count]", KINDS),
    "second float64 forgotten": ("kinds/low.py", '[arrays["U"], low]', '[arrays["U"], low * 0]', "tests/test_low_weights.py"),
    "decay of masses": ("kinds/masses.py", "law.lam * decay / 2, a", "law.lam * decay, a", MASSES),
    "masses turn": ("kinds/masses.py", "require(all(a[:2] == b[:2] for", "require(all(True for", MASSES),
    "masses and ratios": ("kinds/masses.py", "require(all(a.q == b.q for", "require(all(True for", MASSES),
    "directions of the dead": ("kinds/masses.py", "[a if a.k != 0 else b for", "[b for", MASSES),
    "negative masses": ("kinds/masses.py", "all(x >= 0 for row in k for x in row)", "True", MASSES),
    "any claim of masses": ("kinds/masses.py", "values[top] == max(values[0], values[-1])", "True", MASSES),
    "sign of the balance": ("kinds/ratios.py", "(w - u / (p", "(u - w / (p", MASSES),
    "rays alone": ("kinds/floor.py", "in touching if len(B) > 1 else []", "in touching if len(B) > 9 else []", MASSES),
    "walls as cells": ("kinds/floor.py", "then(at, along), None, normal", "then(at, along), None, None", MASSES),
    "nu alone": ("kinds/floor.py", "for side in (1, -1):  # of nu", "for side in (1,):  # of nu", MASSES),
    "nu not scaled": ("kinds/floor.py", "alpha = fraction(arb(beta * beta / square).sqrt().lower())", "pass", MASSES),
    "exit code": ("__main__.py", 'int(not result["holds"])', "0", ALONE),
}  # fmt: skip


def failing(tests: str, file: str = "", old: str = "", new: str = "") -> bool:
    """Whether these tests fail on a copy of the checker in which ``new`` stands for ``old``.

    Raises:
        ValueError: if ``old`` does not stand there once.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("check", "tests", "benchmarks"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("valleys", "theorem8", "theorem11", "theorem12", "theorem13", "weight_decay", "pyproject.toml"):
            (copy / part).symlink_to(ROOT / part)
        if file:
            source = (copy / "check" / file).read_text()
            if source.count(old) != 1:
                raise ValueError(f"{old!r} stands {source.count(old)} times in {file}")
            (copy / "check" / file).write_text(source.replace(old, new))
        words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests]
        try:
            return subprocess.run(words, cwd=copy, capture_output=True, timeout=SECONDS).returncode != 0
        except subprocess.TimeoutExpired:
            return True


def main() -> int:
    """Run the named mutants, or all; first the tests on a copy as it is, where they have to pass."""
    alive, names = [], sys.argv[1:] or list(MUTANTS)
    if unknown := [name for name in names if name not in MUTANTS]:
        print(f"error: NAME: got {unknown[0]}; allowed: {', '.join(MUTANTS)}", file=sys.stderr)
        return 2
    if broken := [tests for tests in sorted({MUTANTS[name][3] for name in names}) if failing(tests)]:
        print(f"these fail without a mutant, so they can catch none: {', '.join(broken)}")
        return 2
    for name in names:
        file, old, new, tests = MUTANTS[name]
        dead = failing(tests, file, old, new)
        print(f"{'caught' if dead else 'LIVES '}  {name}", flush=True)
        alive += [] if dead else [name]
    print(f"{len(alive)} live: {', '.join(alive)}" if alive else "all caught")
    return bool(alive)


if __name__ == "__main__":
    sys.exit(main())
