"""The scanned pages as one stack: all there, once each, of this case, of one printing of a current form."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.consent import binding, elements, scan
from pipeline.consent import form as printed
from pipeline.consent.binding import PageCode
from pipeline.consent.scan import ScanPage
from pipeline.core import files, findings, pdfs, worker
from pipeline.core.errors import InputError
from pipeline.core.model import Case, Finding
from pipeline.core.permission import Consent

MAX_FORM_RECORD = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """What the record says about one signed paper: the form itself, or an addendum to it."""

    at: tuple[str | int, ...]  # where it stands in the record
    files: Sequence[str]
    form: str
    language: str
    added: str = ""  # what stands behind the form's id: binding.ADDED on an addendum
    digital: bool = False  # a signed PDF, so its pages are as they were printed

    @classmethod
    def of(cls, consent: Consent, addendum: int | None = None) -> Entry:
        """The form's own entry, or the one of an addendum, counted from 0."""
        if addendum is None:
            digital = consent.method == "digital"
            return cls(("consent",), consent.files, consent.form, consent.language, digital=digital)
        said = consent.addenda[addendum]
        at = ("consent", "addenda", addendum)
        return cls(at, said.files, said.form, consent.language, binding.ADDED)


@dataclass(frozen=True, slots=True)
class Stack:
    """The paper of one entry."""

    findings: tuple[Finding, ...]
    pages: tuple[ScanPage, ...]  # in the order of the form
    root: str | None = None  # digest of the manifest it was printed for, when that is beyond doubt
    language: str = ""
    count: int = 0  # pages of that printing: more in large print


def read(case: Case, entry: Entry) -> Stack:
    """Open every file of an entry and put its pages together."""
    found: list[Finding] = []
    pages = [page for i in range(len(entry.files)) for page in _open(case, entry, i, found)]
    codes = [code for page in pages for code in page.codes]
    if not codes:
        if pages:
            found.append(findings.make("CON010", case.where(*entry.at, "files")))
        return Stack(tuple(found), tuple(pages))
    if not entry.digital:
        found += _never_scanned(case, entry, pages)
        found += _carried(case, entry)
    found += _strangers(case, entry, pages)
    ours = [code for code in codes if code.case == binding.case_id(case) and _in_use(code, entry.added)]
    printings = sorted({(code.root, code.language, code.pages) for code in ours})
    if len(printings) > 1:
        found.append(findings.make("CON015", case.where(*entry.at, "files"), count=len(printings)))
    if len(printings) != 1:
        return Stack(tuple(found), tuple(pages))
    root, language, count = printings[0]
    found += _same(case, entry, root, language)
    found += _whole(case, entry, ours, count)
    ordered = sorted(pages, key=lambda page: [code.page for code in page.codes])
    return Stack(tuple(found), tuple(ordered), root, language, count)


def printed_for(case: Case, stack: Stack) -> Mapping[str, Any] | None:
    """The form.json that lies beside the scan and has the manifest it was printed for; None without one.

    Its places count only under their seal and for as many pages as were scanned: the usual and the large
    print are for the same manifest, but their boxes stand elsewhere. Else it comes without places.
    """
    other: Mapping[str, Any] | None = None
    for source in case.ledger:
        if not source.path.startswith("consent/") or not source.path.endswith(".json"):
            continue
        if source.kind != "text" or source.size > MAX_FORM_RECORD:
            continue
        try:
            written = json.loads(case.file(source).read_bytes())
            same = binding.root(written["manifest"]) == stack.root
        except (ValueError, KeyError, TypeError, RecursionError):  # not one of our files
            continue
        if same:  # equal digests: it is what we wrote, so the shape of its manifest is known
            found: Mapping[str, Any] = written
            if found.get("pages") == stack.count and _sealed(case, found):
                return found
            other = {**found, "spots": []}
    return other


def _sealed(case: Case, form: Mapping[str, Any]) -> bool:
    """Whether the places of a form.json are as this program wrote them for this case."""
    try:
        whole = printed.places(case, form["root"], form["pages"], form["spots"])
        return hmac.compare_digest(whole, form["places"])
    except (KeyError, TypeError, ValueError):
        return False


def ink_missing(
    case: Case,
    at: tuple[str | int, ...],
    pages: tuple[ScanPage, ...],
    spots: Sequence[Mapping[str, Any]],
    required: Sequence[str],
) -> Iterator[Finding]:
    """Is there any ink in the place of everybody for whom the form has one?

    Places of people who are not `required` (an interpreter where nobody interpreted) may stay empty: then a
    person confirms that it was so.
    """
    from pipeline.consent import ink

    place = case.where(*at, "files")
    if not spots:
        yield findings.make("CON072", place)
        return
    first, *others = ink.areas(spots).items() or [("", [])]
    bare = ink.empty(pages, first[1])
    if bare is not False:
        yield findings.make("CON037" if bare else "CON038", place)
    for who, signed in others:
        if ink.empty(pages, signed):
            code = "CON073" if who in required else "CON074"
            yield findings.make(code, place, who=who.replace("-", " "))


def spots(form: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The places of a form.json: none without a seal that holds."""
    return list(form["spots"]) if form else []


def shown(form: Mapping[str, Any] | None, signed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The facts and words that a form was printed with, if they are the ones that were signed for."""
    kept = form.get("shown") if form else None
    if not isinstance(kept, dict) or any(files.digest(kept.get(p)) != signed[p] for p in ("facts", "text")):
        return None
    return kept


def _open(case: Case, entry: Entry, i: int, found: list[Finding]) -> tuple[ScanPage, ...]:
    place = case.where(*entry.at, "files", i)
    source = next((s for s in case.ledger if s.path == entry.files[i]), None)
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


def _never_scanned(case: Case, entry: Entry, pages: list[ScanPage]) -> Iterator[Finding]:
    """Files that are the form as it came out of this program."""
    for file in sorted({page.file for page in pages if page.printed}):
        yield findings.make("CON036", case.where(*entry.at, "files", file), file=file + 1)


def _carried(case: Case, entry: Entry) -> Iterator[Finding]:
    """What PDFs carry besides pages; it stays where it is, since only pixels are used."""
    for file, name in enumerate(entry.files):
        source = next((s for s in case.used_as("consent") if s.path == name and s.kind == "pdf"), None)
        try:
            what = worker.call(_besides_pages, case.file(source), where=name) if source else ()
        except InputError:
            continue  # pdfium showed its pages, and nothing else of it is used
        if what:
            place = case.where(*entry.at, "files", file)
            yield findings.make("CON125", place, file=file + 1, what=", ".join(what))


def _besides_pages(path: Path) -> list[str]:
    """Run in the worker."""
    return pdfs.besides_pages(path.read_bytes())


def _strangers(case: Case, entry: Entry, pages: list[ScanPage]) -> Iterator[Finding]:
    """Pages without a code, of another case, or of a form that is not in use."""
    mine = binding.case_id(case)
    for file in sorted({page.file for page in pages if not page.codes}):
        listed = ", ".join(str(page.number) for page in pages if page.file == file and not page.codes)
        yield findings.make("CON011", case.where(*entry.at, "files", file), page=listed, file=file + 1)
    for page in pages:
        place = case.where(*entry.at, "files", page.file)
        number, file = page.number, page.file + 1
        for code in page.codes:
            if code.case != mine:
                yield findings.make("CON014", place, page=number, file=file)
            elif not _in_use(code, entry.added):
                named, used = _named(code), _forms_in_use()
                yield findings.make("CON016", place, page=number, file=file, printed=named, form=used)


def _in_use(code: PageCode, added: str) -> bool:
    if code.language not in elements.languages():
        return False
    words = elements.wording(code.language)
    return (code.form, code.version) == (f"{words['id']}{added}", words["version"])


def _named(code: PageCode) -> str:
    """A form of ours with its version; a code can hold any word, so that of a stranger is not repeated."""
    ours = {elements.wording(language)["id"] for language in elements.languages()}
    if code.form not in {f"{form}{added}" for form in ours for added in ("", binding.ADDED)}:
        return "another paper"
    return f"version {code.version} of the form {code.form}"


def _forms_in_use() -> str:
    words = [elements.wording(language) for language in elements.languages()]
    return ", ".join(f"{w['id']} {w['version']} {w['name']}" for w in words)


def _same(case: Case, entry: Entry, root: str, language: str) -> Iterator[Finding]:
    if entry.form != binding.form_code(root):
        yield findings.make("CON017", case.where(*entry.at, "form"))
    if entry.language != language:
        yield findings.make("CON018", case.where("consent", "language"))


def _whole(case: Case, entry: Entry, codes: list[PageCode], pages: int) -> Iterator[Finding]:
    """Every page there, once."""
    place = case.where(*entry.at, "files")
    seen = Counter(code.page for code in codes)
    for page in range(1, pages + 1):
        if not seen[page]:
            yield findings.make("CON012", place, page=page, pages=pages)
        if seen[page] > 1:
            yield findings.make("CON013", place, page=page, count=seen[page])
