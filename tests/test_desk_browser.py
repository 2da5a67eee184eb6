"""The review desk in a real browser: every path walked, by keyboard alone and by mouse, at two widths.

CASEREPORT_SCREENSHOTS names a folder for pictures of the screens.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import decisions
from tests.browser import CHROMIUM, MISSING, Page, browser

pytestmark = pytest.mark.skipif(not CHROMIUM, reason=MISSING)
ROOT = Path(__file__).parents[1]
SERVE = """
import sys
from pathlib import Path
from pipeline import review
from pipeline.core.tell import Tell
from tests.desk_case import desk_case, marks, queries
case, clean = desk_case(Path(sys.argv[1]))
again = lambda: (clean, marks(), (), queries())
sys.exit(0 if review.serve(case, clean, Tell(), marks(), (), queries(), again, browser=False) else 9)
"""


class Served:
    """The desk in a process of its own, as the command runs it."""

    def __init__(self, folder: Path) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", SERVE, str(folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=env)
        assert self.process.stderr
        found = re.search(r"(http://[^/]+)/\S+", self.process.stderr.readline())
        assert found
        self.link, self.address, self.case = found[0], found[1], folder / "case"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def served(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    desk = Served(tmp_path_factory.mktemp("desk"))
    page.open(desk.link)
    page.wait(READY)
    yield desk
    desk.end()


READY = "document.querySelector('.card.now') && typeof state !== 'undefined'"


def opened(page: Page, served: Served, width: int = 1440) -> Page:
    page.open(served.address, width=width, height=844 if width < 600 else 900)
    page.wait(READY)
    return page


def to(page: Page, kind: str, number: int = 0) -> None:
    """Go to a stop of a kind; a series is the last of the pictures."""
    wanted = f"stops.filter(s => (s.dataset.kind ?? s.dataset.stop) === '{kind}').at({number})"
    page.run(f"go({wanted})")


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("CASEREPORT_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(Path(folder) / f"desk-{name}.png")


def loaded(page: Page) -> None:
    """Every picture of the card is there, or says why not."""
    page.wait(
        "[...document.querySelectorAll('.card.now .sheet:not([hidden]) img')].every(i => i.naturalWidth)"
        " && (!document.querySelector('.picture.now') || Stage.of(document.querySelector('.now')).wide > 0)"
    )


def boxes(page: Page) -> list[dict[str, Any]]:
    """What people drew in the picture that is looked at."""
    found: list[dict[str, Any]] = page.run("state.boxes[document.querySelector('.now').dataset.id]")
    return found


def pressed(page: Page, *keys: str) -> None:
    for key in keys:
        page.press(key)


def test_a_walk_without_a_mouse(page: Page, tmp_path: Path) -> None:
    """Open the link, decide everything with keys, sign; then the page says so and the server ends."""
    desk = Served(tmp_path)
    try:
        page.open(desk.link)
        page.wait(READY)
        assert page.run("current.dataset.kind") == "face"
        loaded(page)
        pressed(page, "a")  # cover it: the copies must be made again
        page.wait("state.stale && current.dataset.kind === 'picture'")
        pressed(page, "a")
        page.wait("current.querySelector('.problem').textContent.includes('make the copies again')")
        pressed(page, "u")
        page.wait("!state.stale && current.dataset.kind === 'face'")
        pressed(page, "r")
        page.wait("current.dataset.kind === 'picture'")
        pressed(page, "r")
        page.type("jar in the background")
        page.press("Enter")
        page.wait("state.counts.picture[0] === 1")
        pressed(page, "u")
        page.wait("state.counts.picture[0] === 0")
        pressed(page, "a")
        page.wait("state.counts.picture[0] === 1")
        pressed(page, "a")
        page.wait("state.counts.picture[0] === 2")
        pressed(page, "3", "a")  # the record says recognisable: the patient agreed
        page.wait("state.counts.picture[0] === 3 && current.closest('.series')")
        page.wait("Series.of(current.closest('.series')).seen().includes('all')")
        pressed(page, "]", "a")
        page.wait("state.counts.picture[0] === 4 && current.dataset.kind === 'words'")
        pressed(page, "a")
        page.wait("state.counts.words[0] === 1 && current.dataset.kind === 'mark'")
        page.run("go(stops.find(s => s.dataset.kind === 'words'))")
        pressed(page, "e")
        page.type("another place")
        assert not page.run("current.querySelector('.unkept').hidden")
        page.run("document.activeElement.blur()")  # left without Enter: what is shown is what is kept
        page.wait("state.stops[current.dataset.stop].with === 'another place'")
        assert decisions.read(desk.case).words[0]["with"] == "another place"
        page.wait("current.querySelector('.unkept').hidden")
        page.run("go(stops.find(s => s.dataset.kind === 'mark'))")
        pressed(page, "a")
        page.wait("state.counts.mark[0] === 1")
        pressed(page, "r")
        page.wait("state.counts.mark[0] === 2 && current.dataset.kind === 'law'")
        pressed(page, "n")
        page.wait("state.counts.law[0] === 2")
        pressed(page, "a")
        page.wait("state.counts.law[0] === 3 && current.dataset.kind === 'soft'")
        pressed(page, "s", "r")
        page.wait("state.counts.soft[0] === 1 && current.dataset.stop === 'read'")
        pressed(page, "?")
        page.wait("document.getElementById('help').open")
        page.run("document.getElementById('help').close()")
        pressed(page, "j", "k", "j", "m")  # the words are taken out; what is left is asked in the new copies
        page.wait("typeof state !== 'undefined' && !state.stale && current?.dataset.kind === 'words'")
        pressed(page, "r")
        page.wait("state.stale && state.counts.words[0] === 1 && current.dataset.stop === 'read'")
        page.press("j")
        for number in range(7):
            pressed(page, "a")
            page.wait(f"state.counts.vouch[0] === {number + 1}")
        page.wait("current.dataset.stop === 'sign'")
        pressed(page, "Tab")
        page.type("Dr Asha Verma")
        page.press("Tab")
        page.type("resident")
        page.press("Enter")  # the words are kept after all: the copies are made again before the signature
        page.wait("typeof state !== 'undefined' && !state.stale && current?.dataset.stop === 'sign'")
        assert page.run("$('#sign').elements.name.value") == "Dr Asha Verma"
        page.run("$('#sign').elements.role.focus()")
        page.press("Enter")
        page.wait("!document.getElementById('done').hidden")
        assert "Signed" in page.run("document.getElementById('done').textContent")
        expected = ("422", "404", "409")  # the broken original, the icon every browser asks for, the refusal
        assert all(any(code in words for code in expected) for words in page.complaints())
        assert desk.process.wait(timeout=30) == 0
    finally:
        desk.end()
    (entry,) = decisions.read(desk.case).signoffs
    assert entry["name"] == "Dr Asha Verma"
    assert set(entry["answers"].values()) == {"yes"}
    assert [row["seen"] for row in entry["boxes"]] == ["marked", "empty"]
    assert [row["recognisable"] for row in entry["pictures"]] == ["no", "no", "agreed"]


def test_a_box_by_keys(page: Page, served: Served) -> None:
    opened(page, served)
    to(page, "picture")
    loaded(page)
    pressed(page, "b")
    page.wait("document.activeElement.matches('rect.cover')")
    (first,) = boxes(page)
    pressed(page, "ArrowRight", "ArrowDown")
    page.wait("state.boxes[document.querySelector('.now').dataset.id][0].left === " + str(first["left"] + 9))
    (moved,) = boxes(page)
    assert moved == {**first, "left": first["left"] + 9, "top": first["top"] + 9}  # a hundredth of 900 pixels
    page.wait("document.activeElement.matches('rect.cover')")
    pressed(page, "Delete")
    page.wait("!state.boxes[document.querySelector('.now').dataset.id].length")


def test_a_box_by_mouse(page: Page, served: Served) -> None:
    opened(page, served)
    to(page, "picture")
    loaded(page)

    def at(x: int, y: int) -> dict[str, float]:
        found: dict[str, float] = page.run(
            "(() => { const s = document.querySelector('.now .original .sheet').getBoundingClientRect();"
            f"return {{ x: s.left + {x} / 900 * s.width, y: s.top + {y} / 600 * s.height }}; }})()"
        )
        return found

    def drag(a: tuple[int, int], b: tuple[int, int]) -> None:
        for kind, where in (("mousePressed", a), ("mouseMoved", b), ("mouseReleased", b)):
            page.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at(*where))

    page.run("document.querySelector('.now [data-box=cover]').click()")
    drag((600, 400), (700, 500))
    page.wait("state.boxes[document.querySelector('.now').dataset.id].length === 1")
    (drawn,) = boxes(page)
    assert all(
        abs(drawn[k] - v) <= 2 for k, v in {"left": 600, "top": 400, "width": 100, "height": 100}.items()
    )
    drag((650, 450), (670, 450))
    page.wait("state.boxes[document.querySelector('.now').dataset.id][0].left > 610")
    (moved,) = boxes(page)
    assert abs(moved["left"] - 620) <= 2
    assert moved["width"] == drawn["width"]
    drag((moved["left"] + moved["width"], moved["top"] + moved["height"]), (780, 560))
    page.wait("state.boxes[document.querySelector('.now').dataset.id][0].width > 110")
    picture(page, "box-1440")
    page.run("document.querySelector('.now [data-box=remove]').click()")
    drag((30, 40), (200, 40))  # the frame of the covered name is moved: shown where it was, covered anew
    page.wait("state.boxes[document.querySelector('.now').dataset.id].some(b => b.do === 'show')")
    while page.run("state.can_undo"):
        before = page.run("state.revision")
        pressed(page, "u")
        page.wait(f"state.revision !== '{before}'")


def test_what_voids_the_consent_is_said_at_the_decision_and_beside_the_signature(
    page: Page, served: Served
) -> None:
    opened(page, served)
    page.run(
        "show({...state, voids: {[stops.find(s => s.dataset.kind === 'face').dataset.stop]: 'a new form'}})"
    )
    to(page, "face")
    assert page.run("[...document.querySelectorAll('.voids:not([hidden])')].map(n => n.textContent)") == [
        "a new form"
    ]
    assert page.run("$('#voids').textContent") == "a new form"


def test_the_series_by_slider_and_window(page: Page, served: Served) -> None:
    opened(page, served)
    to(page, "picture", -1)
    shown = "document.querySelector('.now canvas').toDataURL()"
    page.wait("Series.of(document.querySelector('.now')).looked.size === 2")
    first = page.run(shown)
    pressed(page, "]")
    page.wait("Series.of(document.querySelector('.now')).at === 2")
    page.run("document.querySelector('.now [data-preset=\"40 80\"]').click()")
    page.wait(f"{shown} !== {json.dumps(first)}")
    picture(page, "series-1440")


@pytest.mark.parametrize("width", [390, 1440])
def test_every_screen_fits_and_is_accessible(page: Page, served: Served, width: int) -> None:
    """axe-core finds nothing serious on any card, and nothing is wider than the window."""
    opened(page, served, width)
    page.run(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8") + ";0")
    for number in range(page.run("cards.length")):
        card = f"cards[{number}]"
        page.run(f"go({card}.matches('[data-stop]') ? {card} : $('[data-stop]', {card}))")
        loaded(page)
        found = page.run("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        serious = [
            (v["id"], [n["html"] for n in v["nodes"]])
            for v in found
            if v["impact"] in {"serious", "critical"}
        ]
        assert serious == []
        assert page.run("document.documentElement.scrollWidth") <= width
        picture(page, f"{number}-{width}")
    assert page.run("document.querySelectorAll('h1').length") == 1
    assert page.run("document.documentElement.lang") == "en"


def test_what_another_tab_decides_is_shown(page: Page, served: Served) -> None:
    opened(page, served)
    row = {"box": "text", "seen": "marked", "read": "marked", "scan": "s" * 64}
    decisions.put(served.case, "box text", [("marks", row, True)])
    page.run("window.dispatchEvent(new Event('focus'))")
    page.wait("state.counts.mark[0] === 1")
    assert page.run("$('[data-stop=mark-0] [data-do=marked]').getAttribute('aria-pressed')") == "true"
    decisions.undo(served.case)


def test_the_pixel_is_counted_as_the_record_counts(page: Page, served: Served) -> None:
    opened(page, served)
    to(page, "picture", 2)
    loaded(page)
    told = page.run(
        "(() => { const v = document.querySelector('.now .copy .view');"
        "const s = v.querySelector('.sheet').getBoundingClientRect();"
        "v.dispatchEvent(new PointerEvent('pointermove', { clientX: s.left + 10.5 / 128 * s.width,"
        " clientY: s.top + 20.5 / 128 * s.height }));"
        "return document.querySelector('.now .pixel').textContent; })()"
    )
    assert told == "pixel 10, 20 of 128 × 128"
