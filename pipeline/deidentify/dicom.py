"""De-identified copies of DICOM files: PS3.15 Annex E by the table, at every depth; pixel bytes not decoded.

Every element is decided: by the table where it has a row, else private and unknown elements go, dates shift,
UIDs are replaced, and text stays only when it holds no known identifier. Preamble and file meta are new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from pipeline.core import stored
from pipeline.core.match import Matcher
from pipeline.core.picture import NoPictureError
from pipeline.deidentify.pseudonym import Pseudonyms
from pipeline.deidentify.rules import Action, Rules, rules

IMPLEMENTATION = UID("2.25.302114109179930622245367147692873000389")  # ours; a random UUID (PS3.5 B.2)
DICOM_ROOT = "1.2.840.10008."  # UIDs of the standard itself say nothing about a patient
PIXELS = 0x7FE0
FRAMES = (0x7FE00008, 0x7FE00009, 0x7FE00010)
OFFSETS = (0x7FE00001, 0x7FE00002, 0x7FE00003)  # of encapsulated frames
PATIENT_ID = 0x00100020
OLDEST = "090Y"  # HIPAA Safe Harbor: ages over 89 become one group
SMALL_BINARY = 1 << 20  # bytes; larger binary values are tables of numbers


@dataclass(frozen=True, slots=True)
class Job:
    """One copy to make."""

    source: Path
    target: Path


def cleaner(pseudonyms: Pseudonyms, known: Matcher) -> Callable[[Job], Counter[str]]:
    """A function that writes one clean copy and counts what it removed, by class. Run it in the worker."""

    def clean(job: Job) -> Counter[str]:
        config.settings.reading_validation_mode = config.IGNORE
        config.settings.writing_validation_mode = config.IGNORE
        ds = pydicom.dcmread(job.source, force=True)
        if "PixelData" not in ds and "FloatPixelData" not in ds and "DoubleFloatPixelData" not in ds:
            raise NoPictureError("IMG021" if "Rows" in ds else "IMG028")
        _identified(ds)
        _exact(ds)
        counts: Counter[str] = Counter()
        syntax = stored.transfer_syntax(ds)
        if stored.clear_overlay_bits(ds):
            counts["overlays and curves"] += 1
        patient = pseudonyms.patient(str(ds.get("PatientID") or ds.get("PatientName") or ""))
        _Visit(rules(), pseudonyms, patient, known, counts).dataset(ds)
        _declare(ds)
        ds.preamble = b"\0" * 128
        ds.file_meta = _file_meta(ds, syntax)
        job.target.parent.mkdir(parents=True, exist_ok=True)
        ds.save_as(job.target, enforce_file_format=True)
        return counts

    return clean


@dataclass(frozen=True, slots=True)
class _Visit:
    """One walk through a data set and the sequences in it."""

    table: Rules
    pseudonyms: Pseudonyms
    patient: str  # the pseudonym of the patient of this file, number and name
    known: Matcher
    counts: Counter[str]

    def dataset(self, ds: Dataset, depth: int = 0) -> None:
        """Decide every element of `ds`; `depth` counts the sequences around it."""
        for tag in list(ds.keys()):
            if tag.group == PIXELS:
                self._pixels(ds, tag, depth)
            elif tag.is_private:
                self._remove(ds, tag, "private")
            elif tag.group >> 8 in self.table.removed_groups:
                self._remove(ds, tag, "overlays and curves")
            elif tag.element == 0 or tag.group < 8:
                self._remove(ds, tag, "group lengths")
            elif int(tag) in self.table.actions:
                self._listed(ds, tag, self.table.actions[int(tag)], depth)
            else:
                self._unlisted(ds, tag, depth)

    def _pixels(self, ds: Dataset, tag: BaseTag, depth: int) -> None:
        """The pixels of the file itself and the offsets into them stay, nothing else beside them."""
        known = tag in FRAMES or (tag in OFFSETS and stored.compressed(ds))
        if depth or not known or not _vr(ds, tag).startswith(("O", "UV")):
            self._remove(ds, tag, "beside the pixels")
        elif tag in OFFSETS:
            self._binary(ds, tag)

    def _listed(self, ds: Dataset, tag: BaseTag, action: Action, depth: int) -> None:
        if action is Action.KEEP:
            self._unlisted(ds, tag, depth)
            return
        vr = _vr(ds, tag)
        if action is Action.REMOVE or vr in ("", "UN"):
            self._remove(ds, tag, "identity")
        elif action is Action.EMPTY or (action is Action.DUMMY and vr not in self.table.dummies):
            ds[tag] = DataElement(tag, vr, Sequence() if vr == "SQ" else None)
            self.counts["identity"] += 1
        elif action is Action.DUMMY:
            ds[tag] = DataElement(tag, vr, self.table.dummies[vr])
            self.counts["identity"] += 1
        elif action is Action.PSEUDONYM:
            other = str(ds[tag].value or "") if depth and tag == PATIENT_ID else ""
            ds[tag] = DataElement(tag, vr, self.pseudonyms.patient(other) if other else self.patient)
            self.counts["identity"] += 1
        elif action is Action.UID:
            self._replace(ds, tag, "UIDs", self._uid)
        else:
            self._replace(ds, tag, "dates", self.pseudonyms.date)

    def _unlisted(self, ds: Dataset, tag: BaseTag, depth: int) -> None:
        vr = _vr(ds, tag)
        if not dictionary_has_tag(tag) and int(tag) not in self.table.actions:
            self._remove(ds, tag, "unknown")
        elif vr == "SQ":
            for item in ds[tag].value:
                self.dataset(item, depth + 1)
        elif vr in ("DA", "DT"):
            self._replace(ds, tag, "dates", self.pseudonyms.date)
        elif vr == "UI":
            self._replace(ds, tag, "UIDs", self._uid)
        elif vr in self.table.characters:
            self._conforming(ds, tag, vr)
        elif vr in self.table.text:
            self._text(ds, tag, vr)
        elif vr in ("", "UN"):
            self._remove(ds, tag, "unknown")
        elif vr.startswith("O"):
            self._binary(ds, tag)

    def _conforming(self, ds: Dataset, tag: BaseTag, vr: str) -> None:
        """Numbers, times and ages: kept when they are what they say."""
        raw: Any = ds.get_item(tag)
        written = raw.value if isinstance(raw, RawDataElement) else None
        text = written.decode("latin-1") if written is not None else "\\".join(_values(ds[tag].value))
        text = text.strip(" \0")
        if not self.table.characters[vr].fullmatch(text):
            self._remove(ds, tag, "not what it says")
        elif vr == "AS" and any(map(_over_89, text.split("\\"))):
            ds[tag] = DataElement(tag, vr, OLDEST)
            self.counts["ages over 89"] += 1

    def _text(self, ds: Dataset, tag: BaseTag, vr: str) -> None:
        """Text the table does not list stays unless it names someone or something known."""
        value = "\\".join(_values(ds[tag].value))
        if value and (vr == "PN" or self.known.find(value)):
            ds[tag] = DataElement(tag, vr, None)
            self.counts["text"] += 1

    def _binary(self, ds: Dataset, tag: BaseTag) -> None:
        value = ds[tag].value
        if isinstance(value, bytes) and len(value) <= SMALL_BINARY:
            shown = " ".join(run.decode("latin-1") for run in re.findall(rb"[\x20-\x7e\x80-\xff]{4,}", value))
            if any(hit.hard for hit in self.known.find(shown)):
                self._remove(ds, tag, "text")

    def _replace(self, ds: Dataset, tag: BaseTag, what: str, by: Callable[[str], str]) -> None:
        values = _values(ds[tag].value)
        replaced = [by(value) for value in values]
        if replaced != values:
            ds[tag] = DataElement(tag, _vr(ds, tag), replaced if len(replaced) > 1 else replaced[0])
            self.counts[what] += 1

    def _uid(self, value: str) -> str:
        return value if not value or value.startswith(DICOM_ROOT) else self.pseudonyms.uid(value)

    def _remove(self, ds: Dataset, tag: BaseTag, what: str) -> None:
        del ds[tag]
        self.counts[what] += 1


def _vr(ds: Dataset, tag: BaseTag) -> str:
    """The value representation of an element, from the dictionary where the file does not say."""
    element: Any = ds.get_item(tag)
    stated = str(element.VR or "UN")
    if stated == "UN" and dictionary_has_tag(tag):
        stated = dictionary_VR(tag)
    return stated


def _values(value: Any) -> list[str]:
    if value is None:
        return []
    return (
        [str(v) for v in value]
        if isinstance(value, list | tuple) or hasattr(value, "append")
        else [str(value)]
    )


def _over_89(age: str) -> bool:
    per_year = {"Y": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}
    found = re.fullmatch(r"\s*(\d{1,5})([YMWD])\s*", age)
    return found is not None and int(found[1]) / per_year[found[2]] >= 90


def _identified(ds: Dataset) -> None:
    """Say in the data set itself what it is; some old writers say it in the file meta only."""
    meta = getattr(ds, "file_meta", FileMetaDataset())
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        stated = ds.get(keyword) or meta.get(f"MediaStorage{keyword}")
        if not stated:
            raise NoPictureError("IMG029")
        setattr(ds, keyword, stated)


def _exact(ds: Dataset) -> None:
    """Cut uncompressed pixels to their exact length; refuse a file in which they end early."""
    if stored.compressed(ds):
        return
    length = stored.plain_length(ds)
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword not in ds:
            continue
        if len(ds[keyword].value) < length:
            raise NoPictureError("IMG021")
        ds[keyword].value = ds[keyword].value[:length] + b"\0" * (length % 2)


def _file_meta(ds: Dataset, syntax: UID) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = "CASEREPORT"
    return meta


def _declare(ds: Dataset) -> None:
    """Say in the file what was done (PS3.15 E.1.1; PS3.3 C.7.1.1, C.12.1)."""
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = ["casereport", rules().edition]
    ds.DeidentificationMethodCodeSequence = Sequence(
        [_code(code, meaning) for code, meaning in rules().codes]
    )
    ds.LongitudinalTemporalInformationModified = "MODIFIED"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
