"""The room where identity is taken off: a Case goes in, copies that name nobody come out.

Layout of the result: see core.model.CleanCase. What was done is counted in report.json by neutral names; no
value and no file name of the case is written anywhere.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import decisions, files, findings
from pipeline.core.errors import InputError, PrivacyError
from pipeline.core.identity import identifiers
from pipeline.core.model import Case, CleanCase, CleanPanel, Finding

if TYPE_CHECKING:
    from pipeline.core.picture import Picture
    from pipeline.deidentify.images import Album
    from pipeline.deidentify.prose.record import Written

CANNOT_JUDGE = (
    "Text in pictures was looked for and covered; whether all of it was found, only a person can see.",
    "Faces were looked for in photographs; tattoos, scars, jewellery, clothing, rooms, handwriting were not.",
    "A covered face can still be recognised by hair, build, clothing or place.",
    "Names, places and other details that private.yaml does not list were not looked for in the text.",
    "Rare circumstances can identify a person without any name: only a reader can judge that.",
)


def needs(case: Case) -> dict[str, Any]:
    """Everything the clean copies depend on; used only through its digest."""
    from pipeline.deidentify import sources

    return {
        "record": case.record,
        "private": case.private,
        "places": sorted((list(map(str, path)), *place) for path, place in case.places.items()),
        "files": {s.path: files.sha256(case.file(s)) for s in sources.used(case, sources.validated(case)[0])},
        "unused": sorted((s.path, s.kind) for s in case.used_as("image")),
        "decided": decisions.in_copies(decisions.read(case.folder)),
    }


def make(case: Case, dest: Path) -> str:
    """Write the clean copies of a case into the empty folder `dest`.

    Raises NotReady when the record is not complete, InputError when pictures cannot be read (all of them are
    listed), PrivacyError when a date or an id cannot be made safe without asking.
    """
    from pipeline.core.match import Matcher
    from pipeline.deidentify import marks, sources
    from pipeline.deidentify.headers.pseudonym import Pseudonyms
    from pipeline.deidentify.images import Album
    from pipeline.deidentify.prose import record as text

    record, private = sources.validated(case)
    album = Album(case, record)
    known = (*identifiers(case.private), *album.read_headers())
    written = text.write(case, record, known, decisions.read(case.folder).words)
    album.copy(dest / "dicom", Pseudonyms(private["key"]), Matcher(known))
    album.develop(dest / "photographs", Matcher(known))
    drawn = album.draw()
    shutil.rmtree(dest / "photographs")
    panels = [(panel, drawn[at]) for panel in album.panels if (at := (panel.figure, panel.letter)) in drawn]
    misplaced = [found for panel, picture in panels for found in marks.check(case, panel, picture)]
    _stop((*album.findings, *misplaced, *written.findings))

    over = {(panel.figure, panel.letter): marks.of(panel, picture) for panel, picture in panels}
    _draw_into(written.record["figures"], drawn, over, dest)
    files.write_json(dest / "record.json", written.record)
    files.write_json(dest / "byline.json", written.byline)
    for source in case.used_as("references")[:1]:
        shutil.copyfile(case.file(source), dest / f"references{Path(source.path).suffix.lower()}")
    files.write_json(dest / "report.json", _report(case, album, written))
    copies = sum(image.copies for image in album.images.values())
    return f"{len(drawn)} pictures, {copies} DICOM files, {len(written.changes)} replacements in the text"


def load(folder: Path) -> CleanCase:
    """The clean copies in `folder`. Raises InputError when a file is missing or was changed."""
    if files.receipt(folder) is None:
        row = findings.make("FILE040")
        raise InputError(row.message, code=row.code, where=folder.name, why=row.why, fix=row.fix)
    record: dict[str, Any] = files.read_json(folder / "record.json")
    panels = tuple(
        CleanPanel(
            shown["id"],
            p["letter"],
            folder / p["file"],
            p["pixels"],
            p["mm_per_pixel"],
            {part: p[part] for part in ("scale_bar", "marks", "inset") if part in p},
        )
        for shown in record["figures"]
        for p in shown["panels"]
    )
    pixels = [[panel.figure, panel.letter, panel.pixels] for panel in panels]
    byline = files.read_json(folder / "byline.json")
    references = next(iter(sorted(folder.glob("references.*"))), None)
    return CleanCase(
        folder=folder,
        record=record,
        byline=byline,
        panels=panels,
        references=references,
        report=files.read_json(folder / "report.json"),
        digest=files.digest(
            {
                "record": record,
                "panels": pixels,
                "byline": byline,
                "references": files.sha256(references) if references else "",
            }
        ),
    )


def _draw_into(
    figures: list[dict[str, Any]],
    drawn: dict[tuple[str, str], Picture],
    over: dict[tuple[str, str], dict[str, Any]],
    dest: Path,
) -> None:
    """Save every picture and note in its figure what and where it is, and what is drawn over it at print."""
    (dest / "figures").mkdir()
    for shown in figures:
        shown["panels"] = []
    by_id = {shown["id"]: shown["panels"] for shown in figures}
    for (figure, letter), picture in sorted(drawn.items()):
        name = f"figures/{figure}-{letter}.png"
        picture.save(dest / name)
        by_id[figure].append(
            {
                "letter": letter,
                "file": name,
                "pixels": picture.digest,
                "width": picture.width,
                "height": picture.height,
                "mm_per_pixel": picture.mm_per_pixel,
                **over[figure, letter],
            }
        )


def _report(case: Case, album: Album, written: Written) -> dict[str, Any]:
    """What was done, by neutral names and counts."""
    from pipeline.deidentify.headers.rules import rules

    replaced = Counter((place, kind, rule) for place, kind, rule in written.changes)
    unused = Counter(s.kind for s in case.used_as("image") if s.path not in album.used())
    return {
        "dicom_profile": {"edition": rules().edition, "options": [meaning for _, meaning in rules().codes]},
        "images": [
            {
                "name": image.name,
                "kind": image.files[0][1],
                "files": len(image.files),
                "panels": image.panels,
                "dicom_copies": f"dicom/{image.name.removeprefix('image-')}" if image.copies else None,
                "removed": dict(sorted(image.removed.items()))
                or {"everything but the pixels": len(image.files)},
                "boxes": [
                    {
                        "file": n,
                        "frame": frame,
                        "at": [box.left, box.top, box.right, box.bottom],
                        "what": box.what,
                        "done": box.do.value,
                        "reason": box.reason,
                        "confidence": round(float(box.confidence), 2),
                    }
                    for n, frame, box in image.boxes
                ],
                "by_hand": {
                    f"{panel.figure}-{panel.letter}": {
                        "cropped": panel.wanted["crop"] is not None,
                        "covered": len(panel.wanted["cover"]),
                    }
                    for panel in album.panels
                    if panel.image == asked
                },
                "look": image.look(),
            }
            for asked, image in album.images.items()
        ],
        "images_not_used": dict(sorted(unused.items())),
        "text": {
            "counts": dict(sorted(Counter(kind for _, kind, _ in written.changes).items())),
            "replaced": [
                {"place": f"{place[0]}:{place[1]}", "kind": kind, "rule": rule, "count": count}
                for (place, kind, rule), count in sorted(replaced.items())
            ],
            "look": [{"place": f"{p[0]}:{p[1]}", "look": what} for p, what in sorted(set(written.look))],
        },
        **({"words": {"kept": sorted(written.kept), "replaced": written.decided}} if written.asked else {}),
        "cannot_judge": list(CANNOT_JUDGE),
    }


def _stop(found: tuple[Finding, ...]) -> None:
    """Raise for all findings at once: the first in front, the others behind it."""
    if not found:
        return
    first, others = found[0], found[1:]
    more = f" (and {len(others)} more)" if others else ""
    listed = "".join(f"\n        {finding}" for finding in others)
    kind = PrivacyError if first.code.startswith("LEAK") else InputError
    place = f"{first.path}:{first.line}" if first.line else first.path
    raise kind(first.message + more, code=first.code, where=place, why=first.why, fix=first.fix + listed)
