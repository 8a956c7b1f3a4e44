"""Constructions: descent paths from any start."""
