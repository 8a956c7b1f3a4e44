"""Paths in parameter space: pure geometry, and their files."""
