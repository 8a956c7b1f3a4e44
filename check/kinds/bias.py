"""An output bias ``c``: ``Phi(x) = U sigma(W x) + c`` as a network with one unit more, which is 1 everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import fmpq_mat, fmpz, nmod_mat

from check.reading import Arrays, shaped
from check.sample import PRIME, Sample


class Biased(Sample):
    """``Phi(x) = U sigma(W x) + c``: a row of ``W`` that is 0 but for 1 in one more column is the unit that is 1 everywhere."""

    plain = False

    def features(self, W: fmpq_mat) -> tuple[Any, fmpz]:
        """``sigma(W X^T)``, and rows of ones."""
        (F, d), k = super().features(fmpq_mat([row[:-1] for row in W.tolist()])), W.ncols() - 1
        F = type(F)(F)  # what is remembered stays as it is
        for i, j in ((i, j) for i in range(W.nrows()) if W[i, k] == 1 for j in range(self.N)):
            F[i, j] = d
        return F, d

    def spans(self, W: fmpq_mat) -> bool:
        """Whether the filters and 1 tell all points apart that differ."""
        if not self.exact:
            return super().spans(W)
        return int(nmod_mat(self.features(W)[0], PRIME).rank()) == len({tuple(x) for x in self.X.transpose().tolist()})


def biased(sample: Sample, arrays: Arrays) -> Biased:
    """The sample for networks with one unit more, which are put in the place of ``U`` and ``W``."""
    U = shaped(arrays, "U", None, sample.m, None)
    W = shaped(arrays, "W", len(U), U.shape[2], sample.n)
    c = shaped(arrays, "c", len(U), sample.m)
    rows = np.concatenate([W, W[:, :1] * 0], axis=1)
    rows = np.concatenate([rows, np.zeros((*rows.shape[:2], 1))], axis=2)
    rows[:, -1, -1] = 1
    arrays |= {"U": np.concatenate([U, c[:, :, None]], axis=2), "W": rows}
    wider = Biased(sample.sigma, sample.X.transpose(), sample.Y.transpose())
    wider.n += 1
    return wider
