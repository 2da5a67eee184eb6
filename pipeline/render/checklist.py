"""The checklists with the page and line of every item, made after the manuscript's PDF and from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core import guidelines
from pipeline.core.model import CareLine
from pipeline.render import document, docx, pdf, tree, wording
from pipeline.render.tree import Node, Nodes

SOFTWARE = "software"  # decided by software alone
EXCUSED = "not applicable"  # by a reason of the author's
NOWHERE = "–"
MISSING = "missing"
WIDTHS = (0.08, 0.14, 0.32, 0.1, 0.24, 0.12)  # of the columns in Word, as parts of the line

Rows = list[dict[str, Any]]
Marks = dict[str, list[tuple[str, str]]]  # line -> anchors with the section each is in (render/evidence.py)


def rows(
    care: tuple[CareLine, ...],
    excused: dict[str, str],
    marks: Marks,
    positions: dict[str, pdf.Position],
    paper: document.Paper,
) -> Rows:
    """The lines of every checklist as data, with the place of each in the blinded PDF.

    `excused` are the cleaned reasons why lines do not apply: those in `care` are as the author typed them.
    """
    headings, unsure = _headings(paper), wording.ours()["checklist"]["unsure"]
    return [
        {
            "guideline": line.guideline,
            "id": line.id,
            "topic": line.topic,
            "requirement": line.requirement[:1].upper() + line.requirement[1:],
            "status": line.status,
            "decided_by": line.decided_by,
            "note": excused.get(line.key, line.note) if line.status == EXCUSED else line.note,
            "unsure": unsure.get(line.confirmed, ""),
            "where": ""
            if line.status in (MISSING, EXCUSED)
            else _where(marks[line.key], positions, headings),
        }
        for line in care
    ]


def files(listed: Rows, paper: document.Paper, dest: Path) -> None:
    """Write <checklist>-checklist.pdf and .docx for each list in `listed`. Raises as pdf.build."""
    for name in dict.fromkeys(row["guideline"] for row in listed):
        sheet = _sheet(guidelines.load(name), [row for row in listed if row["guideline"] == name], paper)
        docx.checklist(
            paper.journal, sheet["title"], _document(sheet, paper), dest / f"{name}-checklist.docx"
        )
        pdf.build("checklist.typ", {"checklist.json": sheet}, {}, dest / f"{name}-checklist.pdf")


def _sheet(guideline: guidelines.Guideline, listed: Rows, paper: document.Paper) -> dict[str, Any]:
    """What both files hold, as data."""
    words = wording.ours()["checklist"]
    person = sum(row["decided_by"] != SOFTWARE for row in listed)
    counts = {
        "total": len(listed),
        "person": person,
        "decided": len(listed) - person,
        "excused": sum(row["status"] == EXCUSED for row in listed),
        **{s: sum(row["status"] == s for row in listed) for s in ("reported", "partial", "missing")},
    }
    values = {"title": paper.title, **{name: tree.words(str(count)) for name, count in counts.items()}}
    return {
        "title": guideline.title,
        "heading": words["heading"].format(name=guideline.name),
        "about": wording.fill(words["about"], values),
        "columns": words["columns"],
        "origin": guideline.origin,
        "draft": wording.ours()["draft"] if paper.draft else "",
        "rows": [{**row, "where": row["where"] or NOWHERE} for row in listed],
    }


def _document(sheet: dict[str, Any], paper: document.Paper) -> Nodes:
    """The same as blocks for Word."""

    def cell(row: dict[str, Any]) -> Nodes:
        extra = [text for text in (row["unsure"], row["note"]) if text]
        out = tree.words(row["requirement"])
        for text in extra:
            out += [{"t": "LineBreak"}, tree.wrap("Emph", tree.words(text))]
        return out

    lines = [
        [
            [tree.strong(row["id"])],
            tree.words(row["topic"]),
            cell(row),
            tree.words(row["status"]),
            tree.words(row["where"]),
            tree.words(row["decided_by"]),
        ]
        for row in sheet["rows"]
    ]
    banner = [tree.para([tree.strong(sheet["draft"])])] if paper.draft else []
    head = [tree.words(name) for name in sheet["columns"]]
    table: Node = tree.table(0, [], head, lines, list(WIDTHS))
    table["c"][1] = [None, []]  # the heading above it says what it is
    return [
        *banner,
        tree.header(1, sheet["heading"]),
        tree.para(sheet["about"]),
        table,
        tree.para(tree.words(sheet["origin"])),
    ]


def _where(marks: list[tuple[str, str]], positions: dict[str, pdf.Position], headings: dict[str, str]) -> str:
    """The places of one line, each once: "Discussion: page 9, line 201"."""
    said = []
    for anchor, section in marks:
        if anchor in positions:
            page, line = positions[anchor]
            name = headings.get(section, section.replace("_", " ").capitalize())
            said.append(f"{name}: page\u00a0{page}" + (f", line\u00a0{line}" if line else ""))
    return "; ".join(dict.fromkeys(said))


def _headings(paper: document.Paper) -> dict[str, str]:
    """What each part is called in this journal: its own heading or label, or that around it."""
    found: dict[str, str] = {}
    for block in paper.blocks:
        around = _heading(block)
        for node in tree.every([block]):
            if node["t"] == "Div" and (name := node["c"][0][0]):
                found[name] = _heading(node) or around
    return {name: heading for name, heading in found.items() if heading}


def _heading(div: tree.Node) -> str:
    first = next(iter(div["c"][1]), None) if div["t"] == "Div" else None
    if first is None:
        return ""
    return tree.attribute(first, "label") if first["t"] == "Table" else _words(first)


def _words(node: tree.Node) -> str:
    return tree.plain([node]) if node["t"] == "Header" else ""
