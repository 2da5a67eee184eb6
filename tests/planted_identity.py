"""Made-up people, another in every case: a unique value in every entry of private.yaml, written in all slots.

    python -m tests.planted_identity 1000      the wide run: make planted

Text goes through the remover, a DICOM header and a photograph through their cleaners; the audit and a plain
search for every unique word then look at what was written.
"""

from __future__ import annotations

import dataclasses
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline import intake
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, identifiers
from pipeline.core.match import Matcher
from pipeline.core.model import Case
from pipeline.core.near import NearMatcher
from pipeline.core.private import Numbers
from pipeline.deidentify import sources
from pipeline.deidentify.headers import dicom
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Rules, chosen, rules
from pipeline.deidentify.pictures import photograph
from pipeline.deidentify.prose import record as prose
from pipeline.verify import thorough
from tests import audit_files
from tests.conftest import make_case

KEY = "ab" * 32
HEADERS = rules(chosen(["no-pixels"]))  # reading them takes most of the time, and is tested elsewhere
SLOTS = (  # of the record that leave with it; "acknowledgements" stays with the byline
    *(
        ("text", s)
        for s in ("patient_information", "clinical_findings", "follow_up", "discussion", "conclusion")
    ),
    *(("history", s) for s in ("complaint", "medical", "family", "psychosocial")),
    *(("abstract", s) for s in ("background", "case_presentation", "conclusions")),
    *(("examination", s) for s in ("vital_signs", "findings", "negatives")),
    *(("outcomes", s) for s in ("clinician", "patient", "tests")),
    *(("declarations", s) for s in ("data", "ai_use")),
)
FRAMES = (
    "She came with {}.",
    "Seen on review: {}.",
    "The notes say {}; nothing else.",
    "It was {} who wrote.",
)


def word(rng: random.Random) -> str:
    """A pronounceable word that no language has."""
    return "".join(rng.choice("zvkbdgmt") + rng.choice("auio") for _ in range(4)).title() + rng.choice("xq")


def person(rng: random.Random) -> dict[str, Any]:
    """A private.yaml in which every entry holds values that nothing else holds."""
    digits = lambda n: str(rng.randint(1, 9)) + "".join(rng.choices("0123456789", k=n - 1))  # noqa: E731
    family = word(rng)
    return {
        "key": KEY,
        "name": f"{word(rng)} {family}",
        "aliases": [f"{word(rng)} {word(rng)}"],
        "relatives": [{"name": f"{word(rng)} {family}", "relation": "husband"}],
        "birth_date": f"19{rng.randint(60, 89)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)}",
        "numbers": {name: [f"{name[:2].upper()}{digits(9)}"] for name in Numbers.model_fields},
        "phones": [f"+91 9{digits(4)} {digits(5)}"],
        "emails": [f"{word(rng).lower()}{digits(3)}@mail.example"],
        "addresses": [f"House {digits(3)}, Gali {word(rng)}, {word(rng)} 1{digits(5)}"],
        "villages": [word(rng)],
        "tehsils": [word(rng)],
        "districts": [word(rng)],
        "places": [word(rng)],
        "hospitals": [f"{word(rng)} {word(rng)} Hospital"],
        "laboratories": [f"{word(rng)} {word(rng)} Laboratory"],
        "doctors": [f"Dr {word(rng)} {word(rng)}"],
        "employers": [f"{word(rng)} {word(rng)} School"],
        "dates": [f"2025-0{rng.randint(4, 9)}-{rng.randint(10, 28)}"],
        "posts": [f"@{word(rng).lower()}_{digits(4)}"],
    }


def base(folder: Path) -> Case:
    """The small case, into which people are planted."""
    return intake.read(make_case(folder / "case"))


def planted(case: Case, seed: int) -> tuple[Case, tuple[Identifier, ...]]:
    """The case of another person, with each of their identifiers in several slots."""
    rng = random.Random(seed)
    private = person(rng)
    known = identifiers(private)
    record = json.loads(json.dumps(case.record))
    for n, one in enumerate([*known, *known]):
        part, field = SLOTS[(n + seed) % len(SLOTS)]
        record[part][field] = f"{record[part][field].strip()} {rng.choice(FRAMES).format(one.value)}\n"
    record["figures"][0]["legend"] += f" For {private['name']}."
    record["figures"][0]["alt"] += f" For {private['aliases'][0]}."
    record["timeline"][0]["event"] += f" at {private['hospitals'][0]}"
    record["novelty"] = record["novelty"].strip() + f" Like {private['relatives'][0]['name']}.\n"
    return dataclasses.replace(case, record=record, private=private), known


def text_of(case: Case, hunted: tuple[Identifier, ...]) -> str:
    """What the remover writes when it is told to look for `hunted`."""
    record, _ = sources.validated(case)
    quiet = dataclasses.replace(case, private={"key": KEY})
    written = prose.write(quiet, record, hunted)
    byline = {part: written.byline[part] for part in ("declarations", "presented_at")}
    return json.dumps([written.record, byline], ensure_ascii=False, indent=1)


DICOM = {  # element -> the entry of private.yaml that it shows
    "PatientName": "name",
    "PatientID": "numbers.uhid.0",
    "OtherPatientNames": "aliases.0",
    "PatientBirthDate": "birth_date",
    "PatientAddress": "addresses.0",
    "PatientTelephoneNumbers": "phones.0",
    "InstitutionName": "hospitals.0",
    "ReferringPhysicianName": "doctors.0",
    "OperatorsName": "relatives.0.name",
    "AccessionNumber": "numbers.accession.0",
    "StudyDate": "dates.0",
    "StudyDescription": "villages.0",
    "ImageComments": "employers.0",
    "PatientComments": "posts.0",
    "StudyID": "numbers.ipd.0",
    "DeviceSerialNumber": "numbers.device.0",
    "AdmittingDiagnosesDescription": "tehsils.0",
    "RequestingPhysician": "laboratories.0",
}


def header_of(known: tuple[Identifier, ...], folder: Path, by: Rules) -> Path:
    """A copy of a DICOM file whose header shows the person, cleaned by these rules."""
    value = {i.field: i.value for i in known}
    said = {element: value[field] for element, field in DICOM.items()}
    said = {e: v.replace("-", "") if e.endswith("Date") else v[:64] for e, v in said.items()}
    said["AccessionNumber"], said["StudyID"] = said["AccessionNumber"][:16], said["StudyID"][:16]
    (folder / "source.dcm").write_bytes(audit_files.dicom(said.pop("PatientName"), **said))
    (folder / "copy.dcm").unlink(missing_ok=True)
    setting = dicom.Setting(by, Pseudonyms(KEY), {}, Matcher(()))
    dicom.cleaner(setting)(dicom.Job(folder / "source.dcm", folder / "copy.dcm"))
    return folder / "copy.dcm"


def photo_of(known: tuple[Identifier, ...], folder: Path) -> Path:
    """The clean copy of a photograph whose properties name the person."""
    value = {i.field: i.value for i in known}
    source = audit_files.jpeg(artist=value["name"], comment=value["phones.0"].encode())
    (folder / "source.jpg").write_bytes(source)
    photograph.clean(folder / "source.jpg", "jpeg", folder / "photo", read_text=False)
    return folder / "photo.png"


def seen(path: Path, known: tuple[Identifier, ...]) -> set[str]:
    """Which entries the audit finds in a file."""
    matcher = NearMatcher(known)
    looked = thorough.look(path, "file", lambda _: matcher, pictures=lambda _: False)
    return {f.field for f in looked.found} | {f"closed: {why}" for _, why in looked.closed}


def leaks(case: Case, seed: int, folder: Path) -> Iterator[str]:
    """Every entry that is still to be read after one person's text, header and photograph were cleaned."""
    one, known = planted(case, seed)
    text = text_of(one, known)
    (folder / "text.json").write_text(text, encoding="utf-8")
    made = [folder / "text.json", header_of(known, folder, HEADERS)]
    if seed % 10 == 0:  # looking for faces takes most of the time
        made.append(photo_of(known, folder))
    for path in made:
        yield from (f"case {seed}, {path.name}: {field}" for field in sorted(seen(path, known)))
    stream = letters(text)
    for identifier in known:  # knows nothing of the matcher
        if letters(identifier.value) in stream:
            yield f"case {seed}, plain search: {identifier.field}"


def run(cases: int, tell: Callable[[str], None] = print) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case, found = base(folder), 0
        for seed in range(cases):
            for line in leaks(case, seed, folder):
                tell(line)
                found += 1
    per_case = len(identifiers(person(random.Random(0))))
    tell(
        f"{cases} people, {per_case} entries each, in text and header (one in ten: photograph): {found} leaks"
    )
    return found


if __name__ == "__main__":
    sys.exit(bool(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)))
