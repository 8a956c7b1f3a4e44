"""The sketch: its network and gradient against PyTorch's own, its planes, its training, its script."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.pyplot import close
from PIL import Image
from torch import Tensor, nn
from torch.testing import assert_close

from benchmarks.bench_misc import pointwise
from misc.landscape1 import dataset, filter_normalised, gradient, loss, loss_landscape, orthonormal, surface, train
from misc.landscape1figure import draw
from misc.visualisation1 import OUTDIR, Config, pictures
from valleys.problem.hessian import flatten
from valleys.problem.network import Theta, random_theta
from valleys.run.record import KEYS, plain, read_record

ROOT = Path(__file__).resolve().parents[1]
WORDS = ("--quick", "--grid", "12", "--epochs", "3")


@pytest.fixture(scope="module")
def problem() -> tuple[Theta, Tensor, Tensor]:
    """A random network of another shape than the script's, ten images."""
    g = torch.Generator().manual_seed(3)
    X = torch.randn(10, 6, generator=g, dtype=torch.float64)
    return random_theta(4, 5, 6, g), X, torch.randint(4, (10,), generator=g)


def module_loss(theta: Theta, X: Tensor, y: Tensor) -> tuple[float, Theta]:
    """Loss and gradient as anybody would write them."""
    net = nn.Sequential(nn.Linear(theta.n, theta.p, bias=False), nn.ReLU(), nn.Linear(theta.p, theta.m, bias=False))
    net[0].weight, net[2].weight = nn.Parameter(theta.W.clone()), nn.Parameter(theta.U.clone())
    value = nn.CrossEntropyLoss()(net(X), y)
    U, W = torch.autograd.grad(value, (net[2].weight, net[0].weight))
    return value.item(), Theta(U, W)


def test_loss_and_gradient(problem: tuple[Theta, Tensor, Tensor]) -> None:
    value, slope = module_loss(*problem)
    assert_close(float(loss(*problem)), value, rtol=1e-13, atol=0)
    ours = gradient(*problem)
    assert_close(ours.U, slope.U, rtol=1e-12, atol=1e-15)
    assert_close(ours.W, slope.W, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("directions", [orthonormal, filter_normalised], ids=["orthonormal", "filter"])
def test_surface_is_one_pass_a_point(problem, directions) -> None:  # type: ignore[no-untyped-def]
    theta, X, y = problem
    plane = directions(theta, torch.Generator().manual_seed(1))
    a, b = torch.linspace(-20, 20, 7, dtype=torch.float64), torch.tensor([-3.0, 0.0, 11.0], dtype=torch.float64)
    fast = surface(theta, plane, a, b, X, y).double()
    expected = [
        [module_loss(Theta(*(p + s * d1 + t * d2 for p, d1, d2 in parts(theta, plane))), X, y)[0] for s in a.tolist()]
        for t in b.tolist()
    ]
    assert_close(fast, torch.tensor(expected, dtype=torch.float64), rtol=1e-5, atol=1e-5)
    assert_close(
        pointwise(theta, plane, a, b, X, y), torch.tensor(expected, dtype=torch.float64), rtol=1e-12, atol=1e-13
    )
    turned = surface(theta, (plane[1], plane[0]), a, b, X, y).double()
    assert (turned - fast).abs().max() > 0.1, "the two coordinates are told apart"


def parts(theta: Theta, plane: tuple[Theta, Theta]) -> list[tuple[Tensor, Tensor, Tensor]]:
    return [(theta.U, plane[0].U, plane[1].U), (theta.W, plane[0].W, plane[1].W)]


def test_orthonormal_in_the_whole_space(problem: tuple[Theta, Tensor, Tensor]) -> None:
    plane = torch.stack([flatten(d) for d in orthonormal(problem[0], torch.Generator().manual_seed(1))])
    assert_close(plane @ plane.T, torch.eye(2, dtype=torch.float64), rtol=0, atol=1e-14)
    other = torch.stack([flatten(d) for d in filter_normalised(problem[0], torch.Generator().manual_seed(1))])
    assert (other @ other.T - torch.eye(2, dtype=torch.float64)).abs().max() > 0.1


def test_filters_have_the_length_of_theirs(problem: tuple[Theta, Tensor, Tensor]) -> None:
    theta = problem[0]
    first, second = filter_normalised(theta, torch.Generator().manual_seed(1))
    for d in (first, second):
        assert_close(d.U.norm(dim=1), theta.U.norm(dim=1), rtol=1e-13, atol=0)
        assert_close(d.W.norm(dim=1), theta.W.norm(dim=1), rtol=1e-13, atol=0)
    assert not first.equal(second)


def test_training_stops_by_its_rule() -> None:
    X, y = dataset(0)
    start = random_theta(10, 32, 64, torch.Generator().manual_seed(0))
    run = train(start, X, y, 300, tolerance=1e-3)
    changes = np.abs(np.diff(run.losses))
    assert run.settled and changes[-1] < 1e-3 and (changes[:-1] >= 1e-3).all()
    assert run.losses[-1] == float(loss(run.theta, X, y)) < run.losses[0]
    short = train(start, X, y, 5)
    assert not short.settled and short.losses == run.losses[:6]


@pytest.mark.parametrize(
    "changes",
    [{}, {"reach": 1.0, "filter_reach": 0.1}, {"reach": 200.0, "filter_reach": 5.0}, {"epochs": 1}],
    ids=["usual", "closest", "furthest", "hardly trained"],
)
def test_nothing_is_cut_off(changes: dict[str, float]) -> None:
    figure = draw(loss_landscape(replace(Config(), **{"grid": 10, **changes})))  # type: ignore[arg-type]
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    boxes = [box for axis in figure.axes if (box := axis.get_tightbbox()) is not None]
    boxes += [text.get_window_extent() for text in figure.texts]
    assert len(boxes) == 3
    for box in boxes:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, box
    close(figure)


def script(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "misc" / "visualisation1.py"), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_runs_small_from_a_foreign_directory(tmp_path: Path) -> None:
    done = script(*WORDS, "--outdir", "a", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = read_record(tmp_path / "a", "visualisation1")
    assert record is not None and not record.claims
    assert not record.values["loss_landscape"]["settled"]
    assert "the epochs ran out" in record.figures["loss_landscape1"]["caption"]
    assert record.arrays["loss_landscape1/filter_loss"].shape == (12, 12)
    with Image.open(tmp_path / "a" / "loss_landscape1.png") as image:
        assert json.loads(image.info["Description"])["config"] == record.config


def test_committed_record() -> None:
    record = json.loads((OUTDIR / "visualisation1.json").read_text())
    assert tuple(record) == KEYS and record["config"] == plain(Config().compared())
    assert set(record["figures"]) == {picture.stem for picture in pictures(Config())}
    assert record["values"]["loss_landscape"]["settled"]
    assert {file.name for file in OUTDIR.glob("*.png")} == {f["file"] for f in record["figures"].values()}
