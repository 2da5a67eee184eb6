"""A page for each author to complete and sign: interests (ICMJE II.B), criteria of authorship (II.A.2).

Prefilled from the record. What an author did not state is printed as not stated, never as "none"; the boxes,
the date and the signature are left to the author.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase
from pipeline.render import markdown, pdf, tree, wording

NONE = ["none"]


def write(clean: CleanCase, journal: Journal, target: Path) -> None:
    """Write the forms of all authors as one PDF. Raises as pdf.build does."""
    words, roles = wording.ours()["disclosures"], wording.ours()["credit"]
    title = markdown.inline(clean.record["title"], links=False)
    sheet = {
        "words": words,
        "title": title,
        "journal": journal.name,
        "authors": [
            {
                "name": wording.full_name(author),
                "roles": "; ".join(roles[role] for role in author["credit"]),
                "rows": _rows(author.get("disclosures") or {}, words),
            }
            for author in clean.byline["authors"]
        ],
    }
    pdf.build("disclosures.typ", {"disclosures.json": sheet}, {}, target)


def _rows(stated: dict[str, list[str] | None], words: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each kind of interest: what is asked, what the author stated, whether it was stated."""
    rows = []
    for kind, asked in words["kinds"].items():
        entries = stated.get(kind)
        told = words["unsaid"] if not entries else words["none"] if entries == NONE else ""
        listed = [tree.words(told)] if told else [tree.words(entry) for entry in entries or []]
        rows.append({"asked": asked, "stated": listed, "open": not entries})
    return rows
