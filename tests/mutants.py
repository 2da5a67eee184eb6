"""Every cleaning rule switched off in turn: does the audit notice?

python -m tests.mutants [PEOPLE]      a table: make mutants
"""

from __future__ import annotations

import contextlib
import dataclasses
import sys
import tempfile
from pathlib import Path
from unittest import mock

from pipeline.core.identity import Kind
from pipeline.deidentify.headers.rules import Action, Rules, rules
from pipeline.deidentify.prose import dates
from tests import audit_files, planted_identity

# What the header of planted_identity.DICOM is cleaned by.
ACTIONS = sorted(
    {rules().actions[tag] for tag in (0x00100010, 0x00100020, 0x00080020, 0x00081030, 0x00104000)}
)
TAGS = {
    "PatientName": 0x00100010, "PatientID": 0x00100020, "OtherPatientNames": 0x00101001,
    "PatientBirthDate": 0x00100030, "PatientAddress": 0x00101040, "PatientTelephoneNumbers": 0x00102154,
    "InstitutionName": 0x00080080, "ReferringPhysicianName": 0x00080090, "OperatorsName": 0x00081070,
    "AccessionNumber": 0x00080050, "StudyDate": 0x00080020, "StudyDescription": 0x00081030,
    "ImageComments": 0x00204000, "PatientComments": 0x00104000, "StudyID": 0x00200010,
    "DeviceSerialNumber": 0x00181000, "AdmittingDiagnosesDescription": 0x00081080,
    "RequestingPhysician": 0x00321032,
}  # fmt: skip
FILES = {  # what a cleaner of files would have left: each is one property that must go
    "EXIF of a photograph": lambda name: audit_files.jpeg(artist=name),
    "comment of a photograph": lambda name: audit_files.jpeg(comment=name.encode()),
    "XMP of a photograph": lambda name: audit_files.png(
        **{"XML:com.adobe.xmp": f"<dc:creator>{name}</dc:creator>"}
    ),
    "text chunk of a picture": lambda name: audit_files.png(Description=name),
    "properties of a docx": lambda name: audit_files.docx(creator=name),
    "comments of a docx": lambda name: audit_files.docx(comment=name),
    "notes of a pptx": lambda name: audit_files.pptx("ring", notes=name),
    "title of a PDF": lambda name: audit_files.pdf(title=name),
    "text of a PDF": lambda name: audit_files.pdf(text=name),
    "attachment of a PDF": lambda name: audit_files.pdf(note=name.encode()),
    "name of a member": lambda name: audit_files.archive({f"{name}.txt": b"x"}),
    "comment of a zip": lambda name: audit_files.archive({"a.txt": b"x"}, name.encode()),
    "private element of DICOM": lambda name: audit_files.dicom("X", ImageComments=name),
}
NAMES = (
    *(f"text: {kind}" for kind in Kind),
    *(f"header: every {action}" for action in ACTIONS),
    *(f"header: {element}" for element in TAGS),
    *(f"file: {what}" for what in FILES),
)


class Bench:
    """One made-up person, and what the audit says of their case with one rule off."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._case, self._known = planted_identity.planted(planted_identity.base(folder), seed)

    def noticed(self, mutant: str) -> bool:
        """Whether the audit finds anyone with this rule off; "none" has them all on."""
        what, _, which = mutant.partition(": ")
        if what == "text":
            left = tuple(i for i in self._known if i.kind != which)
            as_typed = mock.patch.object(dates, "rewrite", lambda t, _: dates.Rewritten(t, (), (), ()))
            with as_typed if which == Kind.DATE else contextlib.nullcontext():
                return self._in_text(left)
        if what == "header":
            return self._in_header(self._without(which))
        if what == "file":
            name = next(i.value for i in self._known if i.field == "name")
            (self._folder / "file").write_bytes(FILES[which](name))
            return bool(planted_identity.seen(self._folder / "file", self._known))
        return self._in_text(self._known) or self._in_header(planted_identity.HEADERS)

    def _in_text(self, hunted: tuple[planted_identity.Identifier, ...]) -> bool:
        path = self._folder / "text.json"
        path.write_text(planted_identity.text_of(self._case, hunted), encoding="utf-8")
        return bool(planted_identity.seen(path, self._known))

    def _in_header(self, by: Rules) -> bool:
        path = planted_identity.header_of(self._known, self._folder, by)
        return bool(planted_identity.seen(path, self._known))

    @staticmethod
    def _without(which: str) -> Rules:
        """The rules with one attribute, or all of one action, left as it is."""
        by, action = planted_identity.HEADERS, which.removeprefix("every ")
        off = {t: Action.RETAIN for t, a in by.actions.items() if a == action or TAGS.get(which) == t}
        return dataclasses.replace(by, actions=by.actions | off)


def run(people: int = 3) -> float:
    """Every mutant for some people; prints a table and gives the share that was noticed."""
    total = seen = 0
    with tempfile.TemporaryDirectory() as name:
        benches = [Bench(Path(name, str(seed)), seed) for seed in range(people)]
        for mutant in NAMES:
            count = sum(bench.noticed(mutant) for bench in benches)
            total, seen = total + people, seen + count
            print(f"{mutant:48} noticed {count} of {people}")
        false = sum(bench.noticed("none") for bench in benches)
    print(f"{len(NAMES)} rules off, {people} people: {seen / total:.3f} noticed; all on: {false}")
    return seen / total


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]) if len(sys.argv) > 1 else 10) < 0.99)
