"""Clean copies in, the manuscript of one journal out: Word, PDF, JATS, HTML, figures, letters, checklist.

Written into `dest`: manuscript.docx, .pdf, .xml (JATS), .html; manuscript-jats-1.1.xml (for older systems);
manuscript-with-authors.xml where the journal blinds (the same for the editor, with names and funding);
figures/figure-<n>.<ext>, .pdf too where it is drawn from the record; title-page.docx; cover-letter.docx;
disclosure-forms.pdf; highlights.docx where the journal wants them; care-checklist.pdf and .docx, and those of
the lists that add to CARE; care.json (their lines) and manuscript.json (what it is, the numbers of figures
and tables, counts beside the journal's limits, findings). A draft is watermarked and has no JATS, title page,
letter or forms.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, overload

from pipeline.core import files, guidelines
from pipeline.core.journal import Journal
from pipeline.core.model import CareLine, CleanCase, Finding, Manuscript, Report, Severity

CORES = 2  # writers run side by side; pandoc is a process of its own and typst lets go of the interpreter


def needs(
    clean: CleanCase, journal: Journal, care: tuple[CareLine, ...], draft: bool = False
) -> dict[str, Any]:
    """What a manuscript depends on: clean copies, byline, references, CARE lines, the journal's profile."""
    return {
        "clean": clean.digest,
        "record": files.digest(clean.record),
        "byline": files.digest(clean.byline),
        "references": files.sha256(clean.references) if clean.references else "",
        "journal": journal.id,
        "rules": journal.rules,
        "layout": journal.layout,
        "care": [asdict(line) for line in care],
        "draft": draft,
    }


@overload
def make(clean: CleanCase, journal: Journal, care: tuple[CareLine, ...], dest: Path, /) -> str: ...
@overload
def make(
    clean: CleanCase, journal: Journal, care: tuple[CareLine, ...], draft: bool, dest: Path, /
) -> str: ...
def make(clean: CleanCase, journal: Journal, care: tuple[CareLine, ...], *rest: Any) -> str:
    """Write everything into the empty folder `dest`. `draft` may stand before it (see core/job.py).

    Raises NotReady for citations and figures that lead nowhere and names under blinding (a draft prints them
    as typed) and for characters that cannot be printed, InputError for unreadable references, ToolError when
    pandoc or typst fails.
    """
    from pipeline.render import (
        checklist,
        citations,
        disclosures,
        document,
        docx,
        evidence,
        figures,
        fitted,
        html,
        jats,
        letters,
        markdown,
        pdf,
        references,
        tree,
    )

    *flags, dest = rest
    draft = bool(flags and flags[0])
    clean = fitted.fitted(markdown.cleaned(clean), journal)
    excused = clean.record.get("not_applicable", {})
    library = references.read(clean.references)
    paper = document.assemble(clean, journal, library, draft=draft)
    if not draft:
        Report(paper.findings).stop_if_blocking()
    with ThreadPoolExecutor(CORES) as pool:
        drawing = pool.submit(figures.draw, clean, paper.figures, journal, dest)
        jobs = []
        if not draft:
            title_page = dest / "title-page.docx"
            jobs.append(pool.submit(letters.title_page, clean, journal, paper.counts, title_page))
            lists = tuple(guidelines.load(n).name for n in dict.fromkeys(line.guideline for line in care))
            jobs.append(pool.submit(letters.cover_letter, clean, journal, lists, dest / "cover-letter.docx"))
            if journal.layout.get("highlights") and clean.record.get("highlights"):
                jobs.append(pool.submit(letters.highlights, clean, journal, dest / "highlights.docx"))
            jobs.append(pool.submit(disclosures.write, clean, journal, dest / "disclosure-forms.pdf"))
        paper = citations.resolve(paper)
        drawn, found = drawing.result()
        Report(tuple(found)).stop_if_blocking()
        jobs.append(pool.submit(docx.manuscript, paper, drawn, dest / "manuscript.docx"))
        jobs.append(pool.submit(html.manuscript, paper, drawn, dest / "manuscript.html"))
        if not draft:
            both = (dest / "manuscript.xml", dest / "manuscript-jats-1.1.xml")
            jobs.append(pool.submit(jats.manuscript, paper, drawn, *both))
        if paper.blinded and not draft:
            told = replace(journal, layout={**journal.layout, "blinded": False})
            whole = citations.resolve(document.assemble(clean, told, library, draft=False))
            jobs.append(pool.submit(jats.manuscript, whole, drawn, dest / "manuscript-with-authors.xml"))
        anchored, marks = evidence.marked(paper, care, clean.record)
        positions = pdf.manuscript(anchored, drawn, dest / "manuscript.pdf")
        lines = checklist.rows(care, excused, marks, positions, paper)
        checklist.files(lines, paper, dest)
        for job in jobs:
            job.result()
    warnings = [f for f in (*paper.findings, *found) if f.severity is not Severity.NOTE]
    files.write_json(dest / "care.json", lines)
    files.write_json(
        dest / "manuscript.json",
        {
            "journal": journal.id,
            "clean": clean.digest,
            "blinded": paper.blinded,
            "draft": draft,
            "counts": paper.counts,
            "numbers": paper.numbers,
            "drawn": [
                {"id": f.id, "number": f.number, "legend": tree.plain(f.legend), "alt": f.alt}
                for f in paper.figures
                if f.drawn
            ],
            "effective_dpi": {f.id: drawn[f.number].effective_dpi for f in paper.figures},
            "findings": [asdict(f) for f in warnings],
        },
    )
    words = paper.counts["words"]
    limit = f" of {words['limit']}" if words["limit"] else ""
    noted = f", {len(warnings)} warnings" if warnings else ""
    tables = len(paper.numbers["table"])
    return f"{words['count']}{limit} words, {len(paper.figures)} figures, {tables} tables{noted}"


def warnings(paper: Manuscript) -> tuple[Finding, ...]:
    """What a person should look at before this manuscript is sent."""
    known = files.read_json(paper.folder / "manuscript.json")["findings"]
    return tuple(Finding(**{**row, "severity": Severity(row["severity"])}) for row in known)


def load(folder: Path) -> Manuscript:
    """The manuscript a finished step left in `folder`."""
    known = files.read_json(folder / "manuscript.json")
    return Manuscript(
        folder,
        known["journal"],
        known["clean"],
        known["blinded"],
        known["counts"],
        known["numbers"],
        tuple(known["drawn"]),
    )
