"""A made-up case with a photograph, a DICOM slice and a broken file, and clean copies to lay beside them."""

from __future__ import annotations

import hashlib
import io
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pydicom
from PIL import ImageDraw
from pydicom.data import get_testdata_file

from pipeline.core import files, kinds
from pipeline.core.model import Case, CleanCase, CleanPanel, Source
from tests.packing import picture, published, record, report

CLEAN = "ab" * 32
AUTHOR = {"given": "Asha", "family": "Verma", "affiliations": ["skin"]}
PRIVATE = {"name": "Meera Testwala", "doctors": ["Dr Kiran Nobody"], "numbers": {"hospital": ["UH-0099812"]}}


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


def desk_case(folder: Path) -> tuple[Case, CleanCase]:
    """The case in `folder`/case and its clean copies in `folder`/1-deidentify."""
    for name, content in originals().items():
        path = folder / "case" / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    pictures = {f"figures/{name}.png": content for name, (content, _) in copies().items()}
    clean_folder = published(folder / "1-deidentify", {"record.json": b"{}", **pictures})
    panels = tuple(
        CleanPanel(*name.split("-"), clean_folder / f"figures/{name}.png", pixels)
        for name, (_, pixels) in copies().items()
    )
    written = {**record(), "figures": figures(), "text": prose()}
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
    return case, CleanCase(clean_folder, written, {}, panels, None, report(), CLEAN)


def remake(clean: CleanCase) -> None:
    """As if deidentify had run again: another picture under the same name."""
    folder = clean.folder
    made = {p.relative_to(folder).as_posix(): p.read_bytes() for p in files.plain_files(folder)}
    made.pop(files.RECEIPT)
    shutil.rmtree(folder)
    published(folder, {**made, "figures/chest-a.png": made["figures/plaque-a.png"]})
