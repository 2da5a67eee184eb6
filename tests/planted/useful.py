"""What a reader of the case needs, counted: elements, words, findings, pixels, links and intervals."""

from __future__ import annotations

import warnings
from collections import defaultdict
from datetime import date
from typing import Any

from pydicom.dataset import Dataset

from tests.planted.answers import Keep, Look, Place, Planted, spell
from tests.planted.plant import sequence_of
from tests.planted.read import Seen, value_at, walk
from tests.planted.table import listed, rows

CORE = frozenset(
    """Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation SamplesPerPixel
    PhotometricInterpretation PlanarConfiguration PixelSpacing ImagerPixelSpacing SliceThickness
    SpacingBetweenSlices ImagePositionPatient ImageOrientationPatient RescaleSlope RescaleIntercept
    RescaleType WindowCenter WindowWidth KVP XRayTubeCurrent Exposure ExposureTime RepetitionTime EchoTime
    FlipAngle MagneticFieldStrength Modality BodyPartExamined ViewPosition ImageLaterality Laterality
    NumberOfFrames SliceLocation InstanceNumber SeriesNumber PatientPosition SOPClassUID
    LossyImageCompression ScanningSequence SequenceVariant Units DecayCorrection SegmentationType
    DoseGridScaling DoseUnits PixelAspectRatio FrameTime SmallestImagePixelValue LargestImagePixelValue
    PresentationIntentType""".split()  # noqa: SIM905
)
ANEW = {
    "PhotometricInterpretation",
    "PlanarConfiguration",
}  # follow the encoding where pixels were stored anew
# Said by the cleaner itself, or a matter of how the file is written.
OURS = {
    0x00080005,
    0x00080201,
    0x00120062,
    0x00120063,
    0x00120064,
    0x00280301,
    0x00280303,
    0x7FE00010,
    0x00420015,
}
STANDARD = "1.2.840.10008."


class Useful:
    """Counts into a Score, file by file; `links` at the end."""

    def __init__(self, score: Any) -> None:
        self.score = score
        self._uids: dict[str, set[str]] = defaultdict(set)
        self._times: dict[str, int] = defaultdict(int)
        self._where: dict[str, str] = {}
        self._shifts: dict[str, set[int]] = defaultdict(set)
        self._ids: dict[str, set[str]] = defaultdict(set)

    def file(self, planted: Planted, seen: Seen, name: str) -> None:
        """Everything that one file must keep."""
        for keep in planted.keeps:
            self._keep(keep, seen, name)
        anew = seen.ds.file_meta.get("TransferSyntaxUID") != planted.source.file_meta.TransferSyntaxUID
        planted_at = {place[: n + 1] for place in planted.touched for n in range(len(place))}
        for place, element in walk(planted.source):
            if len(place) == 1 and element.keyword in CORE and place not in planted.touched and element.value:
                same = _same(seen.at(place), element.value)
                if not anew or element.keyword not in ANEW:
                    self.score.keep("core imaging attributes", same, f"{spell(place)} in {name}")
            if (
                _unlisted(place)
                and place not in planted_at
                and element.tag not in OURS
                and element.VR != "SQ"
            ):
                self._unlisted(place, element, seen, name)
            if element.VR == "UI" and _counts(place) and not place[-1] >> 16 & 1:
                self._uid(element.value, seen.at(place), f"{spell(place)} in {name}")
        if planted.same_pixels and "PixelData" in planted.source:
            self.score.keep("pixels identical", _pixels(planted, seen), name)
        self._dates(planted, seen, name)
        if planted.patient and "PatientID" in planted.source and planted.source.PatientID == planted.patient:
            self._ids[planted.patient].add(str(seen.ds.get("PatientID", "")))

    def _keep(self, keep: Keep, seen: Seen, name: str) -> None:
        where = f"{spell(keep.place) or keep.creator} in {name}"
        if keep.creator:
            self.score.keep(
                keep.group,
                _private(seen, keep),
                f"{keep.creator} {keep.place[0]:04X},xx{keep.place[1]:02X} in {name}",
            )
        elif keep.words:
            there = sequence_of(str(seen.at(keep.place) or ""))
            for word in keep.words:
                self.score.keep(keep.group, word in there, f"{word!r} of {where}")
        else:
            self.score.keep(keep.group, _same(seen.at(keep.place), keep.value), where)

    def _unlisted(self, place: Place, element: Any, seen: Seen, name: str) -> None:
        value = seen.at(place)
        empty = element.value is None or not str(element.value)
        good = seen.has(place) if empty else value is not None and bool(str(value))
        self.score.keep("unlisted elements", good, f"{spell(place)} {element.VR} in {name}")
        if not empty and element.VR != "UI":
            self.score.keep(
                "unlisted values", _same(value, element.value), f"{spell(place)} {element.VR} in {name}"
            )

    def _uid(self, before: Any, after: Any, where: str) -> None:
        for old, new in zip(_many(before), _many(after), strict=False):
            if old and not str(old).startswith(STANDARD):
                self._times[str(old)] += 1
                self._uids[str(old)].add(str(new))
                self._where[str(old)] = where

    def _dates(self, planted: Planted, seen: Seen, name: str) -> None:
        for canary in planted.canaries:
            if (
                not planted.patient
                or canary.look is not Look.DATE
                or canary.place == (0x00100030,)
                or not canary.place
            ):
                continue
            row = rows().get(canary.place[-1])
            if not _counts(canary.place) or (row is not None and row.fate != "date"):
                continue
            day = str(seen.at(canary.place) or "")[:8]
            try:
                moved = date.fromisoformat(day).toordinal() - date.fromisoformat(canary.needle).toordinal()
            except ValueError:
                self.score.keep("intervals", False, f"{spell(canary.place)} in {name}")
                continue
            self._shifts[planted.patient].add(moved)
            same = len(self._shifts[planted.patient]) == 1 and moved != 0
            self.score.keep("intervals", same, f"{spell(canary.place)} in {name}")

    def links(self) -> None:
        """Across all files: each UID became one other UID, each patient one other number."""
        taken: dict[str, str] = {}
        for old, new in self._uids.items():
            if self._times[old] < 2:
                continue
            one = next(iter(new))
            good = (
                len(new) == 1 and one != old and one not in ("None", "") and taken.setdefault(one, old) == old
            )
            self.score.keep(
                "UID links", good, f"{self._where[old]} and {self._times[old] - 1} more: {sorted(new)}"
            )
        ids: dict[str, str] = {}
        for number, new in self._ids.items():
            one = next(iter(new))
            good = len(new) == 1 and one not in ("", number) and ids.setdefault(one, number) == number
            self.score.keep("one number per patient", good, f"a patient has {len(new)} numbers")


def _gone(tag: int) -> bool:
    row = rows().get(tag)
    return (
        tag >> 16 & 1 == 1
        or (row is not None and row.fate in ("gone", "words"))
        or (row is None and listed(tag))
    )


def _counts(place: Place) -> bool:
    """Does no sequence around this place go as a whole?"""
    return not any(_gone(tag) for tag in place[:-1:2])


def _unlisted(place: Place) -> bool:
    tag = place[-1]
    return not listed(tag) and tag >> 16 & 1 == 0 and tag & 0xFFFF != 0 and _counts(place)


def _many(value: Any) -> list[Any]:
    if value is None:
        return [None]
    return (
        list(value) if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    )


def _same(after: Any, before: Any) -> bool:
    if before is None or before == "" or before == []:
        return not after
    if after is None:
        return False
    if isinstance(before, bytes) and isinstance(after, bytes):
        return after.rstrip(b"\0 ") == before.rstrip(b"\0 ")
    old, new = [str(v).strip() for v in _many(before)], [str(v).strip() for v in _many(after)]
    return old == new or _numbers(old) == _numbers(new) != []


def _numbers(values: list[str]) -> list[float]:
    try:
        return [float(v) for v in values]
    except ValueError:
        return []


def _private(seen: Seen, keep: Keep) -> bool:
    group, low = keep.place
    for place, element in walk(seen.ds):
        reserves = len(place) == 1 and place[0] >> 16 == group and 0x10 <= place[0] & 0xFFFF < 0x100
        if reserves and str(element.value).strip() == keep.creator:
            value = value_at(seen.ds, (group << 16 | (place[0] & 0xFF) << 8 | low,))
            return bool(value.strip(b"\0 ")) if isinstance(value, bytes) else _same(value, keep.value)
    return False


def _padded(ds: Dataset) -> bool:
    frames = int(ds.get("NumberOfFrames", 1) or 1)
    return bool(ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8 * frames % 2)


def _pixels(planted: Planted, seen: Seen) -> bool:
    if "PixelData" not in seen.ds:
        return False
    before, after = planted.source.PixelData, seen.ds.PixelData
    if before == after or (
        len(before) == len(after) and before[:-1] == after[:-1] and _padded(planted.source)
    ):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool((seen.ds.pixel_array == planted.source.pixel_array).all())
        except Exception:
            return False
