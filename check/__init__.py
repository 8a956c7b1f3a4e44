"""Exact verdicts on path files: integers, rationals and balls. Imports numpy (to read), python-flint and nothing else."""
