"""``valleys.certify`` and ``valleys.connect`` with weight decay, path files of it, and torch's own ``weight_decay``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from valleys.construct.decay_connect import join
from valleys.construct.decay_path import atoms_of
from valleys.judge.decay_peak import judge_peak
from valleys.judge.verify import verify
from valleys.own.certificate import certify
from valleys.own.commands import certify_command, connect_command
from valleys.own.decay import lowest
from valleys.own.joined import connect
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.decay import DecayRisk, mean_decay
from valleys.problem.laws import Sample
from valleys.problem.network import random_theta
from valleys.problem.streams import stream
from valleys.run.errors import InputError
from weight_decay.wdown import few_digits

LAM = 0.02


def data(N: int = 6, n: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    g = stream(0, "own decay", N, n)
    return torch.randn(N, n, generator=g), torch.randn(N, generator=g)


def model(
    width: int, n: int = 2, bias: bool = True, between: nn.Module | None = None, last_bias: bool = False
) -> nn.Sequential:
    torch.manual_seed(width)
    return nn.Sequential(nn.Linear(n, width, bias=bias), between or nn.ReLU(), nn.Linear(width, 1, bias=last_bias))


def loss_of(network: nn.Sequential, X: torch.Tensor, y: torch.Tensor, lam: float = LAM) -> float:
    """Second route: torch's own loss and the sum of the squares of all parameters."""
    network = network.double().requires_grad_(False)
    error = nn.functional.mse_loss(network(X.double())[:, 0], y.double())
    return float(error + lam * sum(p.square().sum() for p in network.parameters()))


@pytest.mark.parametrize("between", [nn.ReLU(), nn.LeakyReLU(), nn.LeakyReLU(0.25)], ids=["relu", "leaky", "leaky 1/4"])
def test_certify(between: nn.Module, request: pytest.FixtureRequest) -> None:
    X, y = data()
    network = model(7, between=between)
    found = certify(network, X, y, weight_decay=LAM)
    assert found.holds and "certified" in repr(found)
    # a slope that no file can name is left to the judge in doubles
    kinds = ["verified", "proved"] if "1/4" in request.node.name else ["exact", "exact"]
    assert [claim.kind for claim in found.claims] == kinds and (kinds[0] == "verified" or found.claims[0].measured == 0)
    assert found.start_loss == pytest.approx(loss_of(network, X, y), rel=1e-12)
    for t in (0.0, 0.3, 1.0):
        assert loss_of(found.model(t), X, y) <= found.start_loss * (1 + 1e-12)
    assert found.end_loss == pytest.approx(loss_of(found.model(1.0), X, y), rel=1e-12)
    assert found.end_loss == pytest.approx(found.lower_bound, rel=1e-12)
    assert 0 <= found.gap <= 1e-12 * found.end_loss


def test_training_in_torch_is_not_below_the_floor() -> None:
    """``weight_decay=wd`` of SGD with ``MSELoss`` descends ``L + (wd/2)(|U|^2 + |W|^2)``: ``lam = wd/2``."""
    X, y = data()
    network = model(7).double()
    bound = certify(network, X, y, weight_decay=LAM).lower_bound
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, weight_decay=2 * LAM)
    before = [p.detach().clone() for p in network.parameters()]
    nn.functional.mse_loss(network(X.double())[:, 0], y.double()).backward()
    optimiser.step()
    step = [(old - p.detach()) / 0.05 for old, p in zip(before, network.parameters(), strict=True)]
    replica = model(7).double()
    objective = nn.functional.mse_loss(replica(X.double())[:, 0], y.double())
    (objective + LAM * sum(p.square().sum() for p in replica.parameters())).backward()
    for taken, p in zip(step, replica.parameters(), strict=True):
        torch.testing.assert_close(taken, p.grad, rtol=1e-9, atol=1e-12)
    for _ in range(300):
        optimiser.zero_grad()
        nn.functional.mse_loss(network(X.double())[:, 0], y.double()).backward()
        optimiser.step()
    assert loss_of(network, X, y) >= bound


def test_connect() -> None:
    X, y = data()
    a, b = model(7), model(7).requires_grad_(False)
    torch.manual_seed(5)
    for p in b.parameters():
        p.copy_(torch.randn_like(p))
    found = connect(a, b, X, y, weight_decay=LAM)
    assert [(claim.kind, claim.measured) for claim in found.claims] == [("exact", 0.0)]
    assert found.holds and "joined" in repr(found)
    assert found.bound == pytest.approx(max(loss_of(a, X, y), loss_of(b, X, y)), rel=1e-12)
    for t in np.linspace(0, 1, 9):
        assert loss_of(found.model(float(t)), X, y) <= found.bound * (1 + 1e-12)
    for t, end in ((0.0, a), (1.0, b)):
        for got, kept in zip(found.model(t).parameters(), end.parameters(), strict=True):
            assert torch.equal(got.double(), kept.double())


def test_the_straight_line_is_not_below() -> None:
    """The judge that passes the path fails the straight line between the same networks, with two units exchanged."""
    X, y = data()
    risk = mean_decay(activation("relu"), Sample(X.double(), y.double()[:, None]), LAM)
    best = lowest(risk)
    a = best.theta
    order = torch.arange(a.p).flip(0)
    b = type(a)(a.U[:, order], a.W[order])
    found = join(a, b, risk, best.rank, atoms_of(a))
    assert judge_peak(found.path(), risk).excess <= 1e-12
    assert judge_peak(polygon([a, b]), risk).excess > 1e-3


OPTIMA = {
    "a plane of inputs": ([(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, -1)], [1, 1, 1, 1, 2, 2], "relu"),
    "linear, u and -u are one": ([(1, 0), (0, 1), (1, 1)], [1, -1, 1], "z"),
    "parallel points": ([(1, 0), (2, 0), (0, 1), (0, 2)], [1, 2, 1, 2], "relu"),
    "targets are zero": ([(1, 0), (0, 1)], [0, 0], "relu"),
}


@pytest.mark.parametrize(("X", "y", "name"), OPTIMA.values(), ids=list(OPTIMA))
@pytest.mark.parametrize("spare", [1, 4])
def test_joins(X: list[tuple[int, int]], y: list[int], name: str, spare: int) -> None:
    points, targets = (torch.tensor(v, dtype=torch.float64) for v in (X, y))
    risk = DecayRisk(activation(name), Sample(points, targets[:, None]), 0.1)
    best = lowest(risk)
    for seed in range(3):
        a, b = (random_theta(1, best.rank + spare, 2, stream(seed, "join", k)) for k in (0, 1))
        path = join(a, b, risk, best.rank, atoms_of(best.theta)).path()
        assert path.start.equal(a) and path.end.equal(b)
        assert judge_peak(path, risk).excess <= 1e-12


BAD = {
    "no decay": (model(7), {"weight_decay": 0.0}, "weight_decay"),
    "output bias": (model(7, last_bias=True), {}, "output bias"),
    "tanh": (model(7, between=nn.Tanh()), {}, "positively homogeneous"),
    "another loss": (model(7), {"loss": "huber:1"}, "square, with weight decay"),
    "too narrow": (model(3), {}, "at least r + 1"),
}


@pytest.mark.parametrize(("network", "words", "text"), BAD.values(), ids=list(BAD))
def test_bad_input(network: nn.Sequential, words: dict[str, object], text: str) -> None:
    X, y = data()
    with pytest.raises(InputError, match=text.replace("+", r"\+")):
        certify(network, X, y, **{"weight_decay": LAM, **words})  # type: ignore[call-overload]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    X, y = data()
    np.savez(tmp_path / "d.npz", X=X.double().numpy(), Y=y.double().numpy())
    for name in ("a", "b"):
        g = stream(1, name)
        U, W, b = (torch.randn(*shape, generator=g, dtype=torch.float64).numpy() for shape in ((1, 8), (8, 2), (8,)))
        np.savez(tmp_path / f"{name}.npz", U=U, W=W, b=b)
    return tmp_path


def test_commands_and_the_public_judge(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    words = ["--data", "d.npz", "--weight-decay", "0.02"]
    assert certify_command([*words, "--model", "a.npz", "--save-path", "p.npz"]) == 0
    assert "no network of any width is below" in capsys.readouterr().out
    assert verify("p.npz") == 0
    with np.load("p.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    assert str(arrays["loss"]) == "square+decay:0.02"
    assert "exact" in capsys.readouterr().out
    np.savez("bad.npz", **{**arrays, **{key: arrays[key][::-1] for key in ("U", "W", "ratio", "mass")}})
    assert verify("bad.npz") == 1
    np.savez("odd.npz", **{**arrays, "U": arrays["U"] * np.linspace(1, 1.5, len(arrays["U"]))[:, None, None]})
    with pytest.raises(InputError, match="not judged along masses"):
        verify("odd.npz")
    np.savez("odd.npz", **{**arrays, "loss": np.array("square+decay:none")})
    with pytest.raises(InputError, match="decay:none"):
        verify("odd.npz")
    assert connect_command([*words, "--from", "a.npz", "--to", "b.npz"]) == 0
    assert connect_command([*words, "--from", "a.npz", "--to", "b.npz", "--save-path", "q.npz"]) == 0
    assert verify("q.npz") == 0 and "exact" in capsys.readouterr().out


@pytest.mark.parametrize(("unit", "beta", "few"), [(1.0, 0.1, False), (1e8, 0.1, True), (1.0, 1e-12, True)])
def test_only_the_data_excuse_a_floor_that_is_not_met(unit: float, beta: float, few: bool) -> None:
    X, y = data()
    X = X.double() * torch.tensor([unit, 1.0])
    assert few_digits(DecayRisk(activation("relu"), Sample(X, y.double()[:, None]), beta)) is few
