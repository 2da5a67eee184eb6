"""The PDFs about a consent: the nameless attestation and, for the editor's eyes, the signed form.

reportlab with `invariant=1`: no clock, no random identifiers. Text is drawn, never parsed as markup. The scan
goes in as pictures made from its pixels: no text layer, attachment, script or metadata of the original file.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader, simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.consent import attest, binding
from pipeline.consent.scan import ScanPage
from pipeline.core import resources
from pipeline.core.evidence import Signature

PLAIN, BOLD = "NotoSans", "NotoSans-Bold"
INK, ACCENT, SOFT, RULE, RED = (HexColor(c) for c in ("#141414", "#0b5563", "#5a5a5a", "#d8d8d8", "#a11d1d"))
WIDTH, HEIGHT = A4
MARGIN = 22 * mm
LABEL = 58 * mm  # width of the labels' column
STRIP = 11 * mm  # height of the stamp above a scanned page
BODY = 9.2  # font size
LEADING = 1.32  # line height in parts of the font size


def attestation(stated: Mapping[str, Any]) -> bytes:
    """attestation.pdf: what may be shown to anyone who handles the submission."""
    said = attest.words()
    sheet = _Sheet(said["title"])
    sheet.text(said["title"], size=18, font=BOLD, colour=ACCENT)
    sheet.space(4)
    sheet.text(said["lead"])
    _body(sheet, stated)
    return sheet.finish()


def dossier(
    stated: Mapping[str, Any], pages: Sequence[ScanPage], signatures: Sequence[Signature] = ()
) -> bytes:
    """consent-dossier.pdf: a cover sheet, what signatures prove, every page under an "editor only" stamp."""
    said = attest.words()
    with _binary_streams():
        sheet = _Sheet(said["dossier_title"])
        sheet.text(said["stamp"], font=BOLD, colour=RED)
        sheet.text(said["dossier_title"], size=18, font=BOLD, colour=ACCENT)
        sheet.space(4)
        sheet.text(said["dossier_lead"])
        _body(sheet, stated)
        if signatures:
            _signatures(sheet, signatures)
        for page in pages:
            sheet.page_break()
            _scan_page(sheet.canvas, page, stated["form"])
        return sheet.finish()


@contextlib.contextmanager
def _binary_streams() -> Iterator[None]:
    """Pictures as they are instead of as text: a fifth smaller, and most of the time saved."""
    before = rl_config.useA85
    rl_config.useA85 = 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _body(sheet: _Sheet, stated: Mapping[str, Any]) -> None:
    heads, checks = attest.words()["headings"], stated["checks"]
    for title, rows in attest.tables(stated):
        sheet.heading(title)
        for label, value in rows:
            sheet.row(label, str(value))
    lists = {"software": "software", "person": "person", "confirm": "to_confirm", "cannot": "cannot_prove"}
    for head, key in lists.items():
        if checks[key]:
            sheet.heading(heads[head])
            for line in checks[key]:
                sheet.bullet(line)


def _signatures(sheet: _Sheet, signatures: Sequence[Signature]) -> None:
    """The report of what was checked. Names of signers are on the form and in its certificates, not here."""
    said = attest.words()["signatures"]
    rows, values, yes_no = said["rows"], said["values"], attest.words()["values"]
    sheet.page_break()
    sheet.text(attest.words()["stamp"], font=BOLD, colour=RED)
    sheet.text(said["title"], size=18, font=BOLD, colour=ACCENT)
    sheet.space(4)
    sheet.text(said["lead"])
    for one in signatures:
        sheet.heading(one.field)
        until = values["until"].format(start=_spoken(one.valid_from), end=_spoken(one.valid_to))
        for name, value in (
            ("fits", yes_no["yes" if one.intact else "no"]),
            ("trusted", one.problem or yes_no["yes"]),
            ("claimed", _spoken(one.claimed) or values["none"]),
            ("stamped", _spoken(one.stamped) or values["none"]),
            ("issuer", one.issuer),
            ("valid", until),
            ("revoked", values["listed" if one.lists else "no_list"]),
        ):
            sheet.row(rows[name], value)


def _spoken(time: str) -> str:
    """2026-03-20T10:00:00+00:00 -> 2026-03-20 10:00:00 UTC."""
    return time.replace("T", " ").replace("+00:00", " UTC")


def _scan_page(canvas: Canvas, page: ScanPage, form: Mapping[str, Any]) -> None:
    said = attest.words()
    canvas.setFillColor(RED)
    canvas.rect(0, HEIGHT - STRIP, WIDTH, STRIP, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont(BOLD, 11)
    canvas.drawString(12 * mm, HEIGHT - 7.3 * mm, said["stamp"])
    canvas.setFont(PLAIN, 9)
    shown = ", ".join(str(code.page) for code in page.codes)
    first = page.codes[0] if page.codes else None
    later = first is not None and first.form.endswith(binding.ADDED)
    words = said["stamp_addendum" if later else "stamp_page"].format(
        page=shown,
        pages=first.pages if first else form["pages"],
        code=binding.grouped(binding.form_code(first.root) if first else form["code"]),
    )
    canvas.drawRightString(WIDTH - 12 * mm, HEIGHT - 7.2 * mm, words)
    picture = ImageReader(io.BytesIO(page.jpeg))
    wide, high = picture.getSize()
    scale = min((WIDTH - 8 * mm) / wide, (HEIGHT - STRIP - 8 * mm) / high)
    left, bottom = (WIDTH - wide * scale) / 2, (HEIGHT - STRIP - high * scale) / 2
    canvas.drawImage(picture, left, bottom, wide * scale, high * scale)
    canvas.setStrokeColor(SOFT)
    canvas.rect(left, bottom, wide * scale, high * scale, stroke=1, fill=0)


class _Sheet:
    """A page written from the top, with new pages as needed. Measures in points."""

    def __init__(self, title: str) -> None:
        _fonts()
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=A4, invariant=1, pageCompression=1, lang="en")
        self.canvas.setTitle(title)
        self.canvas.setAuthor("casereport")
        self.canvas.setSubject(title)
        self.canvas.setCreator("casereport")
        self.canvas.setProducer("casereport")
        self.y = HEIGHT - MARGIN + 6 * mm

    def finish(self) -> bytes:
        """Close the document and give its bytes."""
        self.canvas.showPage()
        self.canvas.save()
        return self.out.getvalue()

    def page_break(self) -> None:
        """Go on at the top of a new page."""
        self.canvas.showPage()
        self.y = HEIGHT - MARGIN

    def space(self, points: float) -> None:
        """Leave some room."""
        self.y -= points

    def room(self, points: float) -> None:
        """Start a new page unless this much is left."""
        if self.y - points < MARGIN:
            self.page_break()

    def text(
        self, words: str, *, size: float = BODY, font: str = PLAIN, colour: Any = INK, left: float = MARGIN
    ) -> None:
        """A paragraph from `left` to the right margin."""
        for line in simpleSplit(words, font, size, WIDTH - MARGIN - left):
            self.room(size * LEADING)
            self.y -= size * LEADING
            self.canvas.setFillColor(colour)
            self.canvas.setFont(font, size)
            self.canvas.drawString(left, self.y, line)

    def heading(self, words: str) -> None:
        """A heading with a rule below it, kept with what follows."""
        self.room(70)
        self.space(7)
        self.text(words, size=11, font=BOLD, colour=ACCENT)
        self.space(4)
        self.rule(ACCENT, 0.7)
        self.space(2)

    def row(self, label: str, value: str) -> None:
        """A labelled line."""
        self.room(30)
        top, page = self.y, self.canvas.getPageNumber()
        self.text(value, size=BODY, left=MARGIN + LABEL)
        bottom, self.y = self.y, top if self.canvas.getPageNumber() == page else HEIGHT - MARGIN
        for line in simpleSplit(label, PLAIN, BODY, LABEL - 4 * mm):
            self.y -= BODY * LEADING
            self.canvas.setFillColor(SOFT)
            self.canvas.setFont(PLAIN, BODY)
            self.canvas.drawString(MARGIN, self.y, line)
        self.y = min(bottom, self.y) - 2.6
        self.rule(RULE, 0.25)

    def bullet(self, words: str) -> None:
        """One line of a list."""
        self.room(BODY * LEADING)
        self.canvas.setFillColor(INK)
        self.canvas.setFont(PLAIN, BODY)
        self.canvas.drawString(MARGIN, self.y - BODY * LEADING, "•")
        self.text(words, size=BODY, left=MARGIN + 3.5 * mm)
        self.space(1.5)

    def rule(self, colour: Any, width: float) -> None:
        """A line across the page."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(width)
        self.canvas.line(MARGIN, self.y, WIDTH - MARGIN, self.y)


@cache
def _fonts() -> None:
    for name, file in ((PLAIN, "NotoSans_400Regular.ttf"), (BOLD, "NotoSans_700Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(resources.path(f"consent/fonts/{file}"))))
