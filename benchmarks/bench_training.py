"""The trainer against what one would write instead: ratios per network-step, interleaved, one thread.

n = 10 inputs, p = 16 ReLU units, N = 200 points. The loop of modules is one ``nn.Module`` and SGD after the other.
What keeps the trainer from the speed of its matrix products are two passes over the hidden layer, the rectifier and the
mask: these are bound by memory, so that the share falls where other programs fill the cache.
"""

from __future__ import annotations

import resource
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import grad, vmap

from benchmarks.timing import in_turn
from theorem13.census.training import orthonormal_risk
from valleys.problem.activations import activation
from valleys.problem.gradients import chunk_size, pieces
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.population import PopulationRisk
from valleys.problem.risk import FeatureRisk, Risk
from valleys.search.training import train

INPUTS, WIDTH, POINTS = 10, 16, 200
STEP = 1e-3
ROUNDS = 12
Action = Callable[[], int]


def best_times(actions: dict[str, Action], rounds: int = ROUNDS) -> dict[str, float]:
    """Seconds of processor time per network-step; an action returns how many it takes."""
    network_steps = {name: action() for name, action in actions.items()}
    return {name: taken / network_steps[name] for name, taken in in_turn(actions, rounds).items()}


def module_loop(X: Tensor, Y: Tensor, steps: int = 150) -> Action:
    """One module, one optimiser."""
    net = nn.Sequential(nn.Linear(INPUTS, WIDTH, bias=False), nn.ReLU(), nn.Linear(WIDTH, 1, bias=False)).to(X.dtype)
    optimiser = torch.optim.SGD(net.parameters(), lr=STEP)

    def run() -> int:
        for _ in range(steps):
            optimiser.zero_grad()
            (net(X) - Y).square().mean().backward()
            optimiser.step()
        return steps

    return run


def vmap_grad(X: Tensor, Y: Tensor, theta: Theta, steps: int = 3) -> Action:
    """``vmap(grad)`` of the loss of one network, batched over all."""

    def loss(U: Tensor, W: Tensor) -> Tensor:
        return (torch.relu(X @ W.mT) @ U.mT - Y).square().mean()

    gradient = vmap(grad(loss, argnums=(0, 1)))

    def run() -> int:
        U, W = theta.U, theta.W
        for _ in range(steps):
            dU, dW = gradient(U, W)
            U, W = U - STEP * dU, W - STEP * dW
        return steps * len(U)

    return run


def products_only(X: Tensor, theta: Theta, chunk: int, steps: int = 20) -> Action:
    """The floor: the three matrix products of a step and nothing else, in the trainer's chunks."""
    C = len(pieces(torch.arange(len(theta.U)), chunk)[0])
    U, W = theta.U[:C], theta.W[:C].reshape(C * WIDTH, INPUTS)
    inputs = X.T.contiguous()
    Z, R, Q = X.new_empty(C, WIDTH, POINTS), X.new_zeros(C, 1, POINTS), X.new_empty(INPUTS, C * WIDTH)
    flat = Z.view(C * WIDTH, POINTS)

    def run() -> int:
        for _ in range(steps):
            torch.mm(W, inputs, out=flat)
            torch.baddbmm(R, U, Z, beta=0, out=R)
            torch.mm(inputs, flat.mT, out=Q)
        return steps * C

    return run


def trainer(risk: Risk, theta: Theta, steps: int = 100) -> Action:
    """The project's trainer."""

    def run() -> int:
        train(risk, theta, step=STEP, steps=steps)
        return steps * len(theta.U)

    return run


def population_loop(teacher: Theta, steps: int = 60) -> Action:
    """The exact population risk of one network after the other, by automatic differentiation of its closed form."""
    U = torch.randn(WIDTH, dtype=torch.float64, requires_grad=True)
    W = torch.randn(WIDTH, INPUTS, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([U, W], lr=STEP)
    rows = teacher.W

    def kernel(A: Tensor, B: Tensor) -> Tensor:
        a, b = A.norm(dim=1)[:, None], B.norm(dim=1)
        c = ((A @ B.T) / (a * b)).clamp(-1 + 1e-12, 1 - 1e-12)
        return a * b * ((1 - c * c).sqrt() + (torch.pi - c.acos()) * c) / (2 * torch.pi)

    def run() -> int:
        for _ in range(steps):
            optimiser.zero_grad()
            (U @ kernel(W, W) @ U - 2 * U @ kernel(W, rows) @ teacher.U[0]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return steps

    return run


def sample_ratios(dtype: torch.dtype, B: int = 1000) -> None:
    """Ratios on a finite sample."""
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(POINTS, INPUTS, generator=generator, dtype=torch.float64).to(dtype)
    Y = torch.randn(POINTS, 1, generator=generator, dtype=torch.float64).to(dtype)
    theta = random_theta(1, WIDTH, INPUTS, generator, (B,)).map(lambda x: x.to(dtype))
    risk = FeatureRisk(activation("relu"), Sample(X, Y))
    times = best_times({
        "trainer": trainer(risk, theta),
        "loop of modules": module_loop(X, Y),
        "vmap(grad)": vmap_grad(X, Y, theta),
        "matrix products": products_only(X, theta, chunk_size(risk, WIDTH)),
    })
    own = times["trainer"]
    print(
        f"sample, {str(dtype)[6:]}, B = {B}: {own * 1e6:.1f} us a network-step; loop of modules / trainer "
        f"{times['loop of modules'] / own:.1f}, vmap(grad) / trainer {times['vmap(grad)'] / own:.1f}, "
        f"share of the matrix products {100 * times['matrix products'] / own:.0f} %"
    )


def population_ratio(B: int = 1000) -> None:
    """The exact population risk against a loop over networks."""
    generator = torch.Generator().manual_seed(1)
    teacher = random_theta(1, INPUTS, INPUTS, generator)
    theta = random_theta(1, WIDTH, INPUTS, generator, (B,))
    times = best_times({"trainer": trainer(PopulationRisk(teacher), theta), "loop": population_loop(teacher)})
    print(f"exact population risk, B = {B}: loop / trainer {times['loop'] / times['trainer']:.1f}")
    k = 9
    students = Theta(torch.ones(B, 1, k, dtype=torch.float64), theta.W[:, :k, :k].contiguous())
    times = best_times({"trainer": trainer(orthonormal_risk(k), students)}, 3)
    print(f"census, k = n = {k}: {times['trainer'] * 1e6:.1f} us a network-step")


def growth(sizes: tuple[int, ...] = (1000, 10_000, 100_000), steps: int = 20) -> None:
    """Time per network-step and memory beyond the parameters, as the batch grows."""
    generator = torch.Generator().manual_seed(2)
    law = Sample(
        torch.randn(POINTS, INPUTS, generator=generator, dtype=torch.float64),
        torch.randn(POINTS, 1, generator=generator, dtype=torch.float64),
    )
    for B in sizes:
        theta = random_theta(1, WIDTH, INPUTS, generator, (B,))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = best_times({"trainer": trainer(FeatureRisk(activation("relu"), law), theta, steps)}, 2)["trainer"]
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        size = theta.U.nbytes / 2**20 + theta.W.nbytes / 2**20
        print(
            f"B = {B}: {seconds * 1e6:.1f} us a network-step, peak memory + {grown:.0f} MiB (parameters {size:.0f} MiB)"
        )


def main() -> None:
    """Print all ratios."""
    torch.set_num_threads(1)
    # First, while the peak of memory is still this one's.
    growth()
    sample_ratios(torch.float64)
    sample_ratios(torch.float32)
    population_ratio()
