"""The consent form on paper: typeset by typst from data, checked for completeness, with a code on every page.

The typst source (consent/form.typ) holds no word of a case: everything reaches it through json() and as
picture files, so nothing of a case is parsed as markup. A warning of typst is an error here, because it can
mean that a sentence was dropped; and every sentence must be found again in the finished PDF.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.consent import aloud, binding, content, elements, twin
from pipeline.core import files, findings, resources
from pipeline.core.errors import NotReady, ToolError
from pipeline.core.model import Case, CleanCase

SCHEMA = "casereport-form/1"
FOOT, HEAD = 27 * 72 / 25.4, (297 - 47) * 72 / 25.4  # points from below: what consent/form.typ writes between
THUMBNAIL = 900  # pixels on the longer side: 66 mm at more than 300 dpi
LOST = frozenset("-\u00ad\u2010\u2011\ufffe\ufffd\x02")  # hyphens, and what stands for them in a text layer
# typst takes Punjabi for a right-to-left script (its issue 8192) and tells every PDF reader so: words are
# then copied and searched backwards. As many bytes, so that nothing else moves.
LEFT_TO_RIGHT = (b"/Direction/R2L", b"/Direction/L2R")
STANDARD: Any = "ua-1"  # PDF/UA-1 (ISO 14289-1): tagged, titled, pictures described; refuses missing glyphs


@dataclass(frozen=True, slots=True)
class Printed:
    """A typeset form."""

    pdf: bytes
    pages: int
    spots: tuple[Mapping[str, Any], ...]  # where boxes and signatures are: id, kind, page, x, y, w, h in mm
    told: tuple[Mapping[str, Any], ...]  # where the statements stand: id, page


def print_form(
    case: Case, clean: CleanCase, dest: Path, language: str | None = None, *, large: bool = False
) -> str:
    """Write form.pdf, form.json and read-aloud.html for this case into `dest` and say what to do next.

    The language is `language`, or the one the consent entry names, or English; `large` is print of 18 point.
    Raises NotReady when the record has mistakes, UsageError for a language without a form, ToolError when
    typst or a font fails.
    """
    record = elements.read(case)
    language = language or (record.consent.language if record.consent else content.ENGLISH)
    known = elements.facts(record)
    stated = binding.manifest(case, clean, record, language)
    digest = binding.root(stated)
    text = content.build(clean, known, stated, digest, nameless=False)
    text["size"] = content.LARGE if large else content.USUAL
    printed = typeset(text, stated, digest, dest)
    (dest / "form.pdf").write_bytes(printed.pdf)
    (dest / "read-aloud.html").write_text(aloud.page(text, language), encoding="utf-8")
    size = "large" if large else "usual"
    files.write_json(
        dest / "form.json", {**record_of(case, printed, clean, known, stated, digest), "print": size}
    )
    return said(printed, digest)


def record_of(
    case: Case,
    printed: Printed,
    clean: CleanCase,
    known: Mapping[str, Any],
    stated: Mapping[str, Any],
    digest: str,
) -> dict[str, Any]:
    """What form.json says: what the form is bound to, why it says what it says, where its boxes are."""
    spots = twin.with_elements(clean, printed.spots)
    return {
        "schema": SCHEMA,
        "manifest": stated,
        "root": digest,
        "code": binding.form_code(digest),
        "pages": printed.pages,
        **twin.elements_of(known, printed.told, spots, printed.pages),
        "spots": spots,
        "places": places(case, digest, printed.pages, spots),
        "shown": binding.shown(clean),
    }


def places(case: Case, digest: str, pages: int, spots: Sequence[Mapping[str, Any]]) -> str:
    """The seal over where boxes and signatures are: a moved place would show a person another box."""
    return binding.seal(case, {"places": digest, "pages": pages, "spots": list(spots)})


def said(printed: Printed, digest: str) -> str:
    """A few words about a printed form for the user."""
    return f"{printed.pages} pages, form code {binding.grouped(binding.form_code(digest))}"


def blank(
    clean: CleanCase, known: Mapping[str, Any], stated: Mapping[str, Any], digest: str, dest: Path
) -> bytes:
    """The same form without the names of the authors: the empty copy for the editor, as PDF."""
    return typeset(content.build(clean, known, stated, digest, nameless=True), stated, digest, dest).pdf


def typeset(text: Mapping[str, Any], stated: Mapping[str, Any], digest: str, dest: Path) -> Printed:
    """Set the form. Temporary files live in a folder inside `dest` and are gone afterwards.

    Raises NotReady (CON091) for characters without a letter shape, ToolError when typst fails or warns, or
    when a sentence is not in the finished PDF, OSError when the disk refuses.
    """
    folder = Path(tempfile.mkdtemp(prefix=".form.", dir=dest))
    try:
        printed = _typeset(text, stated, digest, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder)  # what cannot be removed would be published with the form
    return printed


def _typeset(text: Mapping[str, Any], stated: Mapping[str, Any], digest: str, folder: Path) -> Printed:
    import typst

    (folder / "form.typ").write_text(resources.text("consent/form.typ"), encoding="utf-8")
    _thumbnails(text, folder)
    fonts = _fonts()

    def compiler(codes: list[str], pages: list[str]) -> Any:
        files.write_json(folder / "form.json", {**text, "codes": codes, "pages": pages})
        return typst.Compiler(input=str(folder / "form.typ"), root=str(folder), font_paths=fonts)

    wording = elements.wording(stated["form"]["language"])
    try:
        count = json.loads(compiler([], [""]).query("<last-page>", field="value", one=True))
        names = [wording["page"].format(page=n + 1, pages=count) for n in range(count)]
        codes = [_code(stated, digest, n + 1, count, folder) for n in range(count)]
        final = compiler(codes, names)
        pdf, warnings = final.compile_with_warnings(format="pdf", pdf_standards=[STANDARD], timestamp=0)
        spots = json.loads(final.query("<spot>", field="value"))
        told = json.loads(final.query("<told>", field="value"))
    except typst.TypstError:  # its message may quote the record
        _explain(text)
        raise ToolError("the consent form could not be typeset", fix="run: casereport doctor") from None
    if warnings:
        raise ToolError(f"typst gave {len(warnings)} warnings about the consent form")
    if text["direction"] == "ltr":
        pdf = pdf.replace(*LEFT_TO_RIGHT, 1)
    _complete(pdf, text)
    rounded = [{k: round(v, 2) if isinstance(v, float) else v for k, v in spot.items()} for spot in spots]
    return Printed(pdf, count, tuple(rounded), tuple(told))


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(resources.path("consent/fonts"))])


def _explain(text: Mapping[str, Any]) -> None:
    """Raise NotReady (CON091) with the code points the fonts have no shape for, if that was the cause."""
    for field, said in _typed(text):
        unusual = sorted({c for c in said if ord(c) > 0x7E or ord(c) < 0x20})
        lacking = [f"U+{ord(c):04X}" for c in unusual if not _has_shape(c, text["fonts"])]
        if lacking:
            codes = ", ".join(lacking[:10]) + (" …" if len(lacking) > 10 else "")
            place = ("record.yaml", 0)
            raise findings.stop(NotReady, "CON091", place, field=field, count=len(lacking), codes=codes)


def _typed(text: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the form takes from a record: where it stands there, and the words."""
    for section in text["sections"]:
        yield from (("title, authors or affiliations", c["value"] or "") for c in section["contacts"])
        for picture in section["pictures"]:
            figure = picture["box"]["id"].removeprefix("figure:")
            yield f"the legend of figure '{figure}'", picture["legend"]
            yield f"the alt text of figure '{figure}'", picture["alt"]


def _has_shape(character: str, fonts: list[Any]) -> bool:
    import typst

    names = ", ".join(json.dumps(font if isinstance(font, str) else font["name"]) for font in fonts)
    source = (
        f'#set document(title: "x")\n#set text(font: ({names},), lang: "en", fallback: false)\n'
        "#sys.inputs.letter"
    )
    try:
        typst.compile(
            source.encode(),
            font_paths=_fonts(),
            sys_inputs={"letter": character},
            pdf_standards=[STANDARD],
            timestamp=0,
        )
    except typst.TypstError:
        return False
    return True


def _thumbnails(text: Mapping[str, Any], folder: Path) -> None:
    """Small copies of the clean pictures: pixels only, as they would be printed."""
    from PIL import Image

    for section in text["sections"]:
        for picture in section["pictures"]:
            for panel in picture["panels"]:
                with Image.open(panel["source"]) as clean:
                    clean.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
                    clean.save(folder / panel["file"], "JPEG", quality=88)


def _code(stated: Mapping[str, Any], digest: str, page: int, pages: int, folder: Path) -> str:
    """Draw one page's QR code: level Q survives a quarter of it being lost (ISO/IEC 18004)."""
    import zxingcpp

    form = stated["form"]
    says = binding.PageCode(
        stated["case"], form["id"], form["language"], form["version"], page, pages, digest
    )
    drawn = zxingcpp.create_barcode(str(says), zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    name = f"code-{page}.svg"
    (folder / name).write_text(drawn.to_svg(add_quiet_zones=False), encoding="utf-8")
    return name


def _complete(pdf: bytes, text: Mapping[str, Any]) -> None:
    """Raise ToolError unless every sentence is in the PDF's text layer (whitespace aside).

    A legend that goes on over the page is looked for between the heads and feet of the pages.
    """
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage() for page in document]
        layer = folded("".join(page.get_text_range() for page in pages))
        body = folded("".join(page.get_text_bounded(bottom=FOOT, top=HEAD) for page in pages))
    sentences = map(folded, content.statements(text))
    missing = sum(sentence not in layer and sentence not in body for sentence in sentences)
    if missing:
        raise ToolError(f"{missing} sentences of the consent form are not in the printed PDF")


def folded(text: str) -> str:
    """Letters and signs in one normal form, without what PDF readers give back differently.

    That is whitespace and, because PDFium turns a hyphen at the end of a line into U+FFFE, every hyphen.
    """
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if c not in LOST and not c.isspace())
