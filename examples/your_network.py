# %% [markdown]
# # Your network: certify it, and connect two
#
# Two classifiers of the same data are trained from different seeds. `valleys.certify` leads one of them down to the infimum of
# its loss, and on the way the loss never rises; `valleys.connect` joins the two, never above the worse of them. A judge checks
# both from the parameters alone. Needs this package (`pip install .`) and matplotlib; a minute at most.

# %%
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.animation import FuncAnimation, PillowWriter
from torch import nn

try:
    import valleys
except ImportError:  # not installed: the package lies here, or one folder up
    sys.path[:0] = [str(Path.cwd()), str(Path.cwd().parent)]
    import valleys

# %% [markdown]
# ## Data and training
# Two spirals of 30 points. With biases in both layers, `N - 1` hidden units are enough for the first path and `N` for the second;
# with twice as many the second one has five legs, or seven.

# %%
generator = torch.Generator().manual_seed(0)
turn = torch.linspace(0.3, 1.0, 30)
arm = torch.stack([turn * torch.cos(5 * turn), turn * torch.sin(5 * turn)], dim=1)
X = torch.cat([arm, -arm]) + 0.02 * torch.randn(60, 2, generator=generator)
y = torch.cat([torch.zeros(30), torch.ones(30)]).long()


def train(seed: int, steps: int = 300) -> nn.Sequential:
    """A network as anybody would train it."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 120), nn.ReLU(), nn.Linear(120, 2))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimiser.step()
    return model


first, second = train(seed=1), train(seed=2)

# %% [markdown]
# ## Down to the infimum
# `rise` is a bound on how far the loss rises anywhere on the path: 0. The cross-entropy of data that can be told apart has no
# minimum, only an infimum, and the verdict says so. The end is an ordinary module again.

# %%
certificate = valleys.certify(first, X, y, loss="cross_entropy")
print(certificate)
print(f"rise {certificate.rise}, gap {certificate.gap:.1e}, attained: {certificate.attained}")
end = certificate.model(1.0)
print(f"loss of the end by torch: {nn.functional.cross_entropy(end(X.double()), y).item():.1e}")

# %% [markdown]
# ## From one network to the other
# The path never rises above the worse of the two networks. The straight line between them does.

# %%
joined = valleys.connect(first, second, X, y, loss="cross_entropy")
print(joined)
a, b = joined.path.start, joined.path.end
line = [
    joined.risk.value(valleys.Theta(a.U + t * (b.U - a.U), a.W + t * (b.W - a.W))).item()
    for t in np.linspace(0, 1, 101)
]
print(f"the straight line climbs to {max(line):.3g}, the worse end is at {joined.bound:.3g}")

# %% [markdown]
# A file of the path can be judged by anybody, with `python -m valleys.verify path.npz`.

# %%
joined.save("path.npz")
certificate.save("descent.npz")

# %% [markdown]
# ## See it
# What the network says of the plane, along the way; the loss below.

# %%
times = np.linspace(0, 1, 43)
axis = torch.linspace(-1.3, 1.3, 80, dtype=torch.float64)
plane = torch.cartesian_prod(axis, axis)
models = [joined.model(float(t)) for t in times]
losses = [nn.functional.cross_entropy(model(X.double()), y).item() for model in models]

figure, (above, below) = plt.subplots(2, 1, figsize=(4, 5.4), height_ratios=(3, 1), layout="constrained")
below.plot(times, losses, label="certified path")
below.plot(np.linspace(0, 1, 101), line, "--", label="straight line")
below.axhline(joined.bound, color="black", ls=":", label="the worse of the two")
below.set_yscale("log")
below.set_ylim(1e-9, 3 * max(line))
below.set_xlabel("share of the path")
below.set_ylabel("cross-entropy")
below.legend(fontsize=7, loc="lower right")
(here,) = below.plot([], [], "o", color="black")


def draw(k: int) -> None:
    """One moment of the path."""
    with torch.no_grad():
        share = torch.softmax(models[k](plane), dim=1)[:, 1].reshape(80, 80)
    above.clear()
    above.contourf(axis, axis, share.T, levels=np.linspace(0, 1, 11), cmap="RdBu", alpha=0.7)
    above.scatter(*X.T, c=y, cmap="RdBu", edgecolors="black", s=18)
    above.set_title(f"t = {times[k]:.2f}, cross-entropy {losses[k]:.1e}", fontsize=9)
    above.set_aspect("equal")
    here.set_data([times[k]], [max(losses[k], 1e-9)])


animation = FuncAnimation(figure, draw, frames=len(times))
animation.save("path.gif", writer=PillowWriter(fps=8), dpi=70)
plt.close(figure)
