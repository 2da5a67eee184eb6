"""Everything that the printed form says about one case, as plain data for consent/form.typ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.consent import binding, elements
from pipeline.core import numbering, words
from pipeline.core.conditions import holds
from pipeline.core.model import CleanCase

BLANK = None  # a line left empty for handwriting
USUAL, LARGE = 12, 18  # points
ENGLISH = "en"  # what records, and so titles and legends, are written in


def build(
    clean: CleanCase, known: Mapping[str, Any], stated: Mapping[str, Any], signed_root: str, *, nameless: bool
) -> dict[str, Any]:
    """The form for this case in the language of the manifest `stated`.

    `nameless` leaves out the authors, for the empty copy that travels with the manuscript.
    """
    wording = elements.wording(stated["form"]["language"])
    voice = voice_of(known)
    needed = {row["id"]: row for row in elements.needed(known)}
    numbers = numbering.narrative(clean.record)
    sections = [
        {
            "title": wording["sections"][name],
            "statements": _statements(wording, voice, name, needed)
            + (english_note(wording) if name == "report" else []),
            "contacts": _contacts(wording, clean, numbers, nameless) if name == "report" else [],
            "pictures": _pictures(wording, voice, clean, numbers, stated) if name == "pictures" else [],
            "boxes": _boxes(wording, voice) if name == "choices" else [],
            "areas": _areas(wording, known, needed) if name == "signatures" else [],
        }
        for name in elements.register()["sections"]
    ]
    code = binding.grouped(binding.form_code(signed_root))
    return {
        **{key: wording[key] for key in ("title", "language", "direction", "fonts", "leading")},
        "size": USUAL,
        "words": {"empty_box": wording["empty_box"]},
        "head": [
            [wording["code"], code],
            [wording["form"], f"{stated['form']['id']} {wording['version']}, {wording['name']}"],
            [wording["case"], binding.grouped(stated["case"])],
        ],
        "footer": footer(wording),
        "sections": [section for section in sections if any(v for k, v in section.items() if k != "title")],
    }


def footer(wording: Mapping[str, Any]) -> str:
    """What the foot of every page says about the translation, in its language and in English."""
    state = wording["translation"]
    said = [wording["footer"][state["status"]]]
    if wording["language"] != ENGLISH:
        said.append(elements.wording(ENGLISH)["footer"][state["status"]])
    return "\n".join(said).format(by=state["by"], day=state["day"])


def english_note(wording: Mapping[str, Any]) -> list[dict[str, str]]:
    """On a form in another language: that the words taken from the record are in English."""
    return [] if wording["language"] == ENGLISH else [{"id": "C13", "words": wording["english"]}]


def voice_of(known: Mapping[str, Any]) -> str:
    """Whether the form speaks to the patient ("self") or to whoever signs instead ("other")."""
    return "self" if elements.signs_alone(known) else "other"


def in_voice(words: Any, voice: str) -> str:
    """A sentence of the wording as it is said to the person who signs."""
    return str(words[voice] if isinstance(words, Mapping) else words)


def yes_or_no(wording: Mapping[str, Any], yes: bool) -> str:
    """YES or NO as the form writes them."""
    return str(wording["receipt"]["yes" if yes else "no"])


def statements(content: Mapping[str, Any]) -> list[str]:
    """Every piece of text a person must be able to read on the paper, to be found again in the PDF."""
    found = [content["title"], content["words"]["empty_box"], content["footer"]]
    for section in content["sections"]:
        found += [section["title"], *(s["words"] for s in section["statements"])]
        found += [text for c in section["contacts"] for text in (c["label"], c["value"]) if text]
        for picture in section["pictures"]:
            found += [picture["name"], picture["legend"], picture["box"]["words"], picture["mark"] or ""]
        for group in section["boxes"]:
            found += [group["intro"], *(box["words"] for box in group["boxes"])]
        for area in section["areas"]:
            found += [area["title"], area["words"], area["signature"], area["thumb"] or ""]
            found += [text for line in area["lines"] for text in (line["label"], line.get("value", ""))]
    return [text for text in found if text]


def _statements(
    wording: Mapping[str, Any], voice: str, section: str, needed: Mapping[str, Any]
) -> list[dict[str, str]]:
    return [
        {"id": key, "words": in_voice(wording["statements"][key], voice)}
        for key, row in needed.items()
        if row.get("section") == section and row["as"] == "statement"
    ]


def _contacts(
    wording: Mapping[str, Any], clean: CleanCase, numbers: words.Numbers, nameless: bool
) -> list[dict[str, str | None]]:
    authors = clean.byline["authors"]
    author = next((a for a in authors if a.get("corresponding")), authors[0])
    place = clean.byline["affiliations"][author["affiliations"][0]]
    named = {
        "doctor": " ".join(part for part in (author["given"], author["family"]) if part),
        "institution": f"{place['institution']}, {place['city']}",
        "telephone": author.get("phone") or BLANK,
        "grievance": BLANK,
    }
    values = dict.fromkeys(named, wording["handwritten"]) if nameless else named
    values = {"title": _plain(clean.record["title"], numbers), **values}
    return [{"label": wording["contacts"][key], "value": value} for key, value in values.items()]


def _pictures(
    wording: Mapping[str, Any],
    voice: str,
    clean: CleanCase,
    numbers: words.Numbers,
    stated: Mapping[str, Any],
) -> list[dict[str, Any]]:
    said = wording["pictures"]
    cards = []
    for figure in sorted(clean.record["figures"], key=lambda figure: numbers["fig"][figure["id"]]):
        number = numbers["fig"][figure["id"]]
        seen = figure["recognisable"]
        panels = sorted((p for p in clean.panels if p.figure == figure["id"]), key=lambda p: p.letter)
        sentence = in_voice(said["box_recognisable" if seen else "box"], voice)
        digest = binding.grouped(stated["figures"].get(figure["id"], "")[:16])
        cards.append(
            {
                "name": said["name"].format(number=number),
                "alt": _plain(figure["alt"], numbers),
                "legend": _plain(figure["legend"], numbers),
                "mark": said["recognisable"] if seen else None,
                "panels": [
                    {
                        "file": f"{number}{panel.letter}.jpg",
                        "source": str(panel.file),
                        "name": said["panel"].format(letter=panel.letter.upper()),
                    }
                    for panel in panels
                ],
                "code": f"{said['code']} {digest}",
                "box": {"id": f"figure:{figure['id']}", "words": sentence.format(number=number)},
            }
        )
    return cards


def _boxes(wording: Mapping[str, Any], voice: str) -> list[dict[str, Any]]:
    said, rows = wording["choices"], elements.register()["choices"]
    groups: dict[bool, list[dict[str, str]]] = {False: [], True: []}
    for row in rows:
        groups[row.get("optional", False)].append(
            {"id": row["id"], "words": in_voice(said[row["id"]], voice)}
        )
    return [
        {"intro": said["intro"], "boxes": groups[False]},
        {"intro": said["optional"], "boxes": groups[True]},
    ]


def _areas(
    wording: Mapping[str, Any], known: Mapping[str, Any], needed: Mapping[str, Any]
) -> list[dict[str, Any]]:
    labels, areas = wording["labels"], []
    for row in elements.register()["signatures"]:
        if not holds(row.get("when", {}), known):
            continue
        thumb = "thumb" in row and holds(row["thumb"], known)
        asked = [name for name in row["lines"] if name != "identity" or "H2" in needed]
        asked += ["which_thumb"] if thumb else []
        areas.append(
            {
                "id": row["id"],
                "title": wording["signers"][row["id"]]["title"],
                "words": wording["signers"][row["id"]]["text"],
                "lines": [{"id": name, "label": labels[name]} for name in asked],
                "signature": labels["signature"],
                "date": labels["date"],
                "thumb": labels["thumb"] if thumb else None,
            }
        )
    return areas


def _plain(text: str, numbers: words.Numbers) -> str:
    """One line of prose as it reads in print."""
    return " ".join(words.plain(text, numbers).split())
