"""The page itself. Record text enters it only as autoescaped values."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined

from pipeline.core import numbering, resources, words
from pipeline.review import decisions
from pipeline.review.desk import Desk, Picture

SECTIONS = ("abstract", "timeline", *words.SECTIONS)


def render(desk: Desk) -> str:
    """The HTML of the desk as it is now."""
    earlier = _approvals(desk)
    page: str = _template().render(
        case_id=desk.case.id,
        clean=desk.clean.digest,
        revision=desk.revision,
        synthetic=desk.clean.record.get("synthetic") is True,
        progress=desk.progress(),
        pictures=[_picture(desk, picture, earlier) for picture in desk.pictures.values()],
        sections=_sections(desk.clean.record),
        questions=desk.questions(),
        **_report(desk.clean.report),
    )
    return page


@cache
def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    del environment.filters["safe"]  # a template that let record text through would not compile
    return environment.from_string(resources.text("templates/review/desk.html.j2"))


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
