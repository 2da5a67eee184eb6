"""Sign the consent forms of the made-up example cases, as a person would on paper, and scan them.

    python -m cases.sign_examples [CASE …]

For each case: print its form, draw ticks, a signature and a date in the places the form gives, save the scan
and the form's record into consent/, and put the consent entry that goes with them into record.yaml. Nobody
signed anything: the cases are made up, and a case that does not say so is refused. Run it again whenever a
picture or fact of an example changes: the old signature no longer covers it.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline import consent, deidentify, intake
from pipeline.core.job import Job
from pipeline.core.journal import load
from pipeline.core.record import Record
from pipeline.core.tell import Tell
from tests import signing

EXAMPLES = ("radiology-example", "dermatology-example")
SIGNED_BY = {
    "patient": "patient",
    "parent": "parent",
    "kin": "next of kin",
    "representative": "legal representative",
}
WEEK = timedelta(days=7)


def sign(folder: Path) -> str:
    """Print, sign and scan the form of one case; returns the consent entry that was put into record.yaml."""
    case = intake.read(folder)
    record = Record.model_validate(case.record)
    if not record.synthetic:
        raise SystemExit(f"{folder.name} is not marked as made up: only people sign for real patients")
    signed_on = _last_day(record) + WEEK
    with tempfile.TemporaryDirectory() as temporary:
        job = Job(folder, Path(temporary), load("aujmsr"), Tell(quiet=True))
        clean = job.make(deidentify, case)
        form = Path(temporary) / "form"
        form.mkdir()
        consent.print_form(case, clean, form, "en")
        printed = json.loads((form / "form.json").read_bytes())
        signers = {spot["id"].split(":")[0] for spot in printed["spots"] if spot["kind"] == "sign"}
        ticked = ["text", "seen_final", "wording_may_be_edited", "journal_copy"]
        ticked += [f"figure:{figure.id}" for figure in record.figures]
        pages = signing.sign(form, ticked, signers, words=_handwriting(case.private, signed_on), thumb=True)
        (folder / "consent").mkdir(exist_ok=True)
        signing.save(pages, folder / "consent" / "signed-form.pdf")
        shutil.copy(form / "form.json", folder / "consent" / "form.json")
    entry = _entry(printed, record, signers, signed_on)
    path = folder / "record.yaml"
    others = re.sub(
        r"(?m)^# Read off the signed form.*\n|^consent:.*\n(?:[ \n].*\n|\n)*", "", path.read_text()
    )
    path.write_text(f"{others.rstrip()}\n\n{entry}", encoding="utf-8")
    return entry


def _last_day(record: Record) -> date:
    """The last day that the report tells of."""
    days = [event.date for event in record.timeline if len(event.date) == 10]
    days += [figure.taken_on for figure in record.figures if figure.taken_on]
    days += [day for table in record.tables for row in table.rows for day in row.results]
    return date.fromisoformat(max(days))


def _handwriting(private: dict[str, Any], day: date) -> dict[str, str]:
    relative = private["relatives"][0]
    dates = {f"{who}:date": f"{day:%d.%m.%Y}" for who in (*SIGNED_BY, "child-spoken", "witness", "explainer")}
    return dates | {
        "patient:name": private["name"],
        "parent:name": relative["name"],
        "parent:relationship": relative["relation"],
        "parent:identity": "hospital record",
        "child-spoken:name": "Ward Sister Example",
        "explainer:name": "Dr Tanvi Example",
        "explainer:role": "Senior resident",
        "explainer:registration": "EX-000000",
    }


def _entry(printed: dict[str, Any], record: Record, signers: set[str], day: date) -> str:
    signer = next(words for who, words in SIGNED_BY.items() if who in signers)
    spoken = f"  assent: {{given: spoken, on: {day}}}\n" if "child-spoken" in signers else ""
    return (
        "# Read off the signed form. No one signed: cases/sign_examples.py drew the marks.\n"
        "consent:\n"
        f"  signed_by: {signer}\n"
        "  language: en\n"
        "  method: paper\n"
        f"  signed_on: {day}\n"
        "  explained_by: senior resident who did not treat the patient\n"
        f'  form: "{printed["code"]}"\n'
        "  files: [consent/signed-form.pdf]\n"
        "  agreed:\n"
        "    text: yes\n"
        f"    figures: [{', '.join(figure.id for figure in record.figures)}]\n"
        "    wording_may_be_edited: yes\n"
        "    seen_final: yes\n"
        "    teaching: no\n"
        "    article_copy: no\n"
        "    journal_copy: yes\n"
        "  original_kept: medical records department\n"
        "  copy_given: yes\n"
        f"{spoken}"
        f"  witness: {'yes' if 'witness' in signers else 'no'}\n"
        f"  interpreter: {'yes' if 'interpreter' in signers else 'no'}\n"
        "  withdrawn: no\n"
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or EXAMPLES:
        print(sign(Path(__file__).resolve().parent / name))
