"""How often training ends in a spurious minimum: thousands of runs, checked against published results.

Safran and Shamir (ICML 2018): ReLU students of k orthonormal ReLU units, all output weights 1, x ~ N(0, I_k), exact
population risk (HALF the square loss, as published), gradient descent from w ~ N(0, I/k). A run is spurious when its
loss ends at 1e-3 or more. From k = 6 on some runs do; with one extra unit (n = k + 1) hardly any.

Proved, in balls: each distinct minimum that runs end in is a spurious local minimum, alone in a box (theorem13/census/proof.py),
where a proof is cheap, else verified in float64; and the one with one unit reversed, for k = 6 .. 20. Certified: two paths down
from the k = 7 minimum, by ``python -m valleys.verify``. Measured: the rates, with 95 % intervals, facts about gradient descent
from one law of starts, not about the landscape. Wider: ``--k 6 .. 14 --extra 0 1 2 --runs 1000`` (ten minutes).

Your own data: --data FILE --width P --runs B --activation NAME takes a census of where B networks end.
Every 250 runs are a shard, a file when finished: the same command resumes. --executor hands them to a cluster.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from theorem13.census.options import OUTPUTS, Config
from valleys.run.pictures import Picture, folder_for
from valleys.run.script import run


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures for these options."""
    from theorem13.census import figure, own, proved, provedfigure
    from theorem13.census import pictures as census
    from valleys.run.device import device_for

    device_for(config.device)
    if config.data is not None:
        return [Picture("census_data", own.own_part, figure.draw_own)]
    folder = folder_for(config, OUTPUTS)
    return [
        Picture("spurious_minima", census.census_part, figure.draw_spurious_minima),
        Picture("proved_minima", proved.proved_part, provedfigure.draw_proved_minima),
        Picture("escape", lambda c: census.escape_part(folder), figure.draw_escape),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; the exit code."""
    return run(Config, pictures, "spurious_minima", OUTPUTS, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
