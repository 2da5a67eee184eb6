"""The title page (ICMJE IV.A.3.a) and the cover letter. Both name the authors and go to the editor only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase
from pipeline.render import docx, markdown, tree, wording
from pipeline.render.tree import Nodes


def title_page(clean: CleanCase, journal: Journal, counts: dict[str, Any], target: Path) -> None:
    """Write the title page: the journal's entries in its order, those with nothing to say left out.

    Raises ToolError when pandoc fails.
    """
    words, entries = wording.ours()["title_page"], _entries(clean, journal, counts)
    blocks = [tree.header(1, words["heading"])]
    for row in journal.layout.get("title_page") or words["entries"]:
        name, heading = (row["entry"], row.get("heading")) if isinstance(row, dict) else (row, None)
        if body := entries[name]:
            blocks += [tree.header(2, heading or words["headings"][name]), *body]
    docx.letter(journal, words["heading"], blocks, target)


def _entries(clean: CleanCase, journal: Journal, counts: dict[str, Any]) -> dict[str, Nodes]:
    """Everything a title page may say, by name."""
    words, record, byline = wording.ours()["title_page"], clean.record, clean.byline
    places, authors = wording.places(byline), byline["authors"]
    declared = {
        name: markdown.paragraphs(text, links=False) if text else []
        for name, text in byline["declarations"].items()
    }
    return {
        "registration": [],
        **declared,
        "article_type": _one(tree.words(str(journal.value("article_type", "Case Report")))),
        "title": _one(markdown.inline(record["title"], links=False)),
        "running_title": _one(markdown.inline(record["running_title"], links=False)),
        "keywords": _one(tree.words("; ".join(record["keywords"]))),
        "authors": [_numbered(n, _author(author, places)) for n, author in enumerate(authors, 1)],
        "affiliations": [_numbered(n, tree.words(wording.address(byline, p))) for p, n in places.items()],
        "corresponding": [tree.para(_contact(a, byline)) for a in authors if a["corresponding"]],
        "counts": _one(_counts(words["counts_line"], counts)),
        "contributions": _one(wording.contributions(byline)),
        "credit": [_credit(byline, words["credit_columns"])],
        "guarantor": [tree.para(tree.words(wording.full_name(a))) for a in authors if a.get("guarantor")],
        "presented_at": _one(tree.words(byline["presented_at"])) if byline.get("presented_at") else [],
    }


def cover_letter(clean: CleanCase, journal: Journal, checklists: tuple[str, ...], target: Path) -> None:
    """Write the letter: why the case matters, consent, declarations, reviewers; `checklists` by their names.

    Raises ToolError when pandoc fails.
    """
    record, byline = clean.record, clean.byline
    declarations = byline["declarations"]
    several = len(checklists) > 1
    values = {
        "journal": [tree.wrap("Emph", tree.words(journal.name))],
        "article_type": tree.words(str(journal.value("article_type", "Case Report"))),
        "title": markdown.inline(record["title"], links=False),
        "novelty": _flat(record["novelty"]),
        "consent": wording.consent(clean, journal),
        "presented_at": tree.words(byline.get("presented_at") or ""),
        "earlier_posts": _earlier_posts(byline.get("earlier_posts") or {}),
        "checklists": tree.words(
            f"{_listed(checklists)} {'checklists are' if several else 'checklist is'} enclosed"
        ),
        **{
            name: _flat(declarations.get(name) or "")
            for name in ("ethics", "funding", "conflicts", "ai_use", "registration")
        },
    }
    holds = {
        "blinded": bool(journal.layout["blinded"]),
        "posted": bool(record["questions"]["posted_before"]) and not byline.get("earlier_posts"),
        "posted_and_told": bool(byline.get("earlier_posts")),
        "presented": bool(byline.get("presented_at")),
        "registered": bool(declarations.get("registration")),
    }
    parts: dict[str, Nodes] = {
        "novelty": markdown.paragraphs(record["novelty"], links=False),
        "journal": [tree.para(wording.fill(t, values)) for t in journal.layout.get("cover_letter") or ()],
        "suggested": _people(byline, "suggested_reviewers"),
        "opposed": _people(byline, "opposed_reviewers"),
        "signature": [tree.para(_contact(a, byline)) for a in byline["authors"] if a["corresponding"]],
    }
    blocks: Nodes = []
    for row in wording.ours()["cover_letter"]:
        if not holds.get(row.get("when", ""), "when" not in row):
            continue
        blocks += parts[row["part"]] if "part" in row else [tree.para(wording.fill(row["text"], values))]
    docx.letter(journal, "Cover letter", blocks, target)


def highlights(clean: CleanCase, journal: Journal, target: Path) -> None:
    """Write the highlights as a file of their own. Raises ToolError when pandoc fails."""
    heading = wording.ours()["highlights"]
    points = [markdown.inline(point, links=False) for point in clean.record["highlights"]]
    docx.letter(journal, heading, [tree.header(1, heading), tree.bullets(points)], target)


def _people(byline: dict[str, Any], field: str) -> Nodes:
    """Reviewers whom the authors suggest or oppose, one paragraph each, under a sentence of ours."""
    people = byline.get(field) or []
    lines: Nodes = []
    for person in people:
        told = [person["name"], person["affiliation"], person.get("email")]
        lines.append(tree.para(tree.words(f"– {', '.join(filter(None, told))}: {person['why']}")))
    return [tree.para(tree.words(wording.ours()[field])), *lines] if people else []


def _earlier_posts(told: dict[str, Any]) -> Nodes:
    """Where it was, and what the record says was done about it: nothing is said that it does not say."""
    phrases: dict[str, str] = wording.ours()["earlier_posts"]
    said = [phrases[name] for name in ("removed", "consent_covers") if told.get(name)]
    return tree.words(f"{'; '.join([told.get('where', ''), *said])}.")


def _credit(byline: dict[str, Any], columns: list[str]) -> tree.Node:
    """Who did what, in CRediT roles: a table with one row for each author."""
    roles = wording.ours()["credit"]
    rows = [
        [tree.words(wording.full_name(a)), tree.words("; ".join(roles[role] for role in a["credit"]))]
        for a in byline["authors"]
    ]
    table = tree.table(0, [], [tree.words(name) for name in columns], rows, [0.35, 0.65])
    table["c"][1] = [None, []]  # the heading above it says what it is
    return table


def _listed(names: tuple[str, ...]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _one(inner: Nodes) -> Nodes:
    return [tree.para(inner)]


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
