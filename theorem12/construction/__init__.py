"""The paths of Theorem 12, ``paper_path`` for ``p >= 2n + 1`` and ``sharp_path`` for ``p >= n``, and their legs."""
