"""Word files: pandoc writes them inside its sandbox, then they are made plain and the same every time.

The parts of a DOCX are ECMA-376 (Office Open XML). Pictures are put in afterwards: pandoc opens no file but
the reference document that the styles come from.
"""

from __future__ import annotations

import base64
import copy
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import ToolError
from pipeline.core.journal import Journal
from pipeline.render import figures, paging, pandoc, tables, tree
from pipeline.render.document import Paper
from pipeline.render.tree import Node, Nodes

SIDEWAYS = "checklist"  # the reference document whose pages are landscape
MEDIA = "word/media/"  # pictures: no place for a path
NO_PICTURES: Mapping[bytes, bytes] = MappingProxyType({})
DATE = (1980, 1, 1, 0, 0, 0)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
PROPERTIES = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/%s-properties" '
    b'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"/>'
)
BARE = {  # custom: file paths, by pandoc; app: another program's name and counts, by the reference document
    "docProps/custom.xml": PROPERTIES % b"custom",
    "docProps/app.xml": PROPERTIES % b"extended",
}
PERSON = re.compile(rb"<(dc:creator|cp:lastModifiedBy)>.*?</\1>", re.DOTALL)
LOCAL_PATH = re.compile(rb"(?:/(?:home|Users|root|tmp|private|var)/|[A-Za-z]:\\\\?Users\\)")


def manuscript(paper: Paper, drawn: dict[int, figures.Drawn], target: Path) -> None:
    """The manuscript with line numbers, double spacing, figures and numbered captions.

    Raises ToolError when pandoc fails.
    """
    blocks = copy.deepcopy(paper.blocks)
    tree.replace(blocks, _label)
    pictures = dict(_stand_in(node, drawn) for node in tree.every(blocks) if node["t"] == "Image")
    name = "draft" if paper.draft else "manuscript"
    _write(blocks, tree.plain(paper.title), paper.title, paper.journal, name, target, pictures)


def letter(journal: Journal, title: str, blocks: Nodes, target: Path) -> None:
    """A title page or a cover letter. Raises ToolError when pandoc fails."""
    _write(blocks, title, None, journal, "letter", target)


def checklist(journal: Journal, title: str, blocks: Nodes, target: Path) -> None:
    """A checklist, on pages that lie on their side. Raises ToolError when pandoc fails."""
    _write(blocks, title, None, journal, SIDEWAYS, target, whole=0)


def reference(journal: Journal, name: str) -> tuple[Path, paging.Page | None]:
    """The journal's own reference document as it is, or ours with the page of the journal's profile.

    A checklist keeps its own page: it lies on its side.
    """
    own = journal.folder / f"{name}.docx"
    if own.is_file():
        return own, None
    page = None if name == SIDEWAYS else paging.of(journal.layout)
    return resources.path(f"templates/manuscript/{name}.docx"), page


def _label(node: Node) -> Nodes | None:
    """Captions as readers see them: "Figure 1." in front of the words."""
    if node["t"] in {"Figure", "Table"}:
        caption = node["c"][1][1][0]["c"]
        caption[:0] = [tree.strong(f"{tree.attribute(node, 'label')}."), tree.SPACE]
    return None


def _stand_in(image: Node, drawn: dict[int, figures.Drawn]) -> tuple[bytes, bytes]:
    """Put one pixel in the place of a figure's name, at the size the figure is read at; returns both.

    The picture takes its pixel's place afterwards: pandoc needs longer for a picture than for all the words.
    """
    from PIL import Image

    number = int(image["c"][2][0].removeprefix("figure-"))
    one, pixel = drawn[number], io.BytesIO()
    Image.new("RGB", (1, 1), (number, 0, 0)).save(pixel, "PNG")
    with Image.open(io.BytesIO(one.reading)) as picture:
        height_mm = one.reading_mm * picture.height / picture.width
    image["c"][2][0] = f"data:image/png;base64,{base64.b64encode(pixel.getvalue()).decode()}"
    for side, length in (("width", one.reading_mm), ("height", height_mm)):
        image["c"][0][2].append([side, f"{length / figures.INCH:.3f}in"])
    return pixel.getvalue(), one.reading


def _write(
    blocks: Nodes,
    name: str,
    title: Nodes | None,
    journal: Journal,
    kind: str,
    target: Path,
    pictures: Mapping[bytes, bytes] = NO_PICTURES,
    *,
    whole: int = tables.WHOLE,
) -> None:
    styles, page = reference(journal, kind)
    meta = {"lang": {"t": "MetaString", "c": "en-GB"}, "pagetitle": {"t": "MetaString", "c": name}}
    if title is not None:
        meta["title"] = tree.meta_text(title)
    raw = pandoc.write(tree.document(blocks, meta), "docx", f"--reference-doc={styles}")
    target.write_bytes(tidy(raw, page, pictures, whole))


def tidy(
    raw: bytes,
    page: paging.Page | None = None,
    pictures: Mapping[bytes, bytes] = NO_PICTURES,
    whole: int = tables.WHOLE,
) -> bytes:
    """The same document without properties and people, its parts sorted and dated 1980-01-01.

    With `page` it is set on the journal's paper, in its font and spacing; `pictures` take the place of the
    pixels that stand for them. Tables of at most `whole` rows are kept on one page. Parts are stored, not
    compressed: two zlib builds may give different bytes.
    Raises ToolError if a path of this computer is in it: that would name its user.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            part = old.read(name)
            if name in BARE:
                part = BARE[name]
            elif name.startswith(MEDIA):
                part = pictures.get(part, part)
            elif name == "word/styles.xml" and page:
                part = paging.styles(part, page)
            elif name == "docProps/core.xml":
                part = PERSON.sub(rb"<\1></\1>", part)
            elif name == "word/document.xml":
                part = _shape(part, page, whole)
            if not name.startswith(MEDIA) and LOCAL_PATH.search(part):
                raise ToolError("pandoc wrote a path of this computer into the DOCX", fix=pandoc.FIX)
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            new.writestr(entry, part)
    return out.getvalue()


def _shape(part: bytes, page: paging.Page | None, whole: int) -> bytes:
    """The page is the journal's; rows do not break across pages, text keeps off the table above it, figures
    begin on a new page.
    """
    from lxml import etree

    root = etree.fromstring(part)
    if page:
        paging.section(root, page)
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
