"""The sheet for whoever reads the form aloud: one page for a browser, in the form's language.

It is made from the same data as the paper (content.py), so that what is heard is what is signed: every
statement with a pause, every picture with what to say about it, every box as a question with a wait. It needs
nothing from anywhere: the small pictures and the letters of the script are inside.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.consent import elements
from pipeline.core import pages, resources

SMALL = 480  # pixels on the longer side


def page(text: Mapping[str, Any], language: str) -> str:
    """The HTML for the form `text` (content.build). Pictures come from the clean copies only."""
    wording = elements.wording(language)
    areas = [area["id"] for section in text["sections"] for area in section["areas"]]
    made: str = pages.template("consent/read-aloud.html.j2").render(
        form=text,
        said=wording["aloud"],
        language=language,
        helpers=[who for who in ("witness", "interpreter") if who in areas],
        sections=[_section(section) for section in text["sections"]],
        script=_font(wording),
    )
    return made


def _section(section: Mapping[str, Any]) -> dict[str, Any]:
    pictures = [{**p, "panels": list(_panels(p))} for p in section["pictures"]]
    return {**section, "pictures": pictures}


def _panels(picture: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for panel in picture["panels"]:
        name = panel["name"] if len(picture["panels"]) > 1 else ""
        yield {"name": name, "data": _small(Path(panel["source"]))}


def _small(clean: Path) -> str:
    """A small JPEG of a clean picture as base64: pixels only."""
    from PIL import Image

    with Image.open(clean) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode("ascii")


def _font(wording: Mapping[str, Any]) -> str:
    """The letters of a script that not every computer has, as base64; nothing for Latin."""
    if wording["script"] == "Latin":
        return ""
    name = f"NotoSans{wording['script']}_400Regular.ttf"
    return base64.b64encode(resources.path(f"consent/fonts/{name}").read_bytes()).decode("ascii")
