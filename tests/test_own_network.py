"""A user's own modules: every combination of biases, files and dtypes, what is refused, and a model at any time of a path."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.reference import generator
from valleys.judge.verify import main as judge
from valleys.own.certificate import Certificate, certify
from valleys.own.files import load_network
from valleys.own.joined import Joined, connect
from valleys.own.modules import from_module
from valleys.own.widened import widen
from valleys.problem.activations import activation
from valleys.run.errors import InputError
from valleys.run.record import save_npz

BIASES = [(False, False), (False, True), (True, False), (True, True)]
IDS = ["none", "output", "hidden", "both"]
X = torch.randn(20, 4, generator=generator(1))
LABELS = torch.randint(0, 3, (20,), generator=generator(2))


def sequential(
    hidden: bool = True, output: bool = True, act: nn.Module | None = None, width: int = 21, seed: int = 0, m: int = 3
) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(4, width, bias=hidden), act or nn.ReLU(), nn.Linear(width, m, bias=output))
    g = generator(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=g) / parameter.shape[-1] ** 0.5)
    return model


def torch_loss(model: nn.Module, loss: str) -> float:
    """By torch's own functions."""
    dtype = next(model.parameters()).dtype
    with torch.no_grad():
        Z = model(X.to(dtype))
    if loss == "cross_entropy":
        return float(nn.functional.cross_entropy(Z, LABELS))
    return float((Z - nn.functional.one_hot(LABELS, 3)).square().sum(dim=1).mean())


@pytest.mark.parametrize("loss", ["square", "cross_entropy"])
@pytest.mark.parametrize(("hidden", "output"), BIASES, ids=IDS)
@pytest.mark.parametrize("act", [nn.ReLU(), nn.LeakyReLU(0.2), nn.Tanh(), nn.GELU(), nn.Softplus()], ids=type)
def test_certify_and_connect(hidden: bool, output: bool, act: nn.Module, loss: str) -> None:
    a, b = (sequential(hidden, output, act, seed=seed) for seed in (1, 2))
    y = LABELS if loss == "cross_entropy" else nn.functional.one_hot(LABELS, 3).float()
    certificate = certify(a, X, y, loss)
    assert certificate.holds and certificate.rise == 0.0
    assert certificate.start_loss == pytest.approx(torch_loss(a, loss), rel=1e-5)
    joined = connect(a, b, X, y, loss)
    assert joined.holds and joined.excess <= 4e-16
    assert joined.bound == pytest.approx(max(torch_loss(a, loss), torch_loss(b, loss)), rel=1e-5)
    for found, t in ((certificate, 1.0), (certificate, 0.4), (joined, 0.37), (joined, 1.0)):
        assert isinstance(found, (Certificate, Joined))
        model = found.model(t)
        here = float(found.risk.value(found.path.at(t)))
        assert torch_loss(model, loss) == pytest.approx(here, rel=1e-12, abs=1e-12)
        again = certify(model, X, y, loss)
        assert again.start_loss == pytest.approx(here, rel=1e-12, abs=1e-15)


def test_both_biases_need_one_unit_less_than_points() -> None:
    assert certify(sequential(width=19), X, LABELS, "cross_entropy").dimension == 19
    with pytest.raises(InputError, match=r"width: got 18; allowed: a width >= 19 .*widen"):
        certify(sequential(width=18), X, LABELS, "cross_entropy")
    with pytest.raises(InputError, match=r"width: got 19; allowed: a width >= 20 .*widen"):
        connect(sequential(width=19), sequential(width=19, seed=1), X, LABELS, "cross_entropy")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("hidden", "output"), BIASES, ids=IDS)
def test_widen_and_back(hidden: bool, output: bool, dtype: torch.dtype) -> None:
    model = sequential(hidden, output, width=7).to(dtype)
    wide = widen(model, 25)
    assert wide[0].weight.dtype == dtype and wide[0].out_features == 25
    for grown, own in zip(wide.parameters(), model.parameters(), strict=True):
        assert torch.equal(grown[tuple(map(slice, own.shape))], own)
        assert int((grown != 0).sum()) == int((own != 0).sum())
    torch.testing.assert_close(wide(X.to(dtype)), model(X.to(dtype)))
    back = from_module(model).module()
    for copied, own in zip(back.parameters(), model.parameters(), strict=True):
        assert torch.equal(copied, own.double())


def test_nothing_is_drawn_and_nothing_of_the_user_changes() -> None:
    model, other = sequential(), sequential(width=30)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.random.get_rng_state()
    connect(widen(model, 30), other, X, LABELS, "cross_entropy").model(0.5)
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_files(tmp_path: Path) -> None:
    """State dict and .npz give what the module gives, bit for bit."""
    for hidden, output in BIASES:
        network = from_module(sequential(hidden, output).double())
        torch.save(sequential(hidden, output).double().state_dict(), tmp_path / "model.pt")
        arrays = {key: value.numpy() for key, value in network.parts().items()}
        save_npz(tmp_path / "model.npz", arrays)
        for name in ("model.pt", "model.npz"):
            read = load_network(tmp_path / name, activation("relu"))
            assert read.theta.equal(network.theta)
            assert (read.hidden_bias, read.output_bias) == (hidden, output)


@pytest.mark.parametrize("pinned", [False, True], ids=["", "bias"])
def test_path_files_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str], pinned: bool) -> None:
    a, b = sequential(output=pinned, seed=1), sequential(output=pinned, seed=2)
    certify(a, X, LABELS, "cross_entropy").save(tmp_path / "down.npz")
    connect(a, b, X, LABELS, "hinge").save(tmp_path / "join.npz")
    for name in ("down", "join"):
        assert judge([str(tmp_path / f"{name}.npz")]) == 0
        assert capsys.readouterr().out.count("holds") == (3 if name == "down" else 2)
        with np.load(tmp_path / f"{name}.npz") as stored:
            arrays = dict(stored)
        assert ("c" in arrays) == pinned
        arrays["U"][len(arrays["U"]) // 2] *= -2.0
        save_npz(tmp_path / "bent.npz", arrays)
        assert judge([str(tmp_path / "bent.npz")]) == 1
        assert "FAILS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"c": np.zeros((3, 2))}, "c float64 (3, 2)"), ({"loss": "absolute"}, "absolute"), ({"claim": "best"}, "claim best"),
        ({"t": np.arange(4.0)}, "curve"), ({"Y": np.full((20, 3), 0.5)}, "classes"), ({"loss": "logistic"}, "for 3 outputs"),
    ],
)  # fmt: skip
def test_path_files_that_do_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, np.ndarray], message: str
) -> None:
    certify(sequential(), X, LABELS, "cross_entropy").save(tmp_path / "path.npz")
    with np.load(tmp_path / "path.npz") as stored:
        arrays = dict(stored) | {key: np.array(value) for key, value in change.items()}
    save_npz(tmp_path / "path.npz", arrays)
    assert judge([str(tmp_path / "path.npz")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and message in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Linear(4, 3), "Linear"), (nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 3)), "got Dropout"),
        (nn.Sequential(nn.Linear(4, 9), nn.BatchNorm1d(9), nn.Linear(9, 3)), "got BatchNorm1d"),
        (nn.Sequential(nn.Linear(4, 9), nn.PReLU(), nn.Linear(9, 3)), "got PReLU"),
        (nn.Sequential(nn.Linear(4, 9), nn.Softmax(dim=1), nn.Linear(9, 3)), "got Softmax"),
        (nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 9), nn.ReLU(), nn.Linear(9, 3)), "Linear, ReLU, Linear"),
        (nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(8, 3)), r"U \(3, 8\)"), (object(), "module of torch"),
        ({"0.weight": torch.zeros(2, 2)}, "activation"),
    ],
    ids=["linear", "dropout", "norm", "prelu", "softmax", "deep", "sizes", "object", "state"],
)  # fmt: skip
def test_refused_by_name(model: nn.Module, message: str) -> None:
    with pytest.raises(InputError, match=message):
        certify(model, X, LABELS, "cross_entropy")


@pytest.mark.parametrize(
    ("inputs", "y", "loss", "message"),
    [
        (X[:, :3], LABELS, "cross_entropy", r"X: got shape \(20, 3\)"), (X, LABELS[:5], "cross_entropy", "5 targets"),
        (X, LABELS + 1, "cross_entropy", "classes"), (X * float("nan"), LABELS, "cross_entropy", "X: got NaN"),
        ("words", LABELS, "square", "X: got"), (X, LABELS, "absolute", "--loss"), (X, LABELS.float() + 0.5, "hinge", "classes"),
    ],
    ids=["columns", "rows", "range", "nan", "text", "loss", "floats"],
)  # fmt: skip
def test_data_that_do_not_fit(inputs: object, y: torch.Tensor, loss: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        certify(sequential(), inputs, y, loss)


def test_networks_that_do_not_fit() -> None:
    with pytest.raises(InputError, match=r"width 22.*widen"):
        connect(sequential(), sequential(width=22), X, LABELS, "cross_entropy")
    with pytest.raises(InputError, match="tanh"):
        connect(sequential(), sequential(act=nn.Tanh()), X, LABELS, "cross_entropy")
    with pytest.raises(InputError, match="another GELU"):
        connect(sequential(act=nn.GELU()), sequential(act=nn.GELU("tanh")), X, LABELS, "cross_entropy")


def test_a_loss_of_the_user() -> None:
    def smooth(Z: torch.Tensor, T: torch.Tensor) -> torch.Tensor:
        return torch.log(torch.cosh(Z - T)).sum(dim=-1)

    y = torch.randn(20, 3, generator=generator(3))
    joined = connect(sequential(seed=1), sequential(seed=2), X, y, (smooth, lambda Z, T: torch.tanh(Z - T)))
    assert joined.holds
    certificate = certify(sequential(seed=1, act=nn.Identity()), X, y, smooth)
    assert certificate.rise == 0.0 and certificate.gap < 1e-6
    with pytest.raises(InputError, match="callable smooth"):
        joined.save("nowhere.npz")
    assert not Path("nowhere.npz").exists()


def test_data_as_arrays_lists_and_integers() -> None:
    """float32 with a gradient, numpy, nested lists: the same numbers."""
    model = sequential()
    losses = {
        certify(model, inputs, labels, "cross_entropy").start_loss
        for inputs in (X, X.clone().requires_grad_(), X.numpy(), X.tolist())
        for labels in (LABELS, LABELS.numpy(), LABELS.tolist(), LABELS[:, None], nn.functional.one_hot(LABELS).float())
    }
    assert len(losses) == 1


def test_no_warning_and_a_verdict_in_words() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert repr(certify(sequential(), X, LABELS, "cross_entropy")).startswith("<certified: 1 legs, rise 0, loss")
        assert repr(connect(sequential(), sequential(seed=1), X, LABELS, "cross_entropy")).startswith("<joined: ")


def test_figures_leave_style_and_backend_alone(tmp_path: Path) -> None:
    import matplotlib

    certificate = certify(sequential(), X, LABELS, "cross_entropy")
    joined = connect(sequential(), sequential(seed=1), X, LABELS, "cross_entropy")
    before = dict(matplotlib.rcParams)
    for name, found in (("down", certificate), ("join", joined)):
        found.figure().savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5000
    assert dict(matplotlib.rcParams) == before
