"""What was done, in words and counts, for the pages: consent, pictures, words. No value of the record."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.core.told import YES, counted, named

BOXES = {  # of the consent form -> what it says yes or no to
    "text": "the words of the report",
    "seen_final": "has seen the report as it will be printed",
    "wording_may_be_edited": "the journal may edit the wording",
    "teaching": "use for teaching",
    "article_copy": "wants a copy of the article",
    "journal_copy": "the editor may see the signed form",
}
FOUND = {"text": "writing", "barcode": "bar codes", "face": "faces", "eyes": "eyes", "region": "other places"}
DONE = ("filled", "kept", "look")
KINDS = {"dicom": "DICOM", "pdf": "PDF"}


def paper(attested: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """What was read off the signed form and by whom: from the nameless attestation.

    `numbers` are those of the figures in the manuscript.
    """
    checks = attested["checks"]
    return {
        "boxes": [
            {
                "words": _box(row["box"], numbers),
                "figure": numbers.get(row["box"].removeprefix("figure:"), 0),
                "page": row["page"],
                "read": {"marked": "marked", "blank": "empty"}.get(row["read"], "a person must look"),
                "entered": YES[row["entered"]],
            }
            for row in attested["boxes"]
        ],
        "software": list(checks["software"]),
        "person": [*checks["person"], *(f"Still to confirm: {words}" for words in checks["to_confirm"])],
        "cannot_prove": list(checks["cannot_prove"]),
    }


def _box(name: str, numbers: dict[str, int]) -> str:
    kind, _, figure = name.partition(":")
    return named(figure, numbers) if kind == "figure" else BOXES.get(kind, kind.replace("_", " "))


def removed(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was taken away, by class and count, with pictures of one kind added up."""
    kinds: dict[str, Counter[str]] = {}
    files_of: Counter[str] = Counter()
    for image in report["images"]:
        kinds.setdefault(image["kind"], Counter()).update(image["removed"])
        files_of[image["kind"]] += image["files"]
    blocks = [
        {
            "title": f"{KINDS.get(kind, kind.upper())} pictures ({counted(files_of[kind], 'file')})",
            "rows": sorted(found.items()),
        }
        for kind, found in sorted(kinds.items())
    ]
    if replaced := sorted(report["text"]["counts"].items()):
        blocks.append({"title": "Words replaced", "rows": replaced})
    return blocks


def places(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was found in the pixels, and how many of it were covered, left, or put before a person."""
    found: Counter[tuple[str, str]] = Counter()
    for image in report["images"]:
        found.update((box["what"], box["done"]) for box in image.get("boxes", []))
        found["by hand", "filled"] += sum(one["covered"] for one in image.get("by_hand", {}).values())
    rows = []
    for what in (*FOUND, *sorted({what for what, _ in found} - FOUND.keys())):
        counts = [found[what, done] for done in DONE]
        if any(counts):
            name = "chosen by the authors" if what == "by hand" else FOUND.get(what, what)
            rows.append({"what": name, "counts": counts})
    return rows


def panels(report: dict[str, Any], figure: str) -> list[str]:
    """What was done to the pictures of one figure, one sentence for each source."""
    sources = [image for image in report["images"] if any(_of(name, figure) for name in image["panels"])]
    said = []
    for image in sources:
        letters = ", ".join(_letter(name) for name in image["panels"] if _of(name, figure))
        whose = f"Panel {letters}: " if len(sources) > 1 else ""
        said.append(whose + "; ".join(_done(image, figure)) + ".")
    return said


def _done(image: dict[str, Any], figure: str) -> list[str]:
    kind, count = KINDS.get(image["kind"], image["kind"].upper()), image["files"]
    source = f"series of {count} {kind} files" if count > 1 else f"{kind} file"
    gone = counted(sum(image["removed"].values()), "element")
    words = [f"from a {source}; {gone} beside the pixels taken out"]
    boxes = image.get("boxes", [])
    hand = {name: one for name, one in image.get("by_hand", {}).items() if _of(name, figure)}
    filled = Counter(box["what"] for box in boxes if box["done"] == "filled")
    if filled:
        listed = ", ".join(f"{count} with {FOUND.get(what, what)}" for what, count in sorted(filled.items()))
        words.append(f"places covered with solid colour: {listed}")
    if chosen := sum(one["covered"] for one in hand.values()):
        words.append(f"{counted(chosen, 'place')} that the authors chose covered with solid colour")
    if not filled and not chosen:
        words.append("nothing covered")
    cropped = [name for name, one in hand.items() if one["cropped"]]
    if not cropped:
        words.append("not cropped")
    elif len(cropped) == len(hand):
        words.append("cropped by the authors")
    else:
        words.append(f"panel {', '.join(map(_letter, cropped))} cropped by the authors")
    if kept := sum(box["done"] == "kept" for box in boxes):
        words.append(f"{counted(kept, 'mark')} such as a side or a scale left")
    for names, thing in (
        ({"face", "eyes"}, "like a face"),
        ({"text", "barcode", "region"}, "that may be writing"),
    ):
        if count := sum(box["what"] in names and box["done"] == "look" for box in boxes):
            words.append(f"{counted(count, 'place')} {thing} put before a person")
    return words


def _of(name: str, figure: str) -> bool:
    """Is "leg-a" a panel of the figure "leg"?"""
    return name.rpartition("-")[0] == figure


def _letter(name: str) -> str:
    """The panel of a name: A for "leg-a"."""
    return name.rpartition("-")[2].upper()
