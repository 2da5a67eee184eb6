"""Digital consent: the static form, and every way in which a signed PDF is not that form, signed by all."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import shutil
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils import embed, generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, append_signature_field
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from pipeline import consent
from pipeline.core import files, trust
from pipeline.core.errors import ConsentError, NotReady, UsageError
from pipeline.core.model import Severity
from tests import consent_cases as cases
from tests import pki
from tests.conftest import some
from tests.consent_cases import text_of

DAY = dt.datetime(2026, 3, 20, 10, 0, tzinfo=dt.UTC)  # consent_cases.CONSENT: signed_on
MARKED = ["figure:arm", "figure:scope", "journal_copy", "seen_final", "text", "wording_may_be_edited"]
ENTRY = {**cases.CONSENT, "method": "digital"}
NAME = generic.pdf_name


class Desk:
    """A printed digital form, and cases made of what came back."""

    def __init__(self, folder: Path, content=None, entry=None):
        self.record = content or cases.record()
        self.entry = {**ENTRY, **(entry or {})}
        self.clean = cases.clean(folder / "clean", self.record)
        self.form = folder / "form"
        self.form.mkdir()
        consent.print_digital(cases.case(folder / "case", self.record, self.entry), self.clean, self.form)
        self.pdf = (self.form / "form.pdf").read_bytes()
        self.said = json.loads((self.form / "form.json").read_bytes())

    def case(self, folder: Path, pdf: bytes, *, form: bool = True, agreed=None, **entry):
        (folder / "consent").mkdir(parents=True, exist_ok=True)
        (folder / "consent" / "signed-form.pdf").write_bytes(pdf)
        if form:
            shutil.copy(self.form / "form.json", folder / "consent" / "form.json")
        filled = {**self.entry, "form": self.said["code"], **entry}
        filled["agreed"] = {**filled["agreed"], **(agreed or {})}
        return cases.case(folder, self.record, filled)

    def codes(self, folder: Path, pdf: bytes, severity=Severity.ERROR, **changes):
        report = consent.check(self.case(folder, pdf, **changes), self.clean)
        return [f.code for f in report if f.severity is severity]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def roots(tmp_path, monkeypatch):
    """Our made-up root is trusted."""
    folder = pki.roots(tmp_path / "roots")
    monkeypatch.setenv(trust.SETTING, str(folder))
    return folder


@pytest.fixture(scope="module")
def whole(desk):
    """The form signed by both, on the day the record says, with timestamps."""
    clock = pki.stamper(DAY)
    first = pki.sign(desk.pdf, "patient", pki.person("Kamla Devi Example"), at=DAY, clock=clock)
    return pki.sign(first, "explainer", pki.person("Dr Explainer"), at=DAY, clock=clock)


def patient(desk, who=None, pdf=None, **how):
    """The form signed by the patient alone, on the day the record says."""
    return pki.sign(pdf or desk.pdf, "patient", who or pki.person("Kamla Devi Example"), **{"at": DAY, **how})


def appended(pdf: bytes, change) -> bytes:
    """The file with one more revision in which `change(writer)` was made."""
    writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    change(writer)
    writer.write(out)
    return out.getvalue()


def first_page(writer):
    return writer.root["/Pages"]["/Kids"][0].get_object()


def paint(writer):
    """A white sheet over the first page."""
    page = first_page(writer)
    cover = writer.add_object(generic.StreamObject(stream_data=b"1 1 1 rg 50 100 400 600 re f"))
    page[NAME("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), cover])
    writer.update_container(page)


def note(writer):
    """A white square laid over the first page as an annotation."""
    numbers = [generic.NumberObject(n) for n in (50, 100, 450, 300)]
    square = generic.DictionaryObject(
        {
            NAME("/Type"): NAME("/Annot"),
            NAME("/Subtype"): NAME("/Square"),
            NAME("/Rect"): generic.ArrayObject(numbers),
            NAME("/IC"): generic.ArrayObject([generic.NumberObject(1)] * 3),
        }
    )
    page = first_page(writer)
    page[NAME("/Annots")] = generic.ArrayObject([writer.add_object(square)])
    writer.update_container(page)


def attach(writer):
    data = embed.EmbeddedFileObject.from_file_data(writer, data=b"other")
    embed.embed_file(writer, embed.FileSpec("other.png", embedded_data=data))


def javascript(writer):
    action = generic.DictionaryObject(
        {NAME("/S"): NAME("/JavaScript"), NAME("/JS"): generic.pdf_string("app.alert(1)")}
    )
    writer.root[NAME("/OpenAction")] = writer.add_object(action)
    writer.update_root()


def text_field(writer):
    """A field to be ticked, and ticked."""
    box = generic.DictionaryObject(
        {
            NAME("/Type"): NAME("/Annot"),
            NAME("/Subtype"): NAME("/Widget"),
            NAME("/FT"): NAME("/Btn"),
            NAME("/T"): generic.pdf_string("teaching"),
            NAME("/V"): NAME("/Yes"),
            NAME("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 100, 70, 120)]),
        }
    )
    form = writer.root["/AcroForm"]
    form["/Fields"].append(writer.add_object(box))
    writer.update_container(form["/Fields"])


# --- the form ---


def test_the_form_is_static_with_places_for_signatures(desk):
    with pikepdf.open(io.BytesIO(desk.pdf)) as pdf:
        kinds = {str(field.T): str(field.FT) for field in pdf.Root.AcroForm.Fields}
        assert b"pdfuaid:part" not in pdf.Root.Metadata.read_bytes()  # the places are outside the tagged text
    assert kinds == {"patient": "/Sig", "explainer": "/Sig"}
    assert desk.said["digital"]["marked"] == MARKED
    assert desk.said["digital"]["sha256"] == hashlib.sha256(desk.pdf).hexdigest()
    assert "senior resident who did not treat the patient" in text_of(desk.pdf)


def test_the_crosses_are_in_the_boxes_that_were_chosen(desk):
    import pypdfium2

    with pypdfium2.PdfDocument(desk.pdf) as document:
        pages = [page.render(scale=4).to_pil().convert("L") for page in document]
    for spot in (s for s in desk.said["spots"] if s["kind"] == "tick"):
        mm = 4 * 72 / 25.4
        middle = tuple(
            round(v * mm) for v in (spot["x"] + 2, spot["y"] + 2, spot["x"] + 4.5, spot["y"] + 4.5)
        )
        dark = min(pages[spot["page"] - 1].crop(middle).tobytes()) < 100
        assert dark is (spot["id"] in MARKED), spot["id"]


def test_the_same_case_gives_the_same_bytes(desk, tmp_path):
    assert Desk(tmp_path).pdf == desk.pdf


def test_without_choices_there_is_nothing_to_draw(tmp_path, desk):
    for entry in (None, cases.CONSENT):
        with pytest.raises(NotReady) as stop:
            consent.print_digital(cases.case(tmp_path, desk.record, entry), desk.clean, tmp_path)
        assert stop.value.code == "CON100"
        assert "--digital" in stop.value.fix


def test_everyone_the_case_needs_has_a_place(tmp_path):
    child = cases.record(patient__age_years="13", patient__reads_form_language="no")
    assent = {"given": "written", "on": "2026-03-20"}
    entry = {"signed_by": "parent", "assent": assent, "witness": "yes", "interpreter": "no"}
    desk = Desk(tmp_path / "desk", child, entry)
    places = ["parent", "child-written", "witness", "interpreter", "explainer"]
    assert desk.said["digital"]["fields"] == places
    one = pki.sign(desk.pdf, "parent", pki.person("Parent"), at=DAY)
    report = consent.check(desk.case(tmp_path / "case", one), desk.clean)
    missing = [f.message for f in report if f.code == "CON119"]
    assert [m.split("'")[1] for m in missing] == ["child-written", "witness", "explainer"]


@pytest.mark.parametrize("language", ["hi", "pa"])
def test_in_every_script(tmp_path, language):
    """What a field to fill in could not hold."""
    assent = {"given": "spoken", "on": "2026-03-20"}
    entry = {"language": language, "signed_by": "parent", "assent": assent}
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk", cases.record(patient__age_years="9"), entry)
    pdf = desk.pdf
    for place in desk.said["digital"]["fields"]:
        pdf = pki.sign(pdf, place, pki.person(f"The {place}"), at=DAY)
    assert desk.codes(tmp_path / "case", pdf) == []


# --- signed as it should be ---


def test_signed_by_both_and_granted(desk, whole, tmp_path, roots):
    (roots / "list.crl").write_bytes(pki.revoked(on=DAY, made=pki.NOW - pki.DAY))
    case = desk.case(tmp_path / "case", whole)
    assert list(consent.check(case, desk.clean)) == []
    with files.publish(tmp_path / "grant", {}) as part:
        said = consent.make(case, desk.clean, part)
    grant = consent.load(tmp_path / "grant")
    assert said == "signed by patient for 2 figures"
    assert (grant.folder / "signed-form.pdf").read_bytes() == whole
    report = json.loads((grant.folder / "signatures.json").read_bytes())
    assert [s["field"] for s in report["signatures"]] == ["patient", "explainer"]
    assert report["signatures"][0]["stamped"] == "2026-03-20T10:00:00+00:00"
    assert "Made-up Issuer" in report["signatures"][0]["issuer"]


def test_the_attestation_names_no_signer_and_the_dossier_tells_of_the_signatures(desk, whole, tmp_path):
    with files.publish(tmp_path / "grant", {}) as part:
        consent.make(desk.case(tmp_path / "case", whole), desk.clean, part)
    folder = tmp_path / "grant"
    nameless = "".join(
        (folder / n).read_text() for n in ("attestation.json", "consent-fhir.json", "signatures.json")
    )
    nameless += text_of(folder / "attestation.pdf")
    for name in ("Kamla", "Devi", "Explainer"):
        assert name not in nameless
    assert "Made-up Issuer" not in text_of(folder / "attestation.pdf")
    stated = json.loads((folder / "attestation.json").read_bytes())
    assert stated["signed"]["signatures"][1] == {
        "by": "patient",
        "time": "timestamp",
        "revocation": "not looked up",
    }
    shown = text_of(folder / "consent-dossier.pdf")
    assert "The signatures of the form" in shown
    assert "2026-03-20 10:00:00 UTC" in shown
    assert "Made-up Issuer" in shown
    assert "digitally signed form" in (folder / "consent-fhir.json").read_text()


def test_a_first_signature_that_certifies_lets_others_sign(desk, tmp_path):
    one = patient(desk, certify=MDPPerm.FILL_FORMS)
    both = pki.sign(one, "explainer", pki.person("Dr Explainer"), at=DAY)
    assert desk.codes(tmp_path, both) == []


def lists_of(*more):
    from asn1crypto import crl, pem

    return [crl.CertificateList.load(pem.unarmor(one)[2]) for one in more]


@pytest.mark.parametrize("archival", [False, True])
def test_proofs_of_validity_may_follow_the_last_signature(desk, tmp_path, archival):
    """PAdES B-LT and B-LTA: lists of revoked certificates (DSS), and a timestamp over everything."""
    lists = lists_of(
        pki.revoked(on=DAY, made=pki.NOW - pki.DAY), pki.revoked(on=DAY, made=pki.NOW, by=pki.root())
    )
    context = ValidationContext(
        trust_roots=[pki.root().asn1], other_certs=[pki.authority().asn1], crls=lists, allow_fetching=False
    )
    about = {"embed_validation_info": True, "validation_context": context, "use_pades_lta": archival}
    clock = pki.stamper(pki.NOW)
    one = patient(desk, at=pki.NOW)
    both = pki.sign(one, "explainer", pki.person("Dr Explainer"), at=pki.NOW, clock=clock, meta=about)
    today = pki.NOW.date().isoformat()
    assert desk.codes(tmp_path, both, signed_on=today) == []
    assert desk.codes(tmp_path, both + b"\n% more", signed_on=today) == ["CON109"]


# --- not the form as printed, or more than that ---


def refused(desk, tmp_path, pdf, **changes):
    """The code and the words for the first reason."""
    with pytest.raises(ConsentError) as stop:
        consent.make(desk.case(tmp_path / "case", pdf, **changes), desk.clean, tmp_path)
    assert stop.value.exit == 3
    assert "Kamla" not in str(stop.value)
    return stop.value


def test_unsigned(desk, tmp_path):
    stop = refused(desk, tmp_path, desk.pdf)
    assert stop.code == "CON104"
    assert "holds no digital signature" in stop.what


def test_cut_before_the_signature(desk, whole, tmp_path):
    assert refused(desk, tmp_path, whole[: len(desk.pdf)]).code == "CON104"


def test_one_byte_changed(desk, whole, tmp_path):
    at = whole.index(b"/Title")
    changed = whole[: at + 9] + bytes([whole[at + 9] ^ 1]) + whole[at + 10 :]
    codes = desk.codes(tmp_path, changed)
    assert codes[:3] == ["CON103", "CON106", "CON106"]


def test_saved_anew(desk, whole, tmp_path):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        pdf.save(out)
    stop = refused(desk, tmp_path, out.getvalue())
    assert stop.code == "CON103"
    assert "do not save it again" in stop.fix


@pytest.mark.parametrize(
    ("change", "code"),
    [(paint, "CON105"), (note, "CON105"), (attach, "CON107"), (javascript, "CON107"), (text_field, "CON108")],
)
@pytest.mark.parametrize("when", some(["between", "before", "after"], 3))
def test_nothing_but_signatures_is_added(desk, tmp_path, change, code, when):
    """Before anyone signed, between two signatures, and after the last."""
    pdf = appended(desk.pdf, change) if when == "before" else desk.pdf
    pdf = patient(desk, pdf=pdf)
    pdf = appended(pdf, change) if when == "between" else pdf
    pdf = pki.sign(pdf, "explainer", pki.person("Dr Explainer"), at=DAY)
    pdf = appended(pdf, change) if when == "after" else pdf
    codes = desk.codes(tmp_path, pdf)
    assert code in codes
    assert "CON105" in codes
    assert set(codes) <= {"CON105", "CON107", "CON108", "CON109", "CON110"}


def test_why_painting_is_refused_is_said(desk, whole, tmp_path):
    stop = refused(desk, tmp_path, appended(whole, paint))
    assert stop.what.startswith("something other than signatures was added")
    assert "painted over" in stop.why


@pytest.mark.parametrize(
    ("junk", "code"), [(b"\n% junk\n", "CON109"), (b"\0" * 40, "CON109"), (b"%%EOF\n", "CON003")]
)
def test_bytes_behind_the_last_signature(desk, whole, tmp_path, junk, code):
    assert desk.codes(tmp_path, whole + junk) == [code]


def test_a_signature_somewhere_else_on_the_page(desk, whole, tmp_path):
    def place(writer):
        append_signature_field(writer, SigFieldSpec("elsewhere", on_page=0, box=(50, 100, 450, 600)))

    pdf = pki.sign(appended(whole, place), "elsewhere", pki.person("Somebody"), at=DAY)
    assert "CON108" in desk.codes(tmp_path, pdf)


def test_the_printed_form_as_dead_weight_before_another_document(desk, tmp_path):
    """The first bytes are right, and no reader ever looks at them."""
    body, offsets = desk.pdf, []
    for number, content in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 5 0 R]/SigFlags 3>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R 5 0 R]>>",
            b"<</Type/Annot/Subtype/Widget/FT/Sig/T(patient)/Rect[0 0 0 0]/F 132/P 3 0 R>>",
            b"<</Type/Annot/Subtype/Widget/FT/Sig/T(explainer)/Rect[0 0 0 0]/F 132/P 3 0 R>>",
        ),
        start=1,
    ):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"xref\n0 6\n0000000000 65535 f \n" + table
    body += b"trailer\n<</Size 6/Root 1 0 R/ID[<00><00>]>>\nstartxref\n%d\n%%%%EOF\n" % start
    both = pki.sign(patient(desk, pdf=body), "explainer", pki.person("Dr Explainer"), at=DAY)
    assert desk.codes(tmp_path, both)[0] == "CON103"


def test_encrypted_after_signing(desk, whole, tmp_path):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="", R=6))
    stop = refused(desk, tmp_path, out.getvalue())
    assert stop.code == "CON116"
    assert "encrypted after signing" in stop.what


def test_encrypted_before_signing_is_not_the_printed_form(desk, tmp_path):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(desk.pdf)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="", R=6))
    stop = refused(desk, tmp_path, patient(desk, pdf=out.getvalue(), password=""))
    assert stop.code == "CON118"
    assert "--protect" in stop.fix


def test_locked_with_a_password(desk, whole, tmp_path):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(whole)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="secret", R=6))
    assert desk.codes(tmp_path, out.getvalue()) == ["CON117"]


def test_not_a_pdf_that_can_be_read(desk, whole, tmp_path):
    broken = whole[: len(whole) // 2]
    assert "CON003" in desk.codes(tmp_path, broken)


def test_two_files(desk, whole, tmp_path):
    case = desk.case(tmp_path, whole, files=["consent/signed-form.pdf", "consent/form.json"])
    assert "CON101" in [f.code for f in consent.check(case, desk.clean)]


def test_form_json_gone_or_edited(desk, whole, tmp_path):
    assert desk.codes(tmp_path / "gone", whole, form=False)[0] == "CON102"
    case = desk.case(tmp_path / "edited", whole)
    path = case.folder / "consent" / "form.json"
    said = json.loads(path.read_bytes())
    said["digital"]["marked"].append("teaching")
    path.write_text(json.dumps(said))
    assert "CON102" in [f.code for f in consent.check(case, desk.clean)]


def test_other_choices_than_those_signed(desk, whole, tmp_path):
    report = consent.check(
        desk.case(tmp_path, whole, agreed={"teaching": "yes", "figures": ["arm"]}), desk.clean
    )
    found = next(f for f in report if f.code == "CON121")
    assert "figure:scope, teaching" in found.message


def test_another_day(desk, whole, tmp_path):
    assert desk.codes(tmp_path, whole, signed_on="2026-03-25") == ["CON122"]
    assert desk.codes(tmp_path, whole, signed_on="2026-03-21") == []


def test_a_changed_figure_lapses_a_digital_consent_too(desk, whole, tmp_path):
    other = cases.clean(tmp_path / "clean", desk.record, nudge="arm")
    report = consent.check(desk.case(tmp_path / "case", whole), other)
    assert [f.code for f in report.blocking] == ["CON021"]


# --- who signed ---


def test_someone_is_missing(desk, tmp_path):
    stop = refused(desk, tmp_path, patient(desk))
    assert stop.code == "CON119"
    assert "'explainer' is missing" in stop.what


def test_one_key_for_two_people(desk, tmp_path):
    pdf = pki.sign(patient(desk), "explainer", pki.person("Kamla Devi Example"), at=DAY)
    assert desk.codes(tmp_path, pdf) == ["CON120"]


def signed_by(desk, who, **how):
    """Signed by `who` in the patient's place and by somebody known in the other."""
    how = {"at": DAY, **how}
    return pki.sign(patient(desk, who, **how), "explainer", pki.person("Dr Explainer"), at=how["at"])


def test_self_signed(desk, tmp_path):
    stop = refused(desk, tmp_path, signed_by(desk, pki.stranger("Kamla Devi Example")))
    assert stop.code == "CON112"
    assert "self-signed" in stop.what


def test_nothing_is_trusted_by_default(desk, whole, tmp_path, monkeypatch):
    monkeypatch.delenv(trust.SETTING)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))
    assert desk.codes(tmp_path / "none", whole) == ["CON111", "CON111"]
    pki.roots(tmp_path / "empty" / "casereport" / "roots")
    assert desk.codes(tmp_path / "some", whole) == []


def test_the_finding_about_trust_says_what_to_do(desk, whole, tmp_path, roots):
    (roots / "root.pem").unlink()
    stop = refused(desk, tmp_path, whole)
    assert "fits the file, but nobody you trust" in stop.what
    assert "casereport/roots" in stop.fix


def test_an_issuer_alone_is_no_root(desk, whole, tmp_path, roots):
    (roots / "root.pem").write_bytes(pki.authority().pem)
    assert desk.codes(tmp_path, whole) == ["CON111", "CON111"]


@pytest.mark.parametrize("old", [True, False])
def test_revoked(desk, tmp_path, roots, old):
    """By a list of the user; one that is long out of date counts as well."""
    made = DAY - 30 * pki.DAY if old else pki.NOW - pki.DAY
    who = pki.person("Kamla Devi Example")
    (roots / "list.crl").write_bytes(pki.revoked(who, on=made - pki.DAY, made=made))
    stop = refused(desk, tmp_path, signed_by(desk, who))
    assert stop.code == "CON113"
    assert "was revoked" in stop.what


def test_revoked_later_than_a_trusted_timestamp(desk, tmp_path, roots):
    who = pki.person("Kamla Devi Example")
    (roots / "list.crl").write_bytes(pki.revoked(who, on=DAY + 5 * pki.DAY, made=pki.NOW - pki.DAY))
    assert desk.codes(tmp_path / "stamped", signed_by(desk, who, clock=pki.stamper(DAY))) == []
    assert desk.codes(tmp_path / "bare", signed_by(desk, who)) == ["CON113"]


def test_the_issuer_was_revoked(desk, whole, tmp_path, roots):
    by = pki.revoked(pki.authority(), on=DAY - pki.DAY, made=pki.NOW - pki.DAY, by=pki.root())
    (roots / "list.crl").write_bytes(by)
    assert desk.codes(tmp_path, whole)[0] == "CON113"


def test_a_list_that_somebody_else_wrote_counts_for_nothing(desk, tmp_path, roots):
    who = pki.person("Kamla Devi Example")
    forged = pki.revoked(who, on=DAY - pki.DAY, made=pki.NOW, key=pki.stranger("Forger").key)
    (roots / "list.crl").write_bytes(forged)
    pdf = signed_by(desk, who)
    assert desk.codes(tmp_path / "a", pdf) == []
    assert "CON123" in desk.codes(tmp_path / "b", pdf, Severity.WARNING)


ALIVE = pki.LONG_AGO + dt.timedelta(minutes=5)


@pytest.mark.parametrize(
    ("clock", "codes"),
    [
        (None, ["CON114"]),
        (lambda: pki.stamper(ALIVE), []),
        (lambda: pki.stamper(ALIVE + pki.DAY), ["CON114"]),  # stamped when it was dead already
        (lambda: pki.stamper(ALIVE, pki.stranger("A clock of one's own")), ["CON114"]),
        (lambda: pki.stamper(ALIVE, pki.person("No clock at all")), ["CON114"]),
    ],
)
def test_a_certificate_that_lived_thirty_minutes(desk, tmp_path, clock, codes):
    who = pki.short_lived("Kamla Devi Example")
    pdf = signed_by(desk, who, at=ALIVE, clock=clock and clock())
    found = desk.codes(tmp_path, pdf, signed_on=ALIVE.date().isoformat())
    assert [c for c in found if c.startswith("CON1")] == codes


def test_a_timestamp_over_the_document_counts_as_well(desk, tmp_path):
    pdf = signed_by(desk, pki.short_lived("Kamla Devi Example"), at=ALIVE)
    writer, out = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    PdfTimeStamper(pki.stamper(ALIVE + dt.timedelta(minutes=5))).timestamp_pdf(writer, "sha256", output=out)
    found = desk.codes(tmp_path, out.getvalue(), signed_on=ALIVE.date().isoformat())
    assert [c for c in found if c.startswith("CON1")] == []


def test_what_was_not_looked_up_is_a_point_to_confirm(desk, whole, tmp_path):
    bare = signed_by(desk, pki.person("Kamla Devi Example"))
    assert desk.codes(tmp_path / "a", bare, Severity.WARNING) == ["CON123", "CON124"] * 2
    assert desk.codes(tmp_path / "b", whole, Severity.WARNING) == ["CON123", "CON123"]


# --- the folder of roots ---


def test_a_folder_of_roots_that_is_not_there(desk, whole, tmp_path, monkeypatch):
    monkeypatch.setenv(trust.SETTING, str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="not there"):
        desk.codes(tmp_path / "case", whole)


def test_a_file_that_is_no_certificate(desk, whole, tmp_path, roots):
    (roots / "readme.txt").write_text("a note is passed over")
    assert desk.codes(tmp_path / "a", whole) == []
    (roots / "other.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(UsageError, match="is no certificate"):
        desk.codes(tmp_path / "b", whole)


def test_certificates_as_der(desk, whole, tmp_path, roots):
    (roots / "root.pem").unlink()
    (roots / "root.cer").write_bytes(pki.root().asn1.dump())
    assert desk.codes(tmp_path, whole) == []


# --- the paper ---


def test_a_scan_with_javascript_gives_its_pixels_only(tmp_path):
    paper = cases.desk(tmp_path / "desk")
    case = paper.case(tmp_path / "case")
    scan = case.folder / "consent" / "signed-form.pdf"
    with pikepdf.open(scan, allow_overwriting_input=True) as pdf:
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        pdf.save(scan)
    report = list(consent.check(case, paper.clean))
    assert [(f.code, f.severity) for f in report] == [("CON125", Severity.NOTE)]
    assert "carries JavaScript; only pictures of its pages are used" in report[0].message
    with files.publish(tmp_path / "grant", {}) as part:
        consent.make(case, paper.clean, part)
    assert b"JavaScript" not in (tmp_path / "grant" / "consent-dossier.pdf").read_bytes()


def test_pyhanko_itself_would_take_a_ticked_field(desk, tmp_path):
    """Why the form has no field to fill in: ticking one after signing leaves the signature valid."""
    with pikepdf.open(io.BytesIO(desk.pdf)) as pdf:
        about = {"Type": pikepdf.Name.Annot, "Subtype": pikepdf.Name.Widget, "FT": pikepdf.Name.Tx}
        about |= {"T": "teaching", "V": "no", "Rect": [50, 100, 70, 120], "F": 4, "P": pdf.pages[0].obj}
        box = pdf.make_indirect(pikepdf.Dictionary(**about))
        pdf.Root.AcroForm.Fields.append(box)
        pdf.pages[0].obj.Annots = pikepdf.Array([*pdf.pages[0].obj.get("/Annots", []), box])
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)

    def tick(writer):
        field = next(
            f.get_object() for f in writer.root["/AcroForm"]["/Fields"] if f.get_object()["/T"] == "teaching"
        )
        field[NAME("/V")] = generic.pdf_string("yes")
        writer.update_container(field)

    pdf = appended(patient(desk, pdf=out.getvalue()), tick)
    one = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    context = ValidationContext(trust_roots=[pki.root().asn1], allow_fetching=False)
    assert validate_pdf_signature(one, context).bottom_line
    assert desk.codes(tmp_path, pdf)[0] == "CON103"
