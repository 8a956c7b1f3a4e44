"""The exhibits of the page: their mathematics in node, against the Python construction, and what a reader sees in a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.linalg
import torch

from tests import browser as checks
from tests.browser import VIEWS, Visit, visit
from tests.page_fixture import context, write_page
from valleys.construct import descent, filters
from valleys.construct.filters import pivoted_qr
from valleys.page.webpage import TEMPLATES as PAGE
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NODE = shutil.which("node")
node = pytest.mark.skipif(NODE is None, reason="no node on the path")
in_browser = pytest.mark.skipif(bool(checks.reason_to_skip()), reason=checks.reason_to_skip())
HERE = Path(__file__).parent / "page"


def tied_qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pivoted QR as the page does it: of columns whose remaining lengths agree to 1e-9 the first is taken."""
    rest, order = A.copy(), list(range(A.shape[1]))
    for k in range(min(A.shape)):
        lengths = (rest[:, order[k:]] ** 2).sum(axis=0)
        best = k + int(np.argmax(lengths >= (1 - 1e-9) * lengths.max() * (lengths.max() > 1e-28)))
        order[k], order[best] = order[best], order[k]
        if (length := np.linalg.norm(rest[:, order[k]])) > 0:
            q = rest[:, order[k]] / length
            for _ in range(2):
                rest -= np.outer(q, q @ rest)
    packed, tau, _, _ = scipy.linalg.lapack.dgeqrf(np.asfortranarray(A[:, order]))
    return packed, tau, np.array(order)


def test_tied_qr_is_lapacks_where_nothing_is_tied() -> None:
    A = np.random.default_rng(0).standard_normal((5, 8)) * np.arange(1, 9)
    packed, _, pivots = pivoted_qr(np.asfortranarray(A.copy()))
    mine, _, order = tied_qr(A)
    assert pivots[:5].tolist() == order[:5].tolist()
    np.testing.assert_allclose(np.abs(np.diagonal(packed)), np.abs(np.diagonal(mine)), rtol=1e-12)


def run_node(*words: object) -> str:
    done = subprocess.run([NODE or "node", *map(str, words)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@node
def test_modules() -> None:
    assert "# fail 0" in run_node("--test", *sorted(HERE.glob("*.test.js")))


@node
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["random", "equal", "zero", "wide"])
def test_the_page_builds_the_path_of_the_library(kind: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(seed)
    N, p = 3 + 2 * seed, 3 + 2 * seed + (3 if kind == "wide" else 0)
    X = torch.cat(
        [torch.linspace(-2, 2, N, dtype=torch.float64)[:, None], torch.ones(N, 1, dtype=torch.float64)], dim=1
    )
    y = torch.randn(N, 1, generator=generator, dtype=torch.float64)
    U, W = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((1, p), (p, 2)))
    W = {"equal": W[:1].expand(p, 2).clone(), "zero": torch.zeros_like(W)}.get(kind, W)
    start = {"u": U[0].tolist(), "W": W.tolist()}
    sample = {"X": X.tolist(), "y": y[:, 0].tolist()}
    script = (
        f"import {{ descend, candidates }} from {json.dumps((PAGE / 'descent.js').as_uri())};"
        f"const [start, sample] = {json.dumps([start, sample])};"
        "console.log(JSON.stringify({ rows: candidates(sample.X), ...descend(start, sample) }));"
    )
    page = json.loads(run_node("--input-type=module", "-e", script))
    rows = torch.tensor(page["rows"], dtype=torch.float64)
    monkeypatch.setattr(descent, "draw_filters", lambda *_: rows)
    for module in (descent, filters):
        monkeypatch.setattr(module, "pivoted_qr", tied_qr)
    risk = FeatureRisk(activation("relu"), Sample(X, y))
    mine = descent.descend(Theta(U, W), risk, generator, N)
    knots = [mine.path.start, *(piece.end for piece in mine.path.pieces)]
    assert (page["rank"], len(page["knots"])) == (mine.rank, len(knots))
    for ours, theirs in zip(knots, page["knots"], strict=True):
        scale = float(ours.U.abs().max().clamp(min=1.0))
        assert (ours.U[0] - torch.tensor(theirs["u"], dtype=torch.float64)).abs().max() < 1e-9 * scale
        assert (ours.W - torch.tensor(theirs["W"], dtype=torch.float64)).abs().max() < 1e-9


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("exhibits"), context())


@pytest.fixture(params=VIEWS, ids=["desk", "phone"])
def seen(request: pytest.FixtureRequest, chromium: Browser, file: Path) -> Iterator[Visit]:
    width, scheme = request.param
    with visit(chromium, file, width, scheme) as visited:
        yield visited
        checks.check_quiet(visited)


def slide(seen: Visit, name: str, value: float) -> None:
    seen.page.locator(name).fill(str(value))


@in_browser
def test_lakes_join_at_the_gate(seen: Visit) -> None:
    lakes = seen.page.locator("#lakes")
    for level, found in ((0.5, "0 lakes"), (2, "1 lake"), (3.24, "2 lakes"), (3.26, "1 lake")):
        slide(seen, "#hero-level", level)
        assert lakes.inner_text() == found
    assert "3.25" in seen.page.locator("#merge-tree").text_content()  # type: ignore[operator]
    slide(seen, "#hero-beta", 1)
    assert "u < 0" in seen.page.locator("#valley-told").inner_text()
    slide(seen, "#hero-beta", 2)
    assert "no spurious valley" in seen.page.locator("#valley-told").inner_text()


@in_browser
def test_a_ball_in_the_valley_stays_there(seen: Visit) -> None:
    seen.page.locator("#drop").press("Enter")
    seen.page.locator("[data-guess=valley]").press("Enter")
    checks.wait_until(seen.page, "document.querySelector('#ball-told').textContent.startsWith('Right.')")
    assert "2.25" in seen.page.locator("#ball-told").inner_text()


@in_browser
def test_the_landscape_turns_by_key_and_takes_a_ball_by_click(seen: Visit) -> None:
    canvas = seen.page.locator("#landscape")
    before = canvas.evaluate("(c) => c.toDataURL()")
    canvas.press("ArrowLeft")
    assert canvas.evaluate("(c) => c.toDataURL()") != before
    box = checks.Box.of(canvas)
    seen.page.mouse.click(box.left + 0.25 * (box.right - box.left), (box.top + box.bottom) / 2)
    assert "A ball at loss" in seen.page.locator("#ball-told").inner_text()


@in_browser
def test_three_ways_down(seen: Visit) -> None:
    seen.page.emulate_media(reduced_motion="reduce")
    for way in ("descent", "straight", "certified"):
        seen.page.locator(f"[data-way={way}]").press("Enter")
    rows = {
        row.inner_text().split("\t")[0].strip(): row.inner_text().split("\t")[1:]
        for row in seen.page.locator("#own-ways tr").all()
    }
    assert rows["certified path"][0].strip() == "0"
    assert checks.number(rows["straight line"][0]) > 0.1
    assert checks.number(rows["certified path"][1]) < 1e-18
    slide(seen, "#own-width", 4)
    seen.page.locator("[data-way=certified]").click()
    assert "6 would do" in seen.page.locator("#own-told").inner_text()


@in_browser
@pytest.mark.parametrize(("place", "handle"), [("#own-fit", "point 1"), ("#own-units", "unit 1")])
def test_points_and_units_move_by_key_and_by_drag(seen: Visit, place: str, handle: str) -> None:
    mark = seen.page.locator(f"{place} [data-handle='0']")
    assert handle in (mark.get_attribute("aria-label") or "")
    before = float(mark.get_attribute("data-y") or "")
    mark.press("ArrowUp")
    assert abs(float(mark.get_attribute("data-y") or "") - before - 0.1) < 1e-9
    mark.scroll_into_view_if_needed()
    box = checks.Box.of(mark)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x, y + 30, steps=3)
    seen.page.mouse.up()
    assert float(mark.get_attribute("data-y") or "") < before


@in_browser
def test_width_is_what_matters(seen: Visit) -> None:
    told = seen.page.locator("#width-told")
    assert "every way out climbs to exactly 4.575" in told.inner_text()
    slide(seen, "#width-p", 8)
    assert "from every network a way leads down" in told.inner_text()


@in_browser
def test_every_control_has_a_name(seen: Visit) -> None:
    nameless = seen.page.evaluate(
        """() => [...document.querySelectorAll("button, input, [role=button], canvas, summary")]
            .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.[0]?.textContent.trim()))
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []


@in_browser
def test_a_note_opens_at_its_word(seen: Visit) -> None:
    seen.page.locator(".term").first.press("Enter")
    assert seen.page.locator(".gloss:popover-open").count() == 1
