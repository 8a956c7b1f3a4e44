"""A path file in plain numpy: three points, two ReLU units, one leg of ``U``.  ``python check/example.py path.npz``."""

from __future__ import annotations

import sys

import numpy as np

X = np.array([[1.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
Y = np.array([[1.0], [0.0], [1.0]])
W = np.array([[1.0, -1.0], [0.5, 2.0]])
start = np.array([[1.0, -2.0]])
features = np.maximum(W @ X.T, 0)
best = np.linalg.lstsq(features.T, Y, rcond=None)[0].T
# Stop a little short of the least squares: then rounding cannot turn the last step into a rise.
end = best + 1e-11 * (start - best)

try:
    (file,) = sys.argv[1:]
    np.savez(file, format="1", activation="relu", X=X, Y=Y, U=np.stack([start, end]), W=np.stack([W, W]))
except (ValueError, OSError) as error:
    print(f"check/example.py: {error}; allowed: one name, of a file that can be written", file=sys.stderr)
    sys.exit(2)
