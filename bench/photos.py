"""Photographs, scans and faces, measured: make bench-photos.

    python bench/photos.py                     canaries, faces on drawings, CPU seconds
    python bench/photos.py --faces FOLDER      faces on photographs that you may use: one face in each
    python bench/photos.py --negatives FOLDER  also on pictures without a face
    python bench/photos.py --heic FILE         write tests/data/canaries.heic anew; this alone needs
                                               pillow-heif, whose wheel holds an encoder under the GPL

No photograph of a person is in this repository, so the table of faces is about drawings unless you bring
some. Each face is also masked, darkened, turned, shrunk, cut to eyes and barred; found means that a box holds
the eyes that are left.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import drawn_faces, photo_canaries  # noqa: E402

Eyes = list[tuple[float, float]]


# --- canaries -------------------------------------------------------------------------------------------


def canaries() -> None:
    """Planted in every slot, and how many can still be read in the clean copies."""
    from pipeline.core import worker
    from pipeline.deidentify.pictures import photograph

    print("format   planted  readable in the source  left in the copy  pages")
    total = 0
    for kind, make in photo_canaries.FORMATS.items():
        data, planted = make()
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "source")
            source.write_bytes(data)
            result = worker.call(
                photograph.clean, source, kind, Path(folder, "copy"), where=kind, memory=2 << 30
            )
            copies = [Path(folder, name).read_bytes() for name in result.pages]
        left = [c for copy in copies for c in photo_canaries.hunted(copy)]
        total += len(planted)
        read = len(set(photo_canaries.hunted(data)) & set(planted.values()))
        print(f"{kind:8} {len(planted):7}  {read:22}  {len(left):16}  {len(copies):5}")
    print(f"{total} planted\n")


def heic(target: Path) -> None:
    """Two drawn pictures in one HEIC with canaries in Exif, XMP, profile and thumbnail."""
    import pillow_heif  # type: ignore[import-not-found]

    slot = photo_canaries.Slots("HE")
    first, second = photo_canaries.picture(), photo_canaries.picture(7)
    out = pillow_heif.from_pillow(first)
    out.add_from_pillow(second)
    out[0].info |= {
        "exif": b"Exif\0\0" + photo_canaries.exif(slot),
        "xmp": photo_canaries.xmp(slot),
        "icc_profile": photo_canaries.profile(slot("icc")),
        "icc_profile_type": "prof",
        "thumbnails": [32],
    }
    out[1].info |= {
        "exif": b"Exif\0\0" + photo_canaries.exif(slot),
        "xmp": photo_canaries.xmp(slot, "second xmp"),
    }
    out.save(target, quality=60, save_all=True)
    print(
        f"{target}: {target.stat().st_size} bytes, {len(photo_canaries.hunted(target.read_bytes()))} canaries"
    )


# --- faces ----------------------------------------------------------------------------------------------


def variants(p: np.ndarray, eyes: Eyes, face: tuple[float, ...]) -> Iterator[tuple[str, np.ndarray, Eyes]]:
    """A picture with one face, and what photographers and authors do to it; with the eyes that are left."""
    high, wide = p.shape[:2]
    (ax, ay), (bx, by) = eyes
    between = float(np.hypot(bx - ax, by - ay))
    x, y = (ax + bx) / 2, (ay + by) / 2

    def cut(left: float, top: float, right: float, bottom: float) -> tuple[np.ndarray, Eyes]:
        x0, y0 = max(0, int(left)), max(0, int(top))
        x1, y1 = min(wide, int(right)), min(high, int(bottom))
        kept = [(ex - x0, ey - y0) for ex, ey in eyes if x0 <= ex < x1 and y0 <= ey < y1]
        return p[y0:y1, x0:x1], kept

    def covered(top: float, bottom: float, reach: float, shade: Any) -> np.ndarray:
        q = p.copy()
        q[max(0, int(top)) : int(bottom), max(0, int(x - reach)) : int(x + reach)] = shade
        return q

    yield "as it is", p, eyes
    yield "masked", covered(y + 0.55 * between, face[3] + 0.1 * between, 1.2 * between, (150, 190, 215)), eyes
    yield "dark", (p * 0.15).astype(np.uint8), eyes
    yield "grey", np.asarray(Image.fromarray(p).convert("L")), eyes
    yield "blurred", np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(between / 8))), eyes
    yield "turned 90", np.ascontiguousarray(np.rot90(p)), [(ey, wide - 1 - ex) for ex, ey in eyes]
    yield (
        "turned 180",
        np.ascontiguousarray(np.rot90(p, 2)),
        [(wide - 1 - ex, high - 1 - ey) for ex, ey in eyes],
    )
    for size in (20, 40):
        scale = size / (face[2] - face[0])
        small = Image.fromarray(p).resize(
            (max(1, int(wide * scale)), max(1, int(high * scale))), Image.Resampling.BOX
        )
        ground = np.random.default_rng(1).normal(140, 20, (512, 512, 3)).clip(0, 255).astype(np.uint8)
        h, w = min(small.height, 500), min(small.width, 500)
        ground[6 : 6 + h, 6 : 6 + w] = np.asarray(small)[:h, :w]
        yield f"{size} px", ground, [(ex * scale + 6, ey * scale + 6) for ex, ey in eyes]
    yield "eyes only", *cut(x - 1.15 * between, y - 0.45 * between, x + 1.15 * between, y + 0.45 * between)
    yield "eyes, tight", *cut(x - 0.95 * between, y - 0.3 * between, x + 0.95 * between, y + 0.3 * between)
    yield "one eye", *cut(ax - 0.6 * between, ay - 0.5 * between, ax + 0.55 * between, ay + 0.5 * between)
    turned, kept = cut(x - 1.15 * between, y - 0.45 * between, x + 1.15 * between, y + 0.45 * between)
    yield (
        "eyes only, turned 90",
        np.ascontiguousarray(np.rot90(turned)),
        [(ey, turned.shape[1] - 1 - ex) for ex, ey in kept],
    )
    yield "half", *cut(0, 0, x, high)
    yield "lower half", cut(face[0], y + 0.45 * between, face[2], face[3] + 0.2 * between)[0], []
    bar = 0.28 * between
    yield "black eye bar", covered(y - bar, y + bar, 1.0 * between, 0), eyes
    yield "white eye bar", covered(y - bar, y + bar, 1.0 * between, 255), eyes


def faces(folder: Path | None, empty: Path | None) -> None:
    """Found and missed, by what was done to the face; then pictures without a face."""
    from pipeline.deidentify.pictures import faces as detector

    found: dict[str, list[bool]] = defaultdict(list)
    barred: dict[str, int] = defaultdict(int)
    for p, eyes, face in _planted(folder):
        for name, shown, left in variants(p, eyes, face):
            boxes = detector.find(shown)
            whole = [all(b.left <= ex < b.right and b.top <= ey < b.bottom for ex, ey in left) for b in boxes]
            found[name].append(any(whole))
            barred[name] += any(b.reason == detector.BARRED for b in boxes)
    print("faces                 found  of  called an eye bar")
    for name, hits in found.items():
        print(f"{name:20} {sum(hits):6} {len(hits):3}  {barred[name] or ''}")
    print(f"{'all':20} {sum(map(sum, found.values())):6} {sum(map(len, found.values())):3}")
    count = false = 0
    for name, shown, threshold in _empty(empty):
        count += 1
        if boxes := detector.find(shown, threshold):
            false += 1
            print(f"  false: {name}, {len(boxes)} boxes, best {boxes[0].confidence:.2f}")
    print(f"without a face: {false} false in {count}\n")


def _planted(folder: Path | None) -> Iterator[tuple[np.ndarray, Eyes, tuple[float, ...]]]:
    """Drawn faces with known eyes; in photographs, eyes are where the detector sees them in the whole."""
    from pipeline.deidentify.pictures import faces as detector

    if folder is None:
        yield from (drawn_faces.face(seed) for seed in range(4))
        return
    for path in sorted(folder.iterdir()):
        image = Image.open(path).convert("RGB")
        image.thumbnail((1024, 1024))
        p = np.asarray(image)
        rows = detector._distinct(np.concatenate([detector._padded(p, 0.2), *detector._plain(p, 0.2)]))
        if len(rows):
            r = [float(v) for v in rows[0]]
            yield p, [(r[5], r[6]), (r[7], r[8])], tuple(r[:4])


def _empty(folder: Path | None) -> Iterator[tuple[str, np.ndarray, float]]:
    """Generated skin, wounds and objects, radiology that pydicom brings, and your pictures without a face."""
    import pydicom
    from pydicom.data import get_testdata_file

    from pipeline.deidentify.pictures import faces as detector

    for name, p in drawn_faces.without():
        yield name, p, detector.PHOTOGRAPH
    for path in sorted(folder.iterdir()) if folder else ():
        image = Image.open(path).convert("RGB")
        image.thumbnail((1024, 1024))
        yield path.name, np.asarray(image), detector.PHOTOGRAPH
    names = ("CT_small", "MR_small", "693_J2KI", "JPEG2000", "examples_palette", "emri_small", "RG1_J2KI")
    for name in names:
        path = get_testdata_file(f"{name}.dcm", download=False)
        if path is None:
            continue
        values = pydicom.dcmread(path).pixel_array
        values = (values[0] if values.ndim == 3 and values.shape[2] != 3 else values).astype(float)
        low, high = np.percentile(values, (1, 99))
        shades = ((values - low) * (255 / ((high - low) or 1))).clip(0, 255).astype(np.uint8)
        yield f"radiology {name}", shades, detector.RADIOLOGY


# --- cost -----------------------------------------------------------------------------------------------


def cost() -> None:
    """CPU seconds and memory of one 12-megapixel photograph, by step, each in a process of its own."""
    from pipeline.core import worker

    big = io.BytesIO()
    photo_canaries.picture(1, (4032, 3024)).save(big, "JPEG", quality=92)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.write_bytes(big.getvalue())
        print("4032 x 3024 JPEG                 CPU s   peak MB")
        for name, work in (
            ("decoded", _decode),
            ("faces", _faces),
            ("all without text", _no_text),
            ("all", _all),
        ):
            runs = [worker.call(_spent, work, source, where=name, memory=4 << 30) for _ in range(3)]
            seconds = statistics.median(s for s, _ in runs)
            print(f"{name:30} {seconds:7.2f} {max(m for _, m in runs) / 1e6:9.0f}")


def _spent(work: Callable[[Path], object], source: Path) -> tuple[float, int]:
    began = time.process_time()
    work(source)
    return time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _decode(source: Path) -> object:
    from pipeline.core import photo

    return next(photo.pages(source, "jpeg", 1)[1])


def _faces(source: Path) -> object:
    from pipeline.core import photo
    from pipeline.deidentify.pictures import faces as detector

    return detector.find(next(photo.pages(source, "jpeg", 1)[1]).pixels)


def _no_text(source: Path) -> object:
    from pipeline.deidentify.pictures import photograph

    return photograph.clean(source, "jpeg", source.with_name("copy"), read_text=False)


def _all(source: Path) -> object:
    from pipeline.deidentify.pictures import photograph

    return photograph.clean(source, "jpeg", source.with_name("copy"))


def main() -> None:
    """Print what was measured."""
    asked = argparse.ArgumentParser(description="photographs, measured")
    for name in ("--faces", "--negatives", "--heic"):
        asked.add_argument(name, type=Path)
    args = asked.parse_args()
    if args.heic:
        heic(args.heic)
        return
    canaries()
    faces(args.faces, args.negatives)
    cost()


if __name__ == "__main__":
    main()
