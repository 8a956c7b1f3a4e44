"""A user's own data and network: a construction and its verdict in one call."""
