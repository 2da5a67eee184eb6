"""The record: everything people type about a case, as one schema. See templates/case/record.yaml.

pydantic gives every error at once with its path (-> file:line) and writes the JSON Schema that lets an
editor complete and underline the file. All scalars arrive as text (core/yamltext.py).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from pipeline.core.fields import Date, FullDate, Id, Line, Part, Prose, YesNo, listed
from pipeline.core.illustration import Inset, Mark, Pedigree, Plot, ScaleBar, Window, named_window
from pipeline.core.permission import Consent, EarlierPosts


class Abstract(Part):
    background: Prose
    case_presentation: Prose
    discussion: Prose | None = None
    conclusions: Prose

    @model_serializer(mode="wrap")
    def _written(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only the parts that are there: one that few journals ask for is no empty part for all others."""
        return {name: text for name, text in usual(self).items() if text is not None}


Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
CREDIT = (
    "conceptualization",
    "data-curation",
    "formal-analysis",
    "funding-acquisition",
    "investigation",
    "methodology",
    "project-administration",
    "resources",
    "software",
    "supervision",
    "validation",
    "visualization",
    "writing-original-draft",
    "writing-review-editing",
)


def _orcid(text: str) -> str:
    """ORCID iDs end in an ISO 7064 mod 11-2 check character (ORCID, Structure of the identifier)."""
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if text[-1] != ("X" if check == 10 else str(check)):
        raise ValueError("is not a valid ORCID iD (its last character does not fit the others)")
    return text


def _credit(role: str) -> str:
    if role not in CREDIT:
        raise ValueError(
            "is not a CRediT role (credit.niso.org); see templates/case/record.yaml for the fourteen"
        )
    return role


def _stated(value: Any) -> Any:
    """One sentence stands for a list of one; "none" is kept as said, so that silence is never "none"."""
    return [value] if isinstance(value, str) and value else value


def _nothing_at_all(value: Any) -> Any:
    """`disclosures: none` answers every question at once."""
    return dict.fromkeys(Disclosures.model_fields, "none") if value == "none" else value


Stated = Annotated[list[Line], Field(min_length=1), BeforeValidator(_stated)]


class Disclosures(Part):
    """What one author declares, by the kinds the ICMJE asks about. What is left out was not stated."""

    manuscript: Stated | None = None
    grants: Stated | None = None
    royalties: Stated | None = None
    consulting: Stated | None = None
    honoraria: Stated | None = None
    testimony: Stated | None = None
    travel: Stated | None = None
    patents: Stated | None = None
    boards: Stated | None = None
    leadership: Stated | None = None
    stock: Stated | None = None
    equipment: Stated | None = None
    other: Stated | None = None


class Author(Part):
    given: Line
    family: Line
    degrees: Line | None = None
    position: Line | None = None
    affiliations: Annotated[list[Id], Field(min_length=1)]
    email: Email | None = None
    phone: Line | None = None
    orcid: Annotated[str, Field(pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$"), AfterValidator(_orcid)] | None = (
        None
    )
    credit: Annotated[list[Annotated[str, AfterValidator(_credit)]], Field(min_length=1)]
    corresponding: YesNo = False
    guarantor: YesNo = False
    disclosures: Annotated[Disclosures | None, BeforeValidator(_nothing_at_all)] = None


class Reviewer(Part):
    name: Line
    affiliation: Line
    email: Email | None = None
    why: Line


class Affiliation(Part):
    department: Line
    institution: Line
    city: Line
    country: Line
    country_code: Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 two letters: IN")]


class Patient(Part):
    age_years: Annotated[int, Field(ge=0, le=120)]
    sex: Literal["female", "male", "intersex", "undisclosed"]
    deceased: YesNo
    can_decide: Annotated[YesNo, Field(description="able to say yes or no to publication when asked")]
    reads_form_language: Annotated[YesNo, Field(description="the person who signs could read the form alone")]
    cannot_be_reached: Annotated[YesNo, Field(description="lost to follow-up: nobody can be asked")] = False


class Day0(Part):
    date: FullDate
    event: Line


class PastTreatment(Part):
    what: Line
    outcome: Line


class History(Part):
    complaint: Prose
    medical: Prose
    family: Prose
    psychosocial: Prose
    past_interventions: Annotated[list[PastTreatment], BeforeValidator(listed)]


class Examination(Part):
    vital_signs: Prose
    findings: Prose
    negatives: Prose


class Alternative(Part):
    diagnosis: Line
    against: Line


class Diagnosis(Part):
    primary: Line
    terms: Annotated[
        list[Line], Field(min_length=1, description="words the title should contain at least one of")
    ]
    differential: Annotated[list[Alternative], Field(min_length=1)]
    challenges: Prose
    prognosis: Prose | None = None


class Intervention(Part):
    kind: Literal["drug", "surgery", "procedure", "device", "supportive", "preventive", "self-care", "none"]
    name: Line
    dose: Line | None = None
    route: Line | None = None
    frequency: Line | None = None
    duration: Line | None = None
    details: Prose | None = None


class Change(Part):
    what: Line
    why: Line


class Outcomes(Part):
    clinician: Prose
    patient: Prose
    follow_up: Line
    tests: Prose
    adherence: Prose
    adverse_events: Prose


class Event(Part):
    date: Date
    event: Line


class Area(Part):
    left: Annotated[int, Field(ge=0)]
    top: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]


class Panel(Part):
    image: Annotated[
        Line, Field(description="a file, or a folder holding one DICOM series, inside this case")
    ]
    slice: Annotated[int, Field(ge=1, description="which slice of the series, counted from 1")] | None = None
    frame: (
        Annotated[int, Field(ge=1, description="which frame of a multi-frame file, counted from 1")] | None
    ) = None
    window: Annotated[Window | None, BeforeValidator(named_window, json_schema_input_type=Window | str)] = (
        None
    )
    crop: Area | None = None
    cover: list[Area] = []
    show: list[Area] = []
    scale_bar: ScaleBar | None = None
    marks: list[Mark] = []
    inset: Inset | None = None


class Figure(Part):
    id: Id
    panels: Annotated[list[Panel], Field(min_length=1, max_length=6)]
    legend: Prose
    alt: Line
    recognisable: Annotated[YesNo, Field(description="could anyone recognise the patient in it?")]
    taken_on: FullDate | None = None


class LabRow(Part):
    test: Line
    unit: Line
    reference: Line
    results: Annotated[dict[FullDate, Line], Field(min_length=1)]


class Table(Part):
    id: Id
    title: Line
    rows: Annotated[list[LabRow], Field(min_length=1)]
    plot: Plot = None


class Text(Part):
    """The narrative. Each section may instead be a file text/<section>.md."""

    introduction: Prose
    patient_information: Prose
    clinical_findings: Prose
    diagnostic_assessment: Prose
    therapeutic_intervention: Prose
    follow_up: Prose
    discussion: Prose
    conclusion: Prose
    perspective: Prose | None = None


class Declarations(Part):
    ethics: Prose
    funding: Prose
    conflicts: Prose
    data: Prose
    ai_use: Prose
    acknowledgements: Prose | None = None
    registration: Line | None = None


class Questions(Part):
    """Circumstances in which special rules apply. Every one is answered; silence is not "no"."""

    mental_illness: YesNo
    sexual_offence: YesNo
    child_in_legal_process: YesNo
    hiv: YesNo
    pregnancy_terminated: YesNo
    in_custody: YesNo
    transgender: YesNo
    dependent_on_author: YesNo
    posted_before: YesNo


class Record(Part):
    """One patient's case report, before de-identification."""

    synthetic: Annotated[YesNo, Field(description="yes only for made-up patients in examples and tests")] = (
        False
    )
    title: Line
    running_title: Annotated[Line, Field(max_length=50)]
    article_type: Literal["case report"] = "case report"
    keywords: Annotated[list[Line], Field(min_length=1)]
    novelty: Prose
    abstract: Abstract
    authors: Annotated[list[Author], Field(min_length=1)]
    affiliations: Annotated[dict[Id, Affiliation], Field(min_length=1)]
    patient: Patient
    day0: Day0
    history: History
    examination: Examination
    diagnosis: Diagnosis
    interventions: Annotated[list[Intervention], Field(min_length=1)]
    changes: Annotated[list[Change], BeforeValidator(listed)]
    outcomes: Outcomes
    timeline: Annotated[list[Event], Field(min_length=1)]
    timeline_as: Literal["table", "figure", "both"] = "table"
    text: Text
    figures: Annotated[list[Figure], BeforeValidator(listed)] = []
    tables: Annotated[list[Table], BeforeValidator(listed)] = []
    pedigree: Pedigree | None = None
    legends: Annotated[dict[Id, Prose], Field(description="drawn figure -> its legend, instead of ours")] = {}
    declarations: Declarations
    questions: Questions
    earlier_posts: EarlierPosts | None = None
    consent: Consent | None = None
    reporting: (
        Annotated[list[Literal["care", "scare", "process", "care-radiology"]], Field(min_length=1)] | None
    ) = None
    not_applicable: Annotated[
        dict[str, Line], Field(description="line of a checklist -> why it does not apply")
    ] = {}
    highlights: Annotated[list[Line], BeforeValidator(listed)] = []
    learning_points: Annotated[list[Line], BeforeValidator(listed)] = []
    presented_at: Line | None = None
    suggested_reviewers: Annotated[list[Reviewer], BeforeValidator(listed)] = []
    opposed_reviewers: Annotated[list[Reviewer], BeforeValidator(listed)] = []
    editor_allows: Annotated[
        dict[Id, dict[str, Line]], Field(description="journal -> rule -> what its editor said")
    ] = {}
    retracted_cited_on_purpose: list[Line] = []
