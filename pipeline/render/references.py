"""The reference list: BibTeX, RIS, PubMed (nbib) or CSL JSON in, allow-listed CSL items out.

Reference managers keep private notes, file paths and whole abstracts beside a reference: only the fields
below go on. Names of fields and types: CSL 1.0.2, appendices III and IV.
"""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from pipeline.core import findings, reflist
from pipeline.core.errors import InputError
from pipeline.render import markdown, pandoc, tree
from pipeline.render.tree import Node, Nodes

Item = dict[str, Any]

RICH = ("title", "container-title", "collection-title", "event-title", "publisher", "publisher-place")
NUMBERS = ("volume", "issue", "page", "number", "edition", "version", "number-of-pages")
SIMPLE = ("type", "genre", "container-title-short", *NUMBERS, "DOI", "PMID", "PMCID", "ISBN", "URL")
NAMES = ("author", "editor", "translator", "collection-editor")
NAME_PARTS = ("family", "given", "literal", "suffix", "dropping-particle", "non-dropping-particle")
DATES = ("issued", "accessed")
FORMATS = {".bib": "bibtex", ".ris": "ris"}
WEB = re.compile(r"https?://[^\s<>\"]+")
PUBMED = re.compile(r"^https?://(?:pubmed\.ncbi|www\.ncbi)\.nlm\.nih\.gov/")
# BibTeX entry heads. pandoc lower-cases the words of English titles ("in india", "crohn's"); an entry that
# says it is German keeps its title as typed, and the language goes no further than here.
ENTRY = re.compile(
    r"^([ \t]*@(?!comment|string|preamble)\w+[ \t]*[{(][ \t]*[^\s,{}()\"]+[ \t]*,)",
    re.IGNORECASE | re.MULTILINE,
)
TAG = re.compile(r"<(/?)(i|b|sup|sub|sc|span)(?:\s[^>]*)?>", re.IGNORECASE)
TAGS = {"i": "Emph", "b": "Strong", "sup": "Superscript", "sub": "Subscript", "sc": "SmallCaps"}


def read(path: Path | None) -> dict[str, Item]:
    """Every reference by its key.

    Raises InputError (REF006) when the file is not what its name says, ToolError when pandoc cannot be run.
    """
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        items = _items(path.suffix.lower(), text)
    except (pandoc.StoppedError, UnicodeDecodeError, ValueError, RecursionError):
        said = findings.make("REF006")
        raise InputError(said.message, code="REF006", where=path.name, why=said.why, fix=said.fix) from None
    entries = {entry.key: entry for entry in reflist.read(path.name, text)}
    named = {str(item["id"]): item for item in items if isinstance(item, dict) and item.get("id")}
    return {key: _filled(_allowed(item), entries.get(key)) for key, item in named.items()}


def _items(suffix: str, text: str) -> list[Any]:
    if suffix == ".nbib":
        return [_medline(tags) for _, tags in reflist.medline(text)]
    if suffix == ".json":
        found = json.loads(text)
        return found if isinstance(found, list) else [found]
    if suffix == ".bib":
        text = ENTRY.sub(r"\1 langid = {ngerman},", text)
    done = pandoc.run(text.encode(), FORMATS[suffix], "csljson", strict=False)
    return list(json.loads(done))


def _allowed(item: Item) -> Item:
    """Only the fields a reference prints, as text of the expected shape."""
    out: Item = {}
    for name in (*RICH, *SIMPLE):
        value = item.get(name)
        if isinstance(value, str | int) and str(value).strip():
            out[name] = markdown.clean(str(value)).strip()
    for name in NAMES:
        people = item.get(name)
        rows = [_name(p) for p in people if isinstance(p, dict)] if isinstance(people, list) else []
        if any(rows):
            out[name] = [row for row in rows if row]
    for name in DATES:
        if date := _date(item.get(name)):
            out[name] = {"date-parts": [date]}
    out.setdefault("type", "article-journal")
    if "URL" in out and not WEB.fullmatch(out["URL"]):
        del out["URL"]
    return out


def _name(person: dict[str, Any]) -> dict[str, str]:
    return {k: markdown.clean(person[k]) for k in NAME_PARTS if isinstance(person.get(k), str) and person[k]}


def _date(value: Any) -> list[int]:
    parts = value.get("date-parts") if isinstance(value, dict) else None
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    return [int(p) for p in first[:3] if str(p).isdigit()]


def _filled(item: Item, entry: reflist.Entry | None) -> Item:
    """What the list says and pandoc leaves out: identifiers, the year of full RIS dates, journals."""
    if "DOI" in item:
        item["DOI"] = reflist.doi(item["DOI"])
    if entry is not None:
        for name, field, fits in (("DOI", "doi", reflist.is_doi), ("PMID", "pmid", reflist.is_pmid)):
            if name not in item and fits(entry.get(field)):
                item[name] = entry.get(field)
        if "container-title" not in item and entry.kind == "article" and entry.get("container"):
            item["container-title"] = markdown.clean(entry.get("container"))
        if "issued" not in item and entry.get("year").isdigit():
            item["issued"] = {"date-parts": [[int(entry.get("year"))]]}
    if "URL" in item and ("DOI" in item or ("PMID" in item and PUBMED.search(item["URL"]))):
        del item["URL"]
    return item


def _medline(tags: reflist.Tagged) -> Item:
    """One record of PubMed's tagged format as CSL (NLM, MEDLINE/PubMed Data Element Descriptions)."""

    def every(tag: str) -> list[str]:
        return [value for value, _ in tags.get(tag, []) if value]

    def first(tag: str) -> str:
        return next(iter(every(tag)), "")

    def people(full: str, short: str) -> list[dict[str, str]]:
        names = [name.partition(", ") for name in every(full)] or [n.rpartition(" ") for n in every(short)]
        return [
            {"family": family, "given": given} if family else {"literal": given} for family, _, given in names
        ]

    year = re.match(r"\d{4}", first("DP"))
    book = first("BTI").removesuffix(".")
    title = first("TI").removesuffix(".")
    return {
        "id": first("PMID"),
        "type": "article-journal" if not book else "chapter" if title else "book",
        "title": title or book,
        "container-title": (book if title else "") or first("TA") or first("JT"),
        "author": [*people("FAU", "AU"), *({"literal": name} for name in every("CN"))],
        "editor": people("FED", "ED"),
        "issued": {"date-parts": [[int(year.group())]]} if year else None,
        "volume": first("VI"),
        "issue": first("IP"),
        "page": first("PG"),
        "publisher": first("PB"),
        "publisher-place": first("PL") if book else "",
        "DOI": reflist.medline_doi(tags)[0],
        "PMID": first("PMID"),
        "PMCID": first("PMC"),
    }


def metadata(cited: dict[str, Item]) -> Node:
    """Items as the metadata value that citeproc reads, so that pandoc opens no bibliography file."""
    return {"t": "MetaList", "c": [_meta({"id": key, **item}) for key, item in cited.items()]}


def _meta(value: Any, name: str = "") -> Node:
    if isinstance(value, dict):
        return {"t": "MetaMap", "c": {key: _meta(inner, key) for key, inner in value.items()}}
    if isinstance(value, list):
        return {"t": "MetaList", "c": [_meta(inner) for inner in value]}
    if name in RICH:
        return tree.meta_text(rich(value))
    return {"t": "MetaString", "c": str(value)}


def rich(text: str) -> Nodes:
    """CSL's rich text (<i>, <b>, <sup>, <sub>; CSL 1.0.2, "Rich text formatting within fields") as a tree.

    A tag that does not pair up is left as the letters it was typed with.
    """
    opened = TAG.search(text)
    if opened is None:
        return tree.spaced(unescape(text))
    before = tree.spaced(unescape(text[: opened.start()]))
    closed = None if opened.group(1) else _closing(text, opened)
    if closed is None:
        return [*before, *tree.spaced(opened.group()), *rich(text[opened.end() :])]
    name, inner = opened.group(2).lower(), rich(text[opened.end() : closed.start()])
    return [
        *before,
        *([tree.wrap(TAGS[name], inner)] if name in TAGS else inner),
        *rich(text[closed.end() :]),
    ]


def _closing(text: str, opened: re.Match[str]) -> re.Match[str] | None:
    """The tag that closes `opened`, passing over pairs of the same name inside it."""
    depth = 1
    for tag in TAG.finditer(text, opened.end()):
        if tag.group(2).lower() == opened.group(2).lower():
            depth += -1 if tag.group(1) else 1
        if not depth:
            return tag
    return None
