"""The nouns. Case is identifying; CleanCase and all that is made from it are not; the two never mix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.core.errors import InputError, NotReady, PipelineError, PrivacyError

Place = tuple[str, int]  # (file inside the case folder, line counted from 1; 0 = the file as a whole)
Path_ = tuple[str | int, ...]  # where a value sits in the record: ("figures", 0, "legend")


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # blocks
    WARNING = "warning"  # a person should look
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about a case that someone should know. Data, not an exception. Made by core.findings.make."""

    code: str  # stable, e.g. "REC003"; catalogued in templates/findings/
    severity: Severity
    message: str  # our words, field names and counts only; never patient text
    path: str = ""  # relative to the case folder
    line: int = 0  # counted from 1; 0 = the file as a whole
    why: str = ""  # the rule, with its source
    fix: str = ""  # what to do next

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.severity} {self.code} {self.message}".removeprefix(": ")


@dataclass(frozen=True, slots=True)
class CareLine:
    """One line of a checklist (CARE and what adds to it) and what software could establish about it."""

    id: str  # "5c", "S-op"
    topic: str
    requirement: str
    status: str  # reported | partial | missing | not applicable
    decided_by: str  # "software" | "software and a person" | "a person"
    note: str = ""  # what is missing, or why it does not apply
    sections: tuple[str, ...] = ()  # record text sections / parts where a reader finds it
    guideline: str = "care"  # core/guidelines.py
    confirmed: str = "yes"  # yes | partial | no: was the line read in the published guideline?

    @property
    def key(self) -> str:
        """What `not_applicable` calls it: "5c", "scare:S-op"."""
        return self.id if self.guideline == "care" else f"{self.guideline}:{self.id}"


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a room at once."""

    findings: tuple[Finding, ...]
    care: tuple[CareLine, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def joined(self, other: Report) -> Report:
        """The findings of two rooms, what blocks first."""
        both = dict.fromkeys((*self.findings, *other.findings))
        return Report(tuple(sorted(both, key=lambda f: f.severity is not Severity.ERROR)), self.care)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that stop the case."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    def stop_if_blocking(self) -> None:
        """Raise for the first blocking finding. The exit code follows from its family."""
        if not self.blocking:
            return
        first, count = self.blocking[0], len(self.blocking)
        kinds: dict[str, type[PipelineError]] = {"LEAK": PrivacyError, "FILE": InputError}
        kind = kinds.get(first.code.rstrip("0123456789"), NotReady)
        place = f"{first.path}:{first.line}" if first.line else first.path
        more = f" (and {count - 1} more: run `casereport check`)" if count > 1 else ""
        raise kind(first.message + more, code=first.code, where=place, why=first.why, fix=first.fix)


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the case folder: a line of the ledger. Every file has one."""

    path: str  # relative, with "/"
    kind: str  # by content: dicom jpeg png tiff heic webp gif bmp pdf text other
    size: int  # bytes
    use: str  # record private text references image consent decisions sealed support left-out
    why: str = ""  # for left-out: the reason


@dataclass(frozen=True, slots=True)
class Case:
    """A case folder as found. Identifying. Read-only. All scalars are text."""

    folder: Path
    id: str
    record: dict[str, Any] = field(repr=False)  # record.yaml with text/*.md put under "text"
    private: dict[str, Any] = field(repr=False)
    places: dict[Path_, Place] = field(repr=False)  # record path -> file and line
    private_places: dict[Path_, Place] = field(repr=False)
    ledger: tuple[Source, ...] = ()
    findings: tuple[Finding, ...] = ()  # what intake noticed

    def where(self, *path: str | int) -> Place:
        """File and line of a record value, or of the nearest thing around it."""
        return _nearest(self.places, path, "record.yaml")

    def where_in(self, path: Path_, lines_down: int) -> Place:
        """Place of a line inside a longer text value; a YAML block starts on the line after its name."""
        name, line = self.where(*path)
        block = name.endswith(".yaml") and path in self.places and lines_down >= 0
        return name, line + lines_down + (1 if block else 0)

    def where_private(self, *path: str | int) -> Place:
        """File and line of a private value, or of the nearest thing around it."""
        return _nearest(self.private_places, path, "private.yaml")

    def used_as(self, use: str) -> tuple[Source, ...]:
        """Ledger lines with this use, in path order."""
        return tuple(s for s in self.ledger if s.use == use)

    def pictures(self, image: str) -> tuple[Source, ...]:
        """What an `image:` of the record names: that file, or the DICOM files directly in that folder.

        "./images/ct/" is "images/ct". What is outside the case, or named by way of "..", is not there.
        """
        name = PurePosixPath(image).as_posix()
        images = self.used_as("image")
        if one := tuple(source for source in images if source.path == name):
            return one
        return tuple(s for s in images if s.kind == "dicom" and s.path.rpartition("/")[0] == name)

    def file(self, source: Source) -> Path:
        """Where a source is on disk. Open it only in a worker unless it is text."""
        return self.folder / source.path


def _nearest(places: dict[Path_, Place], path: Path_, default: str) -> Place:
    while path and path not in places:
        path = path[:-1]
    return places.get(path, (default, 1))


@dataclass(frozen=True, slots=True)
class CleanPanel:
    """One picture as it would be published: pixels and nothing else."""

    figure: str  # figure id
    letter: str  # "a", "b" …
    file: Path  # PNG, mode L or RGB, native resolution
    pixels: str  # SHA-256 over mode, size and raw pixel bytes: stable across PNG encoders
    mm_per_pixel: float | None = None  # vertical = horizontal spacing after resampling to square pixels
    marked: dict[str, Any] = field(
        default_factory=dict
    )  # scale_bar, marks, inset: drawn at print, not pixels


@dataclass(frozen=True, slots=True)
class CleanCase:
    """Copies with identity removed, read back from disk with their hashes checked.

    Folder layout: record.json (normalised Record without consent and byline; dates as days), byline.json
    (authors, affiliations, funding, acknowledgements), references.<ext>, figures/<figure>-<letter>.png,
    dicom/…, report.json (what was removed, counts and neutral names only).
    """

    folder: Path
    record: dict[str, Any] = field(repr=False)
    byline: dict[str, Any] = field(repr=False)
    panels: tuple[CleanPanel, ...]
    references: Path | None
    report: dict[str, Any] = field(repr=False)
    digest: str  # over everything that leaves: record, pixels, byline, references; a sign-off is bound to it


@dataclass(frozen=True, slots=True)
class Proof:
    """The hunt for known identifiers in the clean copies found none. Bound to those copies."""

    clean: str  # CleanCase.digest
    identifiers: int
    files: int
    bytes: int
    cannot_judge: tuple[str, ...]  # what no search of text can see, in words
    folder: Path
    asked: tuple[tuple[str, Place], ...] = ()  # soft finds in the text that a person has to judge: id, where


@dataclass(frozen=True, slots=True)
class Mark:
    """One box of the signed form: what software read, what the record says. A person confirms it."""

    box: str  # "figure:arm", "text" …
    words: str  # what stands beside it on the form
    page: int
    read: str  # "marked", "blank" or "look"
    why: str  # why it must be looked at
    entered: bool  # the record says it is marked
    scan: str  # digest of the signed pages it was read from
    picture: bytes = field(default=b"", repr=False)  # PNG of the box, enlarged


@dataclass(frozen=True, slots=True)
class Grant:
    """A signed consent that covers exactly these figures and facts."""

    folder: Path  # attestation.json, attestation.pdf, blank-form.pdf, consent-dossier.pdf
    clean: str  # CleanCase.digest it was checked against
    form: str  # the 16-character form code
    figures: tuple[str, ...]  # figure ids agreed to
    summary: dict[str, Any] = field(repr=False)  # the nameless attestation
    locked: bool = False  # the dossier needs a password
    sealed_by: tuple[str, ...] = ()  # who signed the dossier, in which role

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The boxes of the form without their pictures, for whoever asks whether a person confirmed them."""
        scan = self.summary["checks"]["scan"]
        return tuple(
            Mark(row["box"], "", row["page"], row["read"], row["why"], row["entered"], scan)
            for row in self.summary["boxes"]
        )

    @property
    def points(self) -> tuple[str, ...]:
        """What software could not prove about the consent, for a person to confirm."""
        return tuple(self.summary["checks"]["to_confirm"])


@dataclass(frozen=True, slots=True)
class Countersigner:
    """A second person who looked at the same copies."""

    by: str
    role: str
    on: str  # ISO date


@dataclass(frozen=True, slots=True)
class SignOff:
    """A named person looked at every clean copy."""

    by: str
    role: str
    on: str  # ISO date
    clean: str  # CleanCase.digest
    accepted_unseen: bool = False  # --accept-all: made-up cases only, and said in the package
    countersigned: Countersigner | None = None


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What the authors send: see render for the folder layout."""

    folder: Path
    journal: str  # journal id
    clean: str  # CleanCase.digest it was made from
    blinded: bool
    counts: dict[str, Any]  # words, figures, tables, references beside the journal's limits
    numbers: dict[str, dict[str, int]]  # "fig" | "table" -> id -> its number in this journal
    drawn: tuple[dict[str, Any], ...] = ()  # figures drawn from the record: id, number, legend, alt


@dataclass(frozen=True, slots=True)
class Package:
    """The sealed zip for the editor."""

    folder: Path
    zip: Path
    sha256: str
