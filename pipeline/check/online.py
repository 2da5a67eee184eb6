"""What Crossref and PubMed say about the cited references: do they exist, do they stand, are they as typed?

Asked only with --online. DOIs and PubMed numbers are sent and nothing else: no word of the case, no title, no
name. Answers become findings and are not kept. Sources: Crossref REST API (works; Retraction Watch's notices
come as "updated-by"), NCBI E-utilities (ESummary, PubMed), DOI Handbook ("Which RA?").
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pipeline.check import references
from pipeline.check.remote import NoAnswerError, Service
from pipeline.check.schema import Form
from pipeline.core import findings, reflist
from pipeline.core.fold import letters
from pipeline.core.model import Case, Finding
from pipeline.core.reflist import Entry

CROSSREF, PUBMED, DOI = "https://api.crossref.org", "https://eutils.ncbi.nlm.nih.gov", "https://doi.org"
BATCH = 100  # PubMed numbers in one question
NEAR = 0.9  # titles that share so much are one title: a subtitle, a symbol or a hyphen differs
RELATIONS = {  # ESummary, references[].reftype
    "retraction in": "retracted",
    "partial retraction in": "retracted",
    "retracted and republished in": "retracted",
    "expression of concern in": "concern",
    "erratum in": "corrected",
    "corrected and republished in": "corrected",
    "retraction of": "notice",
    "partial retraction of": "notice",
}
ARTICLES = {"the", "and", "of", "in", "for", "on", "de", "la", "et", "der", "und"}  # left out by ISO 4


@dataclass(frozen=True, slots=True)
class Published:
    """What a service has on record about one paper."""

    title: str
    years: frozenset[str]
    author: str  # family name of the first; or a group's name
    journals: tuple[str, ...]  # in full and short
    doi: str
    said: frozenset[str]  # what became of it: keys of references.FATES


def check(
    case: Case, form: Form, *, at: str = "", pause: float = 1.0, seconds: float = 20.0
) -> list[Finding]:
    """Findings about the cited references from the public record, and how many could be asked about.

    `at` stands in for all three services (tests); `pause` and `seconds` are the waits of `remote.Service`.
    Raises UsageError when `at` is neither https nor this computer.
    """
    crossref, pubmed, resolver = (
        Service(name, at or base, pause=pause, seconds=seconds)
        for name, base in (("Crossref", CROSSREF), ("PubMed", PUBMED), ("doi.org", DOI))
    )
    used = {key for key, _ in references.cited(case, form)}
    entries = {e.key: e for e in references.listed(case) if e.key in used}
    if not entries:
        return []
    name = case.used_as("references")[0].path
    agreed = references.on_purpose(form)
    found: list[Finding] = []
    checked: set[str] = set()
    silent: dict[str, set[str]] = {}
    elsewhere: set[str] = set()

    def judge(entry: Entry, published: Published) -> None:
        checked.add(entry.key)
        found.extend(references.fates(name, entry, published.said, used, agreed))
        if wrong := differences(entry, published):
            place = (name, entry.line)
            found.append(findings.make("REF032", place, key=entry.key, what=", ".join(wrong)))

    for entry in entries.values():
        if not reflist.is_doi(entry.get("doi")):
            continue
        path = quote(entry.get("doi"), safe="")
        try:
            work = crossref.ask(f"/works/{path}")
            if work is not None:
                judge(entry, _work(work))
                continue
        except NoAnswerError:
            silent.setdefault("Crossref", set()).add(entry.key)
            continue
        try:
            if _registered(resolver.ask(f"/doiRA/{path}")):
                elsewhere.add(entry.key)
            else:
                checked.add(entry.key)
                found.append(findings.make("REF030", (name, entry.at("doi")), key=entry.key))
        except NoAnswerError:
            silent.setdefault("doi.org", set()).add(entry.key)

    numbered = [e for e in entries.values() if reflist.is_pmid(e.get("pmid"))]
    for start in range(0, len(numbered), BATCH):
        batch = numbered[start : start + BATCH]
        ids = ",".join(e.get("pmid") for e in batch)
        try:
            rows = _summaries(
                pubmed.ask(f"/entrez/eutils/esummary.fcgi?db=pubmed&retmode=json&tool=casereport&id={ids}")
            )
        except NoAnswerError:
            silent.setdefault("PubMed", set()).update(e.key for e in batch)
            continue
        for entry in batch:
            row = rows.get(entry.get("pmid"))
            if not isinstance(row, dict):
                silent.setdefault("PubMed", set()).add(entry.key)
            elif "error" in row:
                checked.add(entry.key)
                found.append(findings.make("REF031", (name, entry.at("pmid")), key=entry.key))
            else:
                judge(entry, _summary(row))

    return [*dict.fromkeys(found), *_told(name, entries, checked, silent, elsewhere - checked)]


def _told(
    name: str,
    entries: Mapping[str, Entry],
    checked: set[str],
    silent: Mapping[str, set[str]],
    elsewhere: set[str],
) -> list[Finding]:
    """How many were checked, and why the others were not."""
    place = (name, 0)
    found = [findings.make("REF034", place, done=len(checked), total=len(entries))]
    found += [
        findings.make("REF033", place, count=len(missed), service=service)
        for service, missed in sorted(silent.items())
    ]
    nameless = sum(
        not reflist.is_doi(e.get("doi")) and not reflist.is_pmid(e.get("pmid")) for e in entries.values()
    )
    if nameless:
        found.append(findings.make("REF035", place, count=nameless))
    if elsewhere:
        found.append(findings.make("REF036", place, count=len(elsewhere)))
    return found


def _registered(answer: Any) -> bool:
    """Does doi.org know the DOI? It says [{"RA": "DataCite", …}] or [{"status": "DOI does not exist", …}]."""
    row = answer[0] if isinstance(answer, list) and answer else None
    if answer is None or (isinstance(row, dict) and "does not exist" in str(row.get("status", "")).lower()):
        return False
    if isinstance(row, dict) and row.get("RA"):
        return True
    raise NoAnswerError


def _work(answer: Any) -> Published:
    """Crossref's record of a work: {"message": {title, author, issued, container-title, updated-by …}}."""
    work = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(work, dict) or not isinstance(work.get("DOI"), str):
        raise NoAnswerError
    people = [row for row in _rows(work, "author") if row]
    first = next((p for p in people if p.get("sequence") == "first"), people[0] if people else {})
    years = set()
    for part in ("issued", "published", "published-print", "published-online"):
        date = work.get(part)
        years |= set(reflist.YEAR.findall(str(date.get("date-parts", "")) if isinstance(date, dict) else ""))
    titles = _texts(work, "title")
    said = reflist.updates(work) | _by_title(titles)
    return Published(
        " ".join([*titles[:1], *_texts(work, "subtitle")[:1]]) if titles else "",
        frozenset(years),
        str(first.get("family") or first.get("name") or ""),
        tuple(_texts(work, "container-title") + _texts(work, "short-container-title")),
        work["DOI"],
        frozenset(said),
    )


def _summaries(answer: Any) -> dict[str, Any]:
    rows = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(rows, dict):
        raise NoAnswerError
    return rows


def _summary(row: dict[str, Any]) -> Published:
    """PubMed's summary of a paper: {title, pubdate, authors, source, fulljournalname, pubtype …}."""
    types = {t.lower() for t in _texts(row, "pubtype")}
    said = {what for what, (named, _) in reflist.MEDLINE.items() if named & types}
    relations = {str(r.get("reftype", "")).lower() for r in _rows(row, "references")}
    said |= {what for relation, what in RELATIONS.items() if relation in relations}
    first = str(next((p.get("name", "") for p in _rows(row, "authors")), ""))
    dates = f"{row.get('pubdate', '')} {row.get('epubdate', '')}"
    title = str(row.get("title", ""))
    doi = next((str(i.get("value", "")) for i in _rows(row, "articleids") if i.get("idtype") == "doi"), "")
    return Published(
        title,
        frozenset(reflist.YEAR.findall(dates)),
        re.sub(r" [A-Z]{1,4}(?: (?:Jr|Sr|\d\w\w))?$", "", first),
        tuple(str(row[part]) for part in ("fulljournalname", "source") if row.get(part)),
        doi,
        frozenset(said | _by_title([title])),
    )


def _by_title(titles: list[str]) -> set[str]:
    """Publishers put "RETRACTED:" in front of the title on record too."""
    return {"retracted"} if titles and reflist.RETRACTED_TITLE.match(titles[0]) else set()


def _rows(record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = record.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _texts(record: Mapping[str, Any], name: str) -> list[str]:
    rows = record.get(name)
    return [row for row in rows if isinstance(row, str) and row.strip()] if isinstance(rows, list) else []


def differences(entry: Entry, published: Published) -> list[str]:
    """Fields in which a reference differs from the public record, among those both have."""
    rows = {
        "title": same_title(entry.get("title"), published.title),
        "year": entry.get("year") in published.years or not published.years,
        "first author": same_name(entry.get("author"), published.author),
        "journal": entry.kind != "article" or same_journal(entry.get("container"), published.journals),
        "DOI": not published.doi or entry.get("doi").lower() == published.doi.lower(),
    }
    typed = {"first author": "author", "journal": "container"}
    return [name for name, same in rows.items() if not same and entry.get(typed.get(name, name.lower()))]


def same_title(typed: str, known: str) -> bool:
    """One title, or one of them without its subtitle."""
    one, other = reflist.folded(typed), reflist.folded(known)
    short, long = sorted((one, other), key=len)
    if not short or (long.startswith(short) and len(short) > 20):
        return True
    return one == other or difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= NEAR


def same_name(typed: str, known: str) -> bool:
    """One family name, with or without its particles ("van der Berg", "Berg")."""
    one, other = letters(typed), letters(known)
    short, long = sorted((one, other), key=len)
    return not short or long.endswith(short) or long.startswith(short)


def same_journal(typed: str, known: tuple[str, ...]) -> bool:
    """One journal, in full or abbreviated word by word ("N Engl J Med")."""
    return not known or any(_abbreviates(typed, name) or _abbreviates(name, typed) for name in known)


def _abbreviates(short: str, long: str) -> bool:
    """Does each word of `short` shorten the word of `long` in its place (ISO 4)?"""
    one, other = _journal_words(short), _journal_words(long)
    if len(one) == len(other) and all(map(_shortens, one, other)):
        return True
    return len(one) == 1 and one[0] == "".join(word[0] for word in other)


def _journal_words(name: str) -> list[str]:
    """The words of a journal's name without articles, subtitle and place: "Rheumatology (Oxford)"."""
    main = re.split(r"[:;=(/]", name)[0]
    words = [letters(word) for word in re.split(r"[\s.,&-]+", main)]
    return [word for word in words if word and word not in ARTICLES]


def _shortens(word: str, whole: str) -> bool:
    rest = iter(whole)
    return word[0] == whole[0] and all(letter in rest for letter in word)
