"""A reference list entry by entry, with lines: what check judges and what render fills pandoc's gaps from.

BibTeX, RIS, PubMed (nbib) and CSL JSON. Nothing here is printed as it is, except identifiers and years.
Sources: RIS format (Clarivate, 2011 tags); NLM, MEDLINE/PubMed Data Element (Field) Descriptions; CSL 1.0.2.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import bibtex

Tagged = dict[str, list[tuple[str, int]]]  # tag -> its values, each with its line

DOI = re.compile(
    r"10\.\d{4,9}/[^\s\"<>]*[^\s\"<>.,;]|10\.\d{4,9}/\S+>[^\s\"]*[^\s\".,;]"
)  # old Wiley DOIs hold < and >
RESOLVER = re.compile(r"^(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:?\s*)", re.IGNORECASE)
PMID = re.compile(r"[1-9]\d{0,7}")
PMID_NOTE = re.compile(r"\bPMID:?\s*(\d{1,8})\b", re.IGNORECASE)
PMID_PREFIX = re.compile(r"^(?:PMID:?\s*|https?://pubmed\.ncbi\.nlm\.nih\.gov/)(\d+)/?$", re.IGNORECASE)
YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
TAG_LINE = re.compile(r"^([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)$")
MARKUP = re.compile(r"<[^>]{1,80}>")
# Publishers put these in front of the title of what was withdrawn, and of the notice about it.
RETRACTED_TITLE = re.compile(r"^\W*(?:(?i:retracted(?: article)?)|WITHDRAWN|REMOVED)\s*[:\])]")
NOTICE_TITLE = re.compile(
    r"^\W*(?:retraction(?: notice| note)?\s*(?::| to\b| of:| [-–—]|\])|notice of retraction\b)", re.IGNORECASE
)
# What MEDLINE says about a paper, in publication types (PT) and in tags that name another one.
MEDLINE = {
    "retracted": ({"retracted publication"}, {"RIN", "PRIN", "RRI"}),
    "concern": (set(), {"ECI"}),
    "corrected": ({"corrected and republished article"}, {"EIN", "CRI"}),
    "notice": ({"retraction of publication", "retraction notice"}, {"ROF", "PROF"}),
}
RIS_KINDS = {"JOUR": "article", "JFULL": "article", "EJOU": "article", "MGZN": "article", "BOOK": "book"} | {
    "EBOOK": "book",
    "CHAP": "chapter",
    "ECHAP": "chapter",
    "ELEC": "web",
    "WEB": "web",
}
BIB_KINDS = {"article": "article", "book": "book", "incollection": "chapter", "inbook": "chapter"} | {
    "online": "web",
    "www": "web",
    "electronic": "web",
}
CSL_KINDS = {"article-journal": "article", "article-magazine": "article", "book": "book"} | {
    "chapter": "chapter",
    "webpage": "web",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One reference: fields title, container, year, author (first family name), doi, pmid, publisher, url."""

    key: str  # "" when it has none
    line: int  # counted from 1
    kind: str  # article, book, chapter, web, other
    fields: Mapping[str, str] = field(repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)  # of the fields that have their own
    said: frozenset[str] = frozenset()  # what the list says became of it: the keys of MEDLINE
    told: bool = False  # whether a list of this kind would say so

    def get(self, name: str) -> str:
        """A field, or ""."""
        return self.fields.get(name, "")

    def at(self, name: str) -> int:
        """The line of a field, or of the entry."""
        return self.lines.get(name, self.line)


def read(name: str, text: str) -> list[Entry]:
    """Every entry of the list called `name`, in order. What cannot be read is left out; raises nothing."""
    text = text.removeprefix("\ufeff")
    suffix = name.lower().rpartition(".")[2]
    if suffix == "bib":
        return list(_bibtex(text))
    if suffix == "json":
        return list(_csl(text))
    return (
        [_medline(rows) for rows in medline(text)] if suffix == "nbib" else [_ris(r) for r in _records(text)]
    )


def doi(typed: str) -> str:
    """A DOI without the resolver's address in front ("https://doi.org/10.1000/1" -> "10.1000/1")."""
    return RESOLVER.sub("", typed.strip()).strip()


def pmid(typed: str) -> str:
    """A PubMed number without "PMID:" or PubMed's address in front."""
    found = PMID_PREFIX.match(typed.strip())
    return found.group(1) if found else typed.strip()


def is_doi(text: str) -> bool:
    """Has it the shape of a DOI? (DOI Handbook, 2.2: 10.prefix/suffix)"""
    return len(text) <= 500 and bool(DOI.fullmatch(text))


def is_pmid(text: str) -> bool:
    """Has it the shape of a PubMed number: one to eight digits."""
    return bool(PMID.fullmatch(text))


def folded(title: str) -> str:
    """A title's letters and digits, lower case, without mark-up, accents and publishers' "RETRACTED:"."""
    from pipeline.core.fold import letters

    return letters(RETRACTED_TITLE.sub("", MARKUP.sub("", title)))


def _entry(
    key: str, line: int, kind: str, said: set[str], told: bool, rows: Mapping[str, tuple[str, int]]
) -> Entry:
    """An entry from its fields with their lines; the title may say what became of it too."""
    kept = {name: (" ".join(value.split()), at) for name, (value, at) in rows.items() if value.strip()}
    for name, bare in (("doi", doi), ("pmid", pmid)):
        if name in kept:
            kept[name] = (bare(kept[name][0]), kept[name][1])
    if "doi" not in kept and "doi.org/" in (kept.get("url") or ("",))[0]:
        kept["doi"] = (doi(kept["url"][0]), kept["url"][1])
    if "year" in kept:
        year = YEAR.search(kept["year"][0])
        kept["year"] = (year.group() if year else kept["year"][0], kept["year"][1])
    title = kept.get("title", ("", 0))[0]
    if RETRACTED_TITLE.match(title):
        said = said | {"retracted"}
    if NOTICE_TITLE.match(title):
        said = said | {"notice"}
    return Entry(
        key,
        line,
        kind,
        {name: value for name, (value, _) in kept.items()},
        {name: at for name, (_, at) in kept.items()},
        frozenset(said),
        told,
    )


def _bibtex(text: str) -> Iterator[Entry]:
    starts = _starts(text)
    for kind, key, at, fields in bibtex.entries(text):

        def first(*names: str, fields: bibtex.Fields = fields) -> tuple[str, int]:
            value, where = next((fields[n] for n in names if n in fields), ("", 0))
            return bibtex.words(value), bisect_right(starts, where)

        is_pubmed = first("eprinttype", "archiveprefix")[0].lower() == "pubmed"
        note = PMID_NOTE.search(first("note", "annote", "extra")[0])
        rows = {
            "title": first("title"),
            "container": first("journal", "journaltitle", "booktitle", "maintitle"),
            "year": first("year", "date"),
            "author": _first_author(*first("author", "editor")),
            "doi": first("doi"),
            "pmid": first("pmid", *(["eprint"] if is_pubmed else [])),
            "publisher": first("publisher", "institution", "school", "organization", "howpublished"),
            "url": first("url"),
            "parent": first("crossref", "xdata"),
        }
        if not rows["pmid"][0] and note:
            rows["pmid"] = (note.group(1), first("note", "annote", "extra")[1])
        yield _entry(key, bisect_right(starts, at), BIB_KINDS.get(kind, "other"), set(), False, rows)


def _first_author(names: str, line: int) -> tuple[str, int]:
    """The family name of the first of "Rao, P. and Able, A." or "Ann Able and …"."""
    first = re.split(r"\s+and\s+", names)[0]
    family = first.split(",")[0] if "," in first else (first.split() or [""])[-1]
    return family, line


def _records(text: str) -> Iterator[tuple[int, Tagged]]:
    """The records of a RIS file, each from TY to ER."""
    tags: Tagged | None = None
    start = 0
    for n, line in enumerate(text.splitlines(), 1):
        found = TAG_LINE.match(line)
        if found is None:
            continue
        tag, value = found.group(1), found.group(2).strip()
        if tag == "TY":
            if tags is not None:
                yield start, tags
            tags, start = {}, n
        if tags is not None:
            tags.setdefault(tag, []).append((value, n))
    if tags is not None:
        yield start, tags


def _ris(record: tuple[int, Tagged]) -> Entry:
    line, tags = record

    def first(*names: str) -> tuple[str, int]:
        return next((row for n in names for row in tags.get(n, []) if row[0]), ("", line))

    name = first("AU", "A1", "A2", "ED")
    rows = {
        "title": first("TI", "T1", "BT"),
        "container": first("T2", "JO", "JF", "JA", "J2", "BT"),
        "year": first("PY", "Y1", "DA"),
        "author": (name[0].split(",")[0], name[1]),
        "doi": first("DO", "DI"),
        "pmid": first("AN") if first("DB")[0].lower() in {"pubmed", "medline", "nlm"} else ("", line),
        "publisher": first("PB"),
        "url": first("UR", "L2"),
    }
    notes = [
        (m.group(1), at)
        for n in ("N1", "ID", "C1", "M1")
        for v, at in tags.get(n, [])
        if (m := PMID_NOTE.search(v))
    ]
    if not rows["pmid"][0] and notes:
        rows["pmid"] = notes[0]
    key, at = first("ID")
    shown = at if key else line
    kind = RIS_KINDS.get(first("TY")[0].upper(), "other")
    return _entry((key.split() or [""])[0], shown, kind, set(), False, rows)


def medline(text: str) -> Iterator[tuple[int, Tagged]]:
    """The records of PubMed's format: lines of "TAG - value", each record from PMID on, with its line."""
    tags: Tagged | None = None
    start, last = 0, None
    for n, line in enumerate(text.splitlines(), 1):
        tag, value = line[:4].strip(), line[6:].strip()
        if line[4:6] == "- " or line[4:].rstrip() == "-":
            if tag == "PMID":
                if tags is not None:
                    yield start, tags
                tags, start = {}, n
            if tags is not None:
                last = tags.setdefault(tag, [])
                last.append((value, n))
        elif line.startswith("      ") and last:
            last[-1] = (f"{last[-1][0]} {value}", last[-1][1])
    if tags is not None:
        yield start, tags


def medline_doi(tags: Tagged) -> tuple[str, int]:
    """The DOI of a MEDLINE record: in AID or LID, marked [doi]."""
    found = [row for tag in ("AID", "LID") for row in tags.get(tag, []) if row[0].endswith("[doi]")]
    return (found[0][0].removesuffix("[doi]").strip(), found[0][1]) if found else ("", 0)


def _medline(record: tuple[int, Tagged]) -> Entry:
    line, tags = record

    def first(*names: str) -> tuple[str, int]:
        return next((row for n in names for row in tags.get(n, []) if row[0]), ("", line))

    types = {value.lower() for value, _ in tags.get("PT", [])}
    said = {what for what, (named, marks) in MEDLINE.items() if named & types or marks & set(tags)}
    author = first("FAU", "AU", "CN", "FED", "ED")
    family = author[0].split(",")[0] if "," in author[0] else author[0].rpartition(" ")[0] or author[0]
    rows = {
        "title": first("TI", "BTI"),
        "container": first("JT", "TA", "BTI"),
        "year": first("DP"),
        "author": (family, author[1]),
        "doi": medline_doi(tags),
        "pmid": first("PMID"),
        "publisher": first("PB"),
    }
    kind = ("chapter" if "TI" in tags else "book") if "BTI" in tags else "article"
    return _entry(first("PMID")[0], line, kind, said, True, rows)


def _csl(text: str) -> Iterator[Entry]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    starts, seen = _starts(text), 0
    for row in found if isinstance(found, list) else [found]:
        if not isinstance(row, dict):
            continue
        key = str(row["id"]) if isinstance(row.get("id"), str | int) else ""
        at = max(text.find(json.dumps(key, ensure_ascii=False), seen), text.find('"id"', seen)) if key else -1
        seen = at + 1 if at >= 0 else seen
        line = bisect_right(starts, at) if at >= 0 else 1
        rows = {name: (value, line) for name, value in _csl_fields(row).items()}
        kind = CSL_KINDS.get(str(row.get("type", "article-journal")), "other")
        yield _entry(key, line, kind, updates(row), "updated-by" in row, rows)


def _csl_fields(row: dict[str, Any]) -> dict[str, str]:
    def text(*names: str) -> str:
        return next((str(v) for n in names if isinstance(v := row.get(n), str | int) and str(v).strip()), "")

    people: list[Any] = next(
        (row[n] for n in ("author", "editor") if isinstance(row.get(n), list) and row[n]), [{}]
    )
    first = people[0] if isinstance(people[0], dict) else {}
    issued = row.get("issued")
    year = json.dumps(issued.get("date-parts") or issued.get("raw", "")) if isinstance(issued, dict) else ""
    note = PMID_NOTE.search(text("note"))
    return {
        "title": text("title"),
        "container": text("container-title", "container-title-short"),
        "year": year if YEAR.search(year) else "",
        "author": str(first.get("family") or first.get("literal") or first.get("name") or ""),
        "doi": text("DOI"),
        "pmid": text("PMID") or (note.group(1) if note else ""),
        "publisher": text("publisher"),
        "url": text("URL"),
    }


def updates(work: Mapping[str, Any]) -> set[str]:
    """What Crossref's record of a work says became of it, as keys of MEDLINE.

    "updated-by" on the work names notices about it (publishers' and Retraction Watch's); "update-to" on a
    notice names what it is about (Crossref REST API, works).
    """
    said = {what for row in _listed(work, "updated-by") if (what := _update(str(row.get("type", ""))))}
    if any(_update(str(row.get("type", ""))) == "retracted" for row in _listed(work, "update-to")):
        said.add("notice")
    return said


def _listed(work: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = work.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _update(kind: str) -> str:
    kind = kind.lower().replace("_", " ").replace("-", " ")
    if "retraction" in kind or "withdrawal" in kind or "removal" in kind:
        return "retracted"
    if "concern" in kind:
        return "concern"
    return "corrected" if kind in {"correction", "corrigendum", "erratum"} else ""


def _starts(text: str) -> list[int]:
    """Where each line begins, for `bisect_right` to give line numbers counted from 1."""
    return [0, *(m.end() for m in re.finditer("\n", text))]
