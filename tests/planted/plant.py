"""Canaries outside the table: identity, private attributes, unlisted text, ages, overlays, icons."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import yaml
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from tests.conftest import ROOT
from tests.planted.answers import Keep, Look, Place, Planted
from tests.planted.names import Mint, Person

# Attributes that Table E.1-1 does not list and people type into, with their VR.
UNLISTED = {
    0x00181020: "LO", 0x00081090: "LO", 0x00201040: "LO", 0x00281055: "LO", 0x00181160: "SH",
    0x00181210: "SH",
    0x00181250: "SH", 0x00180024: "SH", 0x00080070: "LO", 0x00283003: "LO", 0x00181040: "LO",
    0x00180022: "CS",
    0x00185101: "CS", 0x00180015: "CS", 0x00541100: "CS", 0x00181260: "SH", 0x00080104: "LO",
    0x00189004: "CS", 0x00620005: "LO", 0x00700080: "CS",
}  # fmt: skip


def identity(ds: Dataset, who: Person, planted: Planted, day: str) -> None:
    """The patient of the file, in the attributes that every file has."""
    planted.patient = who.number
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = f"{who.family}^{who.given}", who.number, who.born
    ds.AccessionNumber, ds.StudyDate = who.accession, day
    for part in (who.family, who.given):
        planted.hide("identity", part, (0x00100010,))
    planted.hide("identity", who.number, (0x00100020,))
    planted.hide("identity", who.born, (0x00100030,), Look.DATE)
    planted.hide("identity", who.accession, (0x00080050,))
    planted.hide("dates", day, (0x00080020,), Look.DATE)
    wanted = (("PatientSex", "F"), ("PatientSize", "1.64"), ("PatientWeight", "58.5"), ("PatientAge", "047Y"),
              ("EthnicGroup", "Asian"), ("PregnancyStatus", 1), ("SmokingStatus", "NO"))  # fmt: skip
    for name, value in wanted:
        setattr(ds, name, value)
        place = (int(ds[name].tag),)
        planted.keeps.append(Keep("patient characteristics", value, place))
        planted.touched.add(place)


def old(ds: Dataset, planted: Planted, age: str) -> None:
    """An age over 89 years (three digits of months or weeks are less; PS3.5 6.2)."""
    ds.PatientAge = age
    planted.keeps = [k for k in planted.keeps if k.place != (0x00101010,)]
    planted.hide("age over 89", age, (0x00101010,), Look.VALUE)


def unlisted(
    ds: Dataset, who: Person, planted: Planted, mint: Mint, day: str, n: int = 6, at: Place = ()
) -> None:
    """Identity typed into attributes that the table leaves alone."""

    def two() -> tuple[str, list[str]]:
        given, family = mint.given(), mint.family()
        return f"Dr {given} {family}", [given, family]

    makers = [
        lambda: (who.family, [who.family]),
        lambda: (f"{who.given} {who.family}", [who.given, who.family]),
        lambda: (who.number, [who.number]),
        lambda: (f"v2 {who.accession}", [who.accession]),
        lambda: ((p := mint.phone()), [p]),
        lambda: ((a := mint.aadhaar()), [a]),
        lambda: ((e := mint.email()), [e]),
        lambda: (f"{day[6:]}-{day[4:6]}-{day[:4]}", [f"{day[6:]}-{day[4:6]}-{day[:4]}"]),
        lambda: (who.family.upper(), [who.family]),
        two,
    ]
    for tag in mint.random.sample(sorted(UNLISTED), n):
        vr = UNLISTED[tag]
        text, needles = mint.random.choice(makers)()
        if vr in ("SH", "CS") and len(text) > 16:
            text, needles = who.family[:16], [who.family[:16]]
        ds.add_new(tag, vr, text.upper() if vr == "CS" else text)
        for needle in needles:
            planted.hide("unlisted text", needle, (*at, tag))


@cache
def safe_rows() -> list[tuple[str, int, int, str]]:
    """(creator, group, low byte, VR) of numbers and codes in PS3.15 Table E.3.10-1."""
    data = yaml.safe_load((ROOT / "templates/rules/dicom-private.yaml").read_text(encoding="utf-8"))["rows"]
    return [
        (r["creator"], int(r["tag"][:4], 16), int(r["tag"][6:], 16), r["vr"])
        for r in data
        if r["vr"] in ("FL", "FD", "DS", "IS", "US", "SS", "SL", "UL") and "differs" not in r
    ]


def private(ds: Dataset, planted: Planted, mint: Mint, *, safe: int = 6) -> None:
    """Private blocks: every VR, two creators in a group, sequences; safe ones and unknown neighbours."""
    creator = f"{mint.family()} RIS 1.0"
    block = ds.private_block(0x0009, creator, create=True)
    planted.hide("private", creator.split()[0], note="private creator")
    second = ds.private_block(0x0009, "ACME SECOND", create=True)
    values = {
        "LO": 1,
        "SH": 1,
        "PN": 1,
        "LT": 1,
        "UT": 1,
        "ST": 1,
        "CS": 1,
        "AE": 1,
        "UN": 2,
        "OB": 2,
        "UC": 1,
        "UR": 1,
    }
    for n, (vr, kind) in enumerate(values.items()):
        for where in (block, second):
            token = mint.token()
            where.add_new(n + 1, vr, token if kind == 1 else f"{token} ".encode())
            planted.hide("private", token, (where.get_tag(n + 1),))
    inside, deeper = Dataset(), Dataset()
    inside.PatientName, inside.StudyDescription = mint.family(), f"Brain {mint.family()}"
    deeper.AccessionNumber = mint.token()
    inner = inside.private_block(0x0011, "ACME SECOND", create=True)
    inner.add_new(1, "LO", mint.token())
    inside.add_new(0x00081115, "SQ", Sequence([deeper]))
    block.add_new(0x40, "SQ", Sequence([inside]))
    for needle in (str(inside.PatientName), inside.StudyDescription.split()[1], deeper.AccessionNumber):
        planted.hide("private", needle, (block.get_tag(0x40), 0))
    planted.hide("private", inner[1].value, (block.get_tag(0x40), 0))
    ds.add_new(0x00190001 + 0x0F00, "LO", token := mint.token())  # no creator reserves its block
    planted.hide("private", token, (0x00190F01,))
    chosen: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for name, group, low, vr in mint.random.sample(safe_rows(), safe):
        chosen.setdefault((name, group), []).append((low, vr))
    known = {(c, g, low) for c, g, low, _ in _all_safe()}
    for (name, group), members in chosen.items():
        place = ds.private_block(group, name, create=True)
        for low, vr in members:
            value = {"FL": 2.5, "FD": 0.125, "DS": "1000.5", "IS": "1000"}.get(vr, 7)
            place.add_new(low, vr, value)
            planted.keeps.append(Keep("safe private", value, (group, low), name))
        for low in (0xF7, 0x3B):
            if (name, group, low) not in known and low not in place:
                token = mint.token()
                place.add_new(low, "LO", token)
                planted.hide("private", token, (place.get_tag(low),), note="unknown neighbour")


@cache
def _all_safe() -> list[tuple[str, int, int, str]]:
    data = yaml.safe_load((ROOT / "templates/rules/dicom-private.yaml").read_text(encoding="utf-8"))["rows"]
    return [(r["creator"], int(r["tag"][:4], 16), int(r["tag"][6:], 16), r["vr"]) for r in data]


def implicit_items(items: list[Dataset]) -> bytes:
    """Items as they stand in a sequence of VR UN: implicit little endian (PS3.5 6.2.2)."""
    out = b""
    for item in items:
        buffer = DicomBytesIO()
        buffer.is_implicit_VR = buffer.is_little_endian = True
        write_dataset(buffer, item)
        out += b"\xfe\xff\x00\xe0" + len(buffer.getvalue()).to_bytes(4, "little") + buffer.getvalue()
    return out


def unknown(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """Known attributes under VR UN, plain and as sequences of both kinds of length (explicit files)."""
    old, config.replace_un_with_known_vr = config.replace_un_with_known_vr, False
    try:
        _unknown(ds, who, planted, mint)
    finally:
        config.replace_un_with_known_vr = old


def _unknown(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    for tag in (0x00081010, 0x00080080, 0x00204000, 0x00080090):
        ds[tag] = DataElement(tag, "UN", f"{(token := mint.token())} ".encode())
        planted.hide("UN", token, (tag,))
    for tag, undefined in ((0x00081250, False), (0x00082218, True)):
        item, deep = Dataset(), Dataset()
        item.add_new(0x00081010, "SH", first := mint.token())
        item.add_new(0x00080104, "LO", who.family)
        deep.add_new(0x00400007, "LO", second := mint.token())
        item.add_new(0x00081115, "SQ", Sequence([deep]))
        element = DataElement(tag, "UN", implicit_items([item]))
        element.is_undefined_length = undefined and ds.file_meta.TransferSyntaxUID.is_little_endian
        ds[tag] = element
        for needle in (first, second, who.family):
            planted.hide("UN", needle, (tag, 0))


def overlay(ds: Dataset, planted: Planted, mint: Mint) -> None:
    """An overlay and a curve with labels (PS3.3 C.9.2; curves are retired)."""
    rows, columns = 32, 32
    bits = bytes(mint.random.randrange(256) for _ in range(rows * columns // 8))
    for tag, vr, value in ((0x60000010, "US", rows), (0x60000011, "US", columns), (0x60000040, "CS", "G"),
                           (0x60000050, "SS", [1, 1]), (0x60000100, "US", 1), (0x60000102, "US",
                           0)):  # fmt: skip
        ds.add_new(tag, vr, value)
    ds.add_new(0x60003000, "OW", bits)
    planted.hide("overlays and curves", bits, (0x60003000,), Look.BYTES)
    for tag, vr in (
        (0x60000022, "LO"),
        (0x60001500, "LO"),
        (0x60020022, "LO"),
        (0x50000022, "LO"),
        (0x50002500, "LO"),
    ):
        ds.add_new(tag, vr, token := mint.token())
        planted.hide("overlays and curves", token, (tag,))
    trace = bytes(mint.random.randrange(256) for _ in range(64))
    ds.add_new(0x50003000, "OW", trace)
    planted.hide("overlays and curves", trace, (0x50003000,), Look.BYTES)


def high_bits(ds: Dataset, planted: Planted) -> None:
    """An overlay in the bits above the stored ones (PS3.3 C.9.2, retired): letters drawn in bit 14."""
    array = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).copy() & 0x0FFF
    array[10:20, 10:60:3] |= 1 << 14
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation, ds.BitsAllocated = 12, 11, 0, 16
    ds.PixelData = array.tobytes()
    for tag, vr, value in ((0x60020010, "US", int(ds.Rows)), (0x60020011, "US", int(ds.Columns)),
                           (0x60020040, "CS", "G"),
                           (0x60020050, "SS", [1, 1]), (0x60020100, "US", 16), (0x60020102, "US",
                           14)):  # fmt: skip
        ds.add_new(tag, vr, value)
    planted.hide("overlays and curves", 0xF000, (0x7FE00010,), Look.HIGH)
    planted.same_pixels = False


def icon(ds: Dataset, planted: Planted, mint: Mint) -> None:
    """A thumbnail: a second, small picture (PS3.3 C.7.6.1.1.6)."""
    small = Dataset()
    small.Rows = small.Columns = 32
    small.SamplesPerPixel, small.PhotometricInterpretation = 1, "MONOCHROME2"
    small.BitsAllocated = small.BitsStored = 8
    small.HighBit, small.PixelRepresentation = 7, 0
    pixels = bytes(mint.random.randrange(256) for _ in range(32 * 32))
    small.add_new(0x7FE00010, "OB", pixels)
    ds.add_new(0x00880200, "SQ", Sequence([small]))
    planted.hide("icon", pixels[200:264], (0x00880200, 0, 0x7FE00010), Look.BYTES)


def sequence_of(text: str) -> list[str]:
    """Words of a sentence, lower case, for comparing."""
    return re.findall(r"[a-z0-9]+", text.lower())
