"""Theorem 16: with random features the risk falls along a line, and low, at every width."""
