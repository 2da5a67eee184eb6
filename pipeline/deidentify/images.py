"""The pictures of a case: which files its figures ask for, drawn as panels and copied without identity."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.core import decisions, dicomview, findings, lines, retouch, slices, worker
from pipeline.core.identity import Identifier
from pipeline.core.match import Matcher
from pipeline.core.model import Case, Finding, Path_, Place, Source
from pipeline.core.picture import Extent, NoPictureError, Picture, Trouble, each, spread
from pipeline.deidentify.headers import dicom, series
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import rules
from pipeline.deidentify.pictures import heads
from pipeline.deidentify.pictures.boxes import Area, Box, Do
from pipeline.deidentify.pictures.pixels import Stored

BURNED_IN = "the header says that text is drawn into the picture: read every word of it"
MAY_CARRY_TEXT = (
    "pictures of this kind usually have text drawn into them (names, dates): read every word of it"
)
PHOTOGRAPH = "a photograph: look for faces, eyes, tattoos, scars, jewellery, clothing, handwriting, labels"


@dataclass
class Image:
    """What one `image:` of the record stands for: a file, or a folder holding one DICOM series."""

    name: str  # neutral: image-01
    files: list[tuple[Path, str]]  # in series order: path, kind
    panels: list[str] = field(default_factory=list)
    headers: dict[Path, series.Header] = field(default_factory=dict)
    removed: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    boxes: list[tuple[int, int, Box]] = field(default_factory=list)  # file and frame or page from 1, box
    seen: list[str] = field(default_factory=list)  # what whoever cleaned it says that a person has to look at

    def look(self) -> list[str]:
        """What a person has to look for in it."""
        return list(dict.fromkeys((*self._usual(), *self._found(), *self.seen)))

    def _found(self) -> list[str]:
        faces = sum(box.what in {"face", "eyes"} for _, _, box in self.boxes)
        filled = sum(box.do is Do.FILL for _, _, box in self.boxes)
        kept = sum(box.do is Do.KEEP for _, _, box in self.boxes)
        unsure = sum(box.do is Do.LOOK and box.what == "text" for _, _, box in self.boxes)
        said = [f"{faces} places that look like a face: crop to what matters, or show that this is agreed to"]
        return [
            *(said if faces else []),
            *(
                [f"{filled} places with text or codes were covered: is anything needed gone?"]
                if filled
                else []
            ),
            *([f"{unsure} places may be writing that could not be read: is it?"] if unsure else []),
            *([f"{kept} marks such as a side or a scale were left: do they name anyone?"] if kept else []),
        ]

    def _usual(self) -> list[str]:
        if not self.headers:
            return [PHOTOGRAPH]
        if any(h.burned_in == "YES" for h in self.headers.values()):
            return [BURNED_IN]
        usual = series.modalities("carry_text")
        unsure = (h.modality in usual or not h.modality for h in self.headers.values() if h.burned_in != "NO")
        return [MAY_CARRY_TEXT] if any(unsure) else []


@dataclass(frozen=True, slots=True)
class _Photo:
    """One photograph to develop; `target` has no suffix."""

    source: Path
    kind: str
    target: Path
    known: Matcher = field(repr=False)
    shown: tuple[Area, ...]


def _developed(job: _Photo) -> Any:
    from pipeline.deidentify.pictures import photograph

    return photograph.clean(
        job.source, job.kind, job.target, known=job.known, fill_faces=False, shown=job.shown
    )


def _extent(job: _Photo) -> Any:
    from pipeline.deidentify.pictures import photograph

    return photograph.extent(job.source, job.kind)


def _allowed(extent: Extent | Trouble) -> float:
    """Seconds that a photograph may take; one whose size cannot be told will fail soon."""
    return worker.SECONDS + (extent.seconds if isinstance(extent, Extent) else 0)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel of the record and where it is written."""

    figure: str
    letter: str
    image: str  # as the record names it
    wanted: dict[str, Any]
    place: Place
    path: Path_  # of the panel in the record
    named_window: bool


class Album:
    """All pictures of one case, from the record's words to files in the clean folder."""

    def __init__(self, case: Case, record: dict[str, Any]) -> None:
        self._case = case
        self.findings: list[Finding] = []
        self.panels = list(_panels(case, record))
        self.images: dict[str, Image] = {}
        self._sources: dict[str, tuple[Source, ...]] = {}
        self._copies: dict[Path, list[Path]] = {}  # source -> its clean copy, or the pages of a photograph
        for panel in self.panels:
            if panel.image not in self._sources:
                self._sources[panel.image] = found = case.pictures(panel.image)
                if not found:
                    self.findings.append(findings.make("IMG020", panel.place))
                    continue
                files = [(case.file(s), s.kind) for s in found]
                self.images[panel.image] = Image(f"image-{len(self.images) + 1:02d}", files)
            if panel.image in self.images:
                self.images[panel.image].panels.append(f"{panel.figure}-{panel.letter}")

    def used(self) -> frozenset[str]:
        """Paths inside the case of every file some panel uses."""
        return frozenset(s.path for found in self._sources.values() for s in found)

    def read_headers(self) -> tuple[Identifier, ...]:
        """Read the header of every DICOM file, put series in order, and return who is named in them."""
        paths = {path for image in self.images.values() for path, kind in image.files if kind == "dicom"}
        outcome = dict(zip(sorted(paths), each(series.read, sorted(paths), "images"), strict=True))
        named: dict[Identifier, None] = {}
        for asked, image in self.images.items():
            found = [path for path, kind in image.files if kind == "dicom"]
            for path in found:
                header = outcome[path]
                if isinstance(header, Trouble):
                    self._trouble(header, (self._inside(path), 0))
                elif header.lies.has_pixels:
                    image.headers[path] = header
                    named |= dict.fromkeys(header.identity)
            if (count := len({h.series for h in image.headers.values()})) > 1:
                self.findings.append(findings.make("IMG023", self._place_of(asked), series=count))
            ordered = slices.ordered([(path, header.lies) for path, header in image.headers.items()])
            others = [(path, kind) for path, kind in image.files if kind != "dicom"]
            lone = [(path, "dicom") for path in found if len(found) == 1 and path not in image.headers]
            image.files = [(path, "dicom") for path in ordered] + others + lone
        return tuple(named)

    def draw(self) -> dict[tuple[str, str], Picture]:
        """The picture of every panel by (figure, letter), from the clean copies; what fails is a finding."""
        drawn: dict[tuple[str, str], Picture] = {}
        for asked in self.images:
            panels: list[tuple[Panel, dicomview.Wanted]] = []
            for panel, found in ((p, self._wanted(p)) for p in self.panels if p.image == asked):
                clean = self._clean(found) if found else None
                if isinstance(clean, Trouble):
                    self._trouble(clean, panel.place)
                elif clean:
                    panels.append((panel, clean))
            pictures = each(dicomview.render, [wanted for _, wanted in panels], asked)
            for (panel, _), result in zip(panels, pictures, strict=True):
                if isinstance(result, Trouble):
                    self._trouble(result, panel.place)
                else:
                    drawn[panel.figure, panel.letter] = result
        return drawn

    def _clean(self, wanted: dicomview.Wanted) -> dicomview.Wanted | Trouble | None:
        """What to draw from, never the source: the clean copy of a file, or the page of a photograph."""
        copies = self._copies.get(wanted.path, [])
        if not copies:
            return None
        if wanted.kind == "dicom":
            return replace(wanted, path=copies[0])
        page = wanted.frame or (1 if len(copies) == 1 else 0)
        if not 1 <= page <= len(copies):
            return Trouble("IMG025", {"frames": len(copies)})
        return replace(wanted, path=copies[page - 1], kind="png", frame=None)

    def copy(self, folder: Path, pseudonyms: Pseudonyms, known: Matcher) -> None:
        """Write clean copies of every DICOM file in use, in series order, to `folder`/NN/NNNN.dcm."""
        self._preload()
        clean = dicom.cleaner(dicom.Setting(rules(), pseudonyms, {}, known, pictures_only=True))
        for image in self.images.values():
            number = image.name.removeprefix("image-")
            paths = [path for path, _ in image.files if path in image.headers]
            shown, lies = self._shown(image), list[Stored]()
            jobs = [
                dicom.Job(path, folder / number / f"{n:04d}.dcm", shown) for n, path in enumerate(paths, 1)
            ]
            for n, (job, result) in enumerate(
                zip(jobs, each(clean, jobs, image.name, worker.READING), strict=True), 1
            ):
                if isinstance(result, Trouble) or result.held:
                    trouble = result if isinstance(result, Trouble) else Trouble(result.held)
                    self._trouble(trouble, (self._inside(job.source), 0))
                    continue
                image.removed += Counter(result.removed)
                image.boxes += [(n, frame, box) for frame, box in result.boxes]
                image.seen += [words for words in result.look if words not in image.seen]
                image.copies += 1
                self._copies[job.source] = [job.target]
                if result.lies is not None:
                    lies.append(replace(result.lies, path=job.source))
            for verdict in heads.judge(lies, faces_agreed=True).values():  # stacks are not published
                image.seen += [words for words in verdict.look if words not in image.seen]

    def _preload(self) -> None:
        """Every picture here is read for text, each in a child of its own."""
        if self.images:
            lines.preload()

    def develop(self, folder: Path, known: Matcher) -> None:
        """Make clean pictures of every photograph in use, in `folder`: only for drawing from."""
        folder.mkdir()
        self._preload()
        wanted = [
            (image, n, _Photo(path, kind, folder / f"{image.name}-{n}", known, self._shown(image)))
            for image in self.images.values()
            for n, (path, kind) in enumerate(((p, k) for p, k in image.files if k != "dicom"), 1)
        ]
        jobs = [job for _, _, job in wanted]
        sizes = dict(zip(jobs, spread(_extent, jobs, worker.READING), strict=True))
        made = spread(_developed, jobs, worker.READING, lambda job: _allowed(sizes[job]))
        for (image, n, job), result in zip(wanted, made, strict=True):
            if isinstance(result, Trouble) or result.held:
                trouble = result if isinstance(result, Trouble) else Trouble(result.held)
                self._trouble(trouble, (self._inside(job.source), 0))
                continue
            image.removed += Counter(result.removed)
            image.boxes += [(n, page, b) for page, boxes in enumerate(result.boxes, 1) for b in boxes]
            image.seen += [words for words in result.look if words not in image.seen]
            self._copies[job.source] = [folder / name for name in result.pages]

    def _shown(self, image: Image) -> tuple[Area, ...]:
        """Areas of this image that some panel's `show` answers for."""
        panels = (panel for panel in self.panels if self.images.get(panel.image) is image)
        return tuple(
            (area["left"], area["top"], area["left"] + area["width"], area["top"] + area["height"])
            for panel in panels
            for area in panel.wanted["show"]
        )

    def _wanted(self, panel: Panel) -> dicomview.Wanted | None:
        image = self.images[panel.image]
        if not image.files:
            return None
        kinds = dict(image.files)
        try:
            path = slices.chosen(list(kinds), panel.wanted["slice"])
        except NoPictureError as e:
            self._trouble(e.trouble, panel.place)
            return None
        window = panel.wanted["window"]
        header = image.headers.get(path)
        if panel.named_window and (header is None or header.modality != "CT"):
            self.findings.append(findings.make("IMG094", self._case.where(*panel.path, "window")))
            return None
        pair = (window["centre"], window["width"]) if window else None
        asked = panel.wanted
        return dicomview.Wanted(path, kinds[path], asked["frame"], pair, asked["crop"], tuple(asked["cover"]))

    def _trouble(self, trouble: Trouble, place: Place) -> None:
        finding = findings.make(trouble.code, place, **trouble.words)
        if finding not in self.findings:
            self.findings.append(finding)

    def _inside(self, path: Path) -> str:
        return path.relative_to(self._case.folder).as_posix()

    def _place_of(self, image: str) -> Place:
        return next(panel.place for panel in self.panels if panel.image == image)


def _panels(case: Case, record: dict[str, Any]) -> list[Panel]:
    said = decisions.in_copies(decisions.read(case.folder))["boxes"]
    return [
        Panel(
            shown["id"],
            "abcdef"[p],
            panel["image"],
            _decided(case, panel, retouch.about(said, shown["id"], "abcdef"[p])),
            case.where("figures", f, "panels", p, "image"),
            ("figures", f, "panels", p),
            isinstance(case.record["figures"][f]["panels"][p].get("window"), str),
        )
        for f, shown in enumerate(record["figures"])
        for p, panel in enumerate(shown["panels"])
    ]


def _decided(case: Case, panel: dict[str, Any], rows: list[decisions.Row]) -> dict[str, Any]:
    """The panel with what a person decided about this very picture."""
    if not rows:
        return panel
    image = retouch.digest(case, panel["image"])
    return retouch.merged(panel, [row for row in rows if row.get("image") == image])
