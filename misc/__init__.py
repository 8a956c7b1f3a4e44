"""Sketches that carry no claim; nothing but tests and benchmarks imports from here."""
