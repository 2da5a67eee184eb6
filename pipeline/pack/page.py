"""index.html: the whole package at a glance, for an editor without any of our tools.

One file, no script, nothing loaded from anywhere. Record text enters the template only as autoescaped values.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections import Counter
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.core import allowlist, files, guidelines, pages, resources, words
from pipeline.core.model import CleanCase, Manuscript

THUMB = (640, 900)  # pixels; shown at half of that
QUALITY = 80  # JPEG: small enough to be read inside a web page, for looking only
FIGURES = "for-review/figures/"
GROUPS = (
    ("reviewer", "For review", "may be handed on to reviewers"),
    ("editor", "For the editor only", "names the authors, or is about consent and identity"),
    ("everyone", "For anyone", "no names in it"),
)


def build(
    clean: CleanCase, paper: Manuscript, sheet: dict[str, Any], members: dict[str, Path | bytes]
) -> bytes:
    """The page as UTF-8. `sheet` is package.json; `members` are the files it links to."""
    style = resources.text("templates/package/index.css")
    html: str = pages.template("templates/package/index.html.j2").render(
        sheet=sheet,
        style=Markup(style),  # noqa: S704 - our own file; a style sheet cannot be escaped
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        form_code=sheet["consent"]["form"],
        unsure=any(row["limit"] is not None and not row["sure"] for row in sheet["counts"]),
        consent=_consent(sheet["consent"]),
        groups=_groups(sheet["files"]),
        figures=_figures(clean, paper, members),
        lists=_lists(paper),
        removed=_removed(clean.report),
        cannot_prove=allowlist.rules()["cannot_prove"],
        zip_name=f"submission-{paper.journal}.zip",
        hashes=[{"name": name, "sha256": row["sha256"]} for name, row in sheet["files"].items()],
    )
    return html.encode()


def _groups(described: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The files by audience and purpose, in the order of the allow-list."""
    listed = [*described, "package.json", "manifest-sha256.txt"]  # the last two hold the measures themselves
    groups = []
    for audience, title, said in GROUPS:
        kinds = []
        for row in (r for r in allowlist.rows("package") if r.audience == audience):
            named = sorted(name for name in listed if row.name.fullmatch(name))
            links = [
                {"name": n, "leaf": n.rpartition("/")[2], "size": _size(described.get(n, {}).get("bytes"))}
                for n in named
            ]
            kinds += [{"why": row.why, "links": links}] if links else []
        groups.append({"title": title, "words": said, "kinds": kinds})
    return groups


def _size(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


def _figures(clean: CleanCase, paper: Manuscript, members: dict[str, Path | bytes]) -> list[dict[str, Any]]:
    """Each figure, numbered as in the manuscript, with its words and a small picture of its file."""
    numbers = paper.numbers["fig"]
    shown: list[dict[str, Any]] = [
        {
            "number": numbers[figure["id"]],
            "legend": words.plain(figure["legend"], paper.numbers),
            "alt": words.plain(figure["alt"], paper.numbers),
            "recognisable": figure.get("recognisable") is True,
            "drawn": False,
        }
        for figure in clean.record.get("figures", [])
    ]
    shown += [
        {key: figure[key] for key in ("number", "legend", "alt")} | {"recognisable": False, "drawn": True}
        for figure in paper.drawn
    ]
    for figure in shown:
        own = [n for n in sorted(members) if n.startswith(f"{FIGURES}figure-{figure['number']}.")]
        pictures = [name for name in own if not name.endswith(".pdf")]
        figure["thumbs"] = [{"href": name, **_thumb(members[name])} for name in pictures]
    return sorted(shown, key=lambda figure: int(figure["number"]))


def _thumb(member: Path | bytes) -> dict[str, Any]:
    """A small JPEG of one of our own figures, with its size on the page in CSS pixels."""
    from PIL import Image

    with Image.open(io.BytesIO(member) if isinstance(member, bytes) else member) as picture:
        small = picture.convert("RGB")
        small.thumbnail(THUMB, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
    width, height = (round(side / 2) for side in small.size)
    return {"data": base64.b64encode(out.getvalue()).decode(), "width": width, "height": height}


def _lists(paper: Manuscript) -> list[dict[str, Any]]:
    """The checklists as render wrote them: the lines of the report with the place each is found at."""
    wanted = ("id", "topic", "requirement", "status", "decided_by", "unsure", "note", "where")
    rows: list[dict[str, Any]] = files.read_json(paper.folder / "care.json")
    made = []
    for name in dict.fromkeys(row["guideline"] for row in rows):
        of_it = [row for row in rows if row["guideline"] == name]
        lines = [{key: row.get(key) or "" for key in wanted} for row in of_it]
        made.append({"name": guidelines.load(name).name, "lines": lines, "tally": _tally(of_it)})
    return made


def _tally(care: list[dict[str, Any]]) -> list[dict[str, Any]]:
    states = ("reported", "partial", "missing", "not applicable")
    counted = [{"status": s, "count": sum(row["status"] == s for row in care)} for s in states]
    return [row for row in counted if row["count"]]


def _consent(said: dict[str, Any]) -> dict[str, Any]:
    """The consent block in words."""
    yes = {True: "yes", False: "no"}
    pictures = ", ".join(said["figures"]) or "none in this report"
    rows = [
        ("Signed by", said["signed_by"]),
        ("How", f"on {said['method']}, form {said['form_id']} {said['version']}, {said['pages']} pages"),
        ("Language of the form", said["language"]),
        ("Form code, printed on every page", said["form"]),
        ("Explained by", said["explained_by"]),
        ("Assent of the child", said["assent"] or "not recorded"),
        ("Witness", yes[said["witness"]]),
        ("Interpreter", yes[said["interpreter"]]),
        ("Figures agreed to", pictures),
        ("Signed original", said["original"]),
        ("Signed form in this package", _delivery(said)),
        ("Left for a person to confirm", str(said["to_confirm"]) if said["to_confirm"] else "nothing"),
        ("Withdrawn", yes[said["withdrawn"]]),
    ]
    count = len(said["figures"])
    covered = f"{count} figure{'' if count == 1 else 's'} and the text" if count else "the text"
    return {
        "headline": f"Signed by the {said['signed_by']}",
        "delivery": f"Covers {covered}. {_short(said)}",
        "rows": rows,
    }


def _short(said: dict[str, Any]) -> str:
    return (
        "The signed form is in the editor’s part."
        if said["dossier"]
        else "The signed form is not in this package."
    )


def _delivery(said: dict[str, Any]) -> str:
    """Why the signed form is here, or why not."""
    if said["dossier"]:
        signed = [role.replace("-", " ") for role in said["dossier_signed_by"]]
        return "yes, for the editor only: the journal asks for it and the signer agreed" + "".join(
            [f"; sealed by the signature of the {' and the '.join(signed)}"] * bool(signed)
            + ["; locked with a password, which the authors tell the editor"] * said["dossier_locked"]
        )
    if said["delivery"] in {"embed", "on_request"} and not said["journal_copy"]:
        return "no: the signer did not agree to show it to the journal; the attestation stands for it"
    if said["delivery"] == "on_request":
        return "no: shown to the editor on request, by whoever keeps the original"
    return "no: the journal takes the authors’ attestation"


def _removed(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was taken away, by class and count, with pictures of one kind added up."""
    kinds: dict[str, Counter[str]] = {}
    files_of: Counter[str] = Counter()
    for image in report["images"]:
        kinds.setdefault(image["kind"], Counter()).update(image["removed"])
        files_of[image["kind"]] += image["files"]
    blocks = [
        {"title": f"{kind.upper()} pictures ({_files(files_of[kind])})", "rows": sorted(removed.items())}
        for kind, removed in sorted(kinds.items())
    ]
    if words_replaced := sorted(report["text"]["counts"].items()):
        blocks.append({"title": "Words", "rows": words_replaced})
    return blocks


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
