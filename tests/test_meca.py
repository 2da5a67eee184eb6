"""meca.zip of a real package, judged by the DTDs of MECA and JATS, and by `meca validate` where it is."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import Bio.Entrez
import pytest
from lxml import etree

from pipeline.core import allowlist, journal
from pipeline.core.errors import PrivacyError
from pipeline.pack import meca
from tests.conftest import DATA
from tests.packing import pdf

JATS = Path(Bio.Entrez.__file__).parent / "DTDs"
MECA = shutil.which("meca")
SIGNED = ("consent-dossier", "signed-consent-form", "consent-attestation", "blank-consent-form")
# Where the modules of the DTD look for their entities (Archiving 1.3 with MathML 3).
ENTITIES = {
    "iso8879": "isobox isocyr1 isocyr2 isodia isolat1 isolat2 isonum isopub",
    "iso9573-13": "isoamsa isoamsb isoamsc isoamsn isoamso isoamsr isogrk3 isomfrk isomopf isomscr isotech",
    "xmlchars": "isogrk1 isogrk2 isogrk4",
}


@pytest.fixture
def archive(built: tuple[Any, Path]) -> bytes:
    """meca.zip as it lies in a package that the command made."""
    package = next(built[1].glob("5-pack-*/submission-*.zip"))
    with zipfile.ZipFile(package) as z:
        return z.read("meca.zip")


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as z:
        return {name: z.read(name) for name in z.namelist()}


def faults(dtd: Path, document: bytes) -> list[str]:
    rules = etree.DTD(str(dtd))
    rules.validate(etree.fromstring(document))
    return [f"{e.line}: {e.message}" for e in rules.error_log]


def test_manifest_transfer_and_article_fit_their_dtds(archive: bytes) -> None:
    held = members(archive)
    assert faults(DATA / "meca/manifest-1.0.dtd", held["manifest.xml"]) == []
    assert faults(DATA / "meca/transfer-1.0.dtd", held["transfer.xml"]) == []
    assert faults(JATS / "JATS-archivearticle1-3-mathml3.dtd", held["article.xml"]) == []


def test_the_dtds_do_judge(archive: bytes) -> None:
    spoiled = members(archive)["manifest.xml"].replace(b"file-order", b"file-number")
    assert faults(DATA / "meca/manifest-1.0.dtd", spoiled)


def test_checklists_and_highlights_are_in_it(archive: bytes) -> None:
    held = members(archive)
    assert held["supplement/care-checklist.pdf"].startswith(b"%PDF")
    assert b"supplement/care-checklist.pdf" in held["manifest.xml"]
    package: dict[str, Path | bytes] = {
        "for-review/manuscript.xml": held["article.xml"],
        "for-review/manuscript.docx": held["content/manuscript.docx"],
        "for-review/manuscript.pdf": held["content/manuscript.pdf"],
        "for-review/highlights.docx": b"PK",
        "for-review/scare-checklist.pdf": pdf("scare"),
        "for-review/scare-checklist.docx": b"PK",
        "for-review/figures/figure-1.jpg": b"x",
        "for-review/figures/figure-1.pdf": pdf("lines"),
    }
    made = members(meca.build(package, journal.load("aujmsr"), blinded=True))
    assert [name for name in sorted(made) if "/" in name and "content" not in name] == [
        "figures/figure-1.jpg",
        "supplement/highlights.docx",
        "supplement/scare-checklist.pdf",
    ]
    assert faults(DATA / "meca/manifest-1.0.dtd", made["manifest.xml"]) == []


@pytest.mark.skipif(
    MECA is None or shutil.which("xmllint") is None,
    reason="no `meca` and xmllint here (npm install -g meca; apt install libxml2-utils)",
)
def test_meca_validate_agrees(archive: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "dtds" / "JATS-Archiving-1-3-MathML3-DTD"
    folder.mkdir(parents=True)
    for path in JATS.iterdir():
        if path.name.startswith(("JATS-", "BITS-", "mathml3", "xhtml-")):
            shutil.copy(path, folder)
    for place, names in ENTITIES.items():
        (folder / place).mkdir()
        for name in names.split():
            shutil.copy(JATS / f"{name}.ent", folder / place)
    (tmp_path / "x-meca.zip").write_bytes(archive)
    assert MECA
    command = [MECA, "validate", "x-meca.zip", "--directory", str(tmp_path / "dtds")]
    ran = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)
    assert "MECA validation passed" in ran.stdout + ran.stderr
    assert ran.returncode == 0


@pytest.mark.parametrize("blinded", [True, False])
@pytest.mark.parametrize("word", SIGNED)
def test_no_file_about_consent_gets_in_by_any_way(archive: bytes, word: str, blinded: bool) -> None:
    """`meca validate` passes an archive with a consent form in it; our list knows no place for one."""
    held = members(archive)
    package: dict[str, Path | bytes] = {
        "for-review/manuscript.xml": held["article.xml"],
        "for-review/manuscript.docx": held["content/manuscript.docx"],
        "for-review/manuscript.pdf": held["content/manuscript.pdf"],
        "editor-only/title-page.docx": b"names",
        f"editor-only/{word}.pdf": pdf("signed"),
    }
    made = members(meca.build(package, journal.load("aujmsr"), blinded=blinded))
    assert pdf("signed") not in made.values()
    assert not any("consent" in name for name in made)
    for place in ("", "content/", "figures/", "supplement/"):
        assert allowlist.row("meca", f"{place}{word}.pdf") is None
    package[f"for-review/figures/{word}.pdf"] = pdf("signed")  # even among the figures
    with pytest.raises(PrivacyError) as stop:
        meca.build(package, journal.load("aujmsr"), blinded=blinded)
    assert stop.value.code == "PKG005"
