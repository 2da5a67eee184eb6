"""Files that break readers: cut, mutated, packed, nested, and things that are no files."""

from __future__ import annotations

import os
import random
import zlib
from pathlib import Path

from pydicom.dataset import Dataset

from tests.planted import containers, objects
from tests.planted.names import Mint

SEEDS = range(500)
FUZZED = ["MR_small_implicit.dcm", "CT_small.dcm", "reportsi.dcm", "image_dfl.dcm", "MR_small_RLE.dcm",
          "MR_small_bigendian.dcm", "rtplan.dcm", "UN_sequence.dcm", "nested_priv_SQ.dcm",
          "test-SR.dcm"]  # fmt: skip


def mutated(data: bytes, seed: int) -> bytes:
    """One mutation of a file: cut, bytes changed, lengths blown up, a piece doubled, removed or zeroed."""
    r = random.Random(seed)
    out = bytearray(data)
    kind = seed % 6
    at = r.randrange(132 if len(data) > 300 else 0, len(data))
    if kind == 0:
        return bytes(out[:at])
    if kind == 1:
        for _ in range(r.randrange(1, 12)):
            out[r.randrange(len(out))] = r.randrange(256)
    elif kind == 2:
        at = r.randrange(132, min(len(out) - 4, 3000)) if len(out) > 300 else 0
        out[at : at + 4] = r.choice(
            [b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0"]
        )
    elif kind == 3:
        piece = out[at : at + r.randrange(4, 200)]
        out[at:at] = piece * r.randrange(1, 4)
    elif kind == 4:
        del out[at : at + r.randrange(1, 200)]
    else:
        out[at : at + r.randrange(1, 400)] = bytes(r.randrange(1, 400))
    return bytes(out)


def fuzzed(folder: Path, seeds: range = SEEDS) -> None:
    """One mutated file per seed, named by it."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = [(containers.BUNDLED / name).read_bytes() for name in FUZZED]
    for seed in seeds:
        (folder / f"fuzz{seed:04d}.dcm").write_bytes(mutated(sources[seed // 6 % len(sources)], seed))


def bomb(size: int = 1 << 20) -> bytes:
    """A deflated data set of about `size` bytes that inflates a thousandfold."""
    mint = Mint(9)
    ds = objects.blank(objects.SOP + "2", "CT", mint)
    head = containers.encode(containers.written(ds, "deflated"))
    length = 144 + int.from_bytes(head[140:144], "little")
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    inner = objects.blank(objects.SOP + "2", "CT", mint)
    out = pack.compress(containers.encode(inner, meta=False))
    out += pack.compress(b"\xe0\x7f\x10\x00OW\0\0" + (size * 1000).to_bytes(4, "little"))
    zeros = bytes(1 << 20)
    for _ in range(size * 1000 >> 20):
        out += pack.compress(zeros)
    return head[:length] + out + pack.flush()


def deep(levels: int = 500) -> bytes:
    """Sequences within sequences, undefined lengths, written by hand: no library would write them."""
    ds = objects.plain("CR", Mint(8))
    whole = containers.encode(ds)
    at = whole.index(b"\x28\x00\x02\x00US")
    opened = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * levels
    closed = (b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0") * levels
    return whole[:at] + opened + closed + whole[at:]


def good(patient: str = "Vandolipathi^Zarisholiesh", number: int = 1) -> bytes:
    """A sound small file, which must be cleaned whatever lies beside it."""
    ds: Dataset = objects.plain("CR", Mint(100 + number))
    ds.PatientName, ds.PatientID = patient, f"UHID{number:08d}"
    return containers.encode(ds)


def oddities(folder: Path) -> None:
    """Everything that a folder should not hold, beside two good files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a-good.dcm").write_bytes(good(number=1))
    (folder / "bomb.dcm").write_bytes(bomb())
    (folder / "deep.dcm").write_bytes(deep())
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "cut.dcm").write_bytes(good(number=2)[:-500])
    (folder / "head-only.dcm").write_bytes(bytes(128) + b"DICM")
    (folder / "letters.dcm").write_text("Vandolipathi Zarisholiesh, UHID00000001\n" * 20)
    (folder / "really-dicom.jpg").write_bytes(good(number=3))
    (folder / "no-suffix").write_bytes(good(number=4))
    os.mkfifo(folder / "pipe.dcm")
    (folder / "loop").symlink_to(folder)
    (folder / "circle.dcm").symlink_to(folder / "circle.dcm")
    (folder / "outside.dcm").symlink_to("/etc/hostname")
    (folder / "z-good.dcm").write_bytes(good(number=5))


def huge(path: Path, frames: int = 4096) -> None:
    """A sparse multi-frame file: `frames` of 512 by 512 16-bit zeros (4096: 2 GB)."""
    ds = objects.plain("XA", Mint(7))
    ds.Rows = ds.Columns = 512
    ds.NumberOfFrames = frames
    del ds.PixelData
    head = containers.encode(ds)
    size = frames * 512 * 512 * 2
    with path.open("wb") as out:
        out.write(head + b"\xe0\x7f\x10\x00OW\0\0" + size.to_bytes(4, "little"))
        out.truncate(out.tell() + size)


def many(folder: Path, number: int = 10_000) -> None:
    """A folder of many tiny files."""
    folder.mkdir(parents=True, exist_ok=True)
    ds = objects.blank(objects.SOP + "66", "REG", Mint(6))
    data = containers.encode(ds)
    for n in range(number):
        (folder / f"IM{n:05d}").write_bytes(data)
