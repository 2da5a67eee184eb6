"""What index.html says first, and of the consent: written from package.json alone.

So the editor's check can write it once more and compare the bytes.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from markupsafe import Markup

from pipeline.core import pages, resources
from pipeline.core.told import consent

TOP, FACTS = "templates/package/top.html.j2", "templates/package/consent.html.j2"
STYLE = "templates/package/index.css"


def top(sheet: dict[str, Any], *, editor: bool) -> str:
    """The page from its first byte to the end of what is shown at a glance. `editor`: not for reviewers.

    Raises KeyError, TypeError or jinja2's UndefinedError for a sheet that lacks a fact.
    """
    style = resources.text(STYLE)
    shown = None
    if editor:
        shown = {
            "form": sheet["consent"]["form"],
            "clean": sheet["clean"],
            "policy": bool(sheet["policy"]),
            "consent": consent(sheet["consent"], sheet["numbers"]),
            "signed_off": sheet["signed_off"],
            "checked": sheet["checked"],
        }
    html: str = pages.template(TOP).render(
        editor=shown,
        style=Markup(style),  # noqa: S704 - our own file; a style sheet cannot be escaped
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        title=sheet["title"],
        article_type=sheet["article_type"],
        journal=sheet["journal"],
        made_up=sheet["made_up"],
        unseen=sheet["signed_off"]["unseen"],
        counts=sheet["counts"],
        unsure=any(row["limit"] is not None and not row["sure"] for row in sheet["counts"]),
    )
    return html.rstrip("\n")


def facts(sheet: dict[str, Any]) -> str:
    """The rows about the consent. Raises as `top`."""
    html: str = pages.template(FACTS).render(rows=consent(sheet["consent"], sheet["numbers"])["rows"])
    return html.rstrip("\n")
