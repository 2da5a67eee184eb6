"""Places where a cleaner that goes by names and VRs alone lets something through: a small file per trick."""

from __future__ import annotations

from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence

from tests.planted import containers, objects
from tests.planted.answers import Planted
from tests.planted.names import Mint, Person

Trick = Callable[[Dataset, Person, Planted, Mint], None]


def wrong_vr(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """Text in attributes that the file declares to be numbers or binary (explicit files do declare)."""
    for tag, vr in ((0x00081030, "US"), (0x00184000, "FD"), (0x00181020, "UL"), (0x00204000, "AT"),
                    (0x00081090, "SL"),
                    (0x00081010, "FL"), (0x00100020, "US"), (0x00281055, "SS")):  # fmt: skip
        text = f"{(token := mint.token())} {who.family}".ljust(40)
        ds.add_new(tag, "LO", text)
        planted.patches[tag] = vr
        planted.hide("wrong VR", token, (tag,))
        planted.hide("wrong VR", who.family, (tag,))
    planted.patient = ""  # whose file this is cannot be told, so its dates move by a number of their own
    planted.canaries = [c for c in planted.canaries if c.place != (0x00100020,) or c.group == "wrong VR"]


def dates_with_tails(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """A name, a phone or a second date behind a date (no conforming device writes it; hands do)."""
    days = mint.days()
    for tag, vr, tail in ((0x00080022, "DA", f" {who.family}"), (0x00080023, "DA", " " + mint.phone()[4:]),
                          (0x0008002A, "DT", f"101500 {who.family}"), (0x00181012, "DA",
                          f"-{days[9]}")):  # fmt: skip
        ds.add_new(tag, vr, days.pop() + tail)
        planted.hide("dates with tails", tail.strip(" -").removeprefix("101500 "), (tag,))


def times_and_ages(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """Text in attributes that are kept for what they usually hold."""
    for tag, vr in (
        (0x00100040, "CS"),
        (0x00102160, "SH"),
        (0x001021A0, "CS"),
        (0x00080060, "CS"),
        (0x00180015, "CS"),
    ):
        name = mint.family()[:16]
        ds.add_new(tag, vr, f"{who.family.upper()[:16]}" if tag == 0x00080060 else name.upper())
        planted.hide("kept attributes", who.family[:16] if tag == 0x00080060 else name, (tag,))
        planted.keeps = [k for k in planted.keeps if k.place != (tag,)]
    for tag, vr in ((0x00080030, "TM"), (0x00101030, "DS"), (0x00200013, "IS")):
        ds.add_new(tag, "SH", token := mint.token(8))
        planted.patches[tag] = vr
        planted.hide("kept attributes", token, (tag,))
        planted.keeps = [k for k in planted.keeps if k.place != (tag,)]


def joined(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """The patient's names and numbers glued to other words, reordered, or with marks between the digits."""
    digits = who.number[4:]
    values = {
        0x00180024: (f"t2_{who.family}"[:16], f"{who.family}"[:13]),
        0x00181020: (f"{who.given}{who.family}", who.family),
        0x00081090: (f"{who.family.upper()}2024", who.family),
        0x00281055: (f"file_{who.given}_{who.family}_01.dcm", who.given),
        0x00080070: (f"{digits[:4]}-{digits[4:]}", f"{digits[:4]}-{digits[4:]}"),
        0x00283003: (f"ID:{digits}", digits),
        0x00181030 + 0x10: (f"{who.family}, {who.given}", who.family),
        0x0040A160: (f"{who.given[0]}. {who.family}", who.family),
    }
    for tag, (text, needle) in values.items():
        ds.add_new(tag, "UT" if tag == 0x0040A160 else "SH" if tag == 0x00180024 else "LO", text)
        planted.hide("joined", needle, (tag,))


def others(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """Doctors, operators, hospitals and addresses of the header, again in attributes that are not listed."""
    doctor, operator, hospital = mint.family(), mint.family(), f"{mint.family()} Hospital"
    ds.ReferringPhysicianName, ds.OperatorsName, ds.InstitutionName = (
        f"{doctor}^{mint.given()}",
        operator,
        hospital,
    )
    ds.StationName = station = mint.token()
    for tag, text in ((0x00181020, doctor), (0x00081090, operator), (0x00281055, hospital), (0x00283003,
                      station),
                      (0x00201040, doctor.upper())):  # fmt: skip
        ds.add_new(tag, "LO", text)
        planted.hide("others of the header", text.split()[0], (tag,))


def binary(ds: Dataset, who: Person, planted: Planted, _: Mint) -> None:
    """Names in binary attributes that are not listed: an ICC profile has its text in UTF-16."""
    ds.add_new(0x00282000, "OB", b"\0\0\0\x80" + bytes(96) + f"{who.given} {who.family}".encode("utf-16-be"))
    ds.add_new(0x00281201, "OW", f"{who.family} {who.number}".encode().ljust(64))
    ds.add_new(0x00282002, "CS", "SRGB")
    for needle, tag in ((who.family, 0x00282000), (who.given, 0x00282000), (who.number, 0x00281201)):
        planted.hide("binary", needle, (tag,))


def other_alphabet(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """An item with a character set of its own, other than that of the file (PS3.5 7.5.3)."""
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 144"
    item.add_new(0x00080104, "LO", "Люксембургский Ярослав")
    item.add_new(0x00181020, "LO", token := f"Dr {mint.family()}")
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientComments = "पाठकवाडीकर"
    ds.add_new(0x00082218, "SQ", Sequence([item]))
    planted.hide("other alphabets", "Люксембургский", (0x00082218, 0, 0x00080104))
    planted.hide("other alphabets", token[3:], (0x00082218, 0, 0x00181020))
    planted.hide("other alphabets", "पाठकवाडीकर", (0x00104000,))
    planted.touched.add((0x00080005,))


def behind_pixels(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """Pixel Data that is longer than the picture."""
    ds.PixelData += f"{(token := mint.token())} {who.family} ".encode().ljust(64)
    planted.hide("stowaways in the pixels", token, (0x7FE00010,))
    planted.same_pixels = False


def _frames(ds: Dataset) -> list[bytes]:
    return list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))


def jpeg_comment(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """A comment and an application segment inside a JPEG frame (ISO 10918-1 B.2.4)."""
    frame = _frames(ds)[0]
    text, other = f"{(first := mint.token())} {who.family}".encode(), (second := mint.token()).encode()
    segments = (
        b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + b"\xff\xed" + (len(other) + 2).to_bytes(2) + other
    )
    ds.PixelData = encapsulate([frame[:2] + segments + frame[2:]])
    for needle in (first, second):
        planted.hide("stowaways in the pixels", needle, (0x7FE00010,), note="JPEG segment")


def jpeg_tail(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """Bytes behind the end of a JPEG frame, and a fragment behind the last frame."""
    ds.PixelData = encapsulate([_frames(ds)[0].rstrip(b"\0") + (first := mint.token()).encode()])
    planted.hide("stowaways in the pixels", first, (0x7FE00010,), note="behind the frame")


def j2k_comment(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """A comment segment in a JPEG 2000 codestream (ISO 15444-1 A.9.2)."""
    frame = _frames(ds)[0]
    at = frame.index(b"\xff\x52")  # COD
    text = (token := mint.token()).encode()
    ds.PixelData = encapsulate(
        [frame[:at] + b"\xff\x64" + (len(text) + 4).to_bytes(2) + b"\0\1" + text + frame[at:]]
    )
    planted.hide("stowaways in the pixels", token, (0x7FE00010,), note="JPEG 2000 comment")


def rle_header(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """Text in the unused places of an RLE header (PS3.5 G.5) and behind the last segment."""
    frame = _frames(ds)[0]
    first, second = mint.token(), mint.token()
    ds.PixelData = encapsulate(
        [frame[:40] + first.encode().ljust(24) + frame[64:] + second.encode().ljust(12)]
    )
    planted.hide("stowaways in the pixels", first, (0x7FE00010,), note="RLE header")
    planted.hide("stowaways in the pixels", second, (0x7FE00010,), note="behind RLE")


def offsets(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """Text in the extended offset table of encapsulated frames (PS3.3 C.7.6.3.1.8)."""
    ds.add_new(0x7FE00001, "OB", (token := mint.token(16)).encode())
    planted.patches[0x7FE00001] = "OV"
    planted.hide("stowaways in the pixels", token, (0x7FE00001,))


def stray_fragment(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """A fragment behind the last frame of an RLE image, which has one fragment per frame (PS3.5 A.4.2)."""
    frame = _frames(ds)[0]
    stray = (token := mint.token()).encode().ljust(64)
    item = b"\xfe\xff\x00\xe0"
    ds.PixelData = (
        item
        + bytes(4)
        + item
        + len(frame).to_bytes(4, "little")
        + frame
        + item
        + (64).to_bytes(4, "little")
        + stray
    )
    planted.may_hold = True
    planted.hide("stowaways in the pixels", token, (0x7FE00010,), note="stray fragment")


def offset_table(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """Text in place of the basic offset table (PS3.5 A.4)."""
    frame, item = _frames(ds)[0], b"\xfe\xff\x00\xe0"
    table = (token := mint.token(12)).encode()
    ds.PixelData = (
        item + len(table).to_bytes(4, "little") + table + item + len(frame).to_bytes(4, "little") + frame
    )
    planted.hide("stowaways in the pixels", token, (0x7FE00010,), note="offset table")


def jls_comment(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """A comment segment in a JPEG-LS frame (ISO 14495-1 C.1)."""
    frame, text = _frames(ds)[0], (token := mint.token(10)).encode()
    ds.PixelData = encapsulate([frame[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text + frame[2:]])
    planted.hide("stowaways in the pixels", token, (0x7FE00010,), note="JPEG-LS comment")


def odd_patients(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """Several numbers and names in one attribute, padded and in other letters, again in technical text."""
    other = mint.family()
    ds.PatientID = f"  {who.number.lower()} "
    planted.patient = ""
    ds.OtherPatientIDs = [token := mint.token(), who.number]
    ds.OtherPatientNames = [f"{other}^{who.given}", who.name]
    ds.add_new(0x00181020, "LO", [token, "VE11C"])
    ds.add_new(0x00081090, "LO", f"{other.lower()} scanner")
    ds.add_new(0x00283003, "LO", who.number.upper())
    for needle, tag in ((token, 0x00181020), (other, 0x00081090), (who.number, 0x00283003)):
        planted.hide("others of the header", needle, (tag,))


PLACES = [0x00181020, 0x00081090, 0x00283003, 0x00281055, 0x00201040, 0x00181040, 0x00181016, 0x00080070]


def disguised(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """The patient in unlisted text of a UTF-8 file, in letters that look alike or cannot be seen."""
    ds.SpecificCharacterSet = "ISO_IR 192"
    planted.touched.add((0x00080005,))
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in who.family)
    values = [
        who.family[:4] + "\u200b" + who.family[4:],
        who.family[:5] + "\u00ad" + who.family[5:],
        full_width,
        who.family.replace("a", "\u00e1"),
        who.family.replace("a", "\u0430"),
        "ph " + "".join(chr(0x966 + int(c)) if c.isdigit() else c for c in mint.phone()[4:]),
        who.number[:6] + "\u2011" + who.number[6:],
    ]
    for tag, text in zip(PLACES, values, strict=False):
        ds.add_new(tag, "LO", text)
        planted.hide("disguised", text.removeprefix("ph "), (tag,))


def date_styles(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """The study date and other days, as people and devices write them, in unlisted text."""
    day = str(ds.StudyDate)
    year, month, number = day[:4], int(day[4:6]), int(day[6:])
    name = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * month - 3 : 3 * month]
    values = [f"IM_{day}_101500", f"{year}-{month:02d}-{number:02d}T10:15", f"{number}{name.upper()}{year}",
              f"{number} {name} {year}", f"{name} {number}, {year}", f"{number:02d}.{month:02d}.{year}",
              f"{number}/{month}/{year[2:]}", f"{year}/{month:02d}/{number:02d}"]  # fmt: skip
    for tag, text in zip(PLACES, values, strict=True):
        ds.add_new(tag, "LO", text)
        planted.hide("date styles", text.removeprefix("IM_").removesuffix("_101500"), (tag,))


def numbers_of_people(ds: Dataset, _: Person, planted: Planted, mint: Mint) -> None:
    """Numbers and addresses that belong to people or places, in unlisted text."""
    phone, aadhaar = mint.phone()[4:].replace(" ", ""), mint.aadhaar().replace(" ", "")
    values = [f"0{phone[:4]}-{phone[4:]}", f"91{phone}", f"({phone[:5]}){phone[5:]}", f"UID {aadhaar}",
              f"00:1B:{mint.digits(2)}:3C:4D:{mint.digits(2)}", f"10.{mint.digits(2)}.7.{mint.digits(2)}",
              f"https://{mint.token().lower()}.example/x", f"ABCPK{mint.digits(4)}Q"]  # fmt: skip
    for tag, text in zip(PLACES, values, strict=True):
        ds.add_new(tag, "LO", text)
        planted.hide("numbers of people", text.removeprefix("UID "), (tag,))


def relatives(ds: Dataset, who: Person, planted: Planted, mint: Mint) -> None:
    """People who stand in no header: after a title, a relation or a label, in unlisted text."""
    forms = [
        "Mrs {g} {f}",
        "S/o {f}",
        "Pt: {f} {g}",
        "Name={f}",
        "Op. {f}",
        "c/o {g} {f}",
        "Shri {f} ji",
        "Ref by {f}",
    ]
    for tag, form in zip(PLACES, forms, strict=True):
        family, given = mint.family(), mint.given()
        ds.add_new(tag, "LO", form.format(f=family, g=given))
        planted.hide("people with a title", family, (tag,))


TRICKS: list[tuple[Trick, str]] = [
    (wrong_vr, "CT_small.dcm"), (dates_with_tails, "MR_small.dcm"), (dates_with_tails,
    "MR_small_implicit.dcm"),
    (times_and_ages, "CT_small.dcm"), (joined, "CT_small.dcm"), (joined, "MR_small_implicit.dcm"),
    (others, "MR_small.dcm"), (others, "CT_small.dcm"), (binary, "CT_small.dcm"), (other_alphabet,
    "MR_small.dcm"),
    (behind_pixels, "CT_small.dcm"), (jpeg_comment, "SC_rgb_jpeg_dcmtk.dcm"), (jpeg_tail,
    "SC_rgb_jpeg_dcmtk.dcm"),
    (j2k_comment, "MR_small_jp2klossless.dcm"), (rle_header, "MR_small_RLE.dcm"), (offsets,
    "MR_small_RLE.dcm"),
    (stray_fragment, "MR_small_RLE.dcm"), (offset_table, "MR_small_RLE.dcm"), (jls_comment,
    "MR_small_jpeg_ls_lossless.dcm"),
    (odd_patients, "CT_small.dcm"), (disguised, "CT_small.dcm"), (date_styles, "CT_small.dcm"),
    (numbers_of_people, "CT_small.dcm"), (relatives, "CT_small.dcm"), (date_styles, "MR_small_implicit.dcm"),
]  # fmt: skip


def bases(mint: Mint) -> list[tuple[Trick, Dataset]]:
    """Each trick with a fresh data set to play it on."""
    made = [(trick, containers.bundled(name)) for trick, name in TRICKS]
    return [*made, (joined, objects.plain("US", mint))]
