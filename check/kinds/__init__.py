"""Further kinds of legs, ends and files."""
