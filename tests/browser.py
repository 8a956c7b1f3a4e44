"""What any page of the gallery must do in a real browser; each check raises AssertionError and says what was seen."""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP, PHONE = 1280, 360
Scheme = Literal["light", "dark"]
VIEWS: tuple[tuple[int, Scheme], ...] = ((DESKTOP, "light"), (PHONE, "dark"))


def executable() -> str | None:
    """The browser that is installed, if any."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def reason_to_skip() -> str:
    """Why no browser can be driven here; empty where one can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed (requirements-dev.txt)"
    return "" if executable() else "no chromium, chromium-browser or google-chrome on the path"


@contextmanager
def started() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Visit:
    """A page in a browser, with what it complained of and asked for since it was opened."""

    page: Page
    file: Path
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def visit(
    browser: Browser, file: Path, width: int = DESKTOP, scheme: Scheme = "light", script: bool = True,
    fragment: str = "",
) -> Iterator[Visit]:  # fmt: skip
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        java_script_enabled=script,
        has_touch=width == PHONE,
    )
    context.set_default_timeout(10_000)
    seen = Visit(context.new_page(), file)
    seen.page.on("console", lambda m: seen.errors.append(m.text) if m.type in {"error", "warning"} else None)
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("dialog", lambda box: seen.errors.append(f"dialog: {box.message}"))
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.goto(file.as_uri() + fragment)
    yield seen
    context.close()


def wait_until(page: Page, script: str) -> None:
    """Wait until an expression is true; the page's policy forbids eval, which playwright's own waiting needs."""
    for _ in range(100):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(script)


def check_quiet(seen: Visit) -> None:
    assert seen.errors == []


def check_stays_inside(seen: Visit) -> None:
    home = seen.file.parent.as_uri() + "/"
    assert [url for url in seen.requests if not url.startswith((home, "data:"))] == []


def check_pictures(seen: Visit) -> None:
    """Each picture is there in its true shape; lazy ones are asked for first."""
    sizes = seen.page.evaluate(
        """() => Promise.all([...document.querySelectorAll("img[src]")].map(async (img) => {
            img.loading = "eager";
            await img.decode().catch(() => null);
            const told = [Number(img.getAttribute("width")), Number(img.getAttribute("height"))];
            return {src: img.getAttribute("src"), real: [img.naturalWidth, img.naturalHeight], told};
        }))"""
    )
    assert sizes, "the page has no picture"
    assert [size for size in sizes if 0 in size["real"] or not same_shape(*size["real"], *size["told"])] == []


def same_shape(width: float, height: float, other_width: float, other_height: float) -> bool:
    """Whether two sizes in whole pixels may be of one picture."""
    return abs(width / height - other_width / other_height) < (1 + width / height) / min(height, other_height)


def number(text: str) -> float:
    """The value of a number as the page writes it.

    >>> number("−5.1 × 10⁻⁸")
    -5.1e-08
    """
    return float(text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")).replace(" × 10", "e"))


def told(page: Page, name: str) -> str:
    return page.locator(f"[data-number={name}]").inner_text()


def check_step(page: Page, tour: dict[str, list[float]], k: int) -> None:
    """The page tells step k of this tour, in numbers that are those of the data."""
    loss = tour["loss"]
    assert told(page, "step") == f"{k} of {len(loss) - 1}"
    for name, value in {"loss": loss[k], "highest": max(loss[: k + 1])}.items():
        assert math.isclose(number(told(page, name)), value, rel_tol=1e-6), (name, k, value, told(page, name))
    assert math.isclose(number(told(page, "change")), loss[k] - loss[0], rel_tol=6e-3, abs_tol=1e-12)
    assert told(page, "leg").startswith(f"{tour['leg'][k] + 1:.0f} of ")
    assert f"step {k} of" in (page.locator(".step").get_attribute("aria-valuetext") or "")


def check_walk(seen: Visit) -> None:
    """For each tour the slider, by value and by key, changes the numbers and the drawings; nothing is not a number."""
    page = seen.page
    tours = json.loads(page.locator("#tours").text_content() or "[]")
    assert tours, "the page has no tour"
    for i, tour in enumerate(tours):
        page.locator(f"#tab-{i}").check()
        check_step(page, tour, 0)
        last = len(tour["loss"]) - 1
        drawings = []
        for k in (0, last // 2, last):
            page.locator(".step").fill(str(k))
            check_step(page, tour, k)
            drawings.append(page.locator(".stage").inner_html())
        assert len(set(drawings)) == len({0, last // 2, last}), "the drawing stands still"
        page.locator(".step").press("ArrowLeft")
        check_step(page, tour, max(last - 1, 0))
        assert "NaN" not in "".join(drawings) and "Infinity" not in "".join(drawings)
        assert page.locator(".curve .rule").count() >= len(tour["lines"])
        wanted = len(tour["targets"]["names"]) if "targets" in tour else 0
        assert page.locator(".answers").is_visible() == bool(wanted)
        if wanted:
            assert page.locator(".answers .wanted").count() == page.locator(".answers .point").count() == wanted
        assert page.locator(".curve .way-straight").count() == (2 if "chord" in tour else 0)


def check_fits(seen: Visit) -> None:
    """The page itself never scrolls sideways, with every detail open."""
    seen.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def check_prints(seen: Visit) -> None:
    """It prints; on paper there is nothing to press, and what a reader has opened stays open."""
    page = seen.page
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not any(button.is_visible() for button in page.locator("button:not(.term), input").all())
    page.emulate_media(media="screen")


@dataclass(frozen=True)
class Box:
    """Where something is on the screen."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, part: Locator) -> Box:
        found = part.bounding_box()
        assert found is not None, "not on the screen"
        return cls(found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"])

    def meets(self, other: Box) -> bool:
        """Overlap of more than the 2 pixels by which the line boxes of two rows may share."""
        across = self.left < other.right and other.left < self.right
        return across and self.top + 2 < other.bottom and other.top + 2 < self.bottom


def overlapping(texts: Locator) -> list[tuple[str | None, str | None]]:
    """Pairs of texts whose boxes overlap."""
    boxes = [(text.text_content(), Box.of(text)) for text in texts.all()]
    return [(a, b) for i, (a, one) in enumerate(boxes) for b, other in boxes[:i] if one.meets(other)]


def check_labels(seen: Visit) -> None:
    """In each tour the labels of the pictures keep clear of each other, at the start and in the middle."""
    slider = seen.page.locator(".step")
    for tab in seen.page.locator(".tabs input").all():
        tab.check()
        for k in (0, int(slider.get_attribute("max") or "") // 2):
            slider.fill(str(k))
            assert overlapping(seen.page.locator(".curve svg text, .lines li")) == []
            assert overlapping(seen.page.locator(".units svg text")) == []


def luminance(colour: list[float]) -> float:
    """The relative luminance of WCAG 2, of red, green and blue up to 255."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21.

    >>> contrast([0, 0, 0], [255, 255, 255])
    21.0
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def check_contrast(seen: Visit) -> None:
    """Every text stands out from the ground behind it, at least 4.5 to 1."""
    texts = seen.page.evaluate(
        r"""() => {
            const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
            const ground = (element) => {
                for (let e = element; e; e = e.parentElement) {
                    const colour = parts(getComputedStyle(e).backgroundColor);
                    if (colour.length === 3) return colour;
                }
                return [255, 255, 255];
            };
            return [...document.querySelectorAll("body *")]
                .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
                .map((e) => {
                    const style = getComputedStyle(e);
                    const colour = e.closest("svg") ? style.fill : style.color;
                    return {text: e.textContent.slice(0, 40), colour: parts(colour).slice(0, 3), ground: ground(e)};
                });
        }"""
    )
    assert len(texts) > 20
    assert [text for text in texts if contrast(text["colour"], text["ground"]) < 4.5] == []


CHECKS = (
    check_walk, check_labels, check_contrast, check_pictures, check_fits, check_prints, check_stays_inside, check_quiet,
)  # fmt: skip


def check_page(browser: Browser, file: Path) -> None:
    """All of it, on a desk in the light and on a phone in the dark."""
    for width, scheme in VIEWS:
        with visit(browser, file, width, scheme) as seen:
            for check in CHECKS:
                check(seen)
