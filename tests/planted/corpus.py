"""The corpus: some 130 files of a dozen made-up patients, in folders named after them."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.planted import containers, objects, plant, table, tricks
from tests.planted.answers import Corpus, Look, Planted
from tests.planted.names import Mint, Person

BASES = [
    "CT_small.dcm", "MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_padded.dcm", "image_dfl.dcm",
    "JPEG2000.dcm", "JPGExtended.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle.dcm",
    "SC_rgb_rle_2frame.dcm", "SC_rgb_small_odd.dcm", "SC_rgb_small_odd_big_endian.dcm",
    "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_jls_lossy_line.dcm", "examples_overlay.dcm", "rtplan.dcm",
    "rtdose.dcm", "rtdose_rle.dcm", "rtstruct.dcm", "reportsi.dcm", "test-SR.dcm", "waveform_ecg.dcm",
    "liver_1frame.dcm", "liver_expb_1frame.dcm", "ExplVR_BigEnd.dcm", "693_J2KI.dcm",
    "dicomdirtests/77654033/CR1/6154", "dicomdirtests/77654033/CT2/17136",
    "dicomdirtests/98892003/MR700/4467",
    "SC_rgb_rle_16bit.dcm", "rtdose_expb_1frame.dcm", "examples_palette.dcm",
]  # fmt: skip
LETTERED = {
    "examples_palette.dcm",
    "JPGExtended.dcm",
    "JPEG2000.dcm",
    "examples_overlay.dcm",
    "ExplVR_BigEnd.dcm",
}
ENCODINGS = ["explicit", "implicit", "big", "deflated", "rle", "j2k"]


class Builder:
    """Writes one corpus into `folder`."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.corpus = Corpus(folder)
        self.mint = Mint(seed)
        self.people = [self.mint.person() for _ in range(12)]
        self._n = 0

    def begin(self, ds: Dataset, who: Person | None = None) -> tuple[Planted, Person, list[str]]:
        """A file of its own for `ds`, with an identity and a supply of distinct days."""
        self._n += 1
        who = who or self.people[1 + self._n % 11]
        folder = f"{who.family} {who.given}/{who.number}_{self._n % 3}"
        planted = Planted(Path(folder) / f"{who.family.lower()}_{self._n:04d}.dcm", ds)
        days = self.mint.days()
        if "SOPInstanceUID" in ds:
            ds.SOPInstanceUID = self.mint.uid()
            planted.hide("UIDs", ds.SOPInstanceUID, (0x00080018,), Look.UID)
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
            if name in ds and not str(ds[name].value).startswith("1.2.826.0.1.3680043.9.7777."):
                setattr(ds, name, self.mint.uid())
            if name in ds:
                planted.hide("UIDs", str(ds[name].value), (int(ds[name].tag),), Look.UID)
        plant.identity(ds, who, planted, days.pop())
        return planted, who, days

    def end(self, planted: Planted, encoding: str = "", **how: object) -> Planted:
        """Write the file."""
        ds = containers.written(planted.source, encoding)
        data = containers.encode(ds, **how)  # type: ignore[arg-type]
        for tag, vr in planted.patches.items():
            number = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")
            written = number + str(ds[tag].VR).encode()
            assert written in data, "not to be patched"
            data = data.replace(written, number + vr.encode(), 1)  # the top comes first
        path = self.corpus.folder / planted.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        planted.sha256 = hashlib.sha256(data).hexdigest()
        self.corpus.files.append(planted)
        return planted

    def rows(self, ds: Dataset, planted: Planted, days: list[str], top: int, nested: int) -> None:
        """Rows of the table: `top` at the top (0: all of them) and `nested` one to four sequences down."""
        every = table.plantable()
        for row in every if not top else self.mint.random.sample(every, top):
            if row.tag in ds and row.vr == "SQ":
                continue
            table.plant(ds, row, (), planted, self.mint, days[len(planted.canaries) % len(days)])
        for n, row in enumerate(self.mint.random.sample(every, nested)):
            inner, at = table.nest(ds, self.mint, n % 4 + 1)
            if row.tag not in inner:
                table.plant(inner, row, at, planted, self.mint, days[len(planted.canaries) % len(days)])

    def wide(self) -> None:
        """Bundled files of many classes and syntaxes, and built ones of those that are missing."""
        for name in BASES:
            planted, who, days = self.begin(containers.bundled(name))
            planted.same_pixels = name not in LETTERED
            self.rows(planted.source, planted, days, 60, 40)
            plant.unlisted(planted.source, who, planted, self.mint, days[0])
            if not planted.source.file_meta.TransferSyntaxUID.is_compressed:
                containers.meta(planted.source, planted, self.mint)
            self.end(planted)
        kinds = list(objects.KINDS)
        made: list[tuple[Dataset, str]] = [
            (objects.plain(kind, self.mint, 3 if kind in ("XA", "NM") else 1), ENCODINGS[n % 6])
            for n, kind in enumerate(kinds)
        ]
        made += [(objects.enhanced("CT", self.mint), "explicit"), (objects.enhanced("MR", self.mint),
        "implicit"),
                 (objects.slide(self.mint, "VOLUME"), "explicit")]  # fmt: skip
        for ds, encoding in made:
            planted, who, days = self.begin(ds)
            self.rows(ds, planted, days, 50, 50)
            plant.unlisted(ds, who, planted, self.mint, days[0], 5)
            containers.meta(ds, planted, self.mint)
            inner, at = table.nest(ds, self.mint, 2)
            plant.unlisted(inner, who, planted, self.mint, days[1], 3, at)
            self.end(planted, encoding)

    def full(self) -> None:
        """Every row of the table at the top of one file, in each uncompressed encoding."""
        for encoding in ("explicit", "implicit", "big", "deflated"):
            planted, _, days = self.begin(objects.plain("CR", self.mint))
            self.rows(planted.source, planted, days, 0, 120)
            self.end(planted, encoding)
        for encoding in ("explicit", "implicit"):
            planted, _, days = self.begin(objects.plain("XA", self.mint, 2))
            self.rows(planted.source, planted, days, 200, 60)
            if 0x00041511 in planted.source:  # a file without a head starts with group 8
                del planted.source[0x00041511]
                planted.canaries = [c for c in planted.canaries if c.place != (0x00041511,)]
            self.end(planted, encoding, meta=False)

    def special(self) -> None:
        """Private blocks, UN, ages, overlays, icons, preambles, tails, character sets."""
        mint = self.mint
        for n, name in enumerate(
            ["CT_small.dcm", "MR_small.dcm", "MR_small_implicit.dcm", "CT_small.dcm"] * 2
        ):
            planted, _, _ = self.begin(containers.bundled(name))
            plant.private(planted.source, planted, mint)
            inner, at = table.nest(planted.source, mint, 2)
            block = inner.private_block(0x0009, "ACME SECOND", create=True)
            block.add_new(5, "LO", token := mint.token())
            planted.hide("private", token, (*at, block.get_tag(5)))
            self.end(planted, "deflated" if n == 7 else "implicit" if n == 3 else "")
        for name in ["CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "SC_rgb_small_odd.dcm"]:
            planted, who, _ = self.begin(containers.bundled(name))
            plant.unknown(planted.source, who, planted, mint)
            self.end(planted)
        for age in ("091Y", "093Y", "104Y", "119Y"):
            planted, _, _ = self.begin(containers.bundled("MR_small.dcm"))
            plant.old(planted.source, planted, age)
            self.end(planted)
        for encoding in ("explicit", "implicit", "rle"):
            planted, _, _ = self.begin(objects.plain("DX", mint))
            plant.overlay(planted.source, planted, mint)
            plant.icon(planted.source, planted, mint)
            self.end(planted, encoding)
        planted, _, _ = self.begin(objects.plain("DX", mint))
        plant.high_bits(planted.source, planted)
        self.end(planted, "explicit")
        for n in range(4):
            planted, who, _ = self.begin(containers.bundled(("CT_small.dcm", "MR_small_implicit.dcm")[n % 2]))
            token = mint.token()
            planted.hide("tail", token, note="tail")
            planted.source.add_new(0xFFFCFFFC, "OB", f"{(padding := mint.token())} ".encode())
            planted.hide("tail", padding, (0xFFFCFFFC,))
            before = containers.preamble(planted, mint, tiff=n > 1)
            containers.meta(planted.source, planted, mint)
            self.end(
                planted,
                preamble=before,
                tail=f"\0\0{token} {who.family}".encode() if n % 2 else token.encode(),
            )
        for n in range(len(containers.SCRIPTS)):
            planted, _, _ = self.begin(
                containers.bundled("CT_small.dcm" if n % 2 else "MR_small_implicit.dcm")
            )
            containers.script(planted.source, planted, n)
            self.end(planted)

    def burned(self) -> None:
        """Names in the pixels: grey, colour, multi-frame, compressed, in two scripts."""
        grey: Callable[[int, int], Dataset] = lambda frames, top: objects.pixels(  # noqa: E731
            objects.blank(objects.SOP + "2", "CT", self.mint),
            objects.ground(self.mint, 256, 256, frames, top),
        )
        for n, encoding in enumerate(["explicit", "rle", "implicit", "j2k"]):
            planted, who, _ = self.begin(grey(1, 1500))
            containers.burn(planted.source, planted, who, devanagari=n == 2)
            self.end(planted, encoding)
        for n, encoding in enumerate(["big", "deflated", "explicit", "explicit"]):
            ds = grey(12 if n == 2 else 1, 1500)
            if n == 3:
                ds.PhotometricInterpretation = "MONOCHROME1"
            planted, who, _ = self.begin(ds)
            containers.burn(ds, planted, who, only=5 if n == 2 else None)
            self.end(planted, encoding)
        for frames in (1, 4):
            array = objects.ground(self.mint, 256, 320, frames, 180).astype("u1")
            ds = objects.blank(objects.SOP + ("6.1" if frames == 1 else "3.1"), "US", self.mint)
            objects.pixels(ds, np.repeat(array[..., None], 3, axis=3), stored=8)
            planted, who, _ = self.begin(ds)
            containers.burn(ds, planted, who)
            self.end(planted, "explicit")

    def documents(self) -> None:
        """Reports, documents, slides; label and overview images and a DICOMDIR must not come out at all."""
        mint = self.mint
        for kind in ("pdf", "cda"):
            for encoding in ("explicit", "implicit"):
                planted = Planted(Path())
                ds = objects.document(mint, planted, kind)
                self._with(ds, planted, encoding)
        for flavour in ("LABEL", "OVERVIEW"):
            planted, _, _ = self.begin(objects.slide(mint, flavour))
            planted.drop = True
            self.end(planted, "explicit")
        directory = containers.bundled("dicomdirtests/DICOMDIR")
        who = self.people[2]
        directory.DirectoryRecordSequence[0].PatientName = f"{who.family}^{who.given}"
        planted = Planted(Path(f"{who.family} {who.given}/DICOMDIR"), directory, drop=True)
        planted.hide("identity", who.family, note="DICOMDIR")
        self.end(planted)

    def _with(self, ds: Dataset, made: Planted, encoding: str, who: Person | None = None) -> Planted:
        planted, _, _ = self.begin(ds, who)
        planted.canaries += made.canaries
        planted.keeps += made.keeps
        planted.touched |= made.touched
        return self.end(planted, encoding)

    def tricky(self) -> None:
        """Places where rules by name and VR do not look."""
        for trick, ds in tricks.bases(self.mint):
            planted, who, _ = self.begin(ds)
            trick(ds, who, planted, self.mint)
            self.end(planted)

    def longitudinal(self) -> None:
        """One patient over a year: series that share a frame of reference, and objects that point at them."""
        mint, who = self.mint, self.people[0]
        images: list[Dataset] = []
        for base in ("CT_small.dcm", "MR_small.dcm", "CT_small.dcm"):
            study, frame = mint.uid(), mint.uid()
            for _ in range(2):
                series = mint.uid()
                for _ in range(2):
                    ds = containers.bundled(base)
                    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
                    planted, _, days = self.begin(ds, who)
                    ds.SeriesDate = ds.AcquisitionDate = days.pop()
                    planted.hide("dates", ds.SeriesDate, (0x00080021,), Look.DATE)
                    planted.hide("dates", ds.SeriesDate, (0x00080022,), Look.DATE)
                    if images:
                        reference = Dataset()
                        reference.ReferencedSOPClassUID = images[-1].SOPClassUID
                        reference.ReferencedSOPInstanceUID = images[-1].SOPInstanceUID
                        ds.SourceImageSequence = Sequence([reference])
                    self.end(planted)
                    images.append(ds)
        for n, encoding in enumerate(("explicit", "implicit", "deflated", "big")):
            image = images[3 * n]
            which = (str(image.SOPClassUID), str(image.SOPInstanceUID))
            made = Planted(Path())
            self._with(objects.report(mint, made, self.mint.days()[0], which), made, encoding, who)
            made = Planted(Path())
            self._with(objects.presentation(mint, made, which), made, encoding, who)
            self._with(objects.selection(mint, which), Planted(Path()), encoding, who)
        structures = containers.bundled("rtstruct.dcm")
        frame_of = Dataset()
        frame_of.FrameOfReferenceUID = images[0].FrameOfReferenceUID
        structures.ReferencedFrameOfReferenceSequence = Sequence([frame_of])
        self._with(structures, Planted(Path()), "", who)


def build(folder: Path, seed: int = 3, parts: tuple[str, ...] = ()) -> Corpus:
    """Write a corpus. `parts` are names of Builder's methods; all of them when empty."""
    builder = Builder(folder, seed)
    logging.getLogger("pydicom").setLevel(logging.ERROR)  # values that do not fit are meant
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in parts or ("wide", "full", "special", "burned", "documents", "longitudinal", "tricky"):
            getattr(builder, part)()
    return builder.corpus
