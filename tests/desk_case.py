"""A made-up case with a photograph, a DICOM slice and a broken file, and clean copies to lay beside them."""

from __future__ import annotations

import hashlib
import io
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pydicom
from PIL import Image, ImageDraw
from pydicom.data import get_testdata_file

from pipeline.core import decided, files, kinds
from pipeline.core.model import Case, CleanCase, CleanPanel, Mark, Source
from pipeline.core.proposal import Query
from tests.packing import picture, published, record, report

CLEAN = "ab" * 32
AUTHOR = {"given": "Asha", "family": "Verma", "affiliations": ["skin"]}
KEY = "0f" * 32
LAW = {"hiv": False, "in_custody": False, "dependent_on_author": True}
PRIVATE = {
    "key": KEY,
    "name": "Meera Testwala",
    "doctors": ["Dr Kiran Nobody"],
    "numbers": {"hospital": ["UH-0099812"]},
}


def figures() -> list[dict[str, Any]]:
    return [
        {
            "id": "plaque",
            "legend": "Annular plaque of the forearm with a raised border; see {fig:chest}.",
            "alt": "Ring of small bumps on the forearm",
            "recognisable": False,
            "panels": [{"image": "images/ring.jpg"}, {"image": "images/broken.jpg"}],
        },
        {
            "id": "chest",
            "legend": "Computed tomography <script>alert(1)</script> of the chest.",
            "alt": "Axial slice",
            "recognisable": True,
            "panels": [{"image": "images/series", "slice": "2", "window": {"centre": "40", "width": "400"}}],
        },
    ]


def prose() -> dict[str, str]:
    return {
        "introduction": "Rings are common [@smith2020]. Most are ringworm, some are not.",
        "patient_information": "A [person] came on Day 3.\n\nThe *plaque* had grown for three weeks.",
    }


@cache
def originals() -> dict[str, bytes]:
    """The files of images/, made once: a photograph with a name in it, a broken copy, two slices."""
    photo, drawn = io.BytesIO(), picture(1)
    ImageDraw.Draw(drawn).text((20, 20), "MEERA TESTWALA  UH-0099812", fill=(20, 20, 20), font_size=30)
    drawn.save(photo, "JPEG", quality=90)
    made = {"ring.jpg": photo.getvalue(), "broken.jpg": photo.getvalue()[:900]}
    for n in (1, 2):
        one, out = pydicom.dcmread(str(get_testdata_file("CT_small.dcm", download=False))), io.BytesIO()
        one.InstanceNumber, one.ImagePositionPatient = n, [0, 0, 5 * n]
        one.save_as(out)
        made[f"series/{9 - n}.dcm"] = out.getvalue()
    return made


@cache
def copies() -> dict[str, tuple[bytes, str]]:
    """The clean copies as PNG with the digest of their pixels."""
    made = {}
    for name, shown in (
        ("plaque-a", picture(1)),
        ("plaque-b", picture(1)),
        ("chest-a", picture(2, (128, 128))),
    ):
        out = io.BytesIO()
        shown.save(out, "PNG")
        made[name] = (out.getvalue(), hashlib.sha256(shown.tobytes() + name.encode()).hexdigest())
    return made


def found() -> dict[str, Any]:
    """The report, with a covered name and perhaps a face in the photograph, and writing in a slice."""

    def box(at: list[int], what: str, done: str, file: int = 1) -> dict[str, Any]:
        where = {"file": file, "frame": 1, "at": at, "what": what, "done": done}
        return {**where, "reason": f"looks like {what}", "confidence": 0.61}

    def image(number: int, panel: str, boxes: list[Any], files: int = 1, look: str = "") -> dict[str, Any]:
        told = {"name": f"image-0{number}", "kind": "jpeg" if files == 1 else "dicom", "files": files}
        copies = f"dicom/0{number}" if files > 1 else None
        seen = {"boxes": boxes, "look": [look] if look else [], "removed": {"exif": 3}}
        return {**told, "panels": [panel], "dicom_copies": copies, **seen}

    photo = [box([20, 20, 420, 60], "text", "filled"), box([300, 200, 420, 380], "face", "look")]
    return {
        **report(),
        "images": [
            image(1, "plaque-a", photo, look="a photograph: look for a face or eyes"),
            image(2, "plaque-b", []),
            image(3, "chest-a", [box([5, 5, 60, 20], "text", "filled", file=1)], files=2),
        ],
    }


def queries() -> tuple[Query, ...]:
    """Two questions about words, as the engine asks them: a village, and a soft find of the patient."""

    def one(words: str, sentence: str, label: str, into: str, *, known: bool = False) -> Query:
        at = sentence.index(words)
        ident = decided.ident(KEY, words, sentence)
        place, why = ("text/follow_up.md", 3), f"it looks like a {label}"
        end = at + len(words)
        return Query(ident, place, "text.follow_up", sentence, at, end, label, into, "ask", why, known)

    return (
        one("Kotla", "She came from Kotla by <b>bus</b>.", "village", "a village"),
        one("Meera", "The meera seeds were crushed; Meera took them.", "name", "the patient", known=True),
    )


def marks() -> tuple[Mark, ...]:
    """Two boxes of a consent form: one that software read, one that it could not."""
    drawn = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(drawn, "PNG")
    scan = "s" * 64
    return (
        Mark("text", "The report may be published.", 4, "marked", "", True, scan, drawn.getvalue()),
        Mark("teaching", "Teaching <b>too</b>.", 4, "look", "ink beside the box", False, scan, b""),
    )


def desk_case(folder: Path) -> tuple[Case, CleanCase]:
    """The case in `folder`/case and its clean copies in `folder`/1-deidentify."""
    for name, content in originals().items():
        path = folder / "case" / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    pictures = {f"figures/{name}.png": content for name, (content, _) in copies().items()}
    slices = {f"dicom/03/000{n}.dcm": originals()[f"series/{9 - n}.dcm"] for n in (1, 2)}
    clean_folder = published(folder / "1-deidentify", {"record.json": b"{}", **pictures, **slices})
    panels = tuple(
        CleanPanel(*name.split("-"), clean_folder / f"figures/{name}.png", pixels)
        for name, (_, pixels) in copies().items()
    )
    written = {**record(), "figures": figures(), "text": prose(), "questions": LAW}
    typed = {
        "synthetic": "yes",
        "figures": figures(),
        "text": prose(),
        "authors": [AUTHOR],
        "affiliations": {},
    }
    ledger = tuple(
        Source(f"images/{name}", kinds.sniff(content), len(content), "image")
        for name, content in sorted(originals().items())
    )
    case = Case(folder / "case", "ring-case", typed, PRIVATE, {}, {}, ledger)
    return case, CleanCase(clean_folder, written, {}, panels, None, found(), CLEAN)


def remake(clean: CleanCase) -> None:
    """As if deidentify had run again: another picture under the same name."""
    folder = clean.folder
    made = {p.relative_to(folder).as_posix(): p.read_bytes() for p in files.plain_files(folder)}
    made.pop(files.RECEIPT)
    shutil.rmtree(folder)
    published(folder, {**made, "figures/chest-a.png": made["figures/plaque-a.png"]})
