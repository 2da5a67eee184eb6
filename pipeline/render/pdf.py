"""PDF/A-2a and PDF/UA-1 by typst (ISO 19005-2, ISO 14289-1), tagged, with alternative text for every picture.

The template is ours; the manuscript reaches it as JSON. Fonts are those inside typst and consent/fonts, never
the computer's own, so that the same manuscript gives the same bytes everywhere.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core import findings, resources
from pipeline.core.errors import NotReady, ToolError
from pipeline.render import document, paging, pandoc, tables, tree, wording
from pipeline.render.figures import Drawn

STANDARDS: list[Any] = ["a-2a", "ua-1"]
TEMPLATES = "templates/manuscript"
LONG_LEGEND = 1200  # letters: a longer one does not fit on the page of its picture and flows on to the next
RISE = 7.0  # points: the top of a line number stands 5.6 above the base line, where an anchor in a line is

Position = tuple[int, int]  # page and line, counted from 1; line 0 = unknown


def manuscript(paper: document.Paper, drawn: dict[int, Drawn], target: Path) -> dict[str, Position]:
    """Write the manuscript and say on which page and line each part begins.

    Raises NotReady (REN005) for characters without a letter shape, ToolError when typst fails or warns.
    """
    pictures = {
        figure.file: {
            "file": f"{figure.file}.png",
            "width_mm": round(drawn[figure.number].reading_mm, 2),
            "alt": figure.alt,
            "long_legend": len(tree.plain(figure.legend)) > LONG_LEGEND,
        }
        for figure in paper.figures
    }
    page = paging.of(paper.journal.layout)
    data = {
        "name": tree.plain(paper.title),
        "title": paper.title,
        "keywords": [tree.plain(k) for k in paper.keywords],
        "draft": wording.ours()["draft"] if paper.draft else "",
        "page": dataclasses.asdict(page),
        "text_mm": page.text_mm,
        "whole_rows": tables.WHOLE,
        "blocks": paper.blocks,
        "figures": pictures,
    }
    assets = {f"{f.file}.png": drawn[f.number].reading for f in paper.figures}
    anchors = build("manuscript.typ", {"paper.json": data}, assets, target)
    return _positions(target, anchors, paper)


def build(
    template: str, data: dict[str, Any], assets: dict[str, bytes], target: Path
) -> list[dict[str, Any]]:
    """Set `template` (in templates/manuscript) with `data` written beside it as JSON. Returns its anchors.

    Raises as `manuscript` does.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix=".typst-", dir=target.parent) as room:
        folder = Path(room)
        for name in (template, "common.typ"):
            (folder / name).write_text(resources.text(f"{TEMPLATES}/{name}"), encoding="utf-8")
        for name, value in data.items():
            (folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        for name, content in assets.items():
            (folder / name).write_bytes(content)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compiler = typst.Compiler(folder / template, root=folder, font_paths=_fonts())
                done, said = compiler.compile_with_warnings(
                    format="pdf", pdf_standards=STANDARDS, timestamp=pandoc.EPOCH
                )
                anchors = json.loads(compiler.query("<anchor>", field="value"))
        except typst.TypstError:
            _explain(json.dumps(data, ensure_ascii=False))
            raise ToolError("typst could not set the PDF", fix=pandoc.FIX) from None
    if said:
        raise ToolError(f"typst gave {len(said)} warnings while setting the PDF", fix=pandoc.FIX)
    assert isinstance(done, bytes), "a PDF is one file"
    target.write_bytes(done)
    return list(anchors)


@cache
def _fonts() -> Any:
    import typst

    try:
        ours = [str(resources.path("consent/fonts"))]
    except FileNotFoundError:
        ours = []
    return typst.Fonts(include_system_fonts=False, font_paths=ours)


def _explain(text: str) -> None:
    """Raise NotReady (REN005) with the code points our fonts have no shape for, if that was the cause."""
    unusual = sorted({c for c in text if ord(c) > 0xFF})
    lacking = [f"U+{ord(c):04X}" for c in unusual if not _has_shape(c)]
    if lacking:
        codes = ", ".join(lacking[:10]) + (" …" if len(lacking) > 10 else "")
        raise findings.stop(NotReady, "REN005", document.PLACE, count=len(lacking), codes=codes)


def _has_shape(character: str) -> bool:
    import typst

    source = resources.text(f"{TEMPLATES}/common.typ") + (
        '#set document(title: "x")\n#set text(font: serif, lang: "en")\n#sys.inputs.letter'
    )
    try:
        typst.compile(
            source.encode(),
            font_paths=_fonts(),
            sys_inputs={"letter": character},
            pdf_standards=STANDARDS,
            timestamp=pandoc.EPOCH,
        )
    except typst.TypstError:
        return False
    return True


def _positions(target: Path, anchors: list[dict[str, Any]], paper: document.Paper) -> dict[str, Position]:
    numbers = _line_numbers(target, 72 / 25.4 * paging.of(paper.journal.layout).margin_mm)
    return {a["name"]: (a["page"], _line(numbers.get(a["page"], []), a["y"])) for a in anchors}


def _line(numbers: list[tuple[float, int]], y: float) -> int:
    """The first line number on a page that stands at or below `y` (points from the top)."""
    below = [number for top, number in numbers if top >= y - RISE]
    return min(below, default=0)


def _line_numbers(target: Path, margin: float) -> dict[int, list[tuple[float, int]]]:
    """What stands in the left margin of each page: (points from the top, line number)."""
    import pypdfium2

    found: dict[int, list[tuple[float, int]]] = {}
    with pypdfium2.PdfDocument(target) as pdf:
        for index in range(len(pdf)):
            page = pdf[index]
            text, height = page.get_textpage(), page.get_height()
            for n in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(n)
                if right <= margin and re.fullmatch(
                    r"\d+", number := text.get_text_bounded(left, bottom, right, top).strip()
                ):
                    found.setdefault(index + 1, []).append((height - top, int(number)))
    return found
