"""JATS Archiving and Interchange 1.3 (ANSI/NISO Z39.96-2021), built element by element; text is never parsed.

Front and back follow JATS4R where it recommends a form: conflicts of interest as fn-type "coi-statement",
CRediT roles with their vocabulary, references with identifiers last. Blinded articles have no contributors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lxml import etree

from pipeline.core.errors import ToolError
from pipeline.render import jats11, markdown, pandoc, references, tables, tree, wording
from pipeline.render.document import Paper
from pipeline.render.figures import Drawn
from pipeline.render.references import Item
from pipeline.render.tree import Node, Nodes

XLINK = "http://www.w3.org/1999/xlink"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
DOCTYPE = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD with MathML3 '
    'v1.3 20210610//EN" "JATS-archivearticle1-3-mathml3.dtd">'
)
CREDIT = "https://credit.niso.org/"
INLINE = {"Emph": "italic", "Strong": "bold", "Superscript": "sup", "Subscript": "sub", "SmallCaps": "sc"}
TARGETS = {"figure": "fig", "table": "table", "ref": "bibr"}  # the start of an id -> ref-type
KINDS = {
    "article-journal": "journal",
    "book": "book",
    "chapter": "book",
    "thesis": "thesis",
    "report": "report",
}
MIME = {"tif": "tiff", "jpg": "jpeg", "png": "png"}


def manuscript(paper: Paper, drawn: dict[int, Drawn], target: Path, older: Path | None = None) -> None:
    """Write the article, and `older`, its projection to Publishing 1.1, where it is wanted.

    Raises ToolError on a node no manuscript has (our bug, not the text's).
    """
    article = etree.Element("article", nsmap={"xlink": XLINK})
    article.set("article-type", "case-report")
    article.set("dtd-version", "1.3")
    article.set(LANG, "en")
    _front(article, paper)
    body, back = _add(article, "body"), _add(article, "back")
    for node in paper.blocks:
        name, (kind, *_), _ = node["c"][0]
        if kind == "section":
            _section(body, node)
        elif kind == "statements":
            _statements(back, node)
        elif name == "references":
            _references(back, paper)
    if paper.figures:
        _figures(_add(article, "floats-group"), paper, drawn)
    text = etree.tostring(article, xml_declaration=True, encoding="UTF-8", doctype=DOCTYPE)
    target.write_bytes(text + b"\n")
    if older:
        jats11.write(article, str(paper.journal.value("issn", "")), older)


def _add(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    """A new element at the end of `parent`; underscores in attribute names stand for hyphens."""
    element = etree.SubElement(parent, name)
    for key, value in attributes.items():
        element.set(key.replace("_", "-"), value)
    element.text = text or None
    return element


def _front(article: Any, paper: Paper) -> None:
    front = _add(article, "front")
    journal = _add(front, "journal-meta")
    _add(journal, "journal-id", paper.journal.id, journal_id_type="publisher-id")
    _add(_add(journal, "journal-title-group"), "journal-title", paper.journal.name)
    meta = _add(front, "article-meta")
    heading = _add(_add(meta, "article-categories"), "subj-group", subj_group_type="heading")
    _add(heading, "subject", str(paper.journal.value("article_type", "Case Report")))
    titles = _add(meta, "title-group")
    _write(_add(titles, "article-title"), paper.title)
    _write(_add(titles, "alt-title", alt_title_type="running-head"), paper.running_title)
    if paper.byline:
        _contributors(meta, paper.byline)
    _notes(meta, paper)
    _add(meta, "pub-date-not-available")
    abstract = next(n for n in paper.blocks if n["c"][0][0] == "abstract")
    _abstract(_add(meta, "abstract"), abstract["c"][1][1:])
    keywords = _add(meta, "kwd-group", kwd_group_type="author")
    for keyword in paper.keywords:
        _write(_add(keywords, "kwd"), keyword)
    if paper.byline:
        funding = paper.byline["declarations"]["funding"]
        statement = _add(_add(meta, "funding-group"), "funding-statement")
        _write(statement, markdown.inline(" ".join(funding.split()), links=False))
    counts = _add(meta, "counts")
    for name, number in (("fig", "figures"), ("table", "tables"), ("ref", "references"), ("word", "words")):
        _add(counts, f"{name}-count", count=str(paper.counts[number]["count"]))


def _contributors(meta: Any, byline: dict[str, Any]) -> None:
    group = _add(meta, "contrib-group")
    places = wording.places(byline)
    labels = wording.ours()["credit"]
    for author in byline["authors"]:
        person = _add(group, "contrib", contrib_type="author")
        if author["corresponding"]:
            person.set("corresp", "yes")
        if author.get("orcid"):
            orcid = (
                f"https://orcid.org/{author['orcid']}"  # typed by the authors: nobody logged in to confirm it
            )
            _add(person, "contrib-id", orcid, contrib_id_type="orcid", authenticated="false")
        name = _add(person, "name")
        _add(name, "surname", author["family"])
        _add(name, "given-names", author["given"])
        if author.get("degrees"):
            _add(person, "degrees", author["degrees"])
        for role in author["credit"]:
            _add(
                person,
                "role",
                labels[role],
                vocab="credit",
                vocab_identifier=CREDIT,
                vocab_term=labels[role],
                vocab_term_identifier=f"{CREDIT}contributor-roles/{role}/",
            )
        for place in author["affiliations"]:
            _add(person, "xref", ref_type="aff", rid=f"aff-{places[place]}")
        if author["corresponding"]:
            _add(person, "xref", ref_type="corresp", rid="corresponding")
    for place, number in places.items():
        row = byline["affiliations"][place]
        aff = _add(meta, "aff", id=f"aff-{number}")
        _add(aff, "label", str(number))
        _add(aff, "institution", row["department"], content_type="dept").tail = ", "
        _add(aff, "institution", row["institution"]).tail = ", "
        _add(aff, "city", row["city"]).tail = ", "
        _add(aff, "country", row["country"], country=row["country_code"])


def _notes(meta: Any, paper: Paper) -> None:
    """Whom to write to, and the conflicts of interest (JATS4R, Conflict of interest statements 1.1)."""
    conflicts = [n for n in _statement_nodes(paper) if tree.attribute(n, "type") == "coi-statement"]
    mails = [a["email"] for a in paper.byline.get("authors", []) if a["corresponding"] and a.get("email")]
    if not conflicts and not mails:
        return
    notes = _add(meta, "author-notes")
    for mail in mails:
        _add(_add(notes, "corresp", id="corresponding"), "email", mail)
    for node in conflicts:
        _blocks(_add(notes, "fn", fn_type="coi-statement"), node["c"][1][1:])


def _statement_nodes(paper: Paper) -> Nodes:
    return [n for n in tree.every(paper.blocks) if n["t"] == "Div" and n["c"][0][1] == ["statement"]]


def _abstract(parent: Any, blocks: Nodes) -> None:
    """One paragraph, or one titled section for each label."""
    for block in blocks:
        if block["t"] != "Div":
            _blocks(parent, [block])
            continue
        label, _space, *text = block["c"][1][0]["c"]
        section = _add(parent, "sec")
        _add(section, "title", tree.plain([label]).rstrip(":"))
        _write(_add(section, "p"), text)


def _section(parent: Any, node: Node) -> None:
    section = _add(parent, "sec", sec_type=tree.attribute(node, "type"))
    heading, *parts = node["c"][1]
    _write(_add(section, "title"), heading["c"][2])
    for part in parts:
        inner = part["c"][1]
        if inner[0]["t"] == "Header":
            sub = _add(section, "sec")
            _write(_add(sub, "title"), inner[0]["c"][2])
            _blocks(sub, inner[1:])
        else:
            _blocks(section, inner)


def _statements(back: Any, node: Node) -> None:
    for statement in node["c"][1][1:]:
        kind = tree.attribute(statement, "type")
        heading, *blocks = statement["c"][1]
        if kind == "coi-statement":
            continue  # stands in the author notes
        home = _add(back, "ack") if kind == "acknowledgements" else _add(back, "sec", sec_type=kind)
        _write(_add(home, "title"), heading["c"][2])
        _blocks(home, blocks)


def _blocks(parent: Any, nodes: Nodes) -> None:
    for node in nodes:
        if node["t"] in {"Para", "Plain"}:
            _write(_add(parent, "p"), node["c"])
        elif node["t"] == "Div" and tables.NOTE in node["c"][0][1]:
            _blocks(_add(_add(parent[-1], "table-wrap-foot"), "fn"), node["c"][1])
        elif node["t"] == "Div":
            _blocks(parent, node["c"][1])
        elif node["t"] == "Table":
            _table(parent, node)
        elif node["t"] == "BulletList":
            listed = _add(parent, "list", list_type="bullet")
            for item in node["c"]:
                _blocks(_add(listed, "list-item"), item)
        else:
            raise ToolError(f"the JATS writer met a {node['t']}", fix=pandoc.FIX)


def _write(parent: Any, nodes: Nodes) -> None:
    """Inline nodes as the mixed content of an element."""
    for node in nodes:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind == "Str":
            _text(parent, content)
        elif kind in {"Space", "SoftBreak", "LineBreak"}:
            _text(parent, " ")
        elif kind in INLINE:
            _write(_add(parent, INLINE[kind]), content)
        elif kind in {"Cite", "Span"}:
            _write(parent, content[1])
        elif kind == "Quoted":
            left, right = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
            _text(parent, left)
            _write(parent, content[1])
            _text(parent, right)
        elif kind == "Link":
            _link(parent, content)
        else:
            raise ToolError(f"the JATS writer met a {kind}", fix=pandoc.FIX)


def _text(parent: Any, letters: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + letters
    else:
        parent.text = (parent.text or "") + letters


def _link(parent: Any, content: list[Any]) -> None:
    target = content[2][0]
    if target.startswith("#"):
        kind = TARGETS[target[1:].partition("-")[0]]
        _write(_add(parent, "xref", ref_type=kind, rid=target[1:]), content[1])
    else:
        _write(_add(parent, "ext-link", **{"ext-link-type": "uri", f"{{{XLINK}}}href": target}), content[1])


def _table(parent: Any, node: Node) -> None:
    wrap = _add(parent, "table-wrap", id=node["c"][0][0])
    _add(wrap, "label", tree.attribute(node, "label"))
    _write(_add(_add(wrap, "caption"), "p"), node["c"][1][1][0]["c"])
    head, rows = tree.cells(node)
    table = _add(wrap, "table")
    line = _add(_add(table, "thead"), "tr")
    for cell in head:
        _write(_add(line, "th", scope="col"), cell)
    body = _add(table, "tbody")
    for row in rows:
        line = _add(body, "tr")
        for cell in row:
            _write(_add(line, "td"), cell)


def _figures(group: Any, paper: Paper, drawn: dict[int, Drawn]) -> None:
    for figure in paper.figures:
        fig = _add(group, "fig", id=figure.file)
        _add(fig, "label", f"Figure {figure.number}")
        node = next(n for n in tree.every(paper.blocks) if n["t"] == "Figure" and n["c"][0][0] == figure.file)
        _write(_add(_add(fig, "caption"), "p"), node["c"][1][1][0]["c"])
        _add(fig, "alt-text", figure.alt)
        file = drawn[figure.number].file
        picture = _add(fig, "graphic", mimetype="image", mime_subtype=MIME[file.suffix[1:]])
        picture.set(f"{{{XLINK}}}href", f"figures/{file.name}")


def _references(back: Any, paper: Paper) -> None:
    listed = _add(back, "ref-list")
    _add(listed, "title", paper.journal.layout["references_heading"])
    for number, item in paper.cited.items():
        ref = _add(listed, "ref", id=f"ref-{number}")
        _add(ref, "label", number)
        _citation(ref, item)


def _citation(ref: Any, item: Item) -> None:
    """One reference as element-citation (JATS4R, Journal article citations: identifiers last)."""
    kind = KINDS.get(item["type"], "other")
    cite = _add(ref, "element-citation", publication_type=kind)
    for group in ("author", "editor", "translator"):
        people = item.get(group, [])
        if people:
            _people(_add(cite, "person-group", person_group_type=group), people)
    if "container-title" in item:
        own = "chapter-title" if kind == "book" else "article-title"
        _rich(cite, own, item.get("title", ""))
        _rich(cite, "source", item["container-title"])
    else:
        _rich(
            cite, "source" if kind in {"book", "thesis", "report"} else "article-title", item.get("title", "")
        )
    for name, field in (
        ("edition", "edition"),
        ("publisher-loc", "publisher-place"),
        ("publisher-name", "publisher"),
    ):
        _rich(cite, name, item.get(field, ""))
    if "issued" in item:
        _add(cite, "year", str(item["issued"]["date-parts"][0][0]))
    for name in ("volume", "issue"):
        _rich(cite, name, item.get(name, ""))
    _pages(cite, item.get("page", ""))
    if "URL" in item:
        _add(cite, "ext-link", item["URL"], **{"ext-link-type": "uri", f"{{{XLINK}}}href": item["URL"]})
    for kind_of_id, field in (("doi", "DOI"), ("pmid", "PMID"), ("pmcid", "PMCID")):
        if field in item:
            _add(cite, "pub-id", item[field], pub_id_type=kind_of_id)


def _people(group: Any, people: list[dict[str, str]]) -> None:
    for person in people:
        if "family" not in person:
            _add(group, "collab", person.get("literal") or person.get("given", ""))
            continue
        name = _add(group, "name")
        particle = " ".join(person[p] for p in ("dropping-particle", "non-dropping-particle") if p in person)
        _add(name, "surname", f"{particle} {person['family']}".strip())
        for tag, field in (("given-names", "given"), ("suffix", "suffix")):
            if field in person:
                _add(name, tag, person[field])


def _rich(parent: Any, name: str, text: str) -> None:
    if text:
        _write(_add(parent, name), references.rich(text))


def _pages(cite: Any, pages: str) -> None:
    """A range as first and last page, anything else as an article number."""
    found = re.fullmatch(r"(\w+)\s*[-–]+\s*(\w+)", pages)
    if found:
        _add(cite, "fpage", found.group(1))
        _add(cite, "lpage", found.group(2))
    elif pages:
        _add(cite, "fpage" if pages.isdigit() else "elocation-id", pages)
