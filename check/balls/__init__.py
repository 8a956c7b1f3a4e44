"""What needs balls: Gaussian laws and legs that are no polynomials."""
