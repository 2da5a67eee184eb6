"""The manuscript as one tree: everything is read, numbered and put in the journal's order here, once.

What the writers get is a `Paper`: front matter as values, the rest as blocks in reading order. Each part is a
Div that names it ("introduction", "timeline", "statements", …) and says what it is (section, part, …).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.core import abbreviations, authors, findings, numbering, words
from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase, Finding
from pipeline.render import charts, markdown, paging, tables, tree, typography, wording
from pipeline.render.references import Item
from pipeline.render.tree import Node, Nodes

PLACE = ("record.yaml", 0)
CONSENT = "consent"  # the part in which consent is stated
ABSTRACT = ("background", "case_presentation", "discussion", "conclusions")  # its parts, in order
SHORTEST = 8  # letters of a name that may be sought inside words; authors.signs minds where words end
WHO = {"name": "an author", "institution": "an institution", "city": "an institution’s city"}
KINDS = {"fig": "figure", "table": "table"}  # as targets of links and in findings


@dataclass(frozen=True, slots=True)
class Figure:
    """One numbered figure."""

    number: int
    id: str
    legend: Nodes = field(repr=False)
    alt: str
    panels: int
    drawn: charts.Plan | None = field(default=None, repr=False)  # from the record, without pictures

    @property
    def file(self) -> str:
        """The name of its files, without ending."""
        return f"figure-{self.number}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A manuscript before it is written in any format."""

    journal: Journal
    blinded: bool
    draft: bool
    title: Nodes = field(repr=False)
    running_title: Nodes = field(repr=False)
    keywords: tuple[Nodes, ...] = field(repr=False)
    byline: dict[str, Any] = field(repr=False)  # empty when blinded
    blocks: Nodes = field(repr=False)  # abstract to legends
    figures: tuple[Figure, ...] = field(repr=False)
    cited: dict[str, Item] = field(repr=False)  # "1", "2", … in order of first citation
    numbers: words.Numbers
    counts: dict[str, Any] = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the text may refer to, and what it is called in this journal: numbered by first mention."""

    numbers: words.Numbers
    panels: dict[str, int]  # figure id -> how many panels it has
    library: dict[str, Item] = field(repr=False)
    citations: dict[str, int] = field(default_factory=dict)


def assemble(clean: CleanCase, journal: Journal, library: dict[str, Item], *, draft: bool) -> Paper:
    """The whole manuscript for one journal, with citations still to be set by citeproc.

    Problems are findings in the result; text that refers to nothing stays as the letters typed.
    """
    record, layout = clean.record, journal.layout
    blinded = bool(layout["blinded"])
    texts = {part: markdown.paragraphs(text) for part, text in record["text"].items() if text}
    order = [
        row["part"] for section in layout["sections"] for row in section["parts"] if row["part"] in texts
    ]
    numbers = numbering.by_mention(record, (record["text"][part] for part in order))
    figures = _figures(record, numbers)
    _place_tables(record, layout, texts, order, numbers["table"])
    texts |= _points(record)
    blocks = [
        *([] if blinded else wording.byline(clean.byline)),
        *_abstract(record, layout),
        *_keywords(record, layout),
        *_sections(layout, texts),
        *_abbreviations(layout, [record["text"][part] for part in order]),
        *_statements(clean, journal, blinded),
        _reference_list(layout),
        *_legends(layout, figures),
    ]
    title = markdown.inline(record["title"], links=False)
    known = _Known(numbers, {f["id"]: len(f["panels"]) for f in record.get("figures", [])}, library)
    found = [*_lint(blocks, known), *(_names(clean, [("title", title), *_named(blocks)]) if blinded else [])]
    look = typography.chosen(layout)
    typography.blocks(blocks, look)
    tree.replace(blocks, lambda node: _resolve(node, known))
    cited = {str(n): library[key] for key, n in known.citations.items()}
    return Paper(
        journal,
        blinded,
        draft,
        typography.line(title, look),
        typography.line(markdown.inline(record["running_title"], links=False), look),
        tuple(typography.line(markdown.inline(k, links=False), look) for k in record["keywords"]),
        {} if blinded else clean.byline,
        blocks,
        figures,
        cited,
        numbers,
        _counts(record, journal, numbers, references=len(cited)),
        tuple(found),
    )


def _figures(record: dict[str, Any], numbers: words.Numbers) -> tuple[Figure, ...]:
    made = [
        Figure(
            numbers["fig"][f["id"]],
            f["id"],
            markdown.inline(f["legend"]),
            markdown.clean(f["alt"]),
            len(f["panels"]),
        )
        for f in record.get("figures", [])
    ]
    made += [
        Figure(numbers["fig"][plan.id], plan.id, plan.legend, markdown.clean(plan.alt), 0, plan)
        for plan in charts.plans(record, numbers)
    ]
    return tuple(sorted(made, key=lambda figure: figure.number))


def _place_tables(
    record: dict[str, Any],
    layout: dict[str, Any],
    texts: dict[str, Nodes],
    order: list[str],
    numbers: dict[str, int],
) -> None:
    """Put each table after the paragraph that first mentions it, or where the layout says."""
    waiting = dict(numbers)
    made = tables.build(record, layout, numbers)
    for part in order:
        out: Nodes = []
        for block in texts[part]:
            mentions = [
                n["c"]["id"] for n in tree.every([block]) if n["t"] == "Mention" and n["c"]["kind"] == "table"
            ]
            out += [block, *(made[name] for name in dict.fromkeys(mentions) if waiting.pop(name, None))]
        for name in list(waiting):
            if tables.home(name, layout) == part:
                out.append(made[name])
                del waiting[name]
        texts[part] = out
    texts[order[-1]] += [made[name] for name in waiting]


def _points(record: dict[str, Any]) -> dict[str, Nodes]:
    """The learning points as a part of their own, for journals whose layout has a place for them."""
    points = record.get("learning_points") or []
    return (
        {"learning_points": [tree.bullets([markdown.inline(p, links=False) for p in points])]}
        if points
        else {}
    )


def _abstract(record: dict[str, Any], layout: dict[str, Any]) -> Nodes:
    """The abstract as one paragraph, or part by part; a part without a label joins the one after it."""
    labels = layout["abstract"].get("labels")
    parts = [(name, record["abstract"][name].strip()) for name in ABSTRACT if name in record["abstract"]]
    if labels:
        body: Nodes = []
        waiting: list[str] = []
        for name, text in parts:
            waiting.append(text)
            if name in labels:
                line = [tree.strong(f"{labels[name]}:"), tree.SPACE, *markdown.inline(" ".join(waiting))]
                body.append(tree.styled("First Paragraph", "abstract-part", [tree.para(line)]))
                waiting = []
    else:
        body = [tree.para(markdown.inline(" ".join(text for _, text in parts)))]
    return [tree.div("abstract", "abstract", [tree.header(1, layout["abstract"]["heading"]), *body])]


def _keywords(record: dict[str, Any], layout: dict[str, Any]) -> Nodes:
    listed: Nodes = []
    for keyword in record["keywords"]:
        listed += [
            *([{"t": "Str", "c": ";"}, tree.SPACE] if listed else []),
            *markdown.inline(keyword, links=False),
        ]
    line = tree.para([tree.strong(f"{layout['keywords_heading']}:"), tree.SPACE, *listed])
    return [tree.div("keywords", "keywords", [line], **{"custom-style": "First Paragraph"})]


def _sections(layout: dict[str, Any], texts: dict[str, Nodes]) -> Nodes:
    out: Nodes = []
    for section in layout["sections"]:
        parts = [
            tree.div(
                row["part"],
                "part",
                [*([tree.header(2, row["heading"])] if "heading" in row else []), *texts[row["part"]]],
            )
            for row in section["parts"]
            if row["part"] in texts
        ]
        if parts:
            inner = [tree.header(1, section["heading"]), *parts]
            out.append(tree.div("", "section", inner, type=section["type"]))
    return out


def _abbreviations(layout: dict[str, Any], proses: list[str]) -> Nodes:
    """The list of abbreviations that some journals print: those the text explains, if the layout asks."""
    listed = abbreviations.explained(proses) if layout.get("abbreviations") else {}
    if not listed:
        return []
    line = "; ".join(f"{short}: {long}" for short, long in listed.items()) + "."
    part = tree.div("abbreviations", "part", [tree.para(tree.words(line))])
    heading = tree.header(1, layout["abbreviations"]["heading"])
    return [tree.div("", "section", [heading, part], type="abbreviations")]


def _statements(clean: CleanCase, journal: Journal, blinded: bool) -> Nodes:
    """The declarations the journal wants, each under its own heading."""
    out: Nodes = []
    for row in journal.layout["statements"]:
        body = wording.statement(clean, journal, row, blinded=blinded)
        if body:
            inner = [tree.header(2, row["heading"]), *body]
            out.append(tree.div(row["from"], "statement", inner, type=row["type"]))
    return [
        tree.div("statements", "statements", [tree.header(1, journal.layout["statements_heading"]), *out])
    ]


def _reference_list(layout: dict[str, Any]) -> Node:
    """The place where citeproc puts the list: a Div called refs."""
    heading = tree.header(1, layout["references_heading"])
    return tree.div("references", "references", [heading, tree.div("refs", "list", [])])


def _legends(layout: dict[str, Any], figures: tuple[Figure, ...]) -> Nodes:
    if not figures:
        return []
    blocks = [tree.figure(f.number, f.legend, f.alt) for f in figures]
    return [tree.div("figures", "figures", [tree.header(1, layout["figures_heading"]), *blocks])]


def width_mm(journal: Journal, panels: int) -> float:
    """How wide a figure is printed: a single column for one panel, the double column for several."""
    single, double = journal.layout["figure"]["widths_mm"]
    return float(single if panels == 1 else double)


def text_width_mm(layout: dict[str, Any]) -> float:
    """The width of the lines on the journal's paper."""
    return paging.of(layout).text_mm


def _resolve(node: Node, known: _Known) -> Nodes | None:
    """Citations and mentions as what the writers know; what leads nowhere as the letters typed."""
    if node["t"] == "Citation":
        keys = list(dict.fromkeys(node["c"]["keys"]))
        if not all(key in known.library for key in keys):
            return tree.words(node["c"]["typed"])
        return [tree.cite([str(known.citations.setdefault(k, len(known.citations) + 1)) for k in keys])]
    if node["t"] == "Mention":
        kind, name, panel = node["c"]["kind"], node["c"]["id"], node["c"]["panel"]
        number = known.numbers[kind].get(name)
        if number is None or words.absent(panel, known.panels.get(name, 0)):
            return tree.words(node["c"]["typed"])
        shown = f"{words.PRINTED[kind]}\u00a0{number}{words.lettered(panel)}"
        return [tree.link([{"t": "Str", "c": shown}], f"#{KINDS[kind]}-{number}")]
    return None


def _lint(blocks: Nodes, known: _Known) -> list[Finding]:
    """Findings about citations and mentions that lead nowhere, and figures and tables nobody mentions."""
    found: dict[Finding, None] = {}
    seen: dict[str, set[str]] = {"fig": set(), "table": set()}
    for name, part in _named(blocks):
        for node in tree.every(part):
            content: Any = node.get("c")
            if node["t"] == "Citation":
                for key in content["keys"]:
                    if key not in known.library:
                        found[findings.make("REF001", PLACE, key=key, hint="")] = None
            elif node["t"] == "Mention":
                kind, target, panel = content["kind"], content["id"], content["panel"]
                seen[kind].add(target)
                if target not in known.numbers[kind]:
                    said = {"field": name, "kind": KINDS[kind], "id": target, "hint": ""}
                    found[findings.make("REC020", PLACE, **said)] = None
                elif lacking := words.absent(panel, known.panels.get(target, 0)):
                    said = {"field": name, "id": target, "panel": lacking.upper()}
                    found[findings.make("REN001", PLACE, **said, count=known.panels.get(target, 0))] = None
            elif node["t"] == "Str" and "[@" in content:
                found[findings.make("REN002", PLACE, field=name)] = None
    for kind, ids in known.numbers.items():
        for target in ids:
            if target not in seen[kind]:
                said = {"kind": KINDS[kind], "id": target}
                found[findings.make("REN003", PLACE, **said)] = None
    return list(found)


def _named(blocks: Nodes, name: str = "") -> list[tuple[str, Nodes]]:
    """The parts of the document by name, each without the parts inside it that have a name of their own."""
    own: Nodes = []
    deeper: list[tuple[str, Nodes]] = []
    for node in blocks:
        if node["t"] == "Div":
            deeper += _named(tree.children(node)[0], node["c"][0][0] or name)
        else:
            own.append(node)
    return [*([(name, own)] if own else []), *deeper]


def _names(clean: CleanCase, parts: list[tuple[str, Nodes]]) -> list[Finding]:
    """Under blinding: authors' names, e-mail addresses and institutions in what reviewers would read."""
    hunted = [(f"{a['given']} {a['family']}", "an author") for a in clean.byline["authors"]]
    hunted += [(a["email"], "an author’s e-mail address") for a in clean.byline["authors"] if a.get("email")]
    hunted += [(place["institution"], "an institution") for place in clean.byline["affiliations"].values()]
    long = [(name, what) for text, what in hunted if len(name := _folded(text)) >= SHORTEST]
    signs, record = authors.signs(clean.byline), clean.record
    typed = [(name, tree.plain(part)) for name, part in parts]
    typed += [("running_title", record["running_title"])]
    typed += [("highlights", text) for text in record.get("highlights") or []]
    typed += [("figures alt", figure["alt"]) for figure in record.get("figures", [])]
    found: dict[Finding, None] = {}
    for name, prose in typed:
        text = " ".join(authors.plain(prose).split())
        said = [what for wanted, what in long if wanted in text.casefold()]
        said += [WHO[sign.what.rpartition(" ")[2]] for sign in signs if sign.pattern.search(text)]
        for what in said:
            found[findings.make("REN004", PLACE, field=name, what=what)] = None
    return list(found)


def _folded(name: str) -> str:
    return " ".join(authors.plain(name).split()).casefold()


def _counts(
    record: dict[str, Any], journal: Journal, numbers: words.Numbers, references: int
) -> dict[str, Any]:
    """What editors count, beside the journal's limit and where that was read."""
    body = sum(words.count(record["text"].get(part) or "") for part in journal.layout["counted"])
    abstract = sum(words.count(text) for text in record["abstract"].values())
    limits = {
        "words": (body, journal.value("words_max"), "words_max"),
        "abstract": (abstract, (journal.value("abstract") or {}).get("words_max"), "abstract"),
        "keywords": (len(record["keywords"]), (journal.value("keywords") or [None])[-1], "keywords"),
        "figures": (len(numbers["fig"]), (journal.value("figures") or {}).get("max"), "figures"),
        "tables": (len(numbers["table"]), journal.value("tables_max"), "tables_max"),
        "references": (references, (journal.value("references") or {}).get("max"), "references"),
    }
    return {
        name: {"count": count, "limit": limit, "sure": journal.sure(rule), "source": journal.source(rule)}
        for name, (count, limit, rule) in limits.items()
    }
