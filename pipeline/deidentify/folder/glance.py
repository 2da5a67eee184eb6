"""What files would tell about a patient if they were sent as they are: a glance with the means of `clean`.

The files are copied into a private folder and cleaned there, in the capped worker; what was found is counted,
and the copies are thrown away. Originals are only read.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core import files, findings, kinds, worker
from pipeline.core.errors import InputError, UsageError
from pipeline.core.tell import Tell
from pipeline.deidentify.folder import run
from pipeline.deidentify.folder.run import Item
from pipeline.deidentify.folder.wish import Wish
from pipeline.deidentify.headers.rules import chosen
from pipeline.deidentify.pictures.boxes import Do

MOST = 20  # files that are looked at; of a long series the first tell enough
COLOURS = "icc"  # says how to show the picture, nothing about anyone
FACES = {"face", "eyes"}
UNSEEN = "Look for the patient in them: casereport audit FILE --private private.yaml"
CALLED = {"pdf": "PDF", "zip": "zip or office document", "other": "unknown", "jp2": "JPEG 2000"}
PHOTOGRAPHS = {"jpeg", "png", "heic", "tiff", "webp", "bmp", "gif"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in all files together. Counts only."""

    kinds: Counter[str] = field(default_factory=Counter)
    faces: int = 0
    text: int = 0  # places with text or codes in the picture
    headers: int = 0  # values that a DICOM header tells
    carried: Counter[str] = field(default_factory=Counter)  # metadata of photographs, by class
    unread: int = 0  # pictures that could not be looked at, and files that were too many

    @property
    def pictures(self) -> Counter[str]:
        """Files of the kinds that are looked at."""
        return Counter({kind: n for kind, n in self.kinds.items() if kind in kinds.IMAGES})

    @property
    def others(self) -> Counter[str]:
        """Files that nothing here looks into: texts, documents, slides, videos."""
        return self.kinds - self.pictures

    @property
    def whole(self) -> bool:
        """Whether every file was looked at."""
        return not self.unread and not self.others

    @property
    def facts(self) -> dict[str, Any]:
        """What is known by it, for the judgement; what no detector saw stays unknown."""
        if not self.kinds:
            return {}
        facts: dict[str, Any] = {}
        if self.kinds["video"] or self.whole:
            facts["video"] = bool(self.kinds["video"])
        if self.kinds["dicom"]:
            facts["scan"] = True
        if set(self.kinds) & PHOTOGRAPHS:
            facts["photo"] = (
                True  # whoever asks about a picture asks about a patient's; --fact photo=no says else
            )
        if self.faces:
            facts |= {"photo": True, "identifiable": True}
        if self.text or self.headers or self.carried:
            facts["files_clean"] = False
        elif self.whole and not self.faces:
            facts["files_clean"] = True
        return facts

    @property
    def certain(self) -> dict[str, str]:
        """Those of `facts` that nobody can talk away, each with what was found.

        Only that a plain photograph, without a face and without data, is of no patient may be believed.
        """
        why: dict[str, str] = {}
        if self.unread and set(self.kinds) & PHOTOGRAPHS:
            why["photo"] = "a picture among the files could not be looked at"
        if self.kinds["video"]:
            why["video"] = "a video is among the files"
        if self.kinds["dicom"]:
            why["scan"] = "a DICOM file is among the files"
        if self.carried and set(self.kinds) & PHOTOGRAPHS:
            why["photo"] = "a picture with data of the camera or program is among the files"
        if self.faces:
            why |= dict.fromkeys(
                ("photo", "identifiable"), "something that looks like a face is in a picture"
            )
        if self.facts.get("files_clean") is False:
            why["files_clean"] = "header values, data of the camera or text were found in the files"
        return why

    def words(self) -> list[str]:
        """Lines for a person; none where no file was given."""
        if not self.kinds:
            return []
        lines = []
        found = [
            f"{self.faces} that look like a face" * bool(self.faces),
            f"text in {self.text} places of the picture" * bool(self.text),
            f"{self.headers} header values that tell who, when or where" * bool(self.headers),
            "the place where it was taken (GPS)" * bool(self.carried["gps"]),
            f"data of the camera or program ({', '.join(sorted(set(self.carried) - {'gps'}))})"
            * bool(set(self.carried) - {"gps"}),
        ]
        told = "; ".join(filter(None, found))
        if self.pictures and (told or self.unread < self.pictures.total()):
            told = told or "nothing found; a person still has to look"
            lines.append(f"Files ({_listed_kinds(self.pictures)}): {told}.")
        if self.unread:
            lines.append(f"{self.unread} files could not be looked at: what they tell is not known.")
        if documents := Counter({kind: n for kind, n in self.others.items() if kind != "video"}):
            lines.append(f"Not looked into: {_listed_kinds(documents)}. {UNSEEN}.")
        if self.kinds["video"]:
            lines.append(f"Not looked into: {self.kinds['video']} video. A person has to watch it.")
        return lines


def _listed_kinds(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {CALLED.get(kind, kind)}" for kind, count in sorted(counted.items()))


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, and the clean copies as long as they are kept."""

    seen: Seen
    _items: tuple[Item, ...] = field(default=(), repr=False)
    _out: Path = field(default=Path(), repr=False)

    def copy(self) -> tuple[Path, str]:
        """The clean copy of the one picture, and the kind it was.

        Raises UsageError for several files or pages, InputError where there is no clean copy.
        """
        item = self._items[0]
        if item.code:
            said = findings.make(item.code, **item.words)
            raise InputError(said.message, code=said.code, why=said.why, fix=said.fix)
        if len(self._items) != 1 or len(item.outputs) != 1:
            raise UsageError("one picture is wanted, of one page", fix="export the one that matters")
        return self._out / item.outputs[0], item.kind


@contextmanager
def look(paths: Sequence[Path], tell: Tell) -> Iterator[Look]:
    """Look at files, and at everything in folders. Raises UsageError for one that is not there."""
    listed = list(_listed(paths))
    if not listed:
        yield Look(Seen())
        return
    with tempfile.TemporaryDirectory(prefix="casereport-") as scratch:
        source, out = Path(scratch, "in"), Path(scratch, "out")
        source.mkdir()
        for number, path in enumerate(listed[:MOST], 1):
            shutil.copyfile(path, source / f"{number:04d}", follow_symlinks=False)
        wish = Wish(chosen(()), secrets.token_hex(32), jobs=worker.processors())
        items = run.clean(source, out, wish, tell).items
        yield Look(_counted(items, max(0, len(listed) - MOST)), items, out)


def _counted(items: Sequence[Item], unseen: int) -> Seen:
    photographs = [item for item in items if item.kind != "dicom"]
    carried: Counter[str] = Counter()
    for item in photographs:
        carried.update({name: n for name, n in item.removed.items() if name != COLOURS})
    return Seen(
        kinds=Counter(item.kind or "unknown" for item in items),
        faces=sum(box.what in FACES for item in photographs for _, box in item.boxes),
        text=sum(box.what not in FACES and box.do is Do.FILL for item in items for _, box in item.boxes),
        headers=sum(n for item in items if item.kind == "dicom" for n in item.removed.values()),
        carried=carried,
        unread=unseen + sum(item.kind in kinds.IMAGES and item.state != "clean" for item in items),
    )


def _listed(paths: Sequence[Path]) -> Iterator[Path]:
    for number, path in enumerate(paths, 1):
        if not path.exists():
            raise UsageError(f"file {number} is not there")
        for found in files.walk(path) if path.is_dir() else [path]:
            if problem := files.unsafe(found):
                raise UsageError(f"file {number} is, or holds, {problem}")
            yield found
