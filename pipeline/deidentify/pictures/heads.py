"""Head CT and MR: stacks from which a face can be rebuilt, and single pictures that show one.

People were matched to photographs by faces rendered from their scans. A single axial slice shows no face; a
stack of thin slices through it does, and so do rendered volumes, lateral scouts and cuts through the middle.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.deidentify.pictures.picturekind import rules, words
from pipeline.deidentify.pictures.pixels import Stored

HELD = "IMG064"
GLUED = 5  # letters from which a word is also found inside longer ones: "ctbrain"
ASCII = 0x250  # scripts beyond Latin are searched without word ends: not all of them write spaces


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one file means for the patient's face: a finding code or "", and what a person must look at."""

    held: str = ""
    look: tuple[str, ...] = ()


def judge(slices: Sequence[Stored], *, faces_agreed: bool = False) -> dict[Path, Verdict]:
    """A verdict for every file there is something to say about; `slices` are all files of a folder.

    Files of one series count together, whatever their names; frames of a multi-frame file count as slices.
    With `faces_agreed` (consent covers recognisable pictures) stacks are not held back, only pointed out.
    """
    verdicts: dict[Path, Verdict] = {}
    stacks: defaultdict[tuple[Any, ...], list[Stored]] = defaultdict(list)
    for one in slices:
        if _fits(one, rules()["heads"]["volume"]) and not _scout(one):
            normal = _normal(one.orientation)
            stacks[one.series, tuple(round(n, 1) for n in normal), one.rows, one.columns].append(one)
    for stack in stacks.values():
        verdict = _of_stack(stack, faces_agreed=faces_agreed)
        if verdict:
            verdicts.update(dict.fromkeys((one.path for one in stack), verdict))
        else:
            verdicts.update(_middle(stack))
    for one in slices:
        found = _alone(one)
        if found:
            before = verdicts.get(one.path, Verdict())
            verdicts[one.path] = Verdict(before.held, tuple(sorted({*before.look, words(found)})))
    return verdicts


def _fits(one: Stored, row: dict[str, Any]) -> bool:
    sop = one.sop_class
    named = any(sop == uid or (uid[-1] == "." and sop.startswith(uid)) for uid in row["sop"])
    return named or one.modality.strip().upper() in row["modality"]


# --- stacks -------------------------------------------------------------------------------------------


def _of_stack(stack: list[Stored], *, faces_agreed: bool) -> Verdict | None:
    """Whether a face can be rebuilt from these slices; None where not."""
    limits = rules()["heads"]["volume"]
    count, between, cover = _extent(stack)
    fine = min(max(one.spacing[:2], default=0.0) for one in stack)  # unknown counts as fine
    if count < limits["slices"] or between > limits["between_mm"] or fine > limits["in_plane_mm"]:
        return None
    if cover and cover < limits["cover_mm"]:
        return None
    if any(_head(one) for one in stack):
        return Verdict(look=(words("head_agreed"),)) if faces_agreed else Verdict(held=HELD)
    if any(_parts(one.body)[1] for one in stack):
        return None
    least, most = limits["field_mm"]
    field = max((one.rows * one.spacing[0] for one in stack if one.spacing), default=0.0)
    if field and not least <= field <= most:
        return None
    return Verdict(look=(words("head_unknown"),))


def _extent(stack: list[Stored]) -> tuple[int, float, float]:
    """Slices, mm from one to the next, and mm they cover together; 0 where the headers do not say."""
    thick = median(one.thickness for one in stack)
    found = [round(place, 2) for one in stack if one.frames <= 1 and (place := _along(one)) is not None]
    places = sorted(set(found))
    unplaced = sum(max(one.frames, 1) for one in stack) - len(found)
    if len(found) <= unplaced:
        return unplaced + len(places), thick, (unplaced + len(places)) * thick
    if len(places) == 1:
        return 1 + unplaced, thick, thick
    between = median(b - a for a, b in pairwise(places))
    return len(places) + unplaced, between, places[-1] - places[0] + between


def _along(one: Stored) -> float | None:
    """Place in mm along the normal of the slice (PS3.3 C.7.6.2.1.1)."""
    if len(one.position) != 3 or len(one.orientation) != 6:
        return None
    return sum(n * p for n, p in zip(_normal(one.orientation), one.position, strict=True))


def _normal(axes: tuple[float, ...]) -> tuple[float, ...]:
    if len(axes) != 6:
        return ()
    (a, b, c), (d, e, f) = axes[:3], axes[3:]
    return b * f - c * e, c * d - a * f, a * e - b * d


def _middle(stack: list[Stored]) -> dict[Path, Verdict]:
    """Sagittal slices of a head near the middle of their series."""
    shown = [one for one in stack if _head(one) and _sagittal(one)]
    places = {one.path: _along(one) or 0.0 for one in shown}
    if not places:
        return {}
    centre = (min(places.values()) + max(places.values())) / 2
    near = rules()["heads"]["middle_mm"]
    look = Verdict(look=(words("head_middle"),))
    return {path: look for path, place in places.items() if abs(place - centre) <= near}


def _sagittal(one: Stored) -> bool:
    normal = _normal(one.orientation)
    return bool(normal) and abs(normal[0]) >= rules()["heads"]["sagittal"]


# --- single pictures ----------------------------------------------------------------------------------


def _alone(one: Stored) -> str:
    """Which words apply to one picture by itself, if any."""
    heads = rules()["heads"]
    head, elsewhere = _parts(one.body)
    if _scout(one):
        aside = not one.orientation or _sagittal(one)
        return "head_scout" if aside and _head(one) else ""
    typed = _typed(one, heads["rendered_type"])
    said = _has(_folded(one.body), tuple(heads["rendered_words"]))
    if (typed or said) and (head or not elsewhere):
        return "head_rendering"
    return "head_rendering" if one.sop_class in heads["craniofacial"] else ""


def _scout(one: Stored) -> bool:
    heads = rules()["heads"]
    return _typed(one, heads["scout_type"]) or _has(_folded(one.body), tuple(heads["scout_words"]))


def _typed(one: Stored, known: list[str]) -> bool:
    return any(word.strip().upper() in known for word in one.image_type)


def _head(one: Stored) -> bool:
    return _parts(one.body)[0] or one.sop_class in rules()["heads"]["craniofacial"]


# --- words --------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1024)
def _parts(body: str) -> tuple[bool, bool]:
    """Whether words of a header name a part with the face in it, and whether they name another part."""
    heads = rules()["heads"]
    text = _folded(body)
    elsewhere = _has(text, tuple(heads["elsewhere"]) + tuple(heads["other"]))
    for phrase in (*heads["other"], *heads["posture"]):
        text = text.replace(f" {_plain(phrase)} ", " ")
    return _has(text, tuple(heads["words"]), tuple(heads["glued"])), elsewhere


def _has(text: str, known: tuple[str, ...], glued: tuple[str, ...] = ()) -> bool:
    """Whether folded text holds one of the words: alone, or glued to others where it is long enough."""
    found = _pattern(known, glued).search(text)
    return found is not None


@functools.lru_cache(maxsize=16)
def _pattern(known: tuple[str, ...], glued: tuple[str, ...]) -> re.Pattern[str]:
    whole: list[str] = []
    inside = list(glued)
    for word in sorted({_plain(word) for word in known}):
        long = bool(glued) and len(word) >= GLUED and " " not in word
        foreign = ord(word[0]) >= ASCII
        (inside if long or foreign else whole).append(word)
    choices = [rf"(?<= )(?:{'|'.join(map(re.escape, whole))})(?= )"] if whole else []
    return re.compile("|".join(choices + [re.escape(word) for word in inside]))


@functools.lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """Words of a header to look in: as they are, and once more with digits taken out: "HEAD0.75"."""
    plain = _plain(text)
    return f" {plain}  {re.sub(r'[0-9 ]+', ' ', plain)} "


def _plain(text: str) -> str:
    """Lower case, without accents and signs, words apart."""
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if unicodedata.category(c)[0] != "M"
    )
    return re.sub(r"[\W_]+", " ", bare).strip()
