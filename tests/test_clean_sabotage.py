"""Rules switched off one by one: the hunter of tests/planted must notice. And what holds for any data set."""

from __future__ import annotations

import dataclasses
import io
import warnings
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.core.identity import Identifier
from pipeline.core.match import Matcher
from pipeline.core.picture import NoPictureError
from pipeline.deidentify.headers import dicom, elements, header
from pipeline.deidentify.headers.patients import Patients
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Action, Rules, chosen, rules
from tests.planted import containers, corpus, objects, score, table
from tests.planted.answers import Canary, Look, Planted
from tests.planted.names import Mint

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom says what we mean to be wrong
KEY, OTHER_KEY = "5a" * 32, "a5" * 32
TEXT_ONLY = frozenset(chosen() - {"pixels"})  # the pixels have tests of their own


def cleaned(source: Path, target: Path, table_used: Rules, key: str = KEY) -> bytes:
    """One copy, made in this process. Whom the header names is known, as in the command."""
    about = header.about(elements.read(source, target.with_suffix(".inflated")))
    known: list[Identifier] = list(about.identity)
    setting = dicom.Setting(
        rules=table_used,
        pseudonyms=Pseudonyms(key, per_patient=True),
        known={Patients().whose(about.owner): Matcher(known)},
        everyone=Matcher([]),
    )
    target.unlink(missing_ok=True)
    outcome = dicom.cleaner(setting)(dicom.Job(source, target))
    assert not outcome.held
    return target.read_bytes()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    """One explicit file with every row of the table at its top."""
    built = corpus.build(tmp_path_factory.mktemp("full"), seed=8, parts=("full",))
    return built.folder / built.files[0].path, built.files[0]


def leaked(data: bytes, canaries: list[Canary]) -> list[Canary]:
    seen = score.Seen(data)
    return [c for c in canaries if score.found(c, seen)]


def test_nothing_leaks_with_all_rules_on(full: tuple[Path, Planted], tmp_path: Path) -> None:
    source, planted = full
    canaries = [c for c in planted.canaries if c.look is not Look.DATE]
    assert not leaked(cleaned(source, tmp_path / "o.dcm", rules(TEXT_ONLY)), canaries)


def _rows_off(full: tuple[Path, Planted], folder: Path, tags: list[int]) -> None:
    source, planted = full
    whole, unseen = rules(TEXT_ONLY), []
    for tag in tags:
        mine = [c for c in planted.canaries if c.place[:1] == (tag,)]
        assert mine, f"{tag:08X} was not planted"
        weak = dataclasses.replace(whole, actions={**whole.actions, tag: Action.RETAIN})
        if not leaked(cleaned(source, folder / "o.dcm", weak), mine):
            unseen.append(f"{tag:08X}")
    assert not unseen, "off, and nobody noticed"


TWICE = {0x0072006D, 0xFFFAFFFA}  # go by another rule as well: VR UN, and whatever stands behind the pixels


def tags_of(planted: Planted) -> list[int]:
    """Rows with a canary of their own at the top."""
    fates = {row.tag for row in table.plantable() if row.fate not in ("stay", "time")}
    at = {c.place[0] for c in planted.canaries if c.place and c.place[0] in fates}
    return sorted(tag for tag in at - TWICE if tag >> 16 >= 8)  # groups below 8 belong to no data set and go


def test_a_row_switched_off_is_noticed(full: tuple[Path, Planted], tmp_path: Path) -> None:
    tags = Mint(2).random.sample(tags_of(full[1]), 40)
    _rows_off(full, tmp_path, tags)


@pytest.mark.slow
def test_every_row_switched_off_is_noticed(full: tuple[Path, Planted], tmp_path: Path) -> None:
    tags = tags_of(full[1])
    assert len(tags) > 500
    _rows_off(full, tmp_path, tags)


def without_text(whole: Rules) -> Rules:
    return dataclasses.replace(whole, text=frozenset())


def without_ranges(whole: Rules) -> Rules:
    return dataclasses.replace(whole, removed_groups=())


def with_any_private(whole: Rules) -> Rules:
    every = {("ACME SECOND", 0x00090000 | low): "LO" for low in range(256)}
    return dataclasses.replace(
        whole, private={**whole.private, **every}, creators=whole.creators | {"ACME SECOND"}, text=frozenset()
    )


def with_documents(whole: Rules) -> Rules:
    return dataclasses.replace(whole, actions={**whole.actions, 0x00420011: Action.RETAIN})


def with_identity(whole: Rules) -> Rules:
    kept = dict.fromkeys((0x00100010, 0x00100020, 0x00100030, 0x00080050), Action.RETAIN)
    return dataclasses.replace(whole, actions={**whole.actions, **kept})


@pytest.mark.parametrize(
    ("part", "group", "weaken"),
    [
        ("special", "overlays and curves", without_ranges),
        ("special", "private", with_any_private),
        ("wide", "unlisted text", without_text),
        ("documents", "PDF and CDA", with_documents),
        ("documents", "identity", with_identity),
    ],
)
def test_a_class_switched_off_is_noticed(
    tmp_path: Path, part: str, group: str, weaken: Callable[[Rules], Rules]
) -> None:
    built = corpus.build(tmp_path / "in", seed=9, parts=(part,))
    mine = [
        p
        for p in built.files
        if any(c.group == group and c.look is not Look.HIGH for c in p.canaries) and not p.drop
    ][:4]
    for weak, wanted in ((rules(TEXT_ONLY), False), (weaken(rules(TEXT_ONLY)), True)):
        found = []
        for planted in mine:
            data = cleaned(built.folder / planted.path, tmp_path / "o.dcm", weak)
            found += leaked(
                data, [c for c in planted.canaries if c.group == group and c.look in (Look.TEXT, Look.BYTES)]
            )
        assert bool(found) is wanted, [str(c) for c in found]


# --- what holds for any data set -----------------------------------------------------------------------

NAME = "Vandolipathi"
TAGS = sorted(
    tag for tag, (vr, *_) in DicomDictionary.items()
    if vr in ("LO", "SH", "LT", "ST", "UT", "CS", "PN", "AE", "UC", "DA", "DT", "TM", "DS", "IS", "AS",
    "UI", "US", "FD", "OB")
    and tag >> 16 not in (0, 2, 4, 0x7FE0, 0x0028) and tag >> 24 not in (0x50,
    0x60) and tag not in (0x00080005, 0x00080016, 0x00080018)
)  # fmt: skip
WORDS = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .,^/-_()", max_size=30),
    st.sampled_from(["CT brain plain", "left knee", "T2 TSE", "20240305", "1.2.3", "047Y", "R"]),
    st.sampled_from(
        [NAME, NAME.upper(), f"Mr {NAME}", f"{NAME}_brain", f"x{NAME}", "UHID55512345", "+91 98111 22233"]
    ),
)


def value(vr: str, text: str) -> object:
    """Something that pydicom writes under this VR."""
    if vr == "US":
        return len(text)
    if vr == "FD":
        return float(len(text))
    if vr == "OB":
        return text.encode().ljust(len(text) + len(text) % 2)
    if vr in ("DS", "IS"):
        return str(len(text))
    return text


@st.composite
def datasets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    """Any attributes with any text, nested up to three deep, private ones too."""
    ds = Dataset()
    for tag in draw(st.lists(st.sampled_from(TAGS), max_size=10, unique=True)):
        vr = DicomDictionary[tag][0]
        ds.add_new(tag, vr, value(vr, draw(WORDS)))
    if depth < 3 and draw(st.booleans()):
        where = draw(st.sampled_from(table.WAYS))
        ds.add_new(where, "SQ", Sequence([draw(datasets(depth + 1))]))
    if draw(st.booleans()):
        block = ds.private_block(
            0x0019, draw(st.sampled_from(["SIEMENS MR HEADER", "ACME", NAME])), create=True
        )
        block.add_new(draw(st.sampled_from([0x0C, 0x0E, 0x40])), "LO", draw(WORDS))
    return ds


def stored(ds: Dataset, folder: Path, syntax: str) -> Path:
    """A file of a small picture with these attributes and a fixed patient."""
    whole = objects.blank(objects.SOP + "66", "REG", Mint(5))
    whole.update(ds)
    whole.PatientName, whole.PatientID = f"{NAME}^Zarisholiesh", "UHID55512345"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (folder / "in.dcm").write_bytes(containers.encode(containers.written(whole, syntax)))
    return folder / "in.dcm"


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(ds=datasets(), syntax=st.sampled_from(["explicit", "implicit", "big", "deflated"]))
def test_any_data_set(tmp_path_factory: pytest.TempPathFactory, ds: Dataset, syntax: str) -> None:
    """No name of the header comes through, cleaning twice changes nothing, and the copy reads."""
    folder = tmp_path_factory.mktemp("any")
    source = stored(ds, folder, syntax)
    try:
        once = cleaned(source, folder / "once.dcm", rules(TEXT_ONLY))
    except NoPictureError:
        return  # refused with a reason: nothing comes out
    assert not score.Seen(once).holds(NAME)
    assert not score.Seen(once).holds("UHID55512345")
    assert cleaned(folder / "once.dcm", folder / "twice.dcm", rules(TEXT_ONLY)) == once
    read = pydicom.dcmread(io.BytesIO(once))
    assert read.PatientID == read.PatientName
    other = pydicom.dcmread(io.BytesIO(cleaned(source, folder / "other.dcm", rules(TEXT_ONLY), OTHER_KEY)))
    assert other.PatientID != read.PatientID
    assert other.SOPInstanceUID != read.SOPInstanceUID
