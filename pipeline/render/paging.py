"""The page a journal wants to read: `layout.page` of its profile, put into a Word file made for ours.

Ours is A4 with 2.54 cm margins, Times New Roman 12 pt, double spacing and line numbers. Lengths in a DOCX are
twentieths of a point, sizes of letters half points, spacing 240ths of a line (ECMA-376 part 1, 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PAPERS = {"a4": (210.0, 297.0), "us-letter": (215.9, 279.4)}  # mm: ISO 216, ANSI/ASME Y14.1
FONT, POINTS, DOUBLE = "Times New Roman", 12.0, 2.0  # what templates/manuscript/*.docx are made with
TWIPS = 1440 / 25.4  # in a millimetre
LINE = 240  # one line, in line spacing
UNUSED = ("SourceCode", "Tok")  # pandoc's styles for program text, which no manuscript has


@dataclass(frozen=True, slots=True)
class Page:
    """Paper and margins in mm, the font and its size in points, line spacing, line numbers."""

    paper: str
    margin_mm: float
    font: str
    font_pt: float
    spacing: float
    line_numbers: bool

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the paper."""
        return PAPERS[self.paper]

    @property
    def text_mm(self) -> float:
        """Width of the lines."""
        return self.size_mm[0] - 2 * self.margin_mm


def of(layout: dict[str, Any]) -> Page:
    """The page of a profile; what it does not say is as in our own Word files."""
    said = layout.get("page", {})
    return Page(
        str(said.get("paper", "a4")),
        10.0 * float(said.get("margin_cm", 2.54)),
        str(said.get("font", FONT)),
        float(said.get("font_pt", POINTS)),
        float(said.get("spacing", DOUBLE)),
        bool(said.get("line_numbers", True)),
    )


def styles(part: bytes, page: Page) -> bytes:
    """word/styles.xml in the journal's font, size and spacing; headings grow with the text."""
    from lxml import etree

    root = etree.fromstring(part)
    for style in root.findall(f"{W}style"):
        if style.get(f"{W}styleId", "").endswith(UNUSED):
            root.remove(style)
    for fonts in root.iter(f"{W}rFonts"):
        for name, value in fonts.attrib.items():
            if value == FONT:
                fonts.set(name, page.font)
    for size in root.iter(f"{W}sz", f"{W}szCs"):
        size.set(f"{W}val", str(round(int(size.get(f"{W}val")) * page.font_pt / POINTS)))
    for spacing in root.iter(f"{W}spacing"):
        if spacing.get(f"{W}line") == str(round(LINE * DOUBLE)):
            spacing.set(f"{W}line", str(round(LINE * page.spacing)))
    return _xml(root)


def section(root: Any, page: Page) -> None:
    """The last section of word/document.xml: paper, margins and line numbers, in place."""
    for properties in root.iter(f"{W}sectPr"):
        paper, margins = properties.find(f"{W}pgSz"), properties.find(f"{W}pgMar")
        for side, length in zip(("w", "h"), page.size_mm, strict=True):
            paper.set(f"{W}{side}", str(round(length * TWIPS)))
        for side in ("left", "right", "top", "bottom"):
            margins.set(f"{W}{side}", str(round(page.margin_mm * TWIPS)))
        for numbers in properties.findall(f"{W}lnNumType"):
            if not page.line_numbers:
                properties.remove(numbers)


def _xml(root: Any) -> bytes:
    from lxml import etree

    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return text
