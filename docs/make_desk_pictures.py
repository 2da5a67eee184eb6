"""The pictures of docs/desk.md, drawn from the made-up case of the tests.

    python docs/make_desk_pictures.py

Needs Chromium. Run it again when the desk looks different.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import Page, browser  # noqa: E402
from tests.test_desk_browser import READY, Served, loaded, to  # noqa: E402

COLOURS = 64  # of a picture: small files, and the text stays sharp


def shot(page: Page, name: str) -> None:
    """What the window shows, as a small PNG."""
    content = base64.b64decode(page.send("Page.captureScreenshot")["data"])
    picture = Image.open(io.BytesIO(content)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(ROOT / "docs" / f"desk-{name}.png", optimize=True)


def main() -> None:
    """Draw them all."""
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        desk = Served(Path(folder))
        try:
            page.open(desk.link, width=1200, height=720)
            page.wait(READY)
            loaded(page)
            page.run("document.activeElement.blur()")
            shot(page, "picture")
            to(page, "words")
            shot(page, "words")
            page.open(desk.address, width=390, height=760)
            page.wait(READY)
            to(page, "law")
            shot(page, "phone")
        finally:
            desk.end()


if __name__ == "__main__":
    main()
