"""`casereport verify package.zip --open`: every kind of change is shown on the page as what it is."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from lxml import etree

from pipeline import cli
from pipeline.consent import fields
from pipeline.core import trust
from pipeline.verify import again, leaves
from pipeline.verify import package as verify
from pipeline.verify.claims import State
from pipeline.verify.shown import EDITORS, REVIEW_PAGE, REVIEWERS
from tests import pki, seeing
from tests.browser import CHROMIUM, MISSING, Page, browser
from tests.conftest import Ran
from tests.packing import packed, pdf, published, rezip, rooms

MANIFEST, SHEET = "manifest-sha256.txt", "package.json"
MANUSCRIPT, LEAF = "for-review/manuscript.pdf", "for-review/pages/page-02.png"
DOSSIER, SEALS = "editor-only/consent-dossier.pdf", "The digital signatures in it hold"
FIGURES = [f"for-review/figures/figure-{n}.tif" for n in (1, 2)]
PLACE = fields.Place("doctor", "Signature of the doctor", 1, 20, 20, 60, 15)
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    return packed(rooms(folder), folder / "out").zip


@pytest.fixture(autouse=True)
def no_roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(trust.SETTING, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))


def resum(members: Members, *described: str) -> None:
    """Bring package.json (for the files named) and the list of hashes up to date, as a forger would."""
    said = json.loads(members[SHEET])
    for name in described:
        said["files"][name] |= {
            "bytes": len(members[name]),
            "sha256": hashlib.sha256(members[name]).hexdigest(),
        }
    members[SHEET] = json.dumps(said).encode()
    lines = {name: hashlib.sha256(c).hexdigest() for name, c in members.items() if name != MANIFEST}
    members[MANIFEST] = "".join(f"{digest}  {name}\n" for name, digest in sorted(lines.items())).encode()


def command(*words: object) -> Ran:
    """The command as typed, without a process of its own."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([str(word) for word in words])
    return Ran(int(code), out.getvalue(), err.getvalue())


class Shown:
    """What the command said and wrote for a package."""

    def __init__(self, package: Path, *more: str) -> None:
        out = package.parent / "build"
        self.ran = command("verify", package, "--open", "--no-browser", "--out", out, *more)
        (self.path,) = (out / "verdicts").glob("*.html")
        self.html = self.path.read_text(encoding="utf-8")
        self.tree = etree.HTML(self.html)
        assert str(self.path) in self.ran.err

    @property
    def sentence(self) -> str:
        return " ".join("".join(self.tree.find(".//h1").itertext()).split())

    @property
    def state(self) -> str:
        return "".join(self.tree.find(".//*[@class='state']").itertext())

    def rows(self, section: str) -> dict[str, tuple[str, str]]:
        """Claim or file -> state, words."""
        found = {}
        for row in self.tree.iterfind(f".//*[@id='{section}']//li"):
            name, *words = ("".join(p.itertext()) for p in row.iterfind("div/p"))
            found[name] = (row.find("b").text, " ".join(words))
            assert row.find("b").text.replace(" ", "-") == row.get("class")  # word and colour agree
            assert row.find("span").text in "✓✗?"
        return found


def tampered(sealed: Path, folder: Path, change: Callable[[Members], object]) -> Shown:
    return Shown(rezip(sealed, folder / "x.zip", change))


def test_a_good_package(sealed: Path) -> None:
    shown = Shown(sealed)
    assert (shown.ran.code, shown.state) == (0, "Intact")
    assert re.fullmatch(r"Nothing was altered: all \d+ claims hold\.", shown.sentence)
    assert {state for state, _ in shown.rows("claims").values()} == {"intact"}
    assert {state for state, _ in shown.rows("files").values()} == {"intact"}
    assert shown.rows("claims")[leaves.NAME] == ("intact", "3 pages drawn again")
    assert hashlib.sha256(sealed.read_bytes()).hexdigest() in shown.html
    assert "<script" not in shown.html
    assert shown.path.stat().st_mode & 0o077 == 0


def test_a_changed_byte(sealed: Path, tmp_path: Path) -> None:
    def change(members: Members) -> None:
        members["for-review/manuscript.html"] += b" "

    shown = tampered(sealed, tmp_path, change)
    assert (shown.ran.code, shown.state) == (5, "Altered")
    assert re.fullmatch(r"This package was altered: 2 of \d+ claims do not hold\.", shown.sentence)
    state, words = shown.rows("files")["for-review/manuscript.html"]
    assert state == "altered"
    assert words.startswith("changed")
    assert sum(state == "altered" for state, _ in shown.rows("files").values()) == 1


def test_an_added_file(sealed: Path, tmp_path: Path) -> None:
    shown = tampered(sealed, tmp_path, lambda members: members.update({"for-review/Meera.pdf": b"%PDF-"}))
    assert shown.ran.code == 5
    found = [(name, row) for name, row in shown.rows("files").items() if row[0] == "altered"]
    assert found == [
        ("entry 27 (.pdf, in for-review)", ("altered", "added; no such file belongs into a package"))
    ]
    assert "Meera" not in shown.html + shown.ran.everything


@pytest.mark.parametrize("careful", [False, True])
def test_a_swapped_figure(sealed: Path, tmp_path: Path, careful: bool) -> None:
    def change(members: Members) -> None:
        one, other = FIGURES
        members[one], members[other] = members[other], members[one]
        if careful:
            resum(members)

    rows = tampered(sealed, tmp_path, change).rows("files")
    for name, other in (FIGURES, FIGURES[::-1]):
        assert rows[name][0] == "altered"
        assert f"it holds what {other} held" in rows[name][1]


def test_a_removed_page(sealed: Path, tmp_path: Path) -> None:
    """By a careful forger: every hash is brought up to date; only meca.zip is forgotten."""

    def change(members: Members) -> None:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(members[MANUSCRIPT])) as manuscript:
            del manuscript.pages[1]
            manuscript.save(out)
        members[MANUSCRIPT] = out.getvalue()
        resum(members, MANUSCRIPT)

    rows = tampered(sealed, tmp_path, change).rows("claims")
    assert rows["Every file has the hash its list of hashes gives"][0] == "intact"
    assert rows[leaves.NAME] == ("altered", "3 pictures of 2 pages; package.json says 3")


def test_a_removed_file(sealed: Path, tmp_path: Path) -> None:
    shown = tampered(sealed, tmp_path, lambda members: members.pop(LEAF))
    assert shown.rows("files")[LEAF] == ("altered", "removed")
    assert shown.rows("claims")[leaves.NAME][0] == "altered"


# --- pictures of pages -------------------------------------------------------------------------------


def about_leaves(package: Path) -> tuple[State, str]:
    return next((c.state, c.words) for c in verify.check(package).claims if c.claim == leaves.NAME)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ("other page", "another page is shown as page 2"),
        ("one dot", "something was changed on page 2"),
        ("no picture", "another page is shown as page 2"),
    ],
)
def test_a_picture_of_a_page_that_is_another(sealed: Path, tmp_path: Path, picture: str, words: str) -> None:
    from PIL import Image

    def change(members: Members) -> None:
        if picture == "other page":
            members[LEAF] = drawn_page()
        elif picture == "one dot":
            with Image.open(io.BytesIO(members[LEAF])) as page:
                page.load()
            page.putpixel((10, 10), 3)
            out = io.BytesIO()
            page.save(out, "PNG")
            members[LEAF] = out.getvalue()
        else:
            members[LEAF] = b"\x89PNG\r\n\x1a\n" + bytes(99)
        resum(members, LEAF)

    assert about_leaves(rezip(sealed, tmp_path / "x.zip", change)) == (State.ALTERED, words)


def drawn_page() -> bytes:
    """A page of another manuscript, on the same paper."""
    from pipeline.core import leaves as drawing

    return next(drawing.pictures(pdf("A very long line of another text altogether, for the eye to see " * 2)))


def test_pictures_drawn_with_other_versions_cannot_be_compared_dot_by_dot(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    def change(members: Members) -> None:
        with Image.open(io.BytesIO(members[LEAF])) as page:
            page.load()
        page.putpixel((10, 10), 14)
        out = io.BytesIO()
        page.save(out, "PNG")
        members[LEAF] = out.getvalue()
        said = json.loads(members[SHEET])
        said["tools"]["pypdfium2"] = "4.0"
        members[SHEET] = json.dumps(said).encode()
        resum(members, LEAF)

    state, words = about_leaves(rezip(sealed, tmp_path / "x.zip", change))
    assert state is State.UNKNOWN
    assert "other versions" in words


def test_packages_made_before_pages_were_pictured(sealed: Path, tmp_path: Path) -> None:
    def change(members: Members) -> None:
        said = json.loads(members[SHEET])
        del said["pages"], said["policy"], said["files"]["index.html"]
        for name in [n for n in members if n.startswith("for-review/pages/")] + ["for-review/index.html"]:
            del members[name], said["files"][name]
        members[SHEET] = json.dumps(said).encode()
        resum(members)

    verdict = verify.check(rezip(sealed, tmp_path / "x.zip", change))
    assert not verdict.altered
    assert {c.claim: c.state for c in verdict.claims}[again.TOP] is State.UNKNOWN
    assert leaves.NAME not in [c.claim for c in verdict.claims]


# --- signatures --------------------------------------------------------------------------------------


IN_TIME = pki.LONG_AGO + pki.ESIGN / 2  # while a short-lived certificate was alive


def signed_by(who: pki.Identity, **more: Any) -> bytes:
    """A dossier with a place for the doctor's signature, signed there."""
    return pki.sign(fields.prepared(pdf("signed"), [PLACE]), "doctor", who, **more)


def signed_package(folder: Path, dossier: bytes) -> Path:
    """A package whose dossier the doctor has signed."""
    made = rooms(folder)
    held = {
        p.relative_to(made.grant.folder).as_posix(): p.read_bytes()
        for p in made.grant.folder.rglob("*")
        if p.is_file() and p.name != "receipt.json"
    }
    grant = published(folder / "signed", {**held, "consent-dossier.pdf": dossier})
    signed = replace(made.grant, folder=grant, sealed_by=("doctor",))
    return packed(made.but(grant=signed), folder / "out").zip


def about_seals(package: Path) -> tuple[State, str]:
    return next((c.state, c.words) for c in verify.check(package).claims if c.claim == SEALS)


def test_an_expired_signature(tmp_path: Path) -> None:
    """A certificate of half an hour, 200 days ago, and no clock: nobody can tell, and the page says why."""
    dossier = signed_by(pki.short_lived("A doctor"), at=IN_TIME)
    shown = Shown(signed_package(tmp_path, dossier))
    state, words = shown.rows("claims")[SEALS]
    assert state == "cannot tell"
    assert words.startswith("signature 1 of consent-dossier.pdf: expired: its certificate ended on ")
    assert (shown.ran.code, shown.state) == (0, "Cannot tell")
    assert "1 of" in shown.sentence
    assert "A doctor" not in shown.html


def test_signatures_that_hold_and_those_that_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(trust.SETTING, str(pki.roots(tmp_path / "roots")))
    good = signed_by(pki.person("A doctor"), clock=pki.stamper())
    package = signed_package(tmp_path / "good", good)
    assert about_seals(package) == (State.INTACT, "1 signature, of signers you trust")

    stamped = signed_by(pki.short_lived("A doctor"), at=IN_TIME, clock=pki.stamper(IN_TIME))
    assert about_seals(signed_package(tmp_path / "stamped", stamped))[0] is State.INTACT

    def change(members: Members) -> None:
        members[DOSSIER] += b"\n% more\n"
        resum(members, DOSSIER)

    state, words = about_seals(rezip(package, tmp_path / "more.zip", change))
    assert state is State.ALTERED
    assert "was added to after it was signed" in words

    def broken(members: Members) -> None:
        at = members[DOSSIER].index(b"/MediaBox") + 1
        members[DOSSIER] = members[DOSSIER][:at] + b"N" + members[DOSSIER][at + 1 :]
        resum(members, DOSSIER)

    assert about_seals(rezip(package, tmp_path / "broken.zip", broken))[0] is State.ALTERED

    def unsigned(members: Members) -> None:
        members[DOSSIER] = pdf("signed")
        resum(members, DOSSIER)

    words = "1 are said to be here, but there is none"
    assert about_seals(rezip(package, tmp_path / "unsigned.zip", unsigned)) == (State.ALTERED, words)


def test_a_signer_nobody_vouches_for(tmp_path: Path) -> None:
    dossier = signed_by(pki.person("A doctor"))
    state, words = about_seals(signed_package(tmp_path, dossier))
    assert state is State.UNKNOWN
    assert "nobody you trust vouches for the signer" in words


# --- the command -------------------------------------------------------------------------------------


def test_for_programs_and_for_what_is_no_package(sealed: Path, tmp_path: Path, case: Path) -> None:
    (tmp_path / "x.zip").write_bytes(sealed.read_bytes())
    shown = Shown(tmp_path / "x.zip", "--json")
    said = shown.ran.json
    assert said["altered"] == 0
    assert {row["state"] for row in said["claims"]} == {"intact", "cannot tell"}
    assert {row["how"] for row in said["members"]} == {"as listed"}
    assert shown.state == "Cannot tell"
    ran = command("verify", case, "--open", "--no-browser", "--out", tmp_path / "build")
    assert ran.code == 2
    assert "--open is for a package" in ran.err
    damaged = tmp_path / "y.zip"
    damaged.write_bytes(sealed.read_bytes()[:-300])
    (tmp_path / "other").mkdir()
    damaged = damaged.rename(tmp_path / "other" / "y.zip")
    assert Shown(damaged).state == "Altered"


def test_words_of_a_forged_package_are_only_words(sealed: Path, tmp_path: Path) -> None:
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'

    def change(members: Members) -> None:
        said = json.loads(members[SHEET])
        said["title"] = said["consent"]["original"] = nasty
        members[SHEET] = json.dumps(said).encode()

    html = tampered(sealed, tmp_path, change).html
    assert "<script" not in html
    assert "<img" not in html
    assert "default-src 'none'" in html
    assert nasty in "".join(etree.HTML(html).itertext())


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
@pytest.mark.parametrize("good", [True, False])
def test_in_a_browser(sealed: Path, tmp_path: Path, page: Page, good: bool) -> None:
    def change(members: Members) -> None:
        if not good:
            members[LEAF] += b" "

    from pipeline.verify import verdict

    path = verdict.save(verify.check(rezip(sealed, tmp_path / "x.zip", change)), tmp_path / "build")
    for width in (1440, 390):
        seeing.look(page, path, width)
        seeing.keep(page, f"verdict-{'good' if good else 'bad'}-{width}")
        assert seeing.findings(page) == []
    assert page.run("document.querySelector('details').open") is not good
    with zipfile.ZipFile(tmp_path / "x.zip") as z:
        assert page.run("document.querySelectorAll('#files li').length") == len(z.namelist()) - 1


# --- the pages of the package itself -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "old", "new", "claim", "words"),
    [
        ("index.html", "Dr A. Example", "Dr C. Other", EDITORS, "it does not show: who looked"),
        ("index.html", "<b>1432</b>", "<b>1032</b>", EDITORS, "words in the text"),
        ("index.html", "62 identifiers", "99 identifiers", EDITORS, "identifiers hunted for"),
        (REVIEW_PAGE, "Files</h2>", "Dr A. Example</h2>", REVIEWERS, "it shows: who looked"),
        (
            REVIEW_PAGE,
            "Files</h2>",
            "Files</h2><a href='../editor-only/title-page.docx'>names</a>",
            REVIEWERS,
            "it shows: 1 files for the editor",
        ),
    ],
)
def test_a_page_that_says_something_else(
    sealed: Path, tmp_path: Path, page: str, old: str, new: str, claim: str, words: str
) -> None:
    """Even when every hash was brought up to date."""

    def change(members: Members) -> None:
        assert old.encode() in members[page]
        members[page] = members[page].replace(old.encode(), new.encode())
        resum(members, page)

    verdict = verify.check(rezip(sealed, tmp_path / "x.zip", change))
    found = {c.claim: c.words for c in verdict.altered}
    assert words in found.pop(claim)
    assert set(found) <= {EDITORS, again.TOP}  # the first lists the hash of the other page
