"""The page itself. Record text enters it only as autoescaped values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.core import decisions, numbering, pages, words
from pipeline.core.identity import BYLINE
from pipeline.core.model import Mark
from pipeline.review.desk import Desk, Picture

TITLES = ("title", "running_title", "keywords", "novelty", "highlights", "learning_points")
LONGEST_LIST = 4_000_000  # bytes of a reference list that are read
ENTRY = re.compile(
    r"(?m)^\s*title\s*=\s*(.+?),?\s*$|^(?:TI|T1)\s+-\s+(.+?)\s*$", re.IGNORECASE
)  # BibTeX, RIS
SECTIONS = ("abstract", "timeline", *words.SECTIONS)


def render(desk: Desk) -> str:
    """The HTML of the desk as it is now."""
    earlier = _approvals(desk)
    page: str = pages.template("templates/review/desk.html.j2").render(
        case_id=desk.case.id,
        clean=desk.clean.digest,
        revision=desk.revision,
        synthetic=desk.clean.record.get("synthetic") is True,
        progress=desk.progress(),
        marks=[_mark(number, mark) for number, mark in enumerate(desk.marks)],
        pictures=[_picture(desk, picture, earlier) for picture in desk.pictures.values()],
        sections=[*_sections(desk.clean.record), *_rest(desk)],
        questions=desk.questions(),
        **_report(desk.clean.report),
    )
    return page


def _picture(desk: Desk, picture: Picture, earlier: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {
        "id": picture.id,
        "name": picture.name,
        "legend": picture.legend,
        "alt": picture.alt,
        "recognisable": picture.recognisable,
        "decision": picture.decision,
        "reason": picture.reason,
        "before": earlier.get(picture.panel.pixels),
        "looks": _looks(desk.clean.report, picture),
    }


def _mark(number: int, mark: Mark) -> dict[str, Any]:
    return {
        "number": number,
        "box": mark.box,
        "words": mark.words,
        "page": mark.page,
        "read": {"marked": "marked", "blank": "empty"}.get(mark.read, f"not certain: {mark.why}"),
        "entered": mark.entered,
        "look": mark.read == "look" or (mark.read == "marked") != mark.entered,
        "shown": bool(mark.picture),
    }


def _approvals(desk: Desk) -> dict[str, dict[str, str]]:
    """Who approved the same pixels last: pixel digest -> name and date."""
    found: dict[str, dict[str, str]] = {}
    for entry in decisions.read(desk.case.folder).signoffs:
        for row in entry.get("pictures", []):
            if row.get("decision") == "approve":
                found[str(row.get("pixels"))] = {
                    "name": str(entry.get("name")),
                    "signed": str(entry.get("signed")),
                }
    return found


def _sections(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The prose that would leave, section by section, and the timeline."""
    numbers = numbering.narrative(record)
    told = [f"{event['when']}: {event['event']}" for event in record["timeline"]]
    prose = {
        **record["text"],
        "abstract": "\n\n".join(record["abstract"].values()),
        "timeline": "\n\n".join(told),
    }
    return [
        {
            "title": name.replace("_", " ").capitalize(),
            "words": words.count(prose[name]),
            "paragraphs": words.plain(prose[name], numbers).split("\n\n"),
            "open": name == "abstract",
        }
        for name in SECTIONS
        if prose.get(name)
    ]


def _rest(desk: Desk) -> list[dict[str, Any]]:
    """Every other word that would leave: title page, pictures, tables, declarations, authors, references."""
    record, byline = desk.clean.record, desk.clean.byline
    pictures = [{key: figure[key] for key in ("id", "alt")} for figure in record.get("figures", [])]
    groups = {
        "title, keywords and cover letter": _told({key: record.get(key) for key in TITLES}),
        "alternative texts of the pictures": _told(pictures),
        "tables": _told(record.get("tables")),
        "pedigree": _told(record.get("pedigree")),
        "legends of figures drawn from the record": _told(record.get("legends")),
        "reasons why something does not apply": _told(record.get("not_applicable")),
        **{key: _told(byline.get(key)) for key in BYLINE},
        "references": _references(desk.clean.references),
    }
    shown = {name: list(lines) for name, lines in groups.items()}
    return [
        {
            "title": name.capitalize(),
            "words": sum(map(words.count, lines)),
            "paragraphs": lines,
            "open": False,
        }
        for name, lines in shown.items()
        if lines
    ]


def _told(value: Any, label: str = "") -> Iterator[str]:
    """One line for every word kept anywhere in `value`, with the field it stands in."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _told(part, f"{label} {key}".strip())
    elif isinstance(value, list) and not any(isinstance(part, (dict, list)) for part in value):
        yield from _told(", ".join(map(str, value)), label)
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            yield from _told(part, f"{label} {number}".strip())
    elif value not in (None, ""):
        yield f"{label.replace('_', ' ')}: {value}"


def _references(listed: Path | None) -> Iterator[str]:
    """The titles in the reference list, as typed there; the whole list travels as it is."""
    if listed is None:
        return
    with listed.open("rb") as opened:
        text = opened.read(LONGEST_LIST).decode("utf-8", "replace")
    titles = [(bib or ris).strip('{}"') for bib, ris in ENTRY.findall(text)]
    yield f"The reference list travels as it is in {listed.name}; titles found in it: {len(titles)}"
    yield from titles


def _report(report: dict[str, Any]) -> dict[str, Any]:
    """What was replaced in the text, and where to read again; places and kinds, never a value."""
    text = report["text"]
    return {
        "replaced": text["replaced"],
        "text_looks": [f"{row['place']}: {row['look']}" for row in text["look"]],
    }


def _looks(report: dict[str, Any], picture: Picture) -> list[str]:
    """What the machine suspects about one picture."""
    panel = f"{picture.panel.figure}-{picture.panel.letter}"
    return [look for image in report["images"] if panel in image["panels"] for look in image["look"]]
