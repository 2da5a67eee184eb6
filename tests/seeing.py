"""Looking at our pages in a real browser: who is asked for anything, what axe-core says, screenshots."""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

from tests.browser import Page

SCREENSHOTS = "CASEREPORT_SCREENSHOTS"  # a folder in which to keep what was seen
SERIOUS = {"serious", "critical"}


def look(page: Page, path: Path, width: int = 1440, part: str = "") -> None:
    """Open a file as a person does: no server, nothing complained about, nothing asked of anybody else."""
    page.send("Network.enable")
    page.open(path.resolve().as_uri() + part, width)
    assert page.complaints() == []
    asked = [e["params"]["request"]["url"] for e in page.events if e["method"] == "Network.requestWillBeSent"]
    assert asked
    assert all(url.startswith(("file://", "data:")) for url in asked), asked
    assert page.run("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    assert page.run("document.documentElement.scrollWidth") <= width, "it scrolls sideways"


def findings(page: Page) -> list[str]:
    """What axe-core (WCAG 2.2 A and AA, best practice) finds serious or critical on the open page."""
    page.run(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8") + "; true")
    said: list[dict[str, Any]] = json.loads(
        page.run(
            "axe.run().then((r) => JSON.stringify(r.violations.map((v) => ({id: v.id, impact: v.impact, "
            "at: v.nodes.map((n) => n.target.join(' ')).slice(0, 5)}))))"
        )
    )
    return [f"{one['id']}: {', '.join(one['at'])}" for one in said if one["impact"] in SERIOUS]


def keep(page: Page, name: str) -> None:
    """Save a screenshot where CASEREPORT_SCREENSHOTS says, if it says anything."""
    if folder := os.environ.get(SCREENSHOTS):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(Path(folder) / f"{name}.png")
