"""What a journal's profile.yaml may say. A misspelt or missing key is told with its line, never ignored.

Values are typed as a person would; templates/journals/_layout.yaml fills in what a profile leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.core import findings, resources, words
from pipeline.core.errors import InputError
from pipeline.core.fields import Line, Part
from pipeline.core.model import Path_, Place

Status = Literal["confirmed", "dated", "secondary", "publisher", "knowledge", "unknown"]
Number = Annotated[int, Field(ge=0)]
Millimetres = Annotated[float, Field(gt=0, le=400)]
PARTS = (*words.SECTIONS, "learning_points")  # texts of the record that a section may hold
PARTS_OF_IT = ("name", "rules", "layout")
DECLARED = ("ethics", "funding", "conflicts", "data", "ai_use", "acknowledgements")
WRITTEN = ("consent", "contributions")  # statements that we write from facts
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


class _Values(Part):
    """A group of values: extra ones are for people to read."""

    model_config = ConfigDict(extra="allow", str_strip_whitespace=True, frozen=True)


class AbstractRule(_Values):
    """`structured`: the headings, or false."""

    structured: Annotated[list[Line] | None, BeforeValidator(_unstructured)] = None
    words_max: Number | None = None


class ReferencesRule(_Values):
    """`style` is the name of a CSL file."""

    max: Number | None = None
    style: Line | None = None


class FiguresRule(_Values):
    """What a figure must be; sizes in megabytes and millimetres."""

    max: Number | None = None
    formats: list[Line] | None = None
    dpi: Number | None = None
    widths_mm: Annotated[list[Millimetres], Field(min_length=1, max_length=3)] | None = None
    max_mb: Annotated[float, Field(gt=0)] | None = None


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
    "keywords": TypeAdapter(Annotated[list[Number | None], Field(min_length=2, max_length=2)]),
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
    widths_mm: Annotated[list[Millimetres], Field(min_length=2, max_length=2)]
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
    """How the patient is described: the age as typed or as a decade, places as typed or pointed out."""

    age: Literal["exact", "decade"]
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


class Submission(Part):
    """How a package is handed in: the system, its address, its slots if they differ from the usual ones."""

    platform: Literal["ojs", "editorial-manager", "medknow", "web-form", "email", "other"]
    address: Line | None = None
    slots: list[Slot] | None = None
    notes: list[Line] | None = None


class Layout(Part):
    """How we set the manuscript for this journal. Ours, so it needs no source."""

    blinded: bool
    csl: Line
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
    sections: Annotated[list[Section], Field(min_length=1)]
    timeline: Timeline
    laboratory: Laboratory
    statements_heading: Line
    statements: Annotated[list[Statement], Field(min_length=1)]
    consent_statement: Annotated[str, Field(pattern=r"\{who\}")]
    references_heading: Line
    figures_heading: Line


def read(
    raw: Mapping[str, Any], layout: Mapping[str, Any], places: Mapping[Path_, Place]
) -> tuple[str, dict[str, dict[str, Any]], dict[str, Any]]:
    """A profile as typed -> its name, its rules and its layout with the defaults filled in, kinds converted.

    `raw` holds text only (core/yamltext.py), `layout` the defaults. Raises InputError (JRN010) with every
    mistake and its line.
    """
    problems: list[tuple[Path_, str]] = [((), f"'{n}' is missing") for n in PARTS_OF_IT if n not in raw]
    problems += [((n,), "is not a part of a profile") for n in raw if n not in PARTS_OF_IT]
    problems += [((n,), "holds no keys") for n in ("rules", "layout") if not isinstance(raw.get(n, {}), dict)]
    rules: dict[str, dict[str, Any]] = {}
    typed = raw.get("rules")
    for name, row in (typed if isinstance(typed, dict) else {}).items():
        rules[name] = _rule(name, row, problems)
    own = raw.get("layout")
    whole: dict[str, Any] = {}
    try:
        said = {**layout, **(own if isinstance(own, dict) else {})}
        whole = Layout.model_validate(said).model_dump(by_alias=True, exclude_none=True)
    except ValidationError as e:
        problems += _told(e, ("layout",))
    if problems:
        raise _stop(problems, places)
    return str(raw["name"]), rules, whole


def _rule(name: str, row: Any, problems: list[tuple[Path_, str]]) -> dict[str, Any]:
    """One rule, its value and its working default converted to their kind; mistakes go to `problems`."""
    here = ("rules", name)
    if not isinstance(row, dict):
        problems.append((here, "needs value, source and status"))
        return {}
    row = {k: (None if v in ("null", "~", "") else v) for k, v in row.items()}
    try:
        made = Rule.model_validate(row).model_dump(exclude_unset=True)
    except ValidationError as e:
        problems += _told(e, here)
        return {}
    for key in ("value", "working_default"):
        if made.get(key) is not None and name in RULES:
            try:
                found = RULES[name].validate_python(_nulls(made[key]))
            except ValidationError as e:
                problems += _told(e, (*here, key))
                continue
            made[key] = RULES[name].dump_python(found, exclude_none=True)
    return made


def _nulls(value: Any) -> Any:
    """What is typed as null inside a group of values is no value."""
    if isinstance(value, dict):
        return {k: _nulls(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_nulls(v) for v in value]
    return None if value in ("null", "~") else value


def _told(error: ValidationError, where: Path_) -> list[tuple[Path_, str]]:
    """What is wrong, in our own words where pydantic's are a programmer's."""
    said = {
        "missing": "is missing",
        "extra_forbidden": "is not a key of a profile (a misspelling?)",
    }
    return [
        ((*where, *e["loc"]), said.get(e["type"], str(e["msg"]).removeprefix("Value error, ")))
        for e in error.errors(include_url=False, include_input=False)
    ]


def _stop(problems: list[tuple[Path_, str]], places: Mapping[Path_, Place]) -> InputError:
    told = []
    for path, what in problems:
        known = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in places), ())
        name, line = places.get(known, ("profile.yaml", 1))
        field = ".".join(str(p) for p in path)
        told.append((f"{name}:{line}", f"{field} {what}".strip()))
    (where, first), *others = told
    more = "".join(f"\n        {place}: {what}" for place, what in others)
    said = findings.make("JRN010", count=len(told))
    what, fix = f"{said.message}: {first}", said.fix + more
    return InputError(what, code="JRN010", where=where, why=said.why, fix=fix)


def schema() -> dict[str, Any]:
    """The JSON Schema of profile.yaml, for editors that complete and underline while one types."""
    layout = Layout.model_json_schema(by_alias=True)
    layout.pop("required", None)  # what is left out comes from _layout.yaml
    rule = Rule.model_json_schema()
    definitions = {**layout.pop("$defs", {}), "Rule": rule}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "casereport profile.yaml",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "rules", "layout"],
        "properties": {
            "name": {"type": "string"},
            "rules": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Rule"}},
            "layout": layout,
        },
        "$defs": definitions,
    }
