"""how-to-submit.html: for the author, which file goes into which slot of the journal's system.

One file, no script, nothing loaded; the address of the journal is the only link.
"""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup

from pipeline.core import pages, resources
from pipeline.core.journal import Journal
from pipeline.pack.submission import Plan


def build(made: Plan, journal: Journal, title: str, *, blinded: bool, dossier: bool) -> bytes:
    """The page as UTF-8. `dossier`: does the signed form travel in the editor's part of the package?"""
    style = resources.text("templates/package/index.css")
    html: str = pages.template("templates/package/how-to-submit.html.j2").render(
        plan=made,
        journal=journal.name,
        title=title,
        blinded=blinded,
        dossier=dossier,
        link=_link(made.address),
        style=Markup(style),  # noqa: S704 - our own file; a style sheet cannot be escaped
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    return html.encode()


def _link(address: str) -> str:
    """What a click on the address opens; "" for anything that is neither a web page nor a mailbox."""
    if address.startswith("https://"):
        return address
    return f"mailto:{address}" if "@" in address and ":" not in address else ""
