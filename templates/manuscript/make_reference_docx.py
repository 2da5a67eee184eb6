"""Make the Word files that pandoc takes its styles from. Run it from anywhere; it writes beside itself.

manuscript.docx  A4, 2.54 cm margins, Times New Roman 12 pt, double spacing, line numbers, page numbers
draft.docx       the same with a watermark and a warning at the head of every page
letter.docx      single spacing without line numbers, for the title page and the cover letter
checklist.docx   the same on pages that lie on their side, with narrow margins, for the reporting checklists

Needs python-docx (a development dependency). Built from python-docx's own empty document, so that nothing of
another program's template is in it; the styles are named as pandoc names them. Same bytes every time.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import yaml
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

HERE = Path(__file__).parent
VML = "{urn:schemas-microsoft-com:vml}"
FONT = "Times New Roman"
DRAFT = yaml.safe_load((HERE / "wording.yaml").read_text(encoding="utf-8"))["draft"]
BLACK, RED = RGBColor(0, 0, 0), RGBColor(0xB0, 0, 0)

# name: (based on, size in points, bold, space before, space after, keep with next, line spacing or None)
PARAGRAPHS: dict[str, tuple[str, float, bool, float, float, bool, float | None]] = {
    "Body Text": ("Normal", 12, False, 0, 0, False, None),
    "First Paragraph": ("Body Text", 12, False, 0, 0, False, None),
    "Compact": ("Normal", 10, False, 2, 2, False, 1.0),
    "Title": ("Normal", 16, True, 0, 12, True, None),
    "Author": ("Normal", 12, False, 0, 6, False, None),
    "Affiliation": ("Normal", 11, False, 0, 0, False, 1.0),
    "Bibliography": ("Normal", 12, False, 0, 0, False, None),
    "Table Caption": ("Normal", 12, False, 12, 4, True, 1.0),
    "Image Caption": ("Normal", 12, False, 4, 18, False, None),
    "Captioned Figure": ("Normal", 12, False, 6, 0, True, 1.0),
    "Figure": ("Captioned Figure", 12, False, 0, 0, True, 1.0),
    "Heading 1": ("Normal", 14, True, 18, 6, True, None),
    "Heading 2": ("Normal", 12, True, 12, 4, True, None),
    "Heading 3": ("Normal", 12, True, 8, 2, True, None),
}


def _times(style: Any, size: float) -> None:
    """Times New Roman for every script, without the theme's fonts."""
    style.font.name, style.font.size = FONT, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{name}"), FONT)


def _bare(document: Any) -> None:
    """Take out what we do not use: table and list styles, a thumbnail, a second copy of the styles."""
    for style in list(document.styles.element.findall(qn("w:style"))):
        kind, name = style.get(qn("w:type")), style.find(qn("w:name")).get(qn("w:val"))
        if (kind in {"table", "numbering"} and name != "Normal Table") or name.startswith(
            ("List", "Intense", "Quote")
        ):
            document.styles.element.remove(style)
    for owner in (document.part, document.part.package):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.rpartition("/")[2] in {
                "thumbnail",
                "customXml",
                "stylesWithEffects",
                "numbering",
            }:
                del owner.rels[key]


def _styles(document: Any, spacing: float) -> None:
    styles = document.styles
    normal = styles["Normal"]
    _times(normal, 12)
    normal.paragraph_format.line_spacing = spacing
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.widow_control = True
    for name, (base, size, bold, before, after, keep, lines) in PARAGRAPHS.items():
        style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles[base]
        _times(style, size)
        style.font.bold, style.font.italic, style.font.color.rgb = bold or None, None, BLACK
        shape = style.paragraph_format
        shape.space_before, shape.space_after, shape.keep_with_next = Pt(before), Pt(after), keep
        shape.line_spacing = lines or spacing
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)
    styles["Body Text"].paragraph_format.first_line_indent = Cm(0.8)
    styles["First Paragraph"].paragraph_format.first_line_indent = Cm(0)
    styles["Bibliography"].paragraph_format.left_indent = Cm(0.9)
    styles["Bibliography"].paragraph_format.first_line_indent = Cm(-0.9)
    link = styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
    link.font.color.rgb = BLACK
    _table_style(styles)


def _table_style(styles: Any) -> None:
    """Rules above and below the table and under its header row, nothing else."""
    style = styles.add_style("Table", WD_STYLE_TYPE.TABLE)
    rule = '<w:{0} w:val="single" w:sz="{1}" w:space="0" w:color="000000"/>'
    rules = rule.format("top", 8) + rule.format("bottom", 8) + rule.format("insideH", 2)
    xml = (
        f'<w:tblPr {nsdecls("w")}><w:tblInd w:w="0" w:type="dxa"/>'
        f"<w:tblBorders>{rules}</w:tblBorders>"
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/>'
        "</w:tblCellMar></w:tblPr>"
    )
    head = (
        f'<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
        f'{rule.format("bottom", 6)}</w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
    )
    for old in style.element.findall(qn("w:tblPr")):
        style.element.remove(old)
    style.element.append(parse_xml(xml))
    style.element.append(parse_xml(head))


def _letter(document: Any) -> None:
    """Paragraphs set apart by space instead of an indented line."""
    for name in ("Body Text", "First Paragraph"):
        shape = document.styles[name].paragraph_format
        shape.first_line_indent, shape.space_after = Cm(0), Pt(8)
    for name, before in (("Heading 1", 0), ("Heading 2", 8)):
        document.styles[name].paragraph_format.space_before = Pt(before)


def _page(document: Any, *, line_numbers: bool) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(2.54))
    section.header_distance = section.footer_distance = Cm(1.25)
    if line_numbers:
        numbers = OxmlElement("w:lnNumType")
        numbers.set(qn("w:countBy"), "1")
        numbers.set(qn("w:restart"), "continuous")
        section._sectPr.find(qn("w:pgMar")).addnext(numbers)
    _times(document.styles["Footer"], 10)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    footer.paragraph_format.line_spacing = 1.0
    run = footer.add_run()
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _sideways(document: Any) -> None:
    """A4 on its side with narrow margins and smaller letters: a table of six columns."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(1.6))
    for name in ("Body Text", "First Paragraph", "Compact"):
        document.styles[name].font.size = Pt(9.5)


def _watermark(document: Any) -> None:
    """Words across every page (VML, as Word's own watermarks are) and a red line at the head."""
    _times(document.styles["Header"], 10)
    head = document.sections[0].header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = head.add_run(DRAFT)
    run.bold, run.font.color.rgb = True, RED
    shape = parse_xml((HERE / "watermark.xml").read_bytes())
    shape.find(f"{VML}shape/{VML}textpath").set("string", DRAFT)
    head.add_run()._r.append(shape)


def _save(document: Any, target: Path) -> None:
    """Write with blank properties, sorted parts and the date 1980-01-01."""
    core = document.core_properties
    for name in ("author", "last_modified_by", "title", "comments", "keywords", "subject", "category"):
        setattr(core, name, "")
    raw = io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write the four files beside this script."""
    for name, spacing, numbered, marked in (
        ("manuscript", 2.0, True, False),
        ("draft", 2.0, True, True),
        ("letter", 1.15, False, False),
        ("checklist", 1.0, False, False),
    ):
        document = docx.Document()
        _bare(document)
        _styles(document, spacing)
        _page(document, line_numbers=numbered)
        if not numbered:
            _letter(document)
        if name == "checklist":
            _sideways(document)
        if marked:
            _watermark(document)
        _save(document, HERE / f"{name}.docx")


if __name__ == "__main__":
    main()
