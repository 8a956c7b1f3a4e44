"""The template in headless Chromium, opened by file:// as a reader without a server would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests import browser as checks
from tests.browser import DESKTOP, PHONE, Visit, visit
from tests.page_fixture import HOSTILE, context, tour, write_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(bool(checks.reason_to_skip()), reason=checks.reason_to_skip())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page"), context())


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('.run').forEach((fold) => { fold.open = true; })")


@pytest.fixture
def page(chromium: Browser, file: Path) -> Iterator[Page]:
    """The page on a desk; whatever a test does, it must not complain."""
    with visit(chromium, file) as seen:
        unfold(seen.page)
        yield seen.page
        checks.check_quiet(seen)


def test_page(chromium: Browser, file: Path) -> None:
    checks.check_page(chromium, file)


BROKEN: dict[str, tuple[Callable[[Visit], None], str, str]] = {
    "script-throws": (checks.check_quiet, "</body>", "<script>throw Error('no')</script></body>"),
    "asks-elsewhere": (checks.check_stays_inside, "<main", "<img src='../elsewhere.png'><main"),
    "no-picture": (checks.check_pictures, 'src="theorem8/good.svg"', 'src="theorem8/none.svg"'),
    "wrong-size": (checks.check_pictures, 'height="448"', 'height="484"'),
    "silent-slider": (checks.check_walk, "slider.oninput", "slider.onfocus"),
    "wrong-loss": (checks.check_walk, "loss: shown(loss[k], 7)", "loss: shown(loss[k] + 1, 7)"),
    "labels-collide": (checks.check_labels, "places[i - 1] + gap", "places[i - 1]"),
    "too-pale": (checks.check_contrast, "--soft: #5a6068", "--soft: #9aa0a6"),
    "too-wide": (checks.check_fits, "<main", "<div style='width: 1400px'>wide</div><main"),
    "buttons-on-paper": (checks.check_prints, "@media print", "@media speech"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_each_check_can_fail(chromium: Browser, file: Path, name: str) -> None:
    check, healthy, broken = BROKEN[name]
    text = file.read_text()
    assert healthy in text
    spoilt = file.with_name(f"{name}.html")
    spoilt.write_text(text.replace(healthy, broken))
    with visit(chromium, spoilt) as seen, pytest.raises(AssertionError):
        check(seen)


def test_hostile_texts_stay_texts(page: Page) -> None:
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("script").count() == 3
    assert page.locator(".tabs label").nth(3).text_content() == HOSTILE
    page.locator("#tab-3").check()
    assert page.locator(".tour-title").text_content() == HOSTILE
    assert HOSTILE in (page.locator(".lines").text_content() or "")
    for place in (".problems li", "#theorem8-bad figcaption", "#theorem8-bad .statement", ".contents", ".pairs"):
        assert HOSTILE in "".join(page.locator(place).all_text_contents()), place


def test_a_failing_claim_is_seen_at_once(page: Page) -> None:
    assert page.locator("#theorem8-bad details").get_attribute("open") is not None
    assert page.locator("#theorem8-good details").get_attribute("open") is None
    assert page.locator("#theorem8-bad td .verdict").all_inner_texts() == ["✕ FAILS", "✓ holds"]
    fails, holds = page.locator("#theorem8-bad td .verdict").all()
    for name in ("background-color", "border-radius", "color"):
        look = f"(badge) => getComputedStyle(badge).getPropertyValue('{name}')"
        assert fails.evaluate(look) != holds.evaluate(look), name
    assert "4 of 5 claims hold" in page.locator(".counts").inner_text()
    assert "No claim rests" in page.locator("#theorem13-bare").inner_text()


@pytest.mark.parametrize(
    ("tab", "heads", "bars"), [(0, 2, 2), (1, 3, 3), (2, 0, 9 + 9 * 10), (3, 0, 4 + 4 * 3)], ids=["n2", "n2p3", "n10p9", "m2n3"]
)  # fmt: skip
def test_units(page: Page, tab: int, heads: int, bars: int) -> None:
    page.locator(f"#tab-{tab}").check()
    assert page.locator(".units .head").count() == heads
    assert page.locator(".units .bar").count() == bars
    assert page.locator(".units svg .dead").count() == 0
    page.locator(".step").press("End")
    assert page.locator(".units svg .dead").count() > 0, "the last unit dies at the end"


def test_arrow_points_along_its_row(page: Page) -> None:
    W = tour("arrows", p=2, n=2)["W"][0]
    for (a, b), shaft in zip(W, page.locator(".units line[stroke-width]").all(), strict=True):
        x1, y1, x2, y2 = (float(shaft.get_attribute(name) or "") for name in ("x1", "y1", "x2", "y2"))
        assert abs((x2 - x1) * b + (y2 - y1) * a) < 1e-9
        assert (x2 - x1) * a - (y2 - y1) * b > 0


def test_dragging_and_tapping_move_the_point(chromium: Browser, file: Path) -> None:
    with visit(chromium, file, PHONE) as seen:
        track = seen.page.locator(".curve .plot .track")
        track.scroll_into_view_if_needed()
        box = checks.Box.of(track)
        middle = (box.top + box.bottom) / 2
        seen.page.mouse.move(box.left, middle)
        seen.page.mouse.down()
        seen.page.mouse.move((box.left + box.right) / 2, middle)
        checks.check_step(seen.page, tour("arrows", p=2, n=2), 30)
        seen.page.mouse.up()
        seen.page.mouse.move(box.left + 5, middle)
        checks.check_step(seen.page, tour("arrows", p=2, n=2), 30)
        seen.page.touchscreen.tap(box.right - 1, middle)
        checks.check_step(seen.page, tour("arrows", p=2, n=2), 60)
        checks.check_quiet(seen)


def test_play_walks_to_the_end_and_never_unasked(page: Page) -> None:
    page.clock.install()
    page.clock.run_for(20_000)
    assert checks.told(page, "step") == "0 of 60"
    page.locator(".play").click()
    page.clock.run_for(2_000)
    assert page.locator(".play").inner_text() == "Pause"
    assert 0 < int(checks.told(page, "step").split()[0]) < 60
    page.clock.run_for(10_000)
    assert checks.told(page, "step") == "60 of 60"
    assert page.locator(".play").inner_text() == "Play"


@pytest.mark.parametrize("way", ["Escape", "picture", "button"])
def test_a_picture_enlarges_and_closes(page: Page, way: str) -> None:
    page.locator("#theorem8-good .enlarge").press("Enter")
    viewer = page.locator(".viewer")
    assert viewer.is_visible()
    assert viewer.locator("img").evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 480
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        viewer.locator("img" if way == "picture" else "button").click()
    assert not viewer.is_visible()


def test_a_phone_reads_every_letter_of_an_enlarged_picture(chromium: Browser, file: Path) -> None:
    """Letters of 7 points, the smallest there are, come out at 11 pixels or more; what is wider than the screen is panned."""
    with visit(chromium, file, PHONE) as seen:
        unfold(seen.page)
        seen.page.locator("#theorem8-good .enlarge").press("Enter")
        viewer = seen.page.locator(".viewer")
        width, points = viewer.locator("img").evaluate("(img) => [img.clientWidth, img.naturalWidth * 0.75]")
        assert 7 * width / points >= 11
        assert viewer.evaluate("(v) => { v.scrollLeft = 100; return v.scrollLeft; }") == 100


def test_pictures_follow_the_dark(chromium: Browser, file: Path) -> None:
    seen_at = {}
    for scheme in ("light", "dark"):
        with visit(chromium, file, scheme=scheme) as seen:
            unfold(seen.page)
            picture = seen.page.locator("#theorem8-good img").screenshot()
            seen_at[scheme] = Image.open(BytesIO(picture)).convert("RGB").getpixel((5, 5))
    assert seen_at == {"light": (255, 255, 255), "dark": (0x15, 0x17, 0x1A)}


def test_an_address_opens_what_is_folded(chromium: Browser, file: Path) -> None:
    with visit(chromium, file, fragment="#theorem13-bare") as seen:
        assert seen.page.locator("#theorem13-bare figcaption").is_visible()
        seen.page.evaluate("location.hash = '#theorem8-bad'")
        checks.wait_until(seen.page, "document.querySelector('#theorem8-bad').checkVisibility()")


def test_paper_shows_the_figures_that_are_folded(chromium: Browser, file: Path) -> None:
    with visit(chromium, file) as seen:
        seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert seen.page.locator("#theorem13-wall figcaption").is_visible()
        seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not seen.page.locator("#theorem13-wall figcaption").is_visible()


def test_copying_fails_quietly(page: Page) -> None:
    button = page.locator("#theorem8-good .command button")
    button.click()
    checks.wait_until(
        page,
        "getSelection().toString() !== '' || document.querySelector('#theorem8-good button').textContent === 'Copied'",
    )


@pytest.mark.parametrize(
    ("fragment", "title", "step"),
    [("#tour=curved&step=70", "Tour of curved", "70 of 120"), ("#tour=none&step=x", "Tour of arrows", "0 of 60")],
    ids=["asked", "nonsense"],
)
def test_address_chooses_the_step(chromium: Browser, file: Path, fragment: str, title: str, step: str) -> None:
    with visit(chromium, file, fragment=fragment) as seen:
        assert seen.page.locator(".tour-title").inner_text() == title
        assert checks.told(seen.page, "step") == step
        checks.check_quiet(seen)


def test_a_window_may_shrink_to_nothing(page: Page) -> None:
    page.set_viewport_size({"width": 10, "height": 10})
    page.locator(".tour").evaluate("(tour) => { tour.hidden = true; }")
    page.wait_for_timeout(100)
    page.locator(".tour").evaluate("(tour) => { tour.hidden = false; }")
    page.set_viewport_size({"width": DESKTOP, "height": 800})
    checks.wait_until(page, "document.querySelector('.curve svg').viewBox.baseVal.width > 400")


def test_without_javascript_the_rest_remains(chromium: Browser, file: Path) -> None:
    with visit(chromium, file, script=False) as seen:
        assert seen.page.locator("#walk noscript p").is_visible()
        assert not seen.page.locator(".tour").is_visible()
        seen.page.locator("#theorem8-good .enlarge").click()
        seen.page.wait_for_url("**/theorem8/good.svg")


@pytest.mark.parametrize(
    "tours",
    [
        [],
        [tour("point", p=1, n=1, points=2)],
        [tour("flat", p=2, n=2) | {"loss": [0.0] * 61, "scale": "log", "lines": []}],
    ],
    ids=["none", "n1", "flat"],
)
def test_odd_tours(chromium: Browser, tmp_path: Path, tours: list[dict[str, Any]]) -> None:
    with visit(chromium, write_page(tmp_path, context(tours) | {"problems": []})) as seen:
        if tours:
            checks.check_walk(seen)
        assert seen.page.locator(".problems").count() == 0
        checks.check_quiet(seen)
