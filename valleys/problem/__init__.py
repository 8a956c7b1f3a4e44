"""The problem: networks, activations, laws, features and exact risks."""
