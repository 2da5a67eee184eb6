"""The gate: every reason against a consent, each with its code; and what a valid one leaves behind."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil

import numpy as np
import pikepdf
import pytest
from PIL import Image

from pipeline import consent
from pipeline.consent import binding, elements, gate, scan
from pipeline.core import files
from pipeline.core.errors import ConsentError, Exit
from pipeline.core.model import Severity
from tests import consent_cases as cases
from tests import signing
from tests.conftest import some
from tests.consent_cases import text_of

ADULT = cases.RECORD["patient"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def scanned(desk, tmp_path_factory):
    """What the scanner made of the signed form."""
    case = desk.case(tmp_path_factory.mktemp("scanned"))
    return scan.read(case.folder / "consent" / "signed-form.pdf", "pdf", 0)


@pytest.fixture
def read_once(scanned, monkeypatch):
    """Tests that are not about paper share one reading of it."""
    monkeypatch.setattr(scan, "read", lambda *_: scanned)


def codes(report, severity=Severity.ERROR):
    return [f.code for f in report if f.severity is severity]


def entry_codes(tmp_path, severity=Severity.ERROR, *, agreed=None, questions=None, patient=None, **entry):
    """Codes that the consent entry alone gives, without opening a scan."""
    filled = {**cases.CONSENT, **entry, "agreed": {**cases.CONSENT["agreed"], **(agreed or {})}}
    record = cases.record(
        patient={**ADULT, **(patient or {})}, questions={**cases.RECORD["questions"], **(questions or {})}
    )
    case = cases.case(tmp_path / "case", record, filled)
    typed = elements.read(case)
    found = tuple(gate.of_entry(case, cases.clean(tmp_path / "clean", record), typed, typed.consent))
    return [f.code for f in found if f.severity is severity]


def made(case, clean, folder):
    with files.publish(folder, {}) as part:
        said = consent.make(case, clean, part)
    return said, consent.load(folder)


@pytest.fixture(scope="module")
def granted(desk, tmp_path_factory):
    """The grant for the signed form: (words for the user, Grant)."""
    folder = tmp_path_factory.mktemp("granted")
    return made(desk.case(folder / "case"), desk.clean, folder / "grant")


# --- the round trip ---


def test_print_sign_scan_grant(desk, granted):
    said, grant = granted
    assert said.startswith("signed by patient for 2 figures")
    assert [line[:6] for line in grant.summary["checks"]["to_confirm"]] == ["CON035"]
    assert grant.clean == desk.clean.digest
    assert grant.form == desk.code
    assert grant.figures == ("arm", "scope")
    assert sorted(p.name for p in grant.folder.iterdir()) == [
        "attestation.json",
        "attestation.pdf",
        "blank-form.pdf",
        "consent-dossier.pdf",
        "consent-fhir.json",
        "dossier.json",
        "receipt-for-the-patient.pdf",
        "receipt.json",
    ]


def test_same_inputs_same_bytes(desk, granted, tmp_path):
    one = granted[1].folder
    other = made(desk.case(tmp_path / "case"), desk.clean, tmp_path / "other")[1].folder
    for path in one.iterdir():
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name


def test_the_attestation_is_nameless_and_dateless(granted):
    folder = granted[1].folder
    everything = (folder / "attestation.json").read_text() + text_of(folder / "attestation.pdf")
    for word in ("Kamla", "Devi", "Mission", "Asha", "Verma", "2026", "March", "+91", "Example Institute"):
        assert word not in everything
    assert "day 69 of the case" in everything
    assert "does not know what a mark means" in everything
    stated = json.loads((folder / "attestation.json").read_bytes())
    assert stated["signed"]["by"] == "patient"
    assert stated["agreed"]["teaching"] is False


def test_the_dossier_carries_pictures_of_the_pages_and_nothing_else(desk, granted):
    folder = granted[1].folder
    with pikepdf.open(folder / "consent-dossier.pdf") as pdf:
        cover = len(pdf.pages) - len(desk.pages)
        assert cover in (1, 2)
        assert [len(page.get_images()) for page in pdf.pages] == [0] * cover + [1] * len(desk.pages)
        names = set(pdf.Root.keys())
        assert not names & {"/AcroForm", "/Names", "/OpenAction", "/AF", "/Metadata"}
    text = text_of(folder / "consent-dossier.pdf")
    assert text.count("EDITOR ONLY") == 1 + len(desk.pages)
    assert "I have understood this form" not in text


def test_pages_in_any_order_and_any_way_up(desk, tmp_path):
    pages = [
        page.rotate(angle, expand=True) for page, angle in zip(desk.pages, (0, 90, 180, 270, 0), strict=True)
    ]
    case = desk.case(tmp_path / "case", [pages[i] for i in (3, 0, 4, 2, 1)])
    reading = gate.read(case, desk.clean)
    assert list(reading.report) == []
    assert [page.codes[0].page for page in reading.pages] == [1, 2, 3, 4, 5]
    straight = gate.read(desk.case(tmp_path / "straight"), desk.clean)
    for page, other in zip(reading.pages, straight.pages, strict=True):
        assert Image.open(io.BytesIO(page.jpeg)).size == Image.open(io.BytesIO(other.jpeg)).size


def test_pages_as_single_pictures(desk, tmp_path):
    folder = tmp_path / "case" / "consent"
    folder.mkdir(parents=True)
    kinds = ("png", "jpg", "tiff", "png", "jpg")
    names = []
    for i, (page, kind) in enumerate(zip(desk.pages, kinds, strict=True)):
        page.save(folder / f"p{i}.{kind}")
        names.append(f"consent/p{i}.{kind}")
    case = desk.case(tmp_path / "case", [], files=names)
    assert list(consent.check(case, desk.clean)) == []


def test_a_changed_result_is_no_grant(granted, tmp_path):
    folder = shutil.copytree(granted[1].folder, tmp_path / "grant")
    (folder / "attestation.pdf").write_bytes(b"%PDF-1.4 other")
    with pytest.raises(ConsentError) as stop:
        consent.load(folder)
    assert stop.value.code == "CON090"


def test_needs_follow_everything_that_matters(desk, tmp_path):
    case = desk.case(tmp_path / "case")
    before = files.digest(consent.needs(case, desk.clean))
    assert files.digest(consent.needs(case, desk.clean)) == before
    assert files.digest(consent.needs(desk.case(tmp_path / "case", witness="yes"), desk.clean)) != before
    assert files.digest(consent.needs(desk.case(tmp_path / "case", desk.pages[:3]), desk.clean)) != before
    other = cases.clean(tmp_path / "clean", nudge="arm")
    assert files.digest(consent.needs(case, other)) != before


# --- no consent, or none that holds ---


def test_no_entry(desk, tmp_path):
    case = cases.case(tmp_path / "case", desk.record)
    with pytest.raises(ConsentError) as stop:
        consent.make(case, desk.clean, tmp_path)
    assert stop.value.code == "CON001"
    assert stop.value.exit is Exit.CONSENT
    assert "casereport consent" in stop.value.fix


def test_withdrawn_stops_and_says_what_to_tell_the_editor(desk, tmp_path):
    case = desk.case(tmp_path / "case", withdrawn="yes")
    with pytest.raises(ConsentError) as stop:
        consent.make(case, desk.clean, tmp_path)
    assert stop.value.code == "CON070"
    assert stop.value.exit == 3
    assert "write to the editor" in str(stop.value)


def test_all_reasons_come_at_once(desk, tmp_path):
    case = desk.case(
        tmp_path / "case", desk.pages[:4], signed_by="parent", agreed={"text": "no"}, signed_on="2026-01-01"
    )
    found = codes(consent.check(case, desk.clean))
    assert found == ["CON041", "CON031", "CON060", "CON061", "CON061", "CON063", "CON012"]
    with pytest.raises(ConsentError) as stop:
        consent.make(case, desk.clean, tmp_path)
    assert stop.value.code == "CON041"
    assert stop.value.where == "record.yaml:101"
    assert "(and 6 more)" in stop.value.what
    assert stop.value.fix.count("record.yaml:") == 6


@pytest.mark.parametrize(
    ("agreed", "code"),
    [
        ({"text": "no"}, ["CON031"]),
        ({"seen_final": "no"}, ["CON032"]),
        ({"figures": ["arm"]}, ["CON030"]),
        ({"figures": []}, ["CON030", "CON030"]),
        ({"wording_may_be_edited": "no", "teaching": "yes", "journal_copy": "no"}, []),
    ],
)
def test_an_empty_box_means_no(tmp_path, agreed, code):
    assert entry_codes(tmp_path, agreed=agreed) == code


SPOKEN = {"given": "spoken", "on": "2026-03-20"}
WRITTEN = {"given": "written", "on": "2026-03-20"}
REFUSED = {"given": "refused", "on": "2026-03-20"}


@pytest.mark.parametrize(
    ("patient", "entry", "expected"),
    [
        ({}, {}, []),
        ({}, {"signed_by": "parent"}, ["CON041"]),
        ({}, {"signed_by": "next of kin"}, ["CON041"]),
        ({"age_years": "17"}, {"assent": WRITTEN}, ["CON040"]),
        ({"age_years": "17"}, {"signed_by": "parent", "assent": WRITTEN}, []),
        ({"age_years": "17"}, {"signed_by": "parent", "assent": SPOKEN}, ["CON046"]),
        ({"age_years": "12"}, {"signed_by": "guardian"}, ["CON046"]),
        ({"age_years": "11"}, {"signed_by": "parent"}, ["CON045"]),
        ({"age_years": "11"}, {"signed_by": "parent", "assent": SPOKEN}, []),
        ({"age_years": "7"}, {"signed_by": "parent", "assent": WRITTEN}, []),
        ({"age_years": "6"}, {"signed_by": "parent"}, []),
        ({"age_years": "6"}, {"signed_by": "parent", "assent": REFUSED}, ["CON047"]),
        ({"age_years": "14"}, {"signed_by": "parent", "assent": REFUSED}, ["CON047"]),
        ({"age_years": "9", "can_decide": "no"}, {"signed_by": "parent", "assent": SPOKEN}, []),
        ({"age_years": "13", "can_decide": "no"}, {"signed_by": "parent"}, []),
        ({"age_years": "13", "can_decide": "no"}, {"signed_by": "parent", "assent": REFUSED}, ["CON047"]),
        ({"age_years": "13", "can_decide": "no"}, {}, ["CON040"]),
        ({"deceased": "yes"}, {}, ["CON042"]),
        ({"deceased": "yes"}, {"signed_by": "next of kin"}, []),
        ({"deceased": "yes", "age_years": "9"}, {"signed_by": "next of kin"}, []),
        ({"deceased": "yes", "age_years": "17"}, {"signed_by": "parent"}, []),
        ({"deceased": "yes", "age_years": "9"}, {"signed_by": "patient"}, ["CON042"]),
        ({"deceased": "yes", "age_years": "18"}, {"signed_by": "parent"}, ["CON042"]),
        ({"can_decide": "no"}, {}, ["CON043"]),
        ({"can_decide": "no"}, {"signed_by": "next of kin"}, ["CON043"]),
        ({"can_decide": "no"}, {"signed_by": "legal representative"}, []),
        ({"reads_form_language": "no"}, {}, ["CON044"]),
        ({"reads_form_language": "no"}, {"witness": "yes"}, []),
        ({"reads_form_language": "no"}, {"witness": "yes", "interpreter": "yes"}, []),
        ({}, {"interpreter": "yes"}, ["CON048"]),
        ({}, {"method": "digital"}, []),
    ],
)
def test_who_must_have_signed(tmp_path, patient, entry, expected):
    assert entry_codes(tmp_path, patient=patient, **entry) == expected


@pytest.mark.parametrize(
    ("question", "patient", "entry", "errors", "warnings"),
    [
        ("sexual_offence", {}, {}, ["CON050"], []),
        ("child_in_legal_process", {}, {}, ["CON051"], []),
        ("mental_illness", {}, {}, [], []),
        ("mental_illness", {"can_decide": "no"}, {"signed_by": "legal representative"}, ["CON052"], []),
        ("mental_illness", {"age_years": "9"}, {"signed_by": "parent", "assent": SPOKEN}, [], ["CON053"]),
        ("in_custody", {}, {}, [], ["CON054"]),
        ("pregnancy_terminated", {}, {}, [], ["CON055"]),
        ("dependent_on_author", {}, {}, [], ["CON056"]),
        ("hiv", {}, {}, [], []),
        ("transgender", {}, {}, [], []),
    ],
)
def test_special_laws(tmp_path, question, patient, entry, errors, warnings):
    asked = {"questions": {question: "yes"}, "patient": patient, **entry}
    assert entry_codes(tmp_path, **asked) == errors
    assert entry_codes(tmp_path, Severity.WARNING, **asked) == warnings


def test_points_for_a_person_are_warnings_and_go_into_the_attestation(desk, tmp_path):
    case = desk.case(tmp_path / "case", copy_given="no")
    assert codes(consent.check(case, desk.clean), Severity.WARNING) == ["CON034"]
    said, grant = made(case, desk.clean, tmp_path / "grant")
    assert said.endswith("2 points to confirm")
    assert grant.summary["checks"]["to_confirm"][0].startswith("CON034")


TODAY = dt.date.today()  # noqa: DTZ011 - as the gate does
TOMORROW = (TODAY + dt.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"signed_on": "2026-03-05"}, []),
        ({"signed_on": "2026-03-04"}, ["CON061"]),
        ({"signed_on": "2026-02-28"}, ["CON061", "CON063"]),
        ({"signed_on": "2026-01-09"}, ["CON060", "CON061", "CON061", "CON063"]),
        ({"signed_on": TOMORROW}, ["CON062"]),
        ({"signed_on": TODAY.isoformat()}, []),
    ],
)
def test_dates_must_make_sense(tmp_path, entry, expected):
    assert entry_codes(tmp_path, **entry) == expected


@pytest.mark.parametrize(("day", "expected"), [("2026-03-04", ["CON061"]), (TOMORROW, ["CON062"])])
def test_assent_has_its_own_date(tmp_path, day, expected):
    assent = {"given": "spoken", "on": day}
    found = entry_codes(tmp_path, patient={"age_years": "9"}, signed_by="parent", assent=assent)
    assert found == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"original_kept": "with kamla devi example"}, ["CON081"]),
        ({"original_kept": "records of Example Mission Hospital"}, ["CON081"]),
        ({"explained_by": "Dr Verma, dermatology"}, ["CON081"]),
        ({"original_kept": "records room", "explained_by": "ward sister"}, []),
    ],
)
def test_the_free_lines_name_nobody(tmp_path, entry, expected):
    assert entry_codes(tmp_path, **entry) == expected


def test_findings_never_repeat_the_record(desk, tmp_path):
    case = desk.case(
        tmp_path / "case",
        desk.pages[:2],
        signed_by="parent",
        original_kept="Kamla Devi Example",
        files=["consent/signed-form.pdf", "consent/Kamla-Devi.pdf"],
    )
    said = " ".join(f"{f}{f.why}{f.fix}" for f in consent.check(case, desk.clean))
    assert "CON002" in said
    assert "CON081" in said
    assert "Kamla" not in said


# --- the paper ---


def blank_page(page):
    return Image.new("RGB", page.size, "white")


def test_missing_page(desk, tmp_path):
    report = consent.check(desk.case(tmp_path / "case", [*desk.pages[:1], *desk.pages[2:]]), desk.clean)
    assert codes(report) == ["CON012"]
    assert "page 2" in report.findings[0].message


def test_page_twice(desk, tmp_path):
    report = consent.check(desk.case(tmp_path / "case", [*desk.pages, desk.pages[3]]), desk.clean)
    assert codes(report) == ["CON013"]
    assert "page 4" in report.findings[0].message


def test_nothing_readable(desk, tmp_path):
    pages = [blank_page(desk.pages[0])]
    assert codes(consent.check(desk.case(tmp_path / "case", pages), desk.clean)) == ["CON010"]


def test_a_page_nobody_can_identify(desk, tmp_path):
    pages = [*desk.pages, blank_page(desk.pages[0])]
    report = consent.check(desk.case(tmp_path / "case", pages), desk.clean)
    assert codes(report) == ["CON011"]
    assert "page 6 of file 1" in report.findings[0].message


def test_wrong_form_code_and_language(desk, read_once, tmp_path):
    case = desk.case(tmp_path / "case", form="0123456789abcdef", language="hi")
    assert codes(consent.check(case, desk.clean)) == ["CON017", "CON018"]


def test_another_case(desk, read_once, tmp_path):
    case = desk.case(tmp_path / "case")
    case.private["key"] = "b2" * 32
    assert set(codes(consent.check(case, desk.clean))) == {"CON014"}


def test_one_page_of_another_case(desk, tmp_path, monkeypatch):
    monkeypatch.setitem(cases.PRIVATE, "key", "b2" * 32)
    other = cases.desk(tmp_path)
    monkeypatch.undo()
    case = desk.case(tmp_path / "case", [*desk.pages[:3], other.pages[3], desk.pages[4]])
    assert codes(consent.check(case, desk.clean)) == ["CON014", "CON012"]


def test_pages_of_two_printings(desk, tmp_path):
    changed = cases.record(title="Another title")
    other = cases.desk(tmp_path, changed)
    case = desk.case(tmp_path / "case", [*desk.pages[:3], *other.pages[3:]])
    assert codes(consent.check(case, desk.clean)) == ["CON015"]


def test_a_retired_form(desk, read_once, tmp_path, monkeypatch):
    newer = {**elements.wording("en"), "version": "9.9"}
    case = desk.case(tmp_path / "case")
    monkeypatch.setattr(elements, "wording", lambda _: newer)
    report = consent.check(case, desk.clean)
    assert set(codes(report)) == {"CON016"}
    assert "version 1.1 of the form PUBCON" in report.findings[0].message
    assert "PUBCON 9.9" in report.findings[0].why


def locked(pdf):
    with pikepdf.open(pdf, allow_overwriting_input=True) as opened:
        opened.save(pdf, encryption=pikepdf.Encryption(owner="o", user="u", R=6))


def too_long(pdf):
    with pikepdf.open(pdf, allow_overwriting_input=True) as opened:
        for _ in range(10):
            opened.pages.extend(opened.pages[:5])
        opened.save(pdf)


def cut(pdf):
    pdf.write_bytes(pdf.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda pdf: pdf.write_text("not a PDF"), "was left out: not a scan"),
        (lambda pdf: pdf.write_bytes(b""), "was left out"),
        (lambda pdf: pdf.write_bytes(b"%PDF-1.7\nnothing"), "not a PDF that can be opened"),
        (cut, "not a PDF that can be opened"),
        (locked, "locked with a password"),
        (too_long, "has 55 pages"),
        (lambda pdf: pdf.write_bytes(b"GIF89a" + bytes(40)), "is not a PDF, JPEG, PNG, HEIC or TIFF"),
        (lambda pdf: pdf.write_bytes(b"\xff\xd8\xff\xe0" + bytes(400)), "cannot be read"),
    ],
)
def test_files_that_are_no_scans(desk, tmp_path, spoil, words):
    desk.case(tmp_path / "case")
    spoil(tmp_path / "case" / "consent" / "signed-form.pdf")
    case = desk.case(tmp_path / "case", [])
    report = consent.check(case, desk.clean)
    assert codes(report) == ["CON003"]
    assert words in report.findings[0].message
    with pytest.raises(ConsentError) as stop:
        consent.make(case, desk.clean, tmp_path)
    assert stop.value.exit is Exit.CONSENT


def test_a_file_that_is_not_there(desk, tmp_path):
    case = desk.case(tmp_path / "case", [])
    assert codes(consent.check(case, desk.clean)) == ["CON002"]


# --- is it signed at all? ---


def jpegs(pages):
    """As a scanner or a telephone stores them."""
    out = []
    for page in pages:
        stored = io.BytesIO()
        page.save(stored, "JPEG", quality=60)
        out.append(Image.open(io.BytesIO(stored.getvalue())).convert("RGB"))
    return out


def turned(page, degrees):
    return page.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)


def test_the_printed_form_itself_is_no_signed_form(desk, tmp_path):
    case = desk.case(tmp_path / "case", [])
    shutil.copy(desk.form / "form.pdf", tmp_path / "case" / "consent" / "signed-form.pdf")
    case = desk.case(tmp_path / "case", [])
    assert codes(consent.check(case, desk.clean)) == ["CON036"]
    with pytest.raises(ConsentError):
        consent.make(case, desk.clean, tmp_path)


def test_a_scan_with_its_text_recognised_is_still_a_scan(desk, tmp_path):
    """Office scanners lay the words they read, unseen, over the picture of each sheet."""
    case = desk.case(tmp_path / "case")
    path = tmp_path / "case" / "consent" / "signed-form.pdf"
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        for page in pdf.pages:
            font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
            page.Resources["/Font"] = pikepdf.Dictionary(
                F=pikepdf.Dictionary({k: pikepdf.Name(v) for k, v in font.items()})
            )
            words = b"BT /F 8 Tf 3 Tr 70 40 Td (An empty box means NO.) Tj ET"
            page.contents_add(pikepdf.Stream(pdf, words))
        pdf.save(path)
    assert "An empty box means NO." in text_of(path)
    assert codes(consent.check(case, desk.clean)) == []


@pytest.mark.parametrize("degrees", some([-3, 0, 2], 3))
def test_a_scan_nobody_signed(desk, tmp_path, degrees):
    blank = signing.sign(desk.form, cases.BOXES, ["explainer"])
    case = desk.case(tmp_path / "case", jpegs(turned(page, degrees) for page in blank))
    assert codes(consent.check(case, desk.clean)) == ["CON037"]


@pytest.mark.parametrize("degrees", some([2, 180, -3], 3))
def test_a_signed_scan_that_lies_askew(desk, tmp_path, degrees):
    case = desk.case(tmp_path / "case", jpegs(turned(page, degrees) for page in desk.pages))
    assert list(consent.check(case, desk.clean)) == []


def test_a_photograph_of_a_screen_is_read_and_left_for_a_person(desk, tmp_path):
    """Software cannot tell it from paper; what it reads must still be right, and a person is asked."""
    shown = []
    for page in desk.pages:
        pixels = np.asarray(page.convert("RGB")).astype(np.float32)
        rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
        grid = 12 * np.sin(rows * 2.09) + 12 * np.sin(
            columns * 2.31
        )  # the screen's pixels against the camera's
        glow = np.stack([grid, 0.6 * grid, 1.3 * grid], axis=-1) * 0.8 + 10
        screen = Image.fromarray(np.clip(pixels * 0.86 + glow, 0, 255).astype(np.uint8))
        shown.append(screen.rotate(2, Image.Resampling.BILINEAR, expand=True, fillcolor=(20, 20, 24)))
    case = desk.case(tmp_path / "case", shown)
    assert codes(consent.check(case, desk.clean)) == []
    _, points = consent.to_confirm(case, desk.clean)
    assert any(point.startswith("CON035") for point in points)


@pytest.mark.parametrize("many", some([12, 40], 2))
def test_many_pages_with_the_form_among_them(desk, tmp_path, many):
    others = [Image.new("RGB", desk.pages[0].size, "white")] * (many - len(desk.pages))
    half = many // 2
    report = consent.check(
        desk.case(tmp_path / "case", [*others[:half], *desk.pages, *others[half:]]), desk.clean
    )
    assert codes(report) == ["CON011"]


def test_a_thumb_alone_is_enough(tmp_path):
    record = cases.record(patient={**ADULT, "reads_form_language": "no"})
    desk = cases.desk(tmp_path, record, by=("witness", "explainer"))
    thumbs = signing.sign(desk.form, cases.BOXES, ["patient", "witness", "explainer"], thumb=True)
    spots = json.loads((desk.form / "form.json").read_bytes())["spots"]
    here = next(s for s in spots if s["id"] == "patient:signature")
    mm = signing.DPI / 25.4
    box = [
        round(v * mm)
        for v in (here["x"] + 1, here["y"] + 1, here["x"] + here["w"] - 1, here["y"] + here["h"] - 1)
    ]
    thumbs[here["page"] - 1].paste("white", tuple(box))
    case = desk.case(tmp_path / "thumb", thumbs, witness="yes")
    assert codes(consent.check(case, desk.clean)) == []
    case = desk.case(tmp_path / "none", witness="yes")
    assert codes(consent.check(case, desk.clean)) == ["CON037"]


def test_where_the_marks_are_cut_off_a_person_decides(desk, tmp_path):
    cut = [page.crop((0, 0, page.width, page.height - 170)) for page in desk.pages]
    report = consent.check(desk.case(tmp_path / "case", cut), desk.clean)
    assert [(f.code, f.severity) for f in report] == [("CON038", Severity.WARNING)]


@pytest.mark.parametrize("spots", [None, [], "x", [3], [{"id": "patient:signature", "kind": "sign"}]])
def test_a_spoilt_record_of_the_places_decides_nothing(desk, read_once, tmp_path, spots):
    desk.case(tmp_path / "case")
    path = tmp_path / "case" / "consent" / "form.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "spots": spots}))
    case = desk.case(tmp_path / "case", with_form=False)
    assert [f.code for f in consent.check(case, desk.clean)] == ["CON072"]


def test_a_place_that_was_moved_decides_nothing(desk, read_once, tmp_path):
    """Else the box of another picture would be read, and shown to the person who confirms it."""
    desk.case(tmp_path / "case")
    path = tmp_path / "case" / "consent" / "form.json"
    form = json.loads(path.read_bytes())
    arm, scope = (next(s for s in form["spots"] if s["id"] == f"figure:{name}") for name in ("arm", "scope"))
    arm.update({name: scope[name] for name in ("page", "x", "y")})
    path.write_text(json.dumps(form))
    case = desk.case(tmp_path / "case", with_form=False)
    assert codes(consent.check(case, desk.clean)) == ["CON072"]


def test_everybody_for_whom_there_is_a_place_signs(tmp_path):
    record = cases.record(patient={**ADULT, "reads_form_language": "no"})
    desk = cases.desk(tmp_path, record, by=("patient",))
    report = consent.check(desk.case(tmp_path / "signed", witness="yes"), desk.clean)
    said = [(f.code, f.message.partition(" is empty")[0]) for f in report if f.code in {"CON073", "CON074"}]
    assert said == [
        ("CON073", "the place for the witness"),
        ("CON074", "the place for the interpreter"),
        ("CON073", "the place for the explainer"),
    ]


# --- bound to what is published ---


def change(record, where, value):
    for part in where[:-1]:
        record = record[part]
    record[where[-1]] = value


@pytest.mark.parametrize(
    ("where", "value", "expected", "notes"),
    [
        (("figures", 0, "legend"), "Another legend.", ["CON021 arm"], []),
        (("figures", 0, "recognisable"), "yes", ["CON021 arm", "CON028"], []),
        (("history", "complaint"), "Four months.", ["CON024"], []),
        (("text", "perspective"), "I am sad.", ["CON024"], []),
        (("patient", "age_years"), "42", ["CON024"], []),
        (("timeline", 0, "event"), "Second visit", ["CON024"], []),
        (("diagnosis", "prognosis"), "Good.", ["CON024"], []),
        (("questions", "hiv"), "yes", ["CON028"], []),
        (("text", "discussion"), "Common.", [], ["CON027"]),
        (("title",), "Another title", [], ["CON027"]),
        (("figures", 0, "alt"), "A plaque", [], ["CON027"]),
        (("authors", 0, "phone"), "+91 00000 11111", [], []),
        (("declarations", "funding"), "A grant.", [], []),
    ],
)
def test_a_change_names_itself(desk, read_once, tmp_path, where, value, expected, notes):
    record = cases.record()
    change(record, where, value)
    clean = cases.clean(tmp_path / "clean", record)
    report = consent.check(desk.case(tmp_path / "case", content=record), clean)
    found = [
        f"{f.code} {f.message.split(chr(39))[1]}" if f.code == "CON021" else f.code for f in report.blocking
    ]
    assert found == expected
    notes = codes(report, Severity.WARNING)
    assert notes == (
        ["CON027"] if (where[0] in {"text", "title"} and not expected) or where[-1] == "alt" else []
    )


def test_one_pixel(desk, read_once, tmp_path):
    clean = cases.clean(tmp_path / "clean", nudge="scope")
    report = consent.check(desk.case(tmp_path / "case"), clean)
    assert [(f.code, "'scope'" in f.message) for f in report] == [("CON021", True)]


def test_wording_may_not_be_edited_when_the_box_is_empty(desk, read_once, tmp_path):
    record = cases.record()
    record["text"]["discussion"] = "Common."
    clean = cases.clean(tmp_path / "clean", record)
    case = desk.case(tmp_path / "case", content=record, agreed={"wording_may_be_edited": "no"})
    assert codes(consent.check(case, clean)) == ["CON026"]


def test_edited_wording_is_said_in_the_attestation(desk, tmp_path):
    record = cases.record(title="A better title")
    clean = cases.clean(tmp_path / "clean", record)
    _, grant = made(desk.case(tmp_path / "case", content=record), clean, tmp_path / "grant")
    assert grant.summary["published"]["wording_edited"] is True
    assert any("edited after signing" in line for line in grant.summary["checks"]["software"])
    assert grant.form == desk.code
    assert grant.clean == clean.digest


def test_publishing_less_needs_no_new_consent(desk, tmp_path):
    record = cases.record(figures=cases.record()["figures"][:1])
    clean = cases.clean(tmp_path / "clean", record)
    case = desk.case(tmp_path / "case", content=record)
    report = consent.check(case, clean)
    assert report.blocking == ()
    assert "CON023" in codes(report, Severity.NOTE)
    _, grant = made(case, clean, tmp_path / "grant")
    assert grant.figures == ("arm",)
    assert grant.summary["published"]["dropped"] == ["scope"]


def test_a_new_picture_was_never_agreed_to(desk, read_once, tmp_path):
    record = cases.record()
    record["figures"].append({**record["figures"][0], "id": "face"})
    clean = cases.clean(tmp_path / "clean", record)
    case = desk.case(tmp_path / "case", content=record, agreed={"figures": ["arm", "scope", "face"]})
    assert codes(consent.check(case, clean)) == ["CON033", "CON022"]


def test_a_misspelt_picture_agrees_to_nothing(desk, read_once, tmp_path):
    case = desk.case(tmp_path / "case", agreed={"figures": ["arm", "scoop"]})
    assert codes(consent.check(case, desk.clean)) == ["CON030", "CON033"]


def test_another_use_than_the_form_said(desk, read_once, tmp_path, monkeypatch):
    register = {**elements.register(), "scope": {"journals": "a newspaper"}}
    case = desk.case(tmp_path / "case")
    monkeypatch.setattr(elements, "register", lambda: register)
    assert codes(consent.check(case, desk.clean)) == ["CON025"]


@pytest.mark.parametrize(
    "spoil", [None, "", "[]", '{"manifest": 3}', "{" * 2000, '{"manifest": {"figures": {}}}']
)
def test_without_the_record_of_the_form_the_change_cannot_be_named(desk, read_once, tmp_path, spoil):
    record = cases.record(title="Another title")
    clean = cases.clean(tmp_path / "clean", record)
    case = desk.case(tmp_path / "case", content=record, with_form=False)
    if spoil is not None:
        (tmp_path / "case" / "consent" / "form.json").write_text(spoil)
        case = desk.case(tmp_path / "case", content=record, with_form=False)
    report = consent.check(case, clean)
    assert codes(report) == ["CON020"]
    assert "form.json" in report.findings[-1].fix


def test_without_the_record_of_the_form_no_box_is_read_and_nothing_goes(desk, read_once, tmp_path):
    report = consent.check(desk.case(tmp_path / "case", with_form=False), desk.clean)
    assert [(f.code, f.severity) for f in report] == [("CON072", Severity.ERROR)]


def test_a_child_with_spoken_assent(tmp_path):
    record = cases.record(patient={**ADULT, "age_years": "9", "can_decide": "no"})
    desk = cases.desk(tmp_path, record, by=("parent", "child-spoken", "explainer"))
    assent = {"given": "spoken", "on": "2026-03-19"}
    case = desk.case(tmp_path / "signed", signed_by="parent", assent=assent)
    said, grant = made(case, desk.clean, tmp_path / "grant")
    assert said.startswith("signed by parent")
    assert grant.summary["signed"]["assent"] == {"given": "spoken", "day": 68}


@pytest.mark.parametrize(
    ("age", "assent", "expected"),
    [("6", {}, []), ("7", {}, ["CON049"]), ("17", {}, ["CON049"]), ("17", {"assent": SPOKEN}, [])],
)
def test_a_child_who_cannot_be_asked_is_left_for_a_person_to_confirm(tmp_path, age, assent, expected):
    child = {"age_years": age, "can_decide": "no"}
    assert entry_codes(tmp_path, Severity.WARNING, patient=child, signed_by="parent", **assent) == expected


def test_the_attestation_says_that_a_child_could_not_be_asked(tmp_path):
    record = cases.record(patient={**ADULT, "age_years": "13", "can_decide": "no"})
    desk = cases.desk(tmp_path, record, by=("parent", "explainer"))
    _, grant = made(desk.case(tmp_path / "signed", signed_by="parent"), desk.clean, tmp_path / "grant")
    assert grant.summary["checks"]["to_confirm"][0].startswith("CON049 the child could not be asked")
    assert "the child could not be asked" in cases.text_of(grant.folder / "attestation.pdf")


def test_compare_names_each_part():
    base = {"figures": {"a": "1", "b": "2"}, "facts": "f", "text": "t", "scope": "s", "told": ["A1"]}
    assert not binding.compare(base, base)
    now = {"figures": {"b": "3", "c": "4"}, "facts": "g", "text": "u", "scope": "z", "told": ["A1", "F8"]}
    assert binding.compare(base, now) == binding.Changes(("b",), ("c",), ("a",), True, True, True, ("F8",))
