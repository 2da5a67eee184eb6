"""A photograph or scan, cleaned: written afresh from its pixels, with text and faces filled, or held back.

Every page or frame becomes a PNG of IHDR, IDAT and IEND. A file that cannot be decoded to its end leaves
nothing behind, nor does one whose text still reads after two fillings. Run in the capped worker: up to 60
megapixels need 1 GB of address space beside the parent without reading text, 2 GB with it and for WebP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core import photo, resources
from pipeline.core.match import Matcher
from pipeline.core.picture import Extent, NoPictureError
from pipeline.deidentify.pictures import carried
from pipeline.deidentify.pictures.boxes import Area, Box, Do, on_sight
from pipeline.deidentify.pictures.pixelmarks import UNREAD

Pixels = npt.NDArray[np.uint8]
MOST_PAGES = 50
SAME_SCENE = ("second image", "thumbnail", "gain map", "depth map")
STILL_READS, CAMERA_RAW, UNSEEN = "IMG051", "IMG086", "IMG087"
CONFIRM = "filled as a face; a person must confirm it, and cropping to the lesion is better"
CONFIRM_EYES = "filled as eyes or a part of a face; a person must confirm it, and cropping is better"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of one file. `held` is a finding code, and then there are no pages; else ""."""

    pages: tuple[str, ...]  # file names, in order
    width: int  # of the first page
    height: int
    removed: dict[str, int]  # what the file carried beside its pixels, counted by class
    boxes: tuple[tuple[Box, ...], ...] = field(repr=False)  # per page
    look: tuple[str, ...]  # what only a person can see
    notes: tuple[str, ...]  # what was converted or dropped
    held: str = ""


def clean(
    source: Path,
    kind: str,
    dest: Path,
    *,
    known: Matcher | None = None,
    fill_faces: bool = True,
    read_text: bool = True,
    shown: Sequence[Area] = (),
) -> Cleaned:
    """Write the pages of `source` (a kind of core.kinds) as dest.png, or dest-01.png, dest-02.png ….

    `known` finds identifiers in what is read, so that no allow-list vouches for them. Faces are filled, or
    only proposed with `fill_faces` false; text is read and filled unless `read_text` is false or it stands in
    an area of `shown`, for which an author answers. No page is
    left behind when the result is held, nor after an error. Raises NoPictureError: IMG050 for too many pages,
    IMG022 for too many pixels, IMG086 for camera raw, IMG088 and IMG089 for what no decoder here
    knows, IMG021 for a file that cannot be decoded to its end.
    """
    found = carried.scan(source, kind)
    if found.raw:
        raise NoPictureError(CAMERA_RAW)
    count, pages = photo.pages(source, kind, MOST_PAGES)
    reader = _Reader(known, fill_faces, read_text, shown)
    written: list[Path] = []
    boxes: list[tuple[Box, ...]] = []
    changed: set[str] = {"rebuilt"}
    shows, held = False, ""
    size = (0, 0)
    try:
        for n, page in enumerate(pages, 1):
            changed |= page.changed
            shows |= "unseen" not in page.changed
            filled, seen, still = reader.clean(page.pixels)
            del page
            boxes.append(seen)
            size = size if n > 1 else (filled.shape[1], filled.shape[0])
            if still:
                held = STILL_READS
                break
            path = dest.with_name(f"{dest.name}.png" if count == 1 else f"{dest.name}-{n:02d}.png")
            written.append(path)
            _save(filled, path)
    except BaseException:
        _unmade(written)
        raise
    if not boxes:
        raise NoPictureError("IMG021")
    held = held or ("" if shows else UNSEEN)
    if held:
        _unmade(written)
        written = []
    changed |= reader.said | _dropped(found, count)
    rules: dict[str, Any] = resources.data(carried.RULES)
    return Cleaned(
        pages=tuple(path.name for path in written),
        width=size[0],
        height=size[1],
        removed=dict(found.removed),
        boxes=tuple(boxes),
        look=tuple(rules["look"]),
        notes=tuple(words for key, words in rules["notes"].items() if key in changed),
        held=held,
    )


def extent(source: Path, kind: str) -> Extent:
    """How much `clean` will have to look at. Raises as it does."""
    return photo.extent(source, kind, MOST_PAGES)


class _Reader:
    """Finds and fills; frames that are the same are looked at once."""

    def __init__(
        self, known: Matcher | None, fill_faces: bool, read_text: bool, shown: Sequence[Area]
    ) -> None:
        self._known, self._fill_faces, self._read_text = known, fill_faces, read_text
        self._shown = shown
        self._seen: dict[bytes, tuple[tuple[Box, ...], bool]] = {}
        self.said: set[str] = set() if read_text else {"unread"}

    def clean(self, pixels: Pixels) -> tuple[Pixels, tuple[Box, ...], bool]:
        """The filled picture, all boxes, and whether text can still be read in it."""
        from pipeline.deidentify.pictures import textboxes

        same = hashlib.sha256(repr(pixels.shape).encode())
        same.update(np.ascontiguousarray(pixels).data)
        key = same.digest()
        if key not in self._seen:
            try:
                self._seen[key] = self._look(pixels)
            except Exception as e:
                # onnxruntime and OpenCV have no type for it; the picture was decoded, so it is not damaged.
                if any(words in str(e) for words in ("bad_alloc", "Insufficient memory", "allocate memory")):
                    raise MemoryError from None
                raise
        boxes, still = self._seen[key]
        filled = any(box.do is Do.FILL for box in boxes)
        return textboxes.fill(pixels, boxes) if filled else pixels, boxes, still

    def _look(self, pixels: Pixels) -> tuple[tuple[Box, ...], bool]:
        from pipeline.deidentify.pictures import faces, textboxes

        boxes = [self._decided(box) for box in faces.find(pixels)]
        if not self._read_text:
            return tuple(boxes), False
        boxes += on_sight(textboxes.find(pixels, photo=True, known=self._known), self._shown)
        filled = textboxes.fill(pixels, boxes)
        left = textboxes.residue(filled, boxes)
        boxes += left
        if not any(box.do is Do.FILL for box in left):
            return tuple(boxes), False
        self.said.add("twice")
        filled = textboxes.fill(pixels, boxes)
        still = [box for box in textboxes.residue(filled, boxes) if box.do is Do.FILL]
        return tuple(boxes), any(box.reason != UNREAD for box in still)  # skin has marks that nobody can read

    def _decided(self, box: Box) -> Box:
        if not self._fill_faces:
            return box
        self.said.add("filled_faces")
        reason = box.reason if "bar" in box.reason.split() else CONFIRM
        return replace(box, do=Do.FILL, reason=reason if box.what == "face" else CONFIRM_EYES)


def _dropped(found: carried.Carried, count: int) -> set[str]:
    """Notes on what was in the file."""
    said = {"lossy"} if found.lossy else set()
    if count > 1:
        said.add("pages")
    if any(found.removed[name] for name in SAME_SCENE):
        said.add("second")
    said |= {key for name, key in (("video", "video"), ("damaged part", "damaged")) if found.removed[name]}
    return said


def _save(pixels: Pixels, path: Path) -> None:
    """A PNG of IHDR, IDAT and IEND (PNG specification, 11.2): an image made from an array has no more."""
    from PIL import Image

    Image.fromarray(pixels).save(path, "PNG", compress_level=3)


def _unmade(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
