"""The census of spurious minima: Safran and Shamir's experiment, and the same for one's own data."""
