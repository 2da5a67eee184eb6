"""Statements and other words of ours (templates/manuscript/wording.yaml) with values put in as data."""

from __future__ import annotations

import re
from typing import Any

from pipeline.core import resources
from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase
from pipeline.render import markdown, tree
from pipeline.render.tree import Nodes

ADULT = 18  # years; Indian Majority Act 1875, s. 3
BLANK = re.compile(r"\{([a-z_]+)\}")


def ours() -> dict[str, Any]:
    """Our words, as data."""
    data: dict[str, Any] = resources.data("templates/manuscript/wording.yaml")
    return data


def fill(template: str, values: dict[str, Nodes]) -> Nodes:
    """A sentence of ours with its {blanks} filled. Values are nodes, so nothing in them is read as markup."""
    out: Nodes = []
    for n, piece in enumerate(BLANK.split(template)):
        out += values[piece] if n % 2 else tree.spaced(piece)
    return out


def who_consented(patient: dict[str, Any]) -> str:
    """Who can consent to publication, from the facts about the patient (never from the form)."""
    kind = "adult"
    if not patient["can_decide"]:
        kind = "unable"
    if int(patient["age_years"]) < ADULT:
        kind = "child"
    if patient["deceased"]:
        kind = "deceased"
    return str(ours()["who"][kind])


def consent(clean: CleanCase, journal: Journal) -> Nodes:
    """The journal's statement that consent was obtained (CARE 13, ICMJE II.E.1)."""
    who = tree.words(who_consented(clean.record["patient"]))
    return fill(journal.layout["consent_statement"], {"who": who})


def statement(clean: CleanCase, journal: Journal, row: dict[str, str], *, blinded: bool) -> Nodes:
    """The paragraphs of one declaration; none if it is left out."""
    if blinded and "blinded" in row:
        return [tree.para(tree.words(ours()["withheld"]))] if row["blinded"] == "withheld" else []
    if row["from"] == "consent":
        return [tree.para(consent(clean, journal))]
    if row["from"] == "contributions":
        return [tree.para(contributions(clean.byline))]
    text = clean.byline["declarations"].get(row["from"]) or row.get("empty", "")
    return markdown.paragraphs(text)


def byline(named: dict[str, Any]) -> Nodes:
    """Authors with raised numbers for their institutions, the institutions, and whom to write to."""
    numbered = places(named)
    line: Nodes = []
    for author in named["authors"]:
        numbers = [str(numbered[a]) for a in author["affiliations"]]
        raised = ",".join([*numbers, *(["*"] if author["corresponding"] else [])])
        comma = [{"t": "Str", "c": ","}, tree.SPACE] if line else []
        line += [*comma, *tree.words(full_name(author)), tree.wrap("Superscript", tree.words(raised))]
    listed = [
        tree.para([tree.wrap("Superscript", tree.words(str(n))), *tree.words(address(named, a))])
        for a, n in numbered.items()
    ]
    mails = [a["email"] for a in named["authors"] if a["corresponding"] and a.get("email")]
    listed += [tree.para(tree.words(f"{ours()['correspondence']}: {mail}")) for mail in mails]
    return [tree.styled("Author", "byline", [tree.para(line)]), tree.styled("Affiliation", "byline", listed)]


def places(named: dict[str, Any]) -> dict[str, int]:
    """Institutions by number, in the order of the authors; those no author names come last."""
    wanted = [place for author in named["authors"] for place in author["affiliations"]]
    return {place: n for n, place in enumerate(dict.fromkeys([*wanted, *named["affiliations"]]), 1)}


def full_name(author: dict[str, Any]) -> str:
    """Given and family name, with degrees."""
    name = f"{author['given']} {author['family']}"
    return f"{name}, {author['degrees']}" if author.get("degrees") else name


def address(named: dict[str, Any], place: str) -> str:
    """One institution on one line."""
    row = named["affiliations"][place]
    return ", ".join(row[part] for part in ("department", "institution", "city", "country"))


def contributions(byline: dict[str, Any]) -> Nodes:
    """Who did what, in CRediT roles, by initials."""
    roles = ours()["credit"]
    people = []
    for author in byline["authors"]:
        first, *others = (roles[role] for role in author["credit"])
        done = ", ".join([first, *(role[0].lower() + role[1:] for role in others)])
        people.append(f"{initials(author)}: {done}")
    return tree.words("; ".join(people) + ".")


def initials(author: dict[str, Any]) -> str:
    """First letters of all names: "Ravi Kumar", "Sen-Gupta" -> RKSG."""
    return "".join(name[0] for name in re.split(r"[\s-]+", f"{author['given']} {author['family']}") if name)
