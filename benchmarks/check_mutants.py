"""Mutants of the exact checker: each breaks one line; its tests must fail.  ``python benchmarks/check_mutants.py [NAME ..]``.

Exit code 0: every mutant is caught. Each runs the checker's tests in a copy of ``check/`` and ``tests/``, until one fails.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS, ALONE, LOSSES, LIFTED, READOUT = (
    f"tests/test_check{name}.py" for name in ("_kinds", "", "_losses", "_lifted", "_readout")
)

#: name: file, what stands there, what the mutant writes, the tests that are to see it.
MUTANTS: dict[str, tuple[str, str, str, str]] = {
    "sign of s": ("decide.py", "if s <= 0:\n        return FALLS", "if s >= 0:\n        return FALLS", KINDS),
    "positive s passes": ("decide.py", "if not s > 0:", "if s > 0:", KINDS),
    "rise of a parabola": ("decide.py", "s * s / a, (1", "s * s / (2 * a), (1", KINDS),
    "which parabola": ("decide.py", "if s >= a else", "if s <= a else", KINDS),
    "sign of L'": ("decide.py", "slope(t) <= 0 for t in", "slope(t) >= 0 for t in", KINDS),
    "ends only": ("decide.py", "[a, b, *between] if a <= t <= b", "[a, b]", KINDS),
    "ends left out": ("decide.py", "[a, b, *between] if a <= t <= b", "between if a <= t <= b", KINDS),
    "undecided is best": ("decide.py", '"undecided": 1', '"undecided": -1', READOUT),
    "the best piece counts": ("decide.py", "worst = max(found", "worst = min(found", KINDS),
    "degree too low": ("laws.py", "2 + 2 * max(sigma.powers", "1 + 2 * max(sigma.powers", KINDS),
    "residual without Y": ("laws.py", "R = [v - y for v, y", "R = [v for v, y", KINDS),
    "residual with + Y": ("laws.py", "R = [v - y for v, y", "R = [v + y for v, y", KINDS),
    "dead if either end is 0": (
        "legs.py",
        "len(U0), (U0 != 0).any(axis=0) |",
        "len(U0), (U0 != 0).any(axis=0) &",
        KINDS,
    ),
    "all U legs constant": ("legs.py", "if first == U:", "if first != 0:", KINDS),
    "start and end swapped": ("legs.py", "law.along(U, U - first, W)[:2]", "law.along(first, U - first, W)[:2]", KINDS),
    "equal rows keep the first": ("legs.py", "sum((row[i] for i in unit), fmpq(0))", "row[unit[0]]", KINDS),
    "a leg skipped": ("path.py", "for a, b in pairwise(knots)]", "for a, b in [*pairwise(knots)][1:]]", KINDS),
    "relu is the identity": ("activations.py", '{"relu": fmpq(0)', '{"relu": fmpq(1)', KINDS),
    "leak": ("activations.py", "(0.01)", "(0.02)", KINDS),
    "tanh": ("activations.py", "1 - 2 / (1 + (z + z).exp())", "1 - 2 / (1 + z.exp())", KINDS),
    "moments": ("balls/kernels.py", "* 2 ** (i + k))", "* 2 ** i)", KINDS),
    "kappa's angle": ("balls/kernels.py", "(0 if c[0] > 0 else pi)", "0", KINDS),
    "kappa'": ("balls/kernels.py", "s * rate / 2", "s * rate", KINDS),
    "kappa''": ("balls/kernels.py", "(pi - phi) * 2 * c[2]", "(pi - phi) * c[2]", KINDS),
    "boxes of half the width": (
        "balls/boxes.py",
        "radius = arb(0, arb((b - a) / 2).upper())",
        "radius = arb(0)",
        KINDS,
    ),
    "L'' of any sign": ("balls/boxes.py", "(wide[2] <= 0 and ((even", "(((even", KINDS),
    "all lines even": ("balls/boxes.py", "return sorted(forth) == sorted(back)", "return True", KINDS),
    "kinks left out": ("kinds/kinks.py", "if z[0] * z(1) < 0:", "if z[0] * z(1) < -100:", KINDS),
    "rank modulo": ("kinds/ends.py", "return rank(F) == most", "return rank(F) <= most", KINDS),
    "inverse": ("kinds/ends.py", "bool(size < 1)", "bool(size < 1000)", KINDS),
    "left derivative": ("kinds/losses.py", "top, min(slope", "top, max(slope", LOSSES),
    "convex ends": ("kinds/losses.py", "FALLS if slope <= 0", "FALLS if slope >= 0", LOSSES),
    "connections always hold": ("path.py", "self.highest[1] in (0, len(self.legs))", "True", LOSSES),
    "bias forgotten": ("laws.py", "F[i, j] = scale", "F[i, j] = F[i, j]", LOSSES),
    "identity skipped": ("kinds/lifted.py", "if not holds:", "if False:", LIFTED),
    "stationary": ("kinds/lifted.py", "!= 0:\n            return False", "!= 0:\n            return True", LIFTED),
    "NaN passes": ("reading.py", "not np.isfinite(array).all()", "False", ALONE),
    "declared sizes": ("reading.py", "!= info.file_size - stream.tell()", "< 0", ALONE),
    "any kind of array": ("reading.py", "if kind.hasobject or not", "if False and not", ALONE),
    "unread arrays": ("path.py", "if arrays or (len(", "if (len(", ALONE),
    "numerator's sign": ("kinds/readout.py", "D.derivative() * G - G", "D.derivative() * G + G", READOUT),
    "poles pass": ("kinds/readout.py", "all(r < 0 or r > 1 for r in roots)", "True", READOUT),
    "exit code": ("__main__.py", 'int(not result["holds"])', "0", ALONE),
}


def caught(name: str) -> bool:
    """Whether the tests fail on a copy with this mutant.

    Raises:
        ValueError: if what the mutant replaces does not stand there once.
    """
    file, old, new, tests = MUTANTS[name]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("check", "tests"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("valleys", "theorem8", "theorem11", "theorem12", "theorem13", "pyproject.toml"):
            (copy / part).symlink_to(ROOT / part)
        source = (copy / "check" / file).read_text()
        if source.count(old) != 1:
            raise ValueError(f"{name}: {old!r} stands {source.count(old)} times in {file}")
        (copy / "check" / file).write_text(source.replace(old, new))
        words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests]
        try:
            return subprocess.run(words, cwd=copy, capture_output=True, timeout=200).returncode != 0
        except subprocess.TimeoutExpired:
            return True


def main() -> int:
    """Run the named mutants, or all."""
    alive = []
    for name in sys.argv[1:] or MUTANTS:
        dead = caught(name)
        print(f"{'caught' if dead else 'LIVES '}  {name}", flush=True)
        alive += [] if dead else [name]
    print(f"{len(alive)} live: {', '.join(alive)}" if alive else "all caught")
    return bool(alive)


if __name__ == "__main__":
    sys.exit(main())
