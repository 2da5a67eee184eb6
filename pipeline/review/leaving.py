"""Every word that would leave, as it is read on the page: section by section, then the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import numbering, words
from pipeline.core.identity import BYLINE
from pipeline.core.model import CleanCase

TITLES = ("title", "running_title", "keywords", "novelty", "highlights", "learning_points")
LONGEST_LIST = 4_000_000  # bytes of a reference list that are read
ENTRY = re.compile(
    r"(?m)^\s*title\s*=\s*(.+?),?\s*$|^(?:TI|T1)\s+-\s+(.+?)\s*$", re.IGNORECASE
)  # BibTeX, RIS
SECTIONS = ("abstract", "timeline", *words.SECTIONS)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the text."""

    title: str
    paragraphs: list[str]
    prose: bool = False  # told, not listed

    @property
    def words(self) -> int:
        """How many there are."""
        return sum(map(words.count, self.paragraphs))


def sections(clean: CleanCase) -> list[Section]:
    """Everything that can be read before signing."""
    return [*_prose(clean.record), *_rest(clean)]


def paragraphs(clean: CleanCase) -> list[str]:
    """The same, without its headings."""
    return [paragraph for section in sections(clean) for paragraph in section.paragraphs]


def _prose(record: dict[str, Any]) -> list[Section]:
    """The prose, section by section, and the timeline."""
    numbers = numbering.narrative(record)
    told = [f"{event['when']}: {event['event']}" for event in record["timeline"]]
    prose = {
        **record["text"],
        "abstract": "\n\n".join(record["abstract"].values()),
        "timeline": "\n\n".join(told),
    }
    return [
        Section(name.replace("_", " ").capitalize(), words.plain(prose[name], numbers).split("\n\n"), True)
        for name in SECTIONS
        if prose.get(name)
    ]


def _rest(clean: CleanCase) -> list[Section]:
    """Every other word: title page, pictures, tables, declarations, authors, references."""
    record, byline = clean.record, clean.byline
    pictures = [{key: figure[key] for key in ("id", "alt")} for figure in record.get("figures", [])]
    groups = {
        "title, keywords and cover letter": _told({key: record.get(key) for key in TITLES}),
        "alternative texts of the pictures": _told(pictures),
        "tables": _told(record.get("tables")),
        "pedigree": _told(record.get("pedigree")),
        "legends of figures drawn from the record": _told(record.get("legends")),
        "reasons why something does not apply": _told(record.get("not_applicable")),
        **{key: _told(byline.get(key)) for key in BYLINE},
        "references": _references(clean.references),
    }
    shown = {name: list(lines) for name, lines in groups.items()}
    return [Section(name.capitalize().replace("_", " "), lines) for name, lines in shown.items() if lines]


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
