"""The CARE checklist with the page and line of every item, made after the manuscript's PDF and from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core.model import CareLine
from pipeline.render import document, pdf, tree, wording

SOFTWARE = "software"  # decided by software alone
EXCUSED = "not applicable"  # by a reason of the author's


def write(
    care: tuple[CareLine, ...],
    excused: dict[str, str],
    positions: dict[str, pdf.Position],
    paper: document.Paper,
    target: Path,
) -> list[dict[str, Any]]:
    """Write the checklist as PDF and return its lines as data. Raises as `pdf.build` does.

    `excused` are the cleaned reasons why lines do not apply: those in `care` are as the author typed them.
    """
    words = wording.ours()["checklist"]
    headings = _headings(paper)
    rows = [
        {
            "id": line.id,
            "topic": line.topic,
            "requirement": line.requirement[:1].upper() + line.requirement[1:],
            "status": line.status,
            "decided_by": line.decided_by,
            "note": excused[line.id] if line.status == EXCUSED else line.note,
            "where": "; ".join(_where(s, positions, headings) for s in _sections(line) if s in positions),
        }
        for line in care
    ]
    person = sum(line.decided_by != SOFTWARE for line in care)
    counts = {
        "total": len(care),
        "person": person,
        "decided": len(care) - person,
        "excused": sum(line.status == EXCUSED for line in care),
        **{
            status: sum(line.status == status for line in care)
            for status in ("reported", "partial", "missing")
        },
    }
    values = {"title": paper.title, **{name: tree.words(str(count)) for name, count in counts.items()}}
    sheet = {
        "title": words["title"],
        "heading": words["heading"],
        "about": wording.fill(words["about"], values),
        "columns": words["columns"],
        "origin": words["origin"],
        "draft": wording.ours()["draft"] if paper.draft else "",
        "rows": rows,
    }
    pdf.build("checklist.typ", {"checklist.json": sheet}, {}, target)
    return rows


def _sections(line: CareLine) -> tuple[str, ...]:
    """Where a reader finds an item. Among the statements it is consent that CARE asks for (item 13)."""
    return tuple(document.CONSENT if section == "statements" else section for section in line.sections)


def _where(section: str, positions: dict[str, pdf.Position], headings: dict[str, str]) -> str:
    page, line = positions[section]
    name = headings.get(section, section.replace("_", " ").capitalize())
    return f"{name}: page\u00a0{page}" + (f", line\u00a0{line}" if line else "")


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
