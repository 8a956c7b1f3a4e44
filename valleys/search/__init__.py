"""Search: training, polishing, lowest passes, the census of end points. Nothing that judges uses it."""
