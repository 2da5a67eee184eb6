"""The title page (ICMJE IV.A.3.a) and the cover letter. Both name the authors and go to the editor only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase
from pipeline.render import docx, markdown, tree, wording
from pipeline.render.tree import Nodes


def title_page(clean: CleanCase, journal: Journal, counts: dict[str, Any], target: Path) -> None:
    """Write the title page. Raises ToolError when pandoc fails."""
    words, record, byline = wording.ours()["title_page"], clean.record, clean.byline
    places = wording.places(byline)
    people: Nodes = []
    for number, author in enumerate(byline["authors"], 1):
        people.append(_numbered(number, _author(author, places)))
    rows: list[tuple[str, Nodes]] = [
        ("article_type", _one(tree.words(str(journal.value("article_type", "Case Report"))))),
        ("title", _one(markdown.inline(record["title"], links=False))),
        ("running_title", _one(markdown.inline(record["running_title"], links=False))),
        ("authors", people),
        (
            "affiliations",
            [_numbered(n, tree.words(wording.address(byline, p))) for p, n in places.items()],
        ),
        ("corresponding", [tree.para(_contact(a, byline)) for a in byline["authors"] if a["corresponding"]]),
        ("counts", _one(_counts(words["counts_line"], counts))),
        ("contributions", _one(wording.contributions(byline))),
    ]
    blocks = [tree.header(1, words["heading"])]
    for name, body in rows:
        blocks += _entry(words[name], body)
    for name, heading in words["statements"]:
        if text := byline["declarations"].get(name):
            blocks += _entry(heading, markdown.paragraphs(text, links=False))
    docx.letter(journal, words["heading"], blocks, target)


def cover_letter(clean: CleanCase, journal: Journal, target: Path) -> None:
    """Write the letter: why the case matters, consent, declarations. Raises ToolError when pandoc fails."""
    record, declarations = clean.record, clean.byline["declarations"]
    values = {
        "journal": [tree.wrap("Emph", tree.words(journal.name))],
        "title": markdown.inline(record["title"], links=False),
        "consent": wording.consent(clean, journal),
        **{
            name: _flat(declarations.get(name) or "") for name in ("ethics", "funding", "conflicts", "ai_use")
        },
    }
    holds = {"blinded": bool(journal.layout["blinded"]), "posted": bool(record["questions"]["posted_before"])}
    blocks: Nodes = []
    for row in wording.ours()["cover_letter"]:
        if not holds.get(row.get("when", ""), "when" not in row):
            continue
        if row.get("part") == "novelty":
            blocks += markdown.paragraphs(record["novelty"], links=False)
        elif row.get("part") == "signature":
            blocks += [
                tree.para(_contact(a, clean.byline)) for a in clean.byline["authors"] if a["corresponding"]
            ]
        else:
            blocks.append(tree.para(wording.fill(row["text"], values)))
    docx.letter(journal, "Cover letter", blocks, target)


def _one(inner: Nodes) -> Nodes:
    return [tree.para(inner)]


def _entry(heading: str, body: Nodes) -> Nodes:
    return [tree.header(2, heading), *body]


def _numbered(number: int, inner: Nodes) -> tree.Node:
    return tree.para([*tree.words(f"{number}."), tree.SPACE, *inner])


def _flat(text: str) -> Nodes:
    """Prose of several paragraphs as one."""
    return markdown.inline(" ".join(text.split()), links=False)


def _author(author: dict[str, Any], places: dict[str, int]) -> Nodes:
    numbers = ", ".join(str(places[a]) for a in author["affiliations"])
    parts = [wording.full_name(author), author.get("position"), f"affiliation {numbers}"]
    parts.append(f"ORCID https://orcid.org/{author['orcid']}" if author.get("orcid") else None)
    return tree.words("; ".join(part for part in parts if part))


def _contact(author: dict[str, Any], byline: dict[str, Any]) -> Nodes:
    """Name, address, e-mail and telephone on lines of their own."""
    lines = [wording.full_name(author), *(wording.address(byline, place) for place in author["affiliations"])]
    lines += [f"E-mail: {author['email']}"] if author.get("email") else []
    lines += [f"Telephone: {author['phone']}"] if author.get("phone") else []
    out: Nodes = []
    for line in lines:
        out += [*([{"t": "LineBreak"}] if out else []), *tree.words(line)]
    return out


def _counts(template: str, counts: dict[str, Any]) -> Nodes:
    def several(name: str) -> Nodes:
        count = counts[name]["count"]
        return tree.words(f"{count} {name if count != 1 else name.removesuffix('s')}")

    values = {name: tree.words(str(counts[name]["count"])) for name in ("words", "abstract")}
    return wording.fill(
        template, values | {name: several(name) for name in ("figures", "tables", "references")}
    )
