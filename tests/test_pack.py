"""Sealing: nothing goes in unless everything fits together; what goes in is listed; the bytes never vary."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipeline import pack
from pipeline.core import allowlist, journal
from pipeline.core.errors import ConsentError, PrivacyError
from pipeline.core.job import Job
from pipeline.core.model import Countersigner, SignOff
from pipeline.core.tell import Tell
from pipeline.pack import contents
from tests.packing import DIGEST, FIGURES, Rooms, attestation, counts, packed, published, rooms

OTHER = "d" * 64


@pytest.fixture
def all_rooms(tmp_path: Path) -> Rooms:
    return rooms(tmp_path)


def members(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as z:
        return {name: z.read(name) for name in z.namelist()}


def inner(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(members(package)["meca.zip"])) as z:
        return {name: z.read(name) for name in z.namelist()}


# --- the locks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "kind"),
    [("paper", PrivacyError), ("grant", ConsentError), ("signoff", PrivacyError), ("proof", PrivacyError)],
)
def test_every_noun_must_be_about_these_copies(
    all_rooms: Rooms, tmp_path: Path, noun: str, kind: type
) -> None:
    wrong = all_rooms.but(**{noun: replace(getattr(all_rooms, noun), clean=OTHER)})
    with pytest.raises(kind) as caught:
        packed(wrong, tmp_path / "out")
    assert caught.value.code == "PKG001"
    assert caught.value.fix
    assert not list((tmp_path / "out").iterdir())


def test_a_figure_without_consent(all_rooms: Rooms, tmp_path: Path) -> None:
    with pytest.raises(ConsentError) as caught:
        packed(all_rooms.but(grant=replace(all_rooms.grant, figures=FIGURES[:1])), tmp_path / "out")
    assert caught.value.code == "PKG003"
    assert "scan" in caught.value.what


def test_a_withdrawn_consent(all_rooms: Rooms, tmp_path: Path) -> None:
    said = {**attestation(), "withdrawn": True}
    with pytest.raises(ConsentError) as caught:
        packed(all_rooms.but(grant=replace(all_rooms.grant, summary=said)), tmp_path / "out")
    assert caught.value.code == "PKG009"


def test_a_proof_that_hunted_nobody(all_rooms: Rooms, tmp_path: Path) -> None:
    with pytest.raises(PrivacyError) as caught:
        packed(all_rooms.but(proof=replace(all_rooms.proof, identifiers=0)), tmp_path / "out")
    assert caught.value.code == "PKG004"


def test_unseen_only_for_the_made_up(all_rooms: Rooms, tmp_path: Path) -> None:
    unseen = SignOff("nobody (--accept-all)", "nobody looked", "", DIGEST, accepted_unseen=True)
    real = replace(all_rooms.clean, record={**all_rooms.clean.record, "synthetic": False})
    with pytest.raises(PrivacyError) as caught:
        packed(all_rooms.but(clean=real, signoff=unseen), tmp_path / "out")
    assert caught.value.code == "PKG008"
    package = packed(all_rooms.but(signoff=unseen), tmp_path / "out")
    said = members(package.zip)
    assert "ACCEPTED UNSEEN" in said["package.json"].decode()
    assert "Accepted unseen." in said["index.html"].decode()


@pytest.mark.parametrize("noun", ["clean", "paper", "grant", "proof"])
@pytest.mark.parametrize("how", ["changed", "added", "removed"])
def test_folders_must_still_match_their_receipts(
    all_rooms: Rooms, tmp_path: Path, noun: str, how: str
) -> None:
    folder: Path = getattr(all_rooms, noun).folder
    victim = next(p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "receipt.json")
    if how == "changed":
        victim.write_bytes(victim.read_bytes() + b" ")
    elif how == "added":
        (folder / "more.txt").write_text("x")
    else:
        victim.unlink()
    with pytest.raises(PrivacyError) as caught:
        packed(all_rooms, tmp_path / "out")
    assert caught.value.code == "PKG002"


@pytest.mark.parametrize("noun", ["clean", "paper", "grant", "proof"])
@pytest.mark.parametrize("text", [None, "", "[]", "{}"])
def test_without_a_receipt_there_is_nothing_to_pack(all_rooms: Rooms, noun: str, text: str | None) -> None:
    receipt: Path = getattr(all_rooms, noun).folder / "receipt.json"
    receipt.unlink() if text is None else receipt.write_text(text)
    with pytest.raises(PrivacyError) as caught:
        pack.needs(*all_rooms.all)
    assert caught.value.code == "PKG002"


# --- the allow-list ----------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", ["paper", "grant"])
@pytest.mark.parametrize(
    "name", ["notes.txt", "figures/figure-0.tif", "Meera Testwala.pdf", "manuscript.docx.bak"]
)
def test_a_file_nobody_listed_stops_the_build(all_rooms: Rooms, tmp_path: Path, noun: str, name: str) -> None:
    old = getattr(all_rooms, noun)
    held = {
        p.relative_to(old.folder).as_posix(): p.read_bytes() for p in old.folder.rglob("*") if p.is_file()
    }
    held.pop("receipt.json")
    folder = published(tmp_path / "again", {**held, name: b"x"})
    with pytest.raises(PrivacyError) as caught:
        packed(all_rooms.but(**{noun: replace(old, folder=folder)}), tmp_path / "out")
    assert caught.value.code == "PKG005"
    assert "Meera" not in str(caught.value)


@pytest.mark.parametrize("name", allowlist.rules()["required"])
def test_a_missing_part_stops_the_build(all_rooms: Rooms, tmp_path: Path, name: str) -> None:
    noun = "grant" if "consent" in name else "clean" if "report" in name else "paper"
    leaf = {
        "consent-attestation.pdf": "attestation.pdf",
        "consent-attestation.json": "attestation.json",
        "blank-consent-form.pdf": "blank-form.pdf",
        "deidentification-report.json": "report.json",
    }.get(Path(name).name, Path(name).name)
    old = getattr(all_rooms, noun)
    held = {
        p.relative_to(old.folder).as_posix(): p.read_bytes() for p in old.folder.rglob("*") if p.is_file()
    }
    del held["receipt.json"], held[leaf]
    folder = published(tmp_path / "again", held)
    with pytest.raises(PrivacyError) as caught:
        packed(all_rooms.but(**{noun: replace(old, folder=folder)}), tmp_path / "out")
    assert caught.value.code == "PKG006"


def test_every_row_of_the_list_puts_its_audience_in_the_right_place() -> None:
    for row in allowlist.rows("package"):
        for place, audience in (("for-review/", "reviewer"), ("editor-only/", "editor")):
            assert row.name.pattern.startswith(place) <= (row.audience == audience), row
        assert row.why
    for step in allowlist.rules()["taken"].values():
        assert all(("to" in row) != ("stays" in row) for row in step)


@pytest.mark.parametrize(
    "word", ["dossier", "title-page", "cover-letter", "consent", "deidentification", "byline"]
)
def test_nothing_for_the_editor_is_allowed_where_reviewers_look(word: str) -> None:
    for ending in ("pdf", "docx", "json"):
        assert allowlist.row("package", f"for-review/{word}.{ending}") is None
        meca = allowlist.row("meca", f"content/{word}.{ending}")
        assert meca is None or (word, meca.audience) == ("title-page", "editor")


def test_names_that_only_begin_or_end_right_are_not_allowed() -> None:
    for name in (
        "x/for-review/manuscript.pdf",
        "for-review/manuscript.pdf.exe",
        "for-review/figures/figure-1.tif\n",
        "INDEX.HTML",
    ):
        assert allowlist.row("package", name) is None


def test_a_file_without_ending_is_described_without_its_name() -> None:
    assert contents.shape("figures/Meera.TESTWALA Kaur") == "no known ending"
    assert contents.shape("Meera.PDF") == "a .pdf file"


# --- what is in it -----------------------------------------------------------------------------------


def test_the_members(all_rooms: Rooms, tmp_path: Path) -> None:
    package = packed(all_rooms, tmp_path / "out")
    held = members(package.zip)
    assert package.zip.name == "submission-aujmsr.zip"
    assert set(held) == {
        *(f"for-review/manuscript.{e}" for e in ("docx", "pdf", "xml", "html")),
        "for-review/manuscript-jats-1.1.xml",
        "for-review/figures/figure-1.tif",
        "for-review/figures/figure-2.tif",
        "for-review/care-checklist.pdf",
        "for-review/index.html",
        *(f"for-review/pages/page-0{n}.png" for n in (1, 2, 3)),
        "editor-only/title-page.docx",
        "editor-only/manuscript-with-authors.xml",
        "editor-only/cover-letter.docx",
        "editor-only/consent-attestation.pdf",
        "editor-only/consent-attestation.json",
        "editor-only/blank-consent-form.pdf",
        "editor-only/consent-fhir.json",
        "editor-only/consent-dossier.pdf",
        "editor-only/deidentification-report.json",
        "editor-only/how-to-submit.html",
        "meca.zip",
        "index.html",
        "package.json",
        "manifest-sha256.txt",
    }
    assert (
        held["editor-only/consent-attestation.json"]
        == (all_rooms.grant.folder / "attestation.json").read_bytes()
    )
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "submission-aujmsr.zip",
        "submission-aujmsr.zip.sha256",
        "upload",
    ]


def test_sha256sum_agrees(all_rooms: Rooms, tmp_path: Path) -> None:
    package = packed(all_rooms, tmp_path / "out")
    assert package.sha256 == hashlib.sha256(package.zip.read_bytes()).hexdigest()
    with zipfile.ZipFile(package.zip) as z:
        z.extractall(tmp_path / "unpacked")
    for folder, sums in (
        (tmp_path / "unpacked", "manifest-sha256.txt"),
        (tmp_path / "out", f"{package.zip.name}.sha256"),
    ):
        ran = subprocess.run(
            ["sha256sum", "-c", "--strict", sums], cwd=folder, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stdout
    listed = (tmp_path / "unpacked" / "manifest-sha256.txt").read_text().splitlines()
    assert len(listed) == len(members(package.zip)) - 1


def test_the_same_bytes_whatever_the_clock_and_the_umask(
    all_rooms: Rooms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = packed(all_rooms, tmp_path / "a").zip.read_bytes()
    again = rooms(tmp_path / "elsewhere")
    old = os.umask(0o077)
    try:
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        second = packed(again, tmp_path / "b").zip.read_bytes()
    finally:
        os.umask(old)
    assert first == second


def test_the_zip_carries_no_dates_modes_or_extras(all_rooms: Rooms, tmp_path: Path) -> None:
    package = packed(all_rooms, tmp_path / "out")
    for outer in (package.zip, io.BytesIO(members(package.zip)["meca.zip"])):
        with zipfile.ZipFile(outer) as z:
            infos = z.infolist()
            assert [i.filename for i in infos] == sorted(i.filename for i in infos)
            assert z.comment == b""
        for info in infos:
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == 0o100644
            assert (info.extra, info.comment, info.create_system) == (b"", b"", 3)
            assert info.compress_type == zipfile.ZIP_STORED


def test_needs_changes_with_every_input(all_rooms: Rooms, tmp_path: Path) -> None:
    base = pack.needs(*all_rooms.all)
    assert pack.needs(*rooms(tmp_path / "same").all) == base
    assert pack.needs(*all_rooms.but(signoff=replace(all_rooms.signoff, role="faculty")).all) != base
    assert json.loads(json.dumps(base)) == base


# --- the dossier -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delivery", "agreed", "travels"),
    [("embed", True, True), ("embed", False, False), ("attest", True, False), ("on_request", True, False)],
)
def test_the_signed_form_travels_only_if_both_want_it(
    all_rooms: Rooms,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    delivery: str,
    agreed: bool,
    travels: bool,
) -> None:
    real = journal.load("aujmsr")
    wanted = replace(real, layout={**real.layout, "consent_delivery": delivery})
    monkeypatch.setattr(journal, "load", lambda _: wanted)
    said = attestation()
    said["agreed"]["journal_copy"] = agreed
    package = packed(all_rooms.but(grant=replace(all_rooms.grant, summary=said)), tmp_path / "out")
    held = members(package.zip)
    assert ("editor-only/consent-dossier.pdf" in held) is travels
    assert json.loads(held["package.json"])["consent"]["dossier"] is travels
    assert not any("dossier" in name for name in inner(package.zip))
    signed = (all_rooms.grant.folder / "consent-dossier.pdf").read_bytes()
    assert (signed in package.zip.read_bytes()) is travels


# --- MECA --------------------------------------------------------------------------------------------

NS = {
    "m": "https://manuscriptexchange.org/schema/manifest",
    "t": "https://manuscriptexchange.org/schema/transfer",
}
HREF = "{http://www.w3.org/1999/xlink}href"


def test_meca_lists_what_it_holds_and_holds_nothing_else(all_rooms: Rooms, tmp_path: Path) -> None:
    package = packed(all_rooms, tmp_path / "out")
    archive, outer = inner(package.zip), members(package.zip)
    manifest = etree.fromstring(archive["manifest.xml"])
    listed = [i.get(HREF) for i in manifest.iterfind(".//m:instance", NS)]
    assert sorted([*listed, "manifest.xml"]) == sorted(archive)
    assert archive["article.xml"] == outer["for-review/manuscript.xml"]
    assert archive["figures/figure-2.tif"] == outer["for-review/figures/figure-2.tif"]
    assert not any("title" in name or "consent" in name for name in archive)
    kinds = [i.get("item-type") for i in manifest.iterfind("m:item", NS)]
    assert {"article-metadata", "manuscript", "article-supporting-file", "transfer-metadata"} <= set(kinds)
    assert b"<!DOCTYPE manifest PUBLIC" in archive["manifest.xml"]


def test_meca_has_the_shape_of_its_dtds(all_rooms: Rooms, tmp_path: Path) -> None:
    """The content models of manifest-1.0.dtd and transfer-1.0.dtd that we use, written down from them."""
    archive = inner(packed(all_rooms, tmp_path / "out").zip)
    manifest = etree.fromstring(archive["manifest.xml"])
    assert manifest.get("manifest-version") == "1.0"
    for order, item in enumerate(manifest, 1):
        assert [etree.QName(e).localname for e in item] == ["item-description", "file-order", "instance"]
        assert set(item.attrib) == {"id", "item-type"}
        assert item.findtext("m:file-order", namespaces=NS) == str(order)
        assert set(item[-1].attrib) == {"media-type", HREF}
    transfer = etree.fromstring(archive["transfer.xml"])
    assert transfer.get("transfer-version") == "1.0"
    assert [etree.QName(e).localname for e in transfer] == [
        "transfer-source",
        "destination",
        "processing-instructions",
    ]
    assert transfer.find("t:transfer-source/t:publication/t:publication-title", NS) is not None
    assert transfer.find("t:destination/t:service-provider/t:provider-name", NS) is not None
    assert not transfer.findall(".//t:contact", NS)


def test_the_title_page_goes_into_meca_only_without_blinding(tmp_path: Path) -> None:
    assert "content/title-page.docx" in inner(
        packed(rooms(tmp_path, journal="jmcr", blinded=False), tmp_path / "out").zip
    )


def test_figures_are_in_number_order_beyond_nine(all_rooms: Rooms, tmp_path: Path) -> None:
    old = all_rooms.paper
    held = {
        p.relative_to(old.folder).as_posix(): p.read_bytes() for p in old.folder.rglob("*") if p.is_file()
    }
    held.pop("receipt.json")
    more = {f"figures/figure-{n}.tif": b"x" for n in range(3, 12)}
    paper = replace(old, folder=published(tmp_path / "again", {**held, **more}))
    archive = inner(packed(all_rooms.but(paper=paper), tmp_path / "out").zip)
    shown = re.findall(r"<item-description>(Figure \d+)", archive["manifest.xml"].decode())
    assert shown == [f"Figure {n}" for n in range(1, 12)]


# --- package.json ------------------------------------------------------------------------------------


def test_package_json(all_rooms: Rooms, tmp_path: Path) -> None:
    held = members(packed(all_rooms, tmp_path / "out").zip)
    said: dict[str, Any] = json.loads(held["package.json"])
    assert said["schema"] == "casereport-package/1"
    assert said["clean"] == DIGEST
    assert said["consent"]["signed_by"] == "parent"
    assert said["consent"]["figures"] == list(FIGURES)
    assert said["signed_off"] == {
        "by": "Dr A. Example",
        "role": "resident, dermatology",
        "on": "2026-03-14",
        "unseen": False,
        "words": "Approved every picture and the words, for exactly these copies.",
        "countersigned": None,
    }
    assert (said["pages"], said["policy"]) == (3, [])
    assert said["checked"] == {"identifiers": 62, "files": 14, "bytes": 3_456_789, "found": 0}
    assert said["cannot_judge"]
    assert said["tools"]["pillow"]
    over = {row["what"]: row["over"] for row in said["counts"]}
    assert over == {
        "words in the text": False,
        "words in the abstract": False,
        "figures": False,
        "tables": False,
        "references": True,
    }
    assert all(row["source"] for row in said["counts"])
    for name, row in said["files"].items():
        assert row["sha256"] == hashlib.sha256(held[name]).hexdigest()
        assert row["bytes"] == len(held[name])
    assert set(said["files"]) == set(held) - {"package.json", "manifest-sha256.txt"}


def test_no_path_of_this_computer_and_no_file_of_the_case(all_rooms: Rooms, tmp_path: Path) -> None:
    held = members(packed(all_rooms, tmp_path / "out").zip)
    for name in ("package.json", "index.html"):
        text = held[name].decode()
        assert str(tmp_path) not in text
        assert "/home/" not in text
        assert "images/" not in text


# --- index.html --------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["", "for-review/"])
def test_the_pages_stand_alone(all_rooms: Rooms, tmp_path: Path, base: str) -> None:
    held = members(packed(all_rooms, tmp_path / "out").zip)
    text = held[f"{base}index.html"].decode()
    assert "<script" not in text
    assert " style=" not in text
    assert "http://" not in text
    assert "https://" not in text
    for target in re.findall(r'(?:href|src)="([^"]+)"', text):
        assert target.startswith(("#", "data:image/jpeg;base64,")) or f"{base}{target}" in held, target
    for anchor in re.findall(r'href="#([^"]+)"', text):
        assert f'id="{anchor}"' in text
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    import base64

    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy.group(1)
    assert "default-src 'none'" in policy.group(1)


def test_figures_are_called_what_the_manuscript_calls_them(all_rooms: Rooms, tmp_path: Path) -> None:
    swapped = {"fig": {"plaque": 2, "scan": 1}, "table": {"timeline": 1}}
    rooms = all_rooms.but(paper=replace(all_rooms.paper, numbers=swapped))
    text = members(packed(rooms, tmp_path / "out").zip)["index.html"].decode()
    listed = re.findall(r'<b>(Figure \d)\.</b> (\S+).*?href="([^"]+/figure-\d[^"]*)"', text, re.DOTALL)
    legends = {f["id"]: f["legend"].split()[0] for f in rooms.clean.record["figures"]}
    assert listed == [
        ("Figure 1", legends["scan"], "for-review/figures/figure-1.tif"),
        ("Figure 2", legends["plaque"], "for-review/figures/figure-2.tif"),
    ]


def test_record_text_is_only_ever_text(all_rooms: Rooms, tmp_path: Path) -> None:
    nasty = '"><script>alert(1)</script>{{ 7*7 }}{% raw %}&amp;<!--'
    written = json.loads(json.dumps(all_rooms.clean.record))
    written["title"] = nasty
    written["figures"][0]["legend"] = written["figures"][0]["alt"] = nasty
    package = packed(all_rooms.but(clean=replace(all_rooms.clean, record=written)), tmp_path / "out")
    text = members(package.zip)["index.html"].decode()
    assert "<script" not in text
    assert "{{ 7*7 }}" in text
    assert "&lt;script&gt;alert(1)" in text
    page = etree.HTML(text)
    assert nasty in "".join(page.find(".//h1").itertext())


def test_a_made_up_case_is_said_to_be_one(all_rooms: Rooms, tmp_path: Path) -> None:
    assert "A made-up case." in members(packed(all_rooms, tmp_path / "out").zip)["index.html"].decode()
    real = replace(all_rooms.clean, record={**all_rooms.clean.record, "synthetic": False})
    text = members(packed(all_rooms.but(clean=real), tmp_path / "b").zip)["index.html"].decode()
    assert 'class="alarm"' not in text


def test_nothing_is_called_compliant_or_anonymous(all_rooms: Rooms, tmp_path: Path) -> None:
    text = members(packed(all_rooms, tmp_path / "out").zip)["index.html"].decode().lower()
    assert "compliant" not in text
    assert re.findall(r"\w+ \w+ \w+ anonym\w+", text) == ["here is called anonymous"]


def test_counts_without_a_known_limit(all_rooms: Rooms, tmp_path: Path) -> None:
    few = {**counts(1600), "keywords": {"count": 5, "limit": None, "sure": False, "source": "x"}}
    package = packed(all_rooms.but(paper=replace(all_rooms.paper, counts=few)), tmp_path / "out")
    rows = {row["what"]: row for row in json.loads(members(package.zip)["package.json"])["counts"]}
    assert rows["words in the text"]["over"]
    assert not rows["keywords"]["over"]


# --- what each of the two pages says -----------------------------------------------------------------

POLICY = [
    {
        "id": "JRNL-SEEN",
        "clause": "ICMJE, II.E.1",
        "standing": "rule of journals",
        "state": "needs",
        "words": "A patient who could be recognised is shown the manuscript.",
        "checked_by": "consent",
        "certainty": "not shown",
    }
]


JUDGED = [
    {
        "rule": "JRNL-SEEN",
        "clause": "ICMJE, II.E.1",
        "status": "rule of journals",
        "verdict": "needs",
        "words": "A patient who could be recognised is shown the manuscript.",
        "checked_by": "consent",
    }
]


def both(package: Path) -> tuple[str, str]:
    """The editor's page and the reviewers'."""
    held = members(package)
    return held["index.html"].decode(), held["for-review/index.html"].decode()


def test_reviewers_are_told_nothing_about_consent_or_who_looked(all_rooms: Rooms, tmp_path: Path) -> None:
    editors, reviewers = both(packed(all_rooms, tmp_path / "out").zip)
    for words in (
        "Dr A. Example",
        "resident, dermatology",
        "Medical records department",
        "0123456789abcdef",
        "the treating dermatologist",
        "consent-dossier.pdf",
        "62 identifiers",
    ):
        assert words in editors, words
        assert words not in reviewers, words
    assert "editor-only" not in reviewers
    assert "../" not in reviewers
    assert "Consent was verified" in reviewers
    for words in ("Annular plaque of the forearm", 'src="pages/page-03.png"', "Page 3 of the manuscript"):
        assert words in reviewers


def test_a_place_in_the_checklist_leads_to_the_picture_of_that_page(all_rooms: Rooms, tmp_path: Path) -> None:
    """Only to pages there are: the made-up list names seven, the manuscript has three."""
    editors, _ = both(packed(all_rooms, tmp_path / "out").zip)
    assert set(re.findall(r'<a href="#(page-\d+)">page', editors)) == {"page-1", "page-2", "page-3"}
    assert "Title: page\u00a07, line" in editors


def test_the_pages_are_pictures_of_the_manuscript_and_nothing_else(all_rooms: Rooms, tmp_path: Path) -> None:
    from PIL import Image

    held = members(packed(all_rooms, tmp_path / "out").zip)
    found = [held[name] for name in sorted(held) if name.startswith("for-review/pages/")]
    assert len(found) == 3
    assert len(set(found)) == 3
    for content in found:
        with Image.open(io.BytesIO(content)) as page:
            assert (page.width, page.info) == (1000, {})
            assert page.convert("L").getextrema()[0] < 64  # there is ink on it


def test_what_was_done_to_each_figure(all_rooms: Rooms, tmp_path: Path) -> None:
    report = json.loads(json.dumps(all_rooms.clean.report))
    box = {"at": [0, 0, 9, 9], "file": 1, "frame": 1, "confidence": 1.0, "reason": "x"}
    report["images"][0] |= {
        "panels": ["plaque-a", "plaque-b"],
        "by_hand": {
            "plaque-a": {"cropped": True, "covered": 2},
            "plaque-b": {"cropped": False, "covered": 0},
        },
        "boxes": [
            {**box, "what": "text", "done": "filled"},
            {**box, "what": "barcode", "done": "filled"},
            {**box, "what": "face", "done": "look"},
            {**box, "what": "text", "done": "kept"},
        ],
    }
    package = packed(all_rooms.but(clean=replace(all_rooms.clean, report=report)), tmp_path / "out")
    said = (
        "From a JPEG file; 1 element beside the pixels taken out; places covered with solid colour: "
        "1 with bar codes, 1 with writing; 2 places that the authors chose covered with solid colour; "
        "panel A cropped by the authors; 1 mark such as a side or a scale left; "
        "1 place like a face put before a person."
    )
    editors, reviewers = both(package.zip)
    assert said in editors
    assert said in reviewers
    counted = re.findall(r'<th scope="row">([a-z ]+)</th><td>(\d)</td><td>(\d)</td><td>(\d)</td>', editors)
    assert counted == [
        ("writing", "1", "1", "0"),
        ("bar codes", "1", "0", "0"),
        ("faces", "0", "0", "1"),
        ("chosen by the authors", "2", "0", "0"),
    ]


def test_verdicts_on_policy_and_a_second_signature(all_rooms: Rooms, tmp_path: Path) -> None:
    second = Countersigner("Dr B. Second", "professor, dermatology", "2026-03-15")
    rooms = all_rooms.but(signoff=replace(all_rooms.signoff, countersigned=second))
    (tmp_path / "out").mkdir()
    pack.make(*rooms.all, tmp_path / "out", policy=POLICY)
    package = pack.load(tmp_path / "out")
    editors, reviewers = both(package.zip)
    shown = [words for name, words in POLICY[0].items() if name not in {"state", "certainty"}]
    for words in (*shown, "something is still needed", "Countersigned by Dr B. Second", 'href="#policy"'):
        assert words in editors
    for words in ("Second", "JRNL-SEEN", "#policy"):
        assert words not in reviewers
    said = json.loads(members(package.zip)["package.json"])
    assert said["policy"] == JUDGED
    assert said["signed_off"]["countersigned"]["role"] == "professor, dermatology"
    assert pack.needs(*rooms.all, policy=POLICY) != pack.needs(*rooms.all)


def test_a_run_hands_the_verdicts_on_and_packs_again_when_they_change(
    all_rooms: Rooms, tmp_path: Path
) -> None:
    run = Job(tmp_path, tmp_path / "out", journal.load("aujmsr"), Tell(quiet=True))
    first = run.make(pack, *all_rooms.all)
    second = run.make(pack, *all_rooms.all, policy=POLICY)
    assert json.loads(members(second.zip)["package.json"])["policy"] == JUDGED
    assert first.sha256 != second.sha256


def test_a_consent_read_box_by_box(all_rooms: Rooms, tmp_path: Path) -> None:
    said = attestation()
    said["boxes"] = [
        {"box": "figure:scan", "page": 2, "read": "marked", "why": "", "entered": True},
        {"box": "journal_copy", "page": 3, "read": "look", "why": "x", "entered": False},
    ]
    said["checks"] |= {"software": ["All 3 pages are there."], "cannot_prove": ["who signed"]}
    package = packed(all_rooms.but(grant=replace(all_rooms.grant, summary=said)), tmp_path / "out")
    editors, reviewers = both(package.zip)
    for words in (
        '<a href="#figure-2">Figure 2 (scan)</a></th><td>2</td><td>marked</td><td>yes',
        "the editor may see the signed form</th><td>3</td><td>a person must look</td><td>no",
        "All 3 pages are there.",
        "who signed",
        "Still to confirm: CON040 page 2 is faint",
    ):
        assert words in editors, words
        assert words not in reviewers
