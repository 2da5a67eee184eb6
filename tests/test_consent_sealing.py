"""The dossier locked with a password and signed by doctor and records officer; and when that lapses."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import shutil
import threading
import zipfile
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import tsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from pipeline import consent, intake
from pipeline.consent import keys
from pipeline.core import files, trust
from pipeline.core.errors import ConsentError, InputError, OutputError, UsageError
from tests import consent_cases as cases
from tests import pki
from tests.conftest import CONSENT, casereport, make_case

SECRET = "made-up words for a test"


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def first(paper, tmp_path_factory):
    """A case with its consent on paper, and the grant for it: (case folder, grant folder)."""
    folder = tmp_path_factory.mktemp("first")
    granted(paper.case(folder / "case"), paper.clean, folder / "grant")
    return folder


@pytest.fixture
def place(first, tmp_path):
    shutil.copytree(first, tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture(autouse=True)
def passwords(monkeypatch):
    monkeypatch.setenv(keys.KEY, "key")
    monkeypatch.setenv(keys.DOSSIER, SECRET)
    monkeypatch.delenv(trust.SETTING, raising=False)


@pytest.fixture(scope="module")
def key_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {
        role: pki.person(f"The {role}").p12(folder / f"{role}.p12", "key")
        for role in ("doctor", "records-officer")
    }


def granted(case, clean, folder):
    with files.publish(folder, {}) as part:
        said = consent.make(case, clean, part)
    return said, consent.load(folder)


class Bench:
    """One case whose dossier is sealed, step by step."""

    def __init__(self, paper, place):
        self.paper, self.folder, self.grant = paper, place / "case", consent.load(place / "grant")
        self.said = ""
        self.sealed = self.folder / "sealed" / "dossier" / "dossier.pdf"

    @property
    def case(self):
        return self.paper.case(self.folder)

    def again(self, clean=None):
        self.said, self.grant = granted(self.case, clean or self.paper.clean, self.grant.folder)
        return self

    def sign(self, path, role="doctor", stamps=""):
        said = consent.sign(self.case, self.grant, path, role, stamps)
        self.again()
        return said

    def protect(self):
        said = consent.protect(self.case, self.grant)
        self.again()
        return said


@pytest.fixture
def bench(paper, place):
    return Bench(paper, place)


def statuses(pdf, password=""):
    reader = PdfFileReader(io.BytesIO(pdf))
    if reader.encrypted:
        reader.decrypt(password)
    context = ValidationContext(trust_roots=[pki.root().asn1], allow_fetching=False)
    return {str(s.field_name): (s, validate_pdf_signature(s, context)) for s in reader.embedded_signatures}


def refused(code, action):
    with pytest.raises((ConsentError, InputError)) as stop:
        action()
    assert stop.value.code == code
    return stop.value


# --- signing ---


def test_the_doctor_then_the_records_officer(bench, key_files):
    plain = (bench.grant.folder / "consent-dossier.pdf").read_bytes()
    bench.sign(key_files["doctor"])
    bench.sign(key_files["records-officer"], "records-officer")
    assert bench.said.endswith("dossier signed by the doctor and the records officer")
    dossier = (bench.grant.folder / "consent-dossier.pdf").read_bytes()
    assert dossier == bench.sealed.read_bytes() != plain
    found = statuses(dossier)
    assert list(found) == ["doctor", "records-officer"]
    assert all(status.bottom_line for _, status in found.values())
    certified = found["doctor"][0]
    assert certified.docmdp_level.value == 2  # the places may be filled, nothing else
    assert "as the treating doctor" in certified.sig_object["/Reason"]
    assert found["records-officer"][0].docmdp_level is None
    assert bench.grant.sealed_by == ("doctor", "records-officer")
    assert consent.notes(bench.grant) == ()


def test_signatures_are_kept_when_nothing_changed(bench, key_files):
    bench.sign(key_files["doctor"])
    before = bench.sealed.read_bytes()
    shutil.rmtree(bench.grant.folder)
    bench.again()
    assert (bench.grant.folder / "consent-dossier.pdf").read_bytes() == before


def test_the_records_officer_waits_for_the_doctor(bench, key_files):
    stop = refused("CON128", lambda: bench.sign(key_files["records-officer"], "records-officer"))
    assert "must be signed by the doctor first" in stop.what


def test_nobody_signs_twice(bench, key_files):
    bench.sign(key_files["doctor"])
    before = bench.sealed.read_bytes()
    stop = refused("CON128", lambda: bench.sign(key_files["doctor"]))
    assert "signed by the doctor already" in stop.what
    assert bench.sealed.read_bytes() == before


def test_a_signature_lapses_with_the_dossier_it_was_about(bench, key_files):
    bench.sign(key_files["doctor"])
    signed = bench.sealed.read_bytes()
    plain = bench.paper.case  # the same scan; another copy was given
    bench.paper = type(
        "Other", (), {"case": lambda _, f: plain(f, copy_given="no"), "clean": bench.paper.clean}
    )()
    bench.again()
    assert "the signature over the dossier has lapsed" in bench.said
    assert [f.code for f in consent.notes(bench.grant)] == ["CON126"]
    assert not statuses((bench.grant.folder / "consent-dossier.pdf").read_bytes())
    refused("CON128", lambda: bench.sign(key_files["doctor"]))
    assert bench.sealed.read_bytes() == signed  # a signature is never overwritten


@pytest.mark.parametrize("what", ["dossier.pdf", "dossier.json"])
def test_a_sealed_dossier_that_was_changed_stops(bench, key_files, what):
    bench.sign(key_files["doctor"])
    path = bench.sealed.with_name(what)
    path.write_bytes(path.read_bytes().replace(b"doctor", b"dictor"))
    stop = refused("CON127", bench.again)
    assert "sealed/" in stop.fix


def test_a_sealed_dossier_without_its_note_stops(bench, key_files):
    bench.sign(key_files["doctor"])
    bench.sealed.with_name("dossier.json").unlink()
    refused("CON127", bench.again)


def test_a_token_signs_in_the_prepared_places(bench, key_files):
    said = bench.sign(Path())
    assert "prepared places" in said
    bench.sealed.write_bytes(pki.sign(bench.sealed.read_bytes(), "doctor", pki.person("The doctor")))
    bench.again()
    assert bench.grant.sealed_by == ("doctor",)
    bench.sign(key_files["records-officer"], "records-officer")
    assert all(status.bottom_line for _, status in statuses(bench.sealed.read_bytes()).values())


def test_elsewhere_something_else_was_done_to_it(bench):
    bench.sign(Path())
    with pikepdf.open(bench.sealed, allow_overwriting_input=True) as pdf:
        pdf.save(bench.sealed)
    assert "not only by signatures" in refused("CON127", bench.again).what


def test_killed_while_the_new_one_was_put_in_the_place_of_the_old(bench, key_files):
    bench.sign(key_files["doctor"])
    before = bench.sealed.read_bytes()
    aside = bench.folder / "sealed" / ".dossier.x.old"
    aside.mkdir()
    bench.sealed.parent.rename(aside / "was")
    with pytest.raises(OutputError, match="the one before is back"):
        bench.again()
    assert bench.again().sealed.read_bytes() == before
    assert bench.grant.sealed_by == ("doctor",)


# --- keys ---


def test_a_wrong_password(bench, key_files, monkeypatch):
    monkeypatch.setenv(keys.KEY, "other")
    stop = refused("CON129", lambda: bench.sign(key_files["doctor"]))
    assert "password is wrong" in stop.what
    assert not bench.sealed.exists()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: pki.short_lived("Dr"), "not valid today"),
        (lambda: pki.authority(), "not for signing documents"),
    ],
)
def test_a_key_that_cannot_sign_today(bench, tmp_path, made, words):
    path = made().p12(tmp_path / "key.p12", "key")
    assert words in refused("CON129", lambda: bench.sign(path)).what


def test_no_key_at_all(bench, tmp_path):
    assert "not there" in refused("CON129", lambda: bench.sign(tmp_path / "none.p12")).what
    (tmp_path / "other.p12").write_text("no key")
    refused("CON129", lambda: bench.sign(tmp_path / "other.p12"))


def test_nobody_at_the_keyboard(bench, key_files, monkeypatch):
    monkeypatch.delenv(keys.KEY)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError) as stop:
        bench.sign(key_files["doctor"])
    assert keys.KEY in stop.value.fix


# --- timestamps, only from an address that was named ---


class _Clock(http.server.BaseHTTPRequestHandler):
    answers = True

    def do_POST(self):
        asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
        said = pki.stamper().request_tsa_response(asked).dump() if self.answers else b"nothing"
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def clock():
    server = http.server.HTTPServer(("127.0.0.1", 0), _Clock)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_timestamp(bench, key_files, clock):
    said = bench.sign(key_files["doctor"], stamps=clock)
    assert said == "dossier signed by the doctor, with a timestamp"
    _, status = statuses(bench.sealed.read_bytes())["doctor"]
    assert status.timestamp_validity.trusted


def test_no_timestamp_no_signature(bench, key_files, clock, monkeypatch):
    monkeypatch.setattr(_Clock, "answers", False)
    with pytest.raises(OutputError, match="gave no timestamp"):
        bench.sign(key_files["doctor"], stamps=clock)
    bench.again()
    assert bench.grant.sealed_by == ()


# --- the password ---


def test_locked_then_signed(bench, key_files):
    bench.protect()
    bench.sign(key_files["doctor"])
    bench.sign(key_files["records-officer"], "records-officer")
    dossier = (bench.grant.folder / "consent-dossier.pdf").read_bytes()
    assert bench.grant.locked
    assert b"EDITOR ONLY" not in dossier
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(dossier))
    with pikepdf.open(io.BytesIO(dossier), password=SECRET) as pdf:
        assert (pdf.encryption.R, pdf.encryption.bits) == (6, 256)
    found = statuses(dossier, SECRET)
    assert all(status.bottom_line for _, status in found.values())
    assert len(found) == 2


def test_never_locked_after_signing(bench, key_files):
    bench.sign(key_files["doctor"])
    stop = refused("CON128", bench.protect)
    assert "break the signatures" in stop.why
    assert "--protect and --sign in that order" in stop.fix


def test_a_wrong_password_for_the_dossier(bench, key_files, monkeypatch):
    bench.protect()
    locked = bench.sealed.read_bytes()
    monkeypatch.setenv(keys.DOSSIER, "not this one")
    with pytest.raises(InputError, match="cannot be opened with this password"):
        bench.sign(key_files["doctor"])
    assert bench.sealed.read_bytes() == locked


def test_a_short_password(bench, monkeypatch):
    monkeypatch.setenv(keys.DOSSIER, "short")
    with pytest.raises(UsageError, match="shorter than"):
        bench.protect()


def test_a_locked_dossier_that_was_changed(bench):
    bench.protect()
    bench.sealed.write_bytes(bench.sealed.read_bytes() + b"\n%")
    refused("CON127", bench.again)


# --- the commands, up to the package ---


@pytest.fixture(scope="module")
def submitted(tmp_path_factory):
    """A digital consent by the very patient of private.yaml, its dossier locked and signed, submitted."""
    folder = tmp_path_factory.mktemp("submitted")
    case, out, record = make_case(folder / "ring-case"), folder / "out", folder / "ring-case" / "record.yaml"
    typed, name = record.read_text(encoding="utf-8"), intake.read(case).private["name"]
    entry = CONSENT.replace("method: paper", "method: digital").replace(
        "2025-07-01", pki.NOW.date().isoformat()
    )
    record.write_text(typed + entry.format(form="0" * 16), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(trust.SETTING, str(pki.roots(folder / "roots")))
        patch.setenv(keys.KEY, "key")
        patch.setenv(keys.DOSSIER, SECRET)
        ran = [casereport("consent", case, "--digital", "--out", out)]
        form = out / "ring-case" / "digital-form"
        signed = pki.sign((form / "form.pdf").read_bytes(), "patient", pki.person(name), clock=pki.stamper())
        signed = pki.sign(signed, "explainer", pki.person("Dr Explainer"), clock=pki.stamper())
        (case / "consent" / "signed-form.pdf").write_bytes(signed)
        shutil.copy(form / "form.json", case / "consent")
        code = json.loads((form / "form.json").read_bytes())["code"]
        record.write_text(typed + entry.format(form=code), encoding="utf-8")
        ran.append(casereport("consent", case, "--check", "--out", out))
        ran.append(casereport("consent", case, "--protect", "--out", out))
        for role in ("doctor", "records-officer"):
            key = pki.person(role).p12(folder / f"{role}.p12", "key")
            ran.append(casereport("consent", case, "--sign", key, "--as", role, "--out", out))
        ran.append(casereport("submit", case, "--accept-all", "--out", out))
    return ran, case, out, signed, name


def test_every_command_ends_well_and_names_nobody(submitted):
    ran, _, _, _, name = submitted
    assert [one.code for one in ran] == [0] * 6, ran[-1].everything
    for one in ran:
        assert name not in one.everything
        assert SECRET not in one.everything


def test_the_package_carries_the_signed_file_and_the_locked_dossier_for_the_editor(submitted):
    _, case, out, signed, name = submitted
    zip_path = next(out.rglob("submission-*.zip"))
    with zipfile.ZipFile(zip_path) as package:
        assert package.read("editor-only/signed-consent-form.pdf") == signed
        assert (
            package.read("editor-only/consent-dossier.pdf")
            == (case / "sealed/dossier/dossier.pdf").read_bytes()
        )
        assert not [n for n in package.namelist() if "signatures" in n or "dossier.json" in n]
        said = json.loads(package.read("package.json"))["consent"]
        attested = package.read("editor-only/consent-attestation.json").decode()
        inner = zipfile.ZipFile(io.BytesIO(package.read("meca.zip")))
    assert (said["dossier_locked"], said["dossier_signed_by"]) == (True, ["doctor", "records-officer"])
    assert name not in attested
    assert not [n for n in inner.namelist() if "consent" in n or "dossier" in n]


def test_the_editor_is_told_that_a_locked_file_cannot_be_judged(submitted):
    zip_path = next(submitted[2].rglob("submission-*.zip"))
    ran = casereport("verify", zip_path)
    assert ran.code == 0, ran.everything
    assert "cannot tell The PDFs open" in ran.out
    assert "consent-dossier.pdf is locked with a password" in ran.out


def test_a_locked_file_that_nobody_mentioned_is_no_good_sign(submitted, tmp_path):
    found = next(submitted[2].rglob("submission-*.zip"))
    changed = tmp_path / "submission-x.zip"
    with zipfile.ZipFile(found) as before:
        members = {info.filename: before.read(info) for info in before.infolist()}
    told, silent = b'"dossier_locked": true', b'"dossier_locked": false'
    members["package.json"] = members["package.json"].replace(told, silent)
    sums = members.pop("manifest-sha256.txt").decode().splitlines()
    names = [line.partition("  ")[2] for line in sums]
    lines = [f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n" for name in names]
    with zipfile.ZipFile(changed, "w", zipfile.ZIP_STORED) as after:
        for name, content in {**members, "manifest-sha256.txt": "".join(lines).encode()}.items():
            after.writestr(name, content)
    ran = casereport("verify", changed)
    assert ran.code == 5
    assert "it is locked, and package.json does not say so" in ran.out


def test_the_originals_are_as_they_were(submitted):
    _, case, _, signed, _ = submitted
    assert (case / "consent" / "signed-form.pdf").read_bytes() == signed
    assert sorted(p.name for p in (case / "sealed" / "dossier").iterdir()) == [
        "dossier.json",
        "dossier.pdf",
        "receipt.json",
    ]
