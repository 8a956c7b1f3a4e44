"""The judge: recomputes the loss along a path from the parameters alone."""
