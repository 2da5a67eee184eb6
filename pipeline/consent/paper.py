"""The scanned pages as one stack: all there, once each, of this case, of one printing of a current form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.consent import binding, elements, scan
from pipeline.consent.binding import PageCode
from pipeline.consent.scan import ScanPage
from pipeline.core import findings
from pipeline.core.errors import InputError
from pipeline.core.model import Case, Finding
from pipeline.core.record import Consent

MAX_FORM_RECORD = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Stack:
    """The paper of one consent."""

    findings: tuple[Finding, ...]
    pages: tuple[ScanPage, ...]  # in the order of the form
    root: str | None = None  # digest of the manifest it was printed for, when that is beyond doubt
    language: str = ""


def read(case: Case, consent: Consent) -> Stack:
    """Open every file of the consent entry and put its pages together."""
    found: list[Finding] = []
    pages = [page for i in range(len(consent.files)) for page in _open(case, consent, i, found)]
    codes = [code for page in pages for code in page.codes]
    if not codes:
        if pages:
            found.append(findings.make("CON010", case.where("consent", "files")))
        return Stack(tuple(found), tuple(pages))
    found += _never_scanned(case, pages)
    found += _strangers(case, pages)
    ours = [code for code in codes if code.case == binding.case_id(case) and _in_use(code)]
    printings = sorted({(code.root, code.language, code.pages) for code in ours})
    if len(printings) > 1:
        found.append(findings.make("CON015", case.where("consent", "files"), count=len(printings)))
    if len(printings) != 1:
        return Stack(tuple(found), tuple(pages))
    root, language, count = printings[0]
    found += _entry(case, consent, root, language)
    found += _whole(case, ours, count)
    ordered = sorted(pages, key=lambda page: [code.page for code in page.codes])
    return Stack(tuple(found), tuple(ordered), root, language)


def printed_for(case: Case, root: str) -> Mapping[str, Any] | None:
    """The form.json that lies beside the scan and has the manifest with this digest; None without one."""
    for source in case.ledger:
        if not source.path.startswith("consent/") or not source.path.endswith(".json"):
            continue
        if source.kind != "text" or source.size > MAX_FORM_RECORD:
            continue
        try:
            written = json.loads(case.file(source).read_bytes())
            same = binding.root(written["manifest"]) == root
        except (ValueError, KeyError, TypeError, RecursionError):  # not one of our files
            continue
        if same:  # equal digests: it is what we wrote, so the shape of its manifest is known
            found: Mapping[str, Any] = written
            return found
    return None


def _open(case: Case, consent: Consent, i: int, found: list[Finding]) -> tuple[ScanPage, ...]:
    place = case.where("consent", "files", i)
    source = next((s for s in case.ledger if s.path == consent.files[i]), None)
    if source is None:
        found.append(findings.make("CON002", place, number=i + 1))
        return ()
    if source.use != "consent":
        found.append(findings.make("CON003", place, number=i + 1, problem=f"was left out: {source.why}"))
        return ()
    try:
        return scan.read(case.file(source), source.kind, i)
    except InputError as e:  # its words are the worker's or our own, never the file's
        found.append(findings.make("CON003", place, number=i + 1, problem=e.what))
        return ()


def _never_scanned(case: Case, pages: list[ScanPage]) -> Iterator[Finding]:
    """Files that are the form as it came out of this program."""
    for file in sorted({page.file for page in pages if page.printed}):
        yield findings.make("CON036", case.where("consent", "files", file), file=file + 1)


def _strangers(case: Case, pages: list[ScanPage]) -> Iterator[Finding]:
    """Pages without a code, of another case, or of a form that is not in use."""
    mine = binding.case_id(case)
    for page in pages:
        place = case.where("consent", "files", page.file)
        number, file = page.number, page.file + 1
        if not page.codes:
            yield findings.make("CON011", place, page=number, file=file)
        for code in page.codes:
            if code.case != mine:
                yield findings.make("CON014", place, page=number, file=file)
            elif not _in_use(code):
                yield findings.make("CON016", place, page=number, file=file, form=_forms_in_use())


def _in_use(code: PageCode) -> bool:
    if code.language not in elements.languages():
        return False
    words = elements.wording(code.language)
    return (code.form, code.version) == (words["id"], words["version"])


def _forms_in_use() -> str:
    words = [elements.wording(language) for language in elements.languages()]
    return ", ".join(f"{w['id']} {w['version']} {w['name']}" for w in words)


def _entry(case: Case, consent: Consent, root: str, language: str) -> Iterator[Finding]:
    if consent.form != binding.form_code(root):
        yield findings.make("CON017", case.where("consent", "form"))
    if consent.language != language:
        yield findings.make("CON018", case.where("consent", "language"))


def _whole(case: Case, codes: list[PageCode], pages: int) -> Iterator[Finding]:
    """Every page there, once."""
    place = case.where("consent", "files")
    seen = Counter(code.page for code in codes)
    for page in range(1, pages + 1):
        if not seen[page]:
            yield findings.make("CON012", place, page=page, pages=pages)
        if seen[page] > 1:
            yield findings.make("CON013", place, page=page, count=seen[page])
