"""Do the two pages of a package show what package.json says, each to its own readers? Run in the worker."""

from __future__ import annotations

from typing import Any

from markupsafe import escape

from pipeline.core import allowlist
from pipeline.verify.claims import PAGE, REVIEW, SHEET
from pipeline.verify.container import Zip

EDITORS = "index.html shows what package.json says"
REVIEWERS = "The page for reviewers shows nothing that is for the editor's eyes only"
REVIEW_PAGE = f"{REVIEW}index.html"
LEAVES = f"{REVIEW}pages/"
MAX_PAGE = 200 << 20  # bytes
TELLING = 6  # letters; a shorter value may stand anywhere by chance


def to_editors(package: Zip) -> str:
    """What index.html lacks of the facts and hashes of package.json, in words, or "".

    Raises KeyError or BadMember for what is missing or cannot be read.
    """
    sheet, page = package.json(SHEET), _page(package, PAGE)
    consent, review = sheet["consent"], sheet["signed_off"]
    facts = {
        "title": sheet["title"],
        "journal": sheet["journal"]["name"],
        "form code": consent["form"],
        "who signed": f"Signed by the {consent['signed_by']}",
        "where the original is": consent["original"],
        "who looked": review["words"] if review["unseen"] else review["by"],
        "identifiers hunted for": f"{sheet['checked']['identifiers']} identifiers",
    }
    lacking = [name for name, value in facts.items() if _spelled(value) not in page]
    for row in sheet["counts"]:
        counted = f"<dt>{_spelled(row['what'])}</dt><dd><b>{_spelled(row['count'])}</b>"
        lacking += [str(row["what"])] * (counted not in page)
    described = [name for name in sheet["files"] if name != PAGE and not name.startswith(LEAVES)]
    hashes = sum(sheet["files"][name]["sha256"] not in page for name in described)
    lacking += [f"{hashes} hashes"] * bool(hashes)
    return f"it does not show: {', '.join(lacking)}" if lacking else ""


def to_reviewers(package: Zip) -> str:
    """What the page for reviewers shows although it is for the editor's eyes only, in words, or "".

    Raises as `to_editors`.
    """
    if REVIEW_PAGE not in package.names:  # packages made before there was one
        return ""
    sheet, page = package.json(SHEET), _page(package, REVIEW_PAGE)
    consent, review = sheet["consent"], sheet["signed_off"]
    second = review.get("countersigned") or {}
    hidden = {
        "form code": consent["form"],
        "where the original is": consent["original"],
        "who explained": consent["explained_by"],
        "who looked": review["by"],
        "who countersigned": second.get("by", ""),
    }
    shown = [name for name, value in hidden.items() if len(value) >= TELLING and _spelled(value) in page]
    private = [name for name in package.names if _for_editors(name)]
    links = sum(name in page for name in private)
    shown += [f"{links} files for the editor"] * bool(links)
    return f"it shows: {', '.join(shown)}" if shown else ""


def _for_editors(name: str) -> bool:
    row = allowlist.row("package", name)
    return name.startswith("editor-only/") and row is not None


def _page(package: Zip, name: str) -> str:
    return package.read(name, MAX_PAGE).decode("utf-8")


def _spelled(value: Any) -> str:
    """As the template writes it: escaped."""
    return str(escape(value))
