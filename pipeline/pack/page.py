"""The two pages of a package: index.html for the editor, for-review/index.html for reviewers.

For people without any of our tools: no script, nothing loaded but the pictures beside it. Record text enters
the template only as autoescaped values. What reviewers may not see is not given to their page at all.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from pipeline.core import allowlist, files, front, guidelines, leaves, pages, resources, words
from pipeline.core.model import CleanCase, Grant, Manuscript
from pipeline.pack import accounts

THUMB = (800, 1100)  # pixels; shown at half of that until it is enlarged
QUALITY = 80  # JPEG: small enough to be read inside a web page, for looking only
REVIEW, FIGURES, LEAVES = "for-review/", "for-review/figures/", "for-review/pages/"
EDITORS, REVIEWERS = "index.html", "for-review/index.html"
PAGE = re.compile(r"page\s+(\d+)")
STATES = ("reported", "partial", "missing", "not applicable")
GROUPS = (
    ("reviewer", "For review", "may be handed on to reviewers"),
    ("editor", "For the editor only", "names the authors, or is about consent and identity"),
    ("everyone", "For anyone", "no names in it"),
)

Members = Mapping[str, Path | bytes]


@dataclass(frozen=True, slots=True)
class Shown:
    """What both pages show: the manuscript as pictures, the figures, the checklists."""

    leaves: int
    figures: list[dict[str, Any]]
    lists: list[dict[str, Any]]


def leaf(number: int) -> str:
    """The name of the picture of a page of the manuscript, counted from 1."""
    return f"{LEAVES}page-{number:02}.png"


def pictures(members: Members) -> dict[str, bytes]:
    """The pages of for-review/manuscript.pdf as pictures, by the name they travel under."""
    content = _bytes(members[f"{REVIEW}manuscript.pdf"])
    return {leaf(number): picture for number, picture in enumerate(leaves.pictures(content), 1)}


def shown(clean: CleanCase, paper: Manuscript, members: Members) -> Shown:
    """What both pages show, from the members of the package."""
    count = sum(name.startswith(LEAVES) for name in members)
    return Shown(count, _figures(clean, paper, members), _lists(paper, count))


def for_reviewers(here: Shown, sheet: dict[str, Any]) -> bytes:
    """for-review/index.html: of consent only that it was checked, nobody's name, no link out of there."""
    return _filled(
        here,
        sheet,
        editor=None,
        base=REVIEW,
        groups=[group for group in _groups(sheet["files"], REVIEW) if group["audience"] == "reviewer"],
        hashes=[row for row in _hashes(sheet["files"], REVIEW) if row["name"].startswith(REVIEW)],
    )


def for_editor(
    here: Shown, sheet: dict[str, Any], clean: CleanCase, paper: Manuscript, grant: Grant
) -> bytes:
    """index.html: the whole package. `sheet` is package.json without the description of this page."""
    editor = {
        "rows": Markup(front.facts(sheet)),  # noqa: S704 - escaped by its own template
        "paper": accounts.paper(grant.summary, paper.numbers["fig"]),
        "links": [
            (name, leaf_of(name))
            for name in (f"editor-only/{n}" for n in ("consent-dossier.pdf", "signed-consent-form.pdf"))
            if name in sheet["files"]
        ],
        "signed_off": sheet["signed_off"],
        "policy": [{**row, **_tone(row["verdict"])} for row in sheet["policy"]],
        "removed": accounts.removed(clean.report),
        "places": accounts.places(clean.report),
        "profile": clean.report["dicom_profile"]
        if any(image["kind"] == "dicom" for image in clean.report["images"])
        else None,
        "remains": [
            ("No search of text can see:", sheet["cannot_judge"]),
            ("Of the copies themselves:", clean.report["cannot_judge"]),
            ("And no check of this package can prove:", allowlist.rules()["cannot_prove"]),
        ],
        "tools": sheet["tools"],
        "zip": f"submission-{paper.journal}.zip",
    }
    hashes = _hashes(sheet["files"], "")
    return _filled(here, sheet, editor=editor, base="", groups=_groups(sheet["files"], ""), hashes=hashes)


def _filled(
    here: Shown,
    sheet: dict[str, Any],
    *,
    editor: dict[str, Any] | None,
    base: str,
    groups: Sequence[dict[str, Any]],
    hashes: Sequence[dict[str, str]],
) -> bytes:
    """The template filled in. `base` is the folder the page lies in: links are written from there."""
    html: str = pages.template("templates/package/index.html.j2").render(
        editor=editor,
        top=Markup(front.top(sheet, editor=editor is not None)),  # noqa: S704 - escaped by its own template
        journal=sheet["journal"],
        unseen=sheet["signed_off"]["unseen"],
        version=sheet["casereport"],
        leaves=[{"number": n, "src": leaf(n).removeprefix(base)} for n in range(1, here.leaves + 1)],
        manuscript=f"{REVIEW}manuscript".removeprefix(base),
        figures=[
            {**figure, "files": [_link(name, base) for name in figure["files"]]} for figure in here.figures
        ],
        lists=here.lists,
        groups=groups,
        hashes=hashes,
    )
    return html.encode()


def _link(name: str, base: str) -> dict[str, str]:
    return {"href": name.removeprefix(base), "leaf": leaf_of(name)}


def _tone(verdict: str) -> dict[str, str]:
    other = {"tone": "cannot-tell", "sign": "?", "said": verdict}
    shown: dict[str, str] = resources.data("templates/package/verdicts.yaml").get(verdict, other)
    return shown


def leaf_of(name: str) -> str:
    """The name of a member without its folder."""
    return name.rpartition("/")[2]


def _hashes(described: dict[str, dict[str, Any]], base: str) -> list[dict[str, str]]:
    """Name and hash of every file but the pictures of pages, whose PDF is in the list."""
    return [
        {"name": name, "shown": name.removeprefix(base), "sha256": row["sha256"]}
        for name, row in described.items()
        if not name.startswith(LEAVES)
    ]


def _groups(described: dict[str, dict[str, Any]], base: str) -> list[dict[str, Any]]:
    """The files by audience and purpose, in the order of the allow-list."""
    listed = [*described, "package.json", "manifest-sha256.txt"]  # the last two hold the measures themselves
    if base:
        listed = [name for name in listed if name.startswith(base)]
    groups = []
    for audience, title, said in GROUPS:
        kinds = []
        for row in (r for r in allowlist.rows("package") if r.audience == audience):
            named = sorted(name for name in listed if row.name.fullmatch(name))
            if not named or named[0].startswith(LEAVES):
                continue
            links = [
                {**_link(n, base), "size": _size(described[n]["bytes"]) if n in described else ""}
                for n in named
            ]
            kinds.append({"why": row.why, "links": links})
        groups.append({"audience": audience, "title": title, "words": said, "kinds": kinds})
    return groups


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def _figures(clean: CleanCase, paper: Manuscript, members: Members) -> list[dict[str, Any]]:
    """Each figure, numbered as in the manuscript, with its words, what was done to it and a small picture."""
    numbers = paper.numbers["fig"]
    found: list[dict[str, Any]] = [
        {
            "number": numbers[figure["id"]],
            "legend": words.plain(figure["legend"], paper.numbers),
            "alt": words.plain(figure["alt"], paper.numbers),
            "recognisable": figure.get("recognisable") is True,
            "drawn": False,
            "done": accounts.panels(clean.report, figure["id"]),
        }
        for figure in clean.record.get("figures", [])
    ]
    found += [
        {key: figure[key] for key in ("number", "legend", "alt")}
        | {"recognisable": False, "drawn": True, "done": []}
        for figure in paper.drawn
    ]
    for figure in found:
        own = [n for n in sorted(members) if n.startswith(f"{FIGURES}figure-{figure['number']}.")]
        figure["files"], figure["quoted"] = own, _quoted(figure["alt"])
        figure["thumbs"] = [_thumb(members[name]) for name in own if not name.endswith(".pdf")]
    return sorted(found, key=lambda figure: int(figure["number"]))


def _quoted(text: str) -> Markup:
    """Text as the value of an attribute; without "=", so that "onset = day 3" is not taken for a program."""
    return Markup(str(escape(text)).replace("=", "&#61;"))  # noqa: S704 - escaped in the same line


def _thumb(member: Path | bytes) -> dict[str, Any]:
    """A small JPEG of one of our own figures, with its size on the page in CSS pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(member) if isinstance(member, bytes) else member) as picture:
        small = picture.convert("RGB")
        small.thumbnail(THUMB, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
    return {
        "data": base64.b64encode(out.getvalue()).decode(),
        "width": small.width,
        "height": small.height,
    }


def _lists(paper: Manuscript, count: int) -> list[dict[str, Any]]:
    """The checklists as render wrote them: the lines of the report with the place each is found at."""
    wanted = ("id", "topic", "requirement", "status", "decided_by", "unsure", "note")
    rows: list[dict[str, Any]] = files.read_json(paper.folder / "care.json")
    made = []
    for name in dict.fromkeys(row["guideline"] for row in rows):
        of_it = [row for row in rows if row["guideline"] == name]
        lines = [
            {key: row.get(key) or "" for key in wanted} | {"where": _jumps(row["where"], count)}
            for row in of_it
        ]
        tally = [{"status": s, "count": sum(row["status"] == s for row in of_it)} for s in STATES]
        made.append(
            {
                "id": name,
                "name": guidelines.load(name).name,
                "lines": lines,
                "tally": [row for row in tally if row["count"]],
            }
        )
    return made


def _jumps(where: str, count: int) -> list[dict[str, Any]]:
    """Where a line is met ("Title: page 1, line 1"), in pieces; `page` is what a piece leads to, or 0."""
    pieces: list[dict[str, Any]] = []
    at = 0
    for found in PAGE.finditer(where):
        pieces.append({"words": where[at : found.start()], "page": 0})
        page = int(found[1])
        pieces.append({"words": found[0], "page": page if page <= count else 0})
        at = found.end()
    return [piece for piece in (*pieces, {"words": where[at:], "page": 0}) if piece["words"]]


def _bytes(member: Path | bytes) -> bytes:
    return member if isinstance(member, bytes) else member.read_bytes()
