"""Word files: pandoc writes them inside its sandbox, then they are made plain and the same every time.

The parts of a DOCX are ECMA-376 (Office Open XML). Pictures go in as data URIs, so pandoc opens no file but
the reference document that the styles come from.
"""

from __future__ import annotations

import base64
import copy
import io
import re
import zipfile
from pathlib import Path
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import ToolError
from pipeline.core.journal import Journal
from pipeline.render import figures, pandoc, tables, tree
from pipeline.render.document import Paper
from pipeline.render.tree import Node, Nodes

MEDIA = "word/media/"  # pictures: no place for a path
DATE = (1980, 1, 1, 0, 0, 0)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
NO_PROPERTIES = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    b'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"/>'
)
PERSON = re.compile(rb"<(dc:creator|cp:lastModifiedBy)>.*?</\1>", re.DOTALL)
LOCAL_PATH = re.compile(rb"(?:/(?:home|Users|root|tmp|private|var)/|[A-Za-z]:\\\\?Users\\)")


def manuscript(paper: Paper, drawn: dict[int, figures.Drawn], target: Path) -> None:
    """The manuscript with line numbers, double spacing, figures and numbered captions.

    Raises ToolError when pandoc fails.
    """
    blocks = copy.deepcopy(paper.blocks)
    tree.replace(blocks, _label)
    for node in tree.every(blocks):
        if node["t"] == "Image":
            _embed(node, drawn)
    name = "draft" if paper.draft else "manuscript"
    _write(blocks, tree.plain(paper.title), paper.title, reference(paper.journal, name), target)


def letter(journal: Journal, title: str, blocks: Nodes, target: Path) -> None:
    """A title page or a cover letter. Raises ToolError when pandoc fails."""
    _write(blocks, title, None, reference(journal, "letter"), target)


def checklist(journal: Journal, title: str, blocks: Nodes, target: Path) -> None:
    """A checklist, on pages that lie on their side. Raises ToolError when pandoc fails."""
    _write(blocks, title, None, reference(journal, "checklist"), target, whole=0)


def reference(journal: Journal, name: str) -> Path:
    """The journal's own reference document, or ours."""
    own = journal.folder / f"{name}.docx"
    return own if own.is_file() else resources.path(f"templates/manuscript/{name}.docx")


def _label(node: Node) -> Nodes | None:
    """Captions as readers see them: "Figure 1." in front of the words."""
    if node["t"] in {"Figure", "Table"}:
        caption = node["c"][1][1][0]["c"]
        caption[:0] = [tree.strong(f"{tree.attribute(node, 'label')}."), tree.SPACE]
    return None


def _embed(image: Node, drawn: dict[int, figures.Drawn]) -> None:
    """The picture itself in the place of its name, at the width it is read at."""
    number = int(image["c"][2][0].removeprefix("figure-"))
    data = base64.b64encode(drawn[number].reading).decode()
    image["c"][2][0] = f"data:image/png;base64,{data}"
    image["c"][0][2].append(["width", f"{drawn[number].reading_mm / figures.INCH:.3f}in"])


def _write(
    blocks: Nodes, name: str, title: Nodes | None, styles: Path, target: Path, *, whole: int = tables.WHOLE
) -> None:
    meta = {"lang": {"t": "MetaString", "c": "en-GB"}, "pagetitle": {"t": "MetaString", "c": name}}
    if title is not None:
        meta["title"] = tree.meta_text(title)
    raw = pandoc.write(tree.document(blocks, meta), "docx", f"--reference-doc={styles}")
    target.write_bytes(tidy(raw, whole))


def tidy(raw: bytes, whole: int = tables.WHOLE) -> bytes:
    """The same document without custom properties and people, its parts sorted and dated 1980-01-01.

    Tables of at most `whole` rows are kept on one page.

    Parts are stored, not compressed: two zlib builds may give different bytes for the same input.
    Raises ToolError if a path of this computer is in it: that would name its user.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            part = old.read(name)
            if name == "docProps/custom.xml":
                part = NO_PROPERTIES
            elif name == "docProps/core.xml":
                part = PERSON.sub(rb"<\1></\1>", part)
            elif name == "word/document.xml":
                part = _shape(part, whole)
            if not name.startswith(MEDIA) and LOCAL_PATH.search(part):
                raise ToolError("pandoc wrote a path of this computer into the DOCX", fix=pandoc.FIX)
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            new.writestr(entry, part)
    return out.getvalue()


def _shape(part: bytes, whole: int) -> bytes:
    """Rows do not break across pages, text keeps off the table above it, figures begin on a new page."""
    from lxml import etree

    root = etree.fromstring(part)
    for row in root.iter(f"{{{W}}}tr"):
        properties = row.find(f"{{{W}}}trPr")
        if properties is None:
            properties = etree.Element(f"{{{W}}}trPr")
            row.insert(0, properties)
        properties.insert(0, etree.Element(f"{{{W}}}cantSplit"))
    for table in root.iter(f"{{{W}}}tbl"):
        rows = table.findall(f"{{{W}}}tr")
        for row in rows[:-1] if len(rows) <= whole + 1 else ():
            for paragraph in row.iter(f"{{{W}}}p"):
                _set_after_style(paragraph, etree.Element(f"{{{W}}}keepNext"))
        _set_after_style(_next_paragraph(table), etree.Element(f"{{{W}}}spacing", {f"{{{W}}}before": "240"}))
    for picture in root.iter(f"{{{WP}}}inline"):  # without these LibreOffice sets a picture 3 mm to the right
        for side in ("distT", "distB", "distL", "distR"):
            picture.set(side, "0")
    for picture in root.iter(f"{{{PIC}}}cNvPr"):  # pandoc writes the data URI here: the picture a second time
        picture.attrib.pop("descr", None)  # its words stand in wp:docPr, where Word reads them
    for mark in root.iter(f"{{{W}}}bookmarkStart"):
        if mark.get(f"{{{W}}}name") == "figures":
            _set_after_style(_next_paragraph(mark), etree.Element(f"{{{W}}}pageBreakBefore"))
    done: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return done


def _next_paragraph(node: Any) -> Any:
    return next((p for p in node.itersiblings() if p.tag == f"{{{W}}}p"), None)


def _set_after_style(paragraph: Any, element: Any) -> None:
    """Put a paragraph property in its place, right after the style (ECMA-376 part 1, 17.3.1.26)."""
    if paragraph is not None:
        style = paragraph.find(f"{{{W}}}pPr/{{{W}}}pStyle")
        style.addnext(element)
