"""The addendum: a short form that asks again for exactly what was changed after the form was signed."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.consent import aloud, binding, content, elements, form, gate
from pipeline.core import files, findings
from pipeline.core.errors import ConsentError
from pipeline.core.model import Case, CleanCase

SCHEMA = "casereport-form/1"


def print_addendum(case: Case, clean: CleanCase, dest: Path, *, large: bool = False) -> str:
    """Write form.pdf, form.json and read-aloud.html of an addendum into `dest`; returns words for the user.

    Raises ConsentError when no signed form can be read, or when nothing was changed that needs asking again.
    """
    reading = gate.read(case, clean)
    if reading.whole is None:
        reading.stop_if_blocking()
        raise findings.stop(ConsentError, "CON020", case.where("consent", "form"))
    record, language = elements.read(case), reading.language
    today = elements.read(case, dt.date.today())  # noqa: DTZ011 - who must sign is asked for now
    now = binding.manifest(case, clean, record, language)
    changes = reading.changes
    if record.consent and record.consent.agreed.wording_may_be_edited:
        changes = changes.without_text()
    if not changes.ask:
        raise findings.stop(ConsentError, "CON065", case.where("consent", "form"))
    stated = binding.asked_again(reading.whole.manifest, now, changes)
    digest, known = binding.root(stated), elements.facts(today)
    text = build(clean, known, stated, reading.shown, digest)
    text["size"] = content.LARGE if large else content.USUAL
    printed = form.typeset(text, stated, digest, dest)
    (dest / "form.pdf").write_bytes(printed.pdf)
    (dest / "read-aloud.html").write_text(aloud.page(text, language), encoding="utf-8")
    files.write_json(
        dest / "form.json",
        {
            "schema": SCHEMA,
            "manifest": stated,
            "root": digest,
            "code": binding.form_code(digest),
            "pages": printed.pages,
            "spots": list(printed.spots),
            "places": form.places(case, digest, printed.pages, printed.spots),
            "shown": binding.shown(clean),
        },
    )
    return f"addendum, {printed.pages} pages, form code {binding.grouped(binding.form_code(digest))}"


def build(
    clean: CleanCase,
    known: Mapping[str, Any],
    stated: Mapping[str, Any],
    shown: Mapping[str, Any] | None,
    digest: str,
) -> dict[str, Any]:
    """The addendum as plain data for consent/form.typ: only what changed, each part with its box.

    `shown` is what the first form was printed for; without it every fact is listed, because nobody can say
    which one changed.
    """
    whole = content.build(clean, known, stated, digest, nameless=False)
    wording = elements.wording(stated["form"]["language"])
    said, voice = wording["addendum"], content.voice_of(known)
    by_title = {section["title"]: section for section in whole["sections"]}
    titles = wording["sections"]
    report, pictures = by_title[titles["report"]], by_title.get(titles["pictures"])
    boxes = [{"id": part, "words": said[part]} for part in ("facts", "text", "scope") if part in stated]
    asked = {f"figure:{figure}" for figure in stated["figures"]}
    cards = [card for card in (pictures or {}).get("pictures", []) if card["box"]["id"] in asked]
    rows = list(_facts(shown, clean, said)) if "facts" in stated else []
    earlier = binding.grouped(binding.form_code(stated["base"]))
    told = [s for section in whole["sections"] for s in section["statements"] if s["id"] in stated["told"]]
    intro = content.in_voice(said["intro"], voice)
    sections = [
        _section(
            titles["purpose"],
            statements=[{"id": "G5", "words": intro}, *content.english_note(wording)],
            contacts=[*report["contacts"], {"label": said["earlier"], "value": earlier}],
        ),
        _section(titles["pictures"], pictures=cards),
        _section(said["changed"], statements=told, contacts=rows),
        _section(
            titles["choices"], boxes=[{"intro": wording["choices"]["intro"], "boxes": boxes}] if boxes else []
        ),
        _section(titles["signatures"], areas=by_title[titles["signatures"]]["areas"]),
    ]
    return {
        **whole,
        "title": said["title"],
        "sections": [section for section in sections if any(v for k, v in section.items() if k != "title")],
    }


def _section(title: str, **parts: list[Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"statements": [], "contacts": [], "pictures": [], "boxes": [], "areas": []}
    return {"title": title, **empty, **parts}


def _facts(
    shown: Mapping[str, Any] | None, clean: CleanCase, said: Mapping[str, Any]
) -> Iterator[dict[str, str]]:
    """Every fact that reads otherwise than on the form that was signed: what it says now, item by item."""
    before, now = (shown["facts"] if shown else {}), binding.shown(clean)["facts"]
    for field in now:
        label = said["labels"][field]
        for number, value in _changed(before.get(field), now[field]):
            name = f"{label} {number}" if number else label
            yield {"label": name, "value": _told(value) or said["gone"]}


def _changed(before: Any, now: Any) -> Iterator[tuple[int, Any]]:
    """(number, value now) of each item of a list that was changed, put in or taken out; else (0, value)."""
    if not (isinstance(before, list) and isinstance(now, list)):
        if before != now:
            yield 0, _only(before, now)
        return
    first, second = ([files.digest(item) for item in side] for side in (before, now))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from ((at + 1, now[at]) for at in range(c, d))
            yield from ((at + 1, None) for at in range(a + (d - c), b))


def _only(before: Any, now: Any) -> Any:
    """Of a group of fields, those that read otherwise."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return {key: value for key, value in now.items() if before.get(key) != value}
    return now


def _told(value: Any) -> str:
    """A fact as one line: "no" and "yes" with the name of their field, all else as it stands."""
    if isinstance(value, Mapping) and {"when", "event"} <= value.keys():  # of the timeline
        return f"{value['when']}: {value['event']}"
    told = binding.leaves(value)
    return "; ".join(f"{name}: {text}" if text in {"yes", "no"} and name else text for name, text in told)
