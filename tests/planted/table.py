"""PS3.15 Table E.1-1 turned into canaries: every row, at the top of a data set or inside sequences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.conftest import ROOT
from tests.planted.answers import Keep, Look, Place, Planted
from tests.planted.names import Mint

ON = ("descriptors", "structured", "graphics", "patient", "modified_dates")  # the options of publication
# Sequences that Table E.1-1 does not list: what stands in them must be cleaned, they themselves stay.
WAYS = (0x00081115, 0x00081250, 0x00409096, 0x00540016, 0x00082218, 0x52009229, 0x300A00B0, 0x30060020,
        0x00620002,
        0x0040A375, 0x00081199, 0x00400260, 0x00189346, 0x00400220)  # fmt: skip
LONGEST = {"SH": 16, "LO": 64, "CS": 16, "AE": 16}


@dataclass(frozen=True)
class Row:
    """One attribute of the table and what becomes of it: gone, words, date, time, uid or stay."""

    tag: int
    vr: str
    fate: str


@cache
def rows() -> dict[int, Row]:
    """Every row by tag number."""
    found = {}
    table = yaml.safe_load((ROOT / "templates/rules/dicom-basic.yaml").read_text(encoding="utf-8"))["rows"]
    for spelled, row in table.items():
        tag, vr = int(spelled, 16), row.get("vr", "LO")
        does = {row[column] for column in ON if column in row}
        if vr == "UI":
            fate = "uid"
        elif "U*" in row["basic"] or "K" in does:
            fate = "stay"
        elif "C" in does:
            fate = {"DA": "date", "DT": "date", "TM": "time", "OB": "gone", "UN": "gone"}.get(vr, "words")
        else:
            fate = "gone"
        found[tag] = Row(tag, vr, fate)
    return found


def listed(tag: int) -> bool:
    """Does the table say anything about this attribute? Curves and overlays are ranges in it."""
    return tag in rows() or tag >> 24 in (0x50, 0x60)


def plantable() -> list[Row]:
    """Rows that a data set can hold, beside the places that every file has and other planters use."""
    busy = {0x00080018, 0x0020000D, 0x0020000E, 0x00100010, 0x00100020, 0x00100030, 0x00420011, 0x00880200,
            0x0040A730,
            0x00700001, 0x00400555, 0x00080020, 0x00080050, 0xFFFCFFFC, 0x00200052}  # fmt: skip
    return [r for r in rows().values() if r.tag not in busy and r.tag >> 16 not in (0, 2)]


def plant(ds: Dataset, row: Row, at: Place, planted: Planted, mint: Mint, day: str) -> None:
    """Put one canary for `row` into `ds`, which stands at `at` in its file."""
    place = (*at, row.tag)
    group = "E.1-1 nested" if at else "E.1-1 top"
    if row.fate == "stay":
        if row.vr == "SQ" and row.tag not in ds:
            item = Dataset()
            uid = mint.uid()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
            ds[row.tag] = DataElement(row.tag, "SQ", Sequence([item]))
            planted.hide("UIDs", uid, (*place, 0, 0x00081155), Look.UID)
        return
    if row.vr == "SQ":
        _sequence(ds, row, place, planted, mint, day, group)
        return
    if row.fate == "time":
        ds.add_new(row.tag, "TM", "101530")
        planted.touched.add(place)
        return
    if row.fate == "uid":
        uid = mint.uid()
        ds.add_new(row.tag, "UI", uid)
        planted.hide("UIDs", uid, place, Look.UID)
        return
    if row.fate == "words":
        text, needles, words = mint.sentence(day, LONGEST.get(row.vr, 10**6))
        ds.add_new(row.tag, row.vr, text.upper() if row.vr == "CS" else text)
        for needle in needles:
            planted.hide("descriptors", needle, place)
        if words:
            planted.keeps.append(Keep("descriptor words", text, place, words=words))
        return
    value, needle, look = _value(row.vr, mint, day)
    ds.add_new(row.tag, row.vr, value)
    for one in needle if isinstance(needle, tuple) else (needle,):
        planted.hide(group, one, place, look)


def _value(vr: str, mint: Mint, day: str) -> tuple[Any, Any, Look]:
    token = mint.token()
    if vr == "PN":
        parts = mint.family(), mint.given(), mint.token(), mint.token()
        return f"{parts[0]}^{parts[1]}={parts[2]}={parts[3]}", parts, Look.TEXT
    if vr in ("DA", "DT"):
        return day if vr == "DA" else f"{day}113344.5", day, Look.DATE
    if vr in ("OB", "UN"):
        return f"\1\2{token}\0\3".encode().ljust(14, b"\0"), token, Look.TEXT
    if vr in ("DS", "IS"):
        number = mint.digits(9)
        return number, number, Look.TEXT
    if vr == "US":
        small = mint.random.randrange(1000, 60000)
        return small, small, Look.VALUE
    if vr == "TM":
        return "010203.040506", "010203.040506", Look.VALUE
    if vr == "AS":
        return "093Y", "093Y", Look.VALUE
    if vr == "UR":
        return f"https://{token.lower()}.example/", token, Look.TEXT
    return (token if LONGEST.get(vr, 99) < 20 else f"{token} of {mint.token()}"), token, Look.TEXT


def _sequence(
    ds: Dataset, row: Row, place: Place, planted: Planted, mint: Mint, day: str, group: str
) -> None:
    """A listed sequence, with text in listed and in unlisted attributes of its item."""
    item = Dataset()
    if row.fate == "words":
        text, needles, words = mint.sentence(day, 64)
        item.add_new(0x00080104, "LO", text)
        for needle in needles:
            planted.hide("descriptors", needle, (*place, 0, 0x00080104))
        if words:
            planted.touched.add((*place, 0, 0x00080104))
    else:
        for tag, vr in ((0x00080100, "SH"), (0x00080104, "LO"), (0x0040A160, "UT"), (0x00400244, "DA")):
            value, needle, look = _value(vr, mint, day)
            item.add_new(tag, vr, value)
            if look is Look.TEXT:
                planted.hide(group, needle, (*place, 0, tag), look)
    deeper = Dataset()
    deeper.add_new(0x00104000, "LT", token := mint.token())
    item.add_new(0x00081250, "SQ", Sequence([deeper]))
    if row.fate != "words":
        planted.hide(group, token, (*place, 0, 0x00081250, 0, 0x00104000))
    else:
        planted.hide("descriptors", token, (*place, 0, 0x00081250, 0, 0x00104000))
    ds[row.tag] = DataElement(row.tag, "SQ", Sequence([item]))


def nest(ds: Dataset, mint: Mint, depth: int) -> tuple[Dataset, Place]:
    """A data set `depth` sequences down in `ds`, in sequences that the table does not list."""
    at: Place = ()
    for tag in mint.random.sample(WAYS, depth):
        if tag not in ds or ds[tag].VR != "SQ" or not len(ds[tag].value):
            ds[tag] = DataElement(tag, "SQ", Sequence([Dataset()]))
        number = len(ds[tag].value) - 1
        at = (*at, tag, number)
        ds = ds[tag].value[number]
    return ds, at


def known_vr(tag: int) -> str:
    """The VR of the dictionary, "" where it has none."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""
