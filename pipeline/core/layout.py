"""The shapes of a journal's profile: what each rule's value and each key of its layout may be.

core/profile.py reads a profile.yaml against them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from pipeline.core import resources, words
from pipeline.core.fields import Line, Part

Status = Literal["confirmed", "dated", "secondary", "publisher", "knowledge", "unknown"]
Number = Annotated[int, Field(ge=0)]
Millimetres = Annotated[float, Field(gt=0, le=400)]
PARTS = (*words.SECTIONS, "learning_points")  # texts of the record that a section may hold
DECLARED = ("ethics", "funding", "conflicts", "data", "ai_use", "acknowledgements")
WRITTEN = ("consent", "contributions")  # statements that we write from facts
NAMING = {"contributions", "acknowledgements", "funding"}  # statements from which reviewers learn who wrote
LETTER = {  # what may stand in {braces} in a sentence for the cover letter
    *("title", "journal", "novelty", "article_type", "consent", "ethics", "funding", "conflicts"),
    *("ai_use", "registration", "presented_at", "checklists"),
}


def _regular(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise ValueError("is not a regular expression") from None
    return text


def _ascending(bounds: list[Any]) -> list[Any]:
    low, high = bounds
    if low is not None and high is not None and low > high:
        raise ValueError("has the larger number first")
    return bounds


def _entry(name: str) -> str:
    known = resources.data("templates/manuscript/wording.yaml")["title_page"]["headings"]
    if name not in known:
        raise ValueError(f"is no entry of a title page; there are: {', '.join(known)}")
    return name


def _sentence(text: str) -> str:
    if strange := set(re.findall(r"\{(\w*)\}", text)) - LETTER:
        raise ValueError(f"has blanks that nothing fills: {', '.join(sorted(strange))}")
    return text


def _unstructured(value: Any) -> Any:
    return None if value in (False, "false", "no") else value


class AbstractRule(Part):
    """`structured`: the headings, or false."""

    structured: Annotated[list[Line] | None, BeforeValidator(_unstructured)] = None
    words_max: Number | None = None


class ReferencesRule(Part):
    """`style` is the name of a CSL file."""

    max: Number | None = None
    style: Line | None = None


class FiguresRule(Part):
    """What a figure must be; sizes in megabytes and millimetres."""

    max: Number | None = None
    formats: list[Line] | None = None
    dpi: Number | None = None
    widths_mm: Annotated[list[Millimetres], Field(min_length=1, max_length=3)] | None = None
    max_mb: Annotated[float, Field(gt=0)] | None = None
    min_text_pt: Annotated[float, Field(gt=0)] | None = None
    colour: Line | None = None
    separate_files: bool | None = None
    multi_panel: Line | None = None


class Forbidden(Part):
    """A pattern that no title may have, and the rule in words."""

    pattern: Annotated[str, AfterValidator(_regular)]
    rule: Line


class Points(Part):
    """How many, and how long at most (characters with spaces)."""

    min: Number | None = None
    max: Number | None = None
    chars: Number | None = None


RULES: dict[str, TypeAdapter[Any]] = {
    "article_type": TypeAdapter(Line),
    "words_max": TypeAdapter(Number),
    "authors_max": TypeAdapter(Number),
    "tables_max": TypeAdapter(Number),
    "figures_tables_max": TypeAdapter(Number),
    "abstract": TypeAdapter(AbstractRule),
    "keywords": TypeAdapter(
        Annotated[list[Number | None], Field(min_length=2, max_length=2), AfterValidator(_ascending)]
    ),
    "references": TypeAdapter(ReferencesRule),
    "figures": TypeAdapter(FiguresRule),
    "blinding": TypeAdapter(Literal["none", "single", "double"]),
    "title_forbids": TypeAdapter(list[Forbidden]),
    "care_overrides": TypeAdapter(dict[str, Line]),
    "highlights": TypeAdapter(Points),
    "learning_points": TypeAdapter(Points),
    "issn": TypeAdapter(Annotated[str, Field(pattern=r"^\d{4}-\d{3}[\dX]$")]),
    "forms": TypeAdapter(list[Line]),
    "excluded": TypeAdapter(list[Line]),
}


class Rule(Part):
    """What the journal asks for, where it was read and how sure we are."""

    value: Any = None
    working_default: Any = None
    source: Line
    status: Status
    advice: bool = False  # the page recommends and does not require: warns only
    counts: Line | None = None
    note: str | None = None


class Page(Part):
    """The page of the manuscript; spacing in lines, sizes in centimetres and points."""

    paper: Literal["a4", "us-letter"]
    margin_cm: Annotated[float, Field(ge=1, le=5)]
    font: Literal["Times New Roman", "Arial", "Calibri", "Cambria"] = "Times New Roman"  # of the Word file
    font_pt: Annotated[float, Field(ge=8, le=16)]
    spacing: Annotated[float, Field(ge=1, le=3)]
    line_numbers: bool


class FigureForm(Part):
    """How figures are saved: one panel at the first width, several at the second (millimetres)."""

    format: Literal["tif", "png", "jpg"]
    dpi: Annotated[int, Field(ge=72, le=1200)]
    widths_mm: Annotated[
        list[Annotated[float, Field(ge=50, le=250)]],
        Field(min_length=2, max_length=2),
        AfterValidator(_ascending),
    ]
    max_mb: Annotated[float, Field(gt=0)] | None = None
    colour: Literal["rgb", "grey"] = "rgb"
    line_dpi: Annotated[int, Field(ge=72, le=2400)] | None = None  # of figures drawn as lines; else dpi


class Abstract(Part):
    """Its heading; with labels (part of the record -> printed label) it is structured."""

    heading: Line
    labels: dict[Literal["background", "case_presentation", "discussion", "conclusions"], Line] | None = None


class Held(Part):
    """One text of the record, with a heading of its own or without."""

    part: Literal[PARTS]  # type: ignore[valid-type]
    heading: Line | None = None


class Section(Part):
    """A heading of the article and what stands under it. `type` is JATS's sec-type."""

    heading: Line
    type: Line
    parts: Annotated[list[Held], Field(min_length=1)]


def _whole(sections: list[Section]) -> list[Section]:
    """Each text of the record stands under one heading: none is lost, none is printed twice."""
    held = [row.part for section in sections for row in section.parts]
    lost = [part for part in words.SECTIONS if part not in held]
    twice = sorted({part for part in held if held.count(part) > 1})
    told = [f"leaves out {', '.join(lost)}"] if lost else []
    if told := [*told, *([f"prints {', '.join(twice)} twice"] if twice else [])]:
        raise ValueError(" and ".join(told))
    return sections


class Timeline(Part):
    """Words of the table of events, and the part it follows if the text mentions it nowhere."""

    title: Line
    time: Line
    event: Line
    after: Literal[words.SECTIONS]  # type: ignore[valid-type]


class Laboratory(Part):
    """Words of the tables of results, and the part they follow if the text mentions them nowhere."""

    test: Line
    unit: Line
    reference: Line
    after: Literal[words.SECTIONS]  # type: ignore[valid-type]


class Statement(Part):
    """A declaration: where it comes `from`, what reviewers see under blinding, what to print if empty."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, populate_by_name=True)
    heading: Line
    source: Annotated[Literal[(*DECLARED, *WRITTEN)], Field(alias="from")]  # type: ignore[valid-type]
    type: Line
    blinded: Literal["withheld", "omit"] | None = None
    empty: Line | None = None


class People(Part):
    """How the patient is described: the age as typed, as a decade or not at all; places."""

    age: Literal["exact", "decade", "none"]
    place: Literal["any", "none"]


class Entry(Part):
    """An entry of the title page under a heading of the journal's own."""

    entry: Annotated[str, AfterValidator(_entry)]
    heading: Line


class Typography(Part):
    """Which parts of the typographic pass are wanted."""

    spaces: bool = True
    quotes: bool = True
    dashes: bool = True
    italics: bool = True


class Abbreviations(Part):
    """A list of the abbreviations that the text explains."""

    heading: Line


class Slot(Part):
    """A place in the journal's submission system, and the member of the package that belongs there."""

    slot: Line
    file: Line | None = None
    paste: Line | None = None
    held: Line | None = None
    name: Line | None = None
    note: Line | None = None
    for_editor: bool = False
    when: Literal["blinded", "open"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Slot:
        if sum(way is not None for way in (self.file, self.paste, self.held)) != 1:
            raise ValueError("needs one of: file, paste, held")
        return self


class Submission(Part):
    """How a package is handed in: the system, its address, its slots if they differ from the usual ones."""

    platform: Literal["ojs", "editorial-manager", "medknow", "web-form", "email", "other"]
    address: Line | None = None
    slots: list[Slot] | None = None
    notes: list[Line] | None = None


class Layout(Part):
    """How we set the manuscript for this journal. Ours, so it needs no source."""

    blinded: bool
    csl: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    citations_after_punctuation: bool
    consent_delivery: Literal["embed", "attest", "on_request"]
    promises_copy: bool = False
    title_drops: Annotated[str, AfterValidator(_regular)] = ""
    people: People
    page: Page
    figure: FigureForm
    abstract: Abstract
    keywords_heading: Line
    title_page: list[Annotated[str, AfterValidator(_entry)] | Entry] | None = None
    cover_letter: list[Annotated[str, AfterValidator(_sentence)]] | None = None
    checklists: list[Literal["care", "scare", "process", "care-radiology"]] | None = None
    highlights: bool = False
    abbreviations: Abbreviations | None = None
    typography: bool | Typography = True
    submission: Submission | None = None
    counted: Annotated[list[Literal[PARTS]], Field(min_length=1)]  # type: ignore[valid-type]
    sections: Annotated[list[Section], Field(min_length=1), AfterValidator(_whole)]
    timeline: Timeline
    laboratory: Laboratory
    statements_heading: Line
    statements: Annotated[list[Statement], Field(min_length=1)]
    consent_statement: Annotated[str, Field(pattern=r"\{who\}")]
    references_heading: Line
    figures_heading: Line

    @model_validator(mode="after")
    def _nameless(self) -> Layout:
        """Under blinding a statement that names or initials people is withheld or left out."""
        open_ = {row.source for row in self.statements if row.blinded is None}
        if self.blinded and (naming := sorted(open_ & NAMING)):
            told = f"is blinded: the statements {', '.join(naming)} need `blinded: withheld` or `omit`"
            raise ValueError(told)
        return self
