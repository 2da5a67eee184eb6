"""The editor's check against packages that were changed in every way we could think of."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import sys
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from pipeline.core.errors import Exit, InputError, ToolError, UsageError
from pipeline.core.model import SignOff
from pipeline.verify import again, container, pieces, unpack
from pipeline.verify import package as verify
from pipeline.verify.claims import State
from pipeline.verify.package import Verdict
from pipeline.verify.shown import EDITORS
from tests.packing import DIGEST, docx, packed, rezip, rooms

MANIFEST = "manifest-sha256.txt"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good package; tests copy it."""
    folder = tmp_path_factory.mktemp("sealed")
    return packed(rooms(folder), folder / "out").zip


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as z:
        return {name: z.read(name) for name in z.namelist()}


def states(verdict: Verdict) -> dict[str, State]:
    return {c.claim: c.state for c in verdict.claims}


def broken(verdict: Verdict) -> str:
    """The broken claims with their words, as one text."""
    assert verify.exit_code(verdict) in {Exit.INPUT, Exit.PRIVACY}
    assert "ALTERED" in verify.to_text(verdict)
    return "\n".join(f"{c.claim}: {c.words}" for c in verdict.altered)


def resum(members: dict[str, bytes]) -> None:
    """A careful forger brings the list of hashes up to date."""
    lines = {n: hashlib.sha256(c).hexdigest() for n, c in members.items() if n != MANIFEST}
    members[MANIFEST] = "".join(f"{h}  {n}\n" for n, h in sorted(lines.items())).encode()


def edit_json(members: dict[str, bytes], name: str, **new: Any) -> None:
    said = json.loads(members[name])
    for path, value in new.items():
        place = said
        *parents, last = path.split("__")
        for parent in parents:
            place = place[parent]
        place[last] = value
    members[name] = json.dumps(said).encode()


def test_a_good_package(sealed: Path) -> None:
    verdict = verify.check(sealed)
    assert set(states(verdict).values()) == {State.INTACT}
    assert verify.exit_code(verdict) is Exit.OK
    text = verify.to_text(verdict)
    assert "Nothing was altered since" in text
    assert "by the parent on form 0123456789abcdef; signed form in" in text
    assert "Dr A. Example" in text
    assert "the signature on the consent form is the patient's" in text
    assert "hashes show that nothing changed since they were written, not who wrote them" in text
    assert json.loads(json.dumps(verify.to_json(verdict)))["altered"] == 0


def test_it_needs_nothing_but_the_zip_and_changes_nothing(sealed: Path, tmp_path: Path) -> None:
    alone = tmp_path / "from the mail.zip"
    alone.write_bytes(sealed.read_bytes())
    verdict = verify.check(alone)
    assert not verdict.altered
    assert states(verdict)["The zip is the one its .sha256 file was written for"] is State.UNKNOWN
    assert list(tmp_path.iterdir()) == [alone]


def test_packed_again_by_another_program_is_judged_by_its_files(sealed: Path, tmp_path: Path) -> None:
    verdict = verify.check(rezip(sealed, tmp_path / "x.zip", lambda _: None))
    assert not verdict.altered
    assert states(verdict)["Nothing is hidden between or after its files"] is State.UNKNOWN


def test_unseen_is_said(tmp_path: Path) -> None:
    unseen = SignOff("nobody (--accept-all)", "nobody looked", "", DIGEST, accepted_unseen=True)
    verdict = verify.check(packed(rooms(tmp_path).but(signoff=unseen), tmp_path / "out").zip)
    assert "ACCEPTED UNSEEN with --accept-all" in verify.to_text(verdict)
    assert states(verdict)["It names who looked at every picture"] is State.UNKNOWN
    assert verify.exit_code(verdict) is Exit.OK


def test_words_that_look_like_a_program_are_no_program(tmp_path: Path) -> None:
    made = rooms(tmp_path)
    written = json.loads(json.dumps(made.clean.record))
    written["figures"][0]["alt"] = 'A ring with onset = day 3 and "one" = <1> spot'
    package = packed(made.but(clean=replace(made.clean, record=written)), tmp_path / "out")
    assert b"onset &#61; day 3" in members(package.zip)["index.html"]
    assert not verify.check(package.zip).altered


# --- changed contents --------------------------------------------------------------------------------


def test_one_changed_byte(sealed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["for-review/manuscript.html"] += b" "

    said = broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))
    assert "changed: for-review/manuscript.html" in said


def test_a_flipped_bit_anywhere_is_noticed(sealed: Path, tmp_path: Path) -> None:
    """All over the zip as it lies on the disk: in data, headers and directory."""
    whole = sealed.read_bytes()
    held = members(sealed)
    for at in [*range(7, len(whole), len(whole) // 9), len(whole) - 2000, len(whole) - 60, len(whole) - 8]:
        bad = bytearray(whole)
        bad[at] ^= 0x10
        target = tmp_path / "x.zip"
        target.write_bytes(bad)
        verdict = verify.check(target)
        hidden = states(verdict).get("Nothing is hidden between or after its files")
        assert verdict.altered or hidden is not State.INTACT or members(target) == held, at


def test_a_swapped_figure_with_new_hashes(sealed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        a, b = "for-review/figures/figure-1.tif", "for-review/figures/figure-2.tif"
        members[a], members[b] = members[b], members[a]
        resum(members)

    said = broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))
    assert "package.json describes these files" in said
    assert "meca.zip holds the same manuscript" in said


def test_an_added_file_is_named_by_its_place_only(sealed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["for-review/Meera Testwala signed.pdf"] = b"%PDF-"
        resum(members)

    verdict = verify.check(rezip(sealed, tmp_path / "x.zip", change))
    said = broken(verdict)
    assert "not on the list: entry 27 (.pdf, in for-review)" in said
    assert "Meera" not in verify.to_text(verdict) + json.dumps(verify.to_json(verdict))


@pytest.mark.parametrize(
    "name",
    ["for-review/manuscript.pdf", "editor-only/blank-consent-form.pdf", "package.json", MANIFEST, "meca.zip"],
)
def test_a_removed_file(sealed: Path, tmp_path: Path, name: str) -> None:
    def change(members: dict[str, bytes]) -> None:
        del members[name]
        if name != MANIFEST:
            resum(members)

    assert f"missing: {name}" in broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))


def test_the_dossier_among_the_files_for_review(sealed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["for-review/consent-dossier.pdf"] = members.pop("editor-only/consent-dossier.pdf")
        resum(members)

    said = broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))
    assert "not on the list" in said
    assert "said to be here, but it is not" in said


def test_a_dossier_that_should_not_be_there(sealed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        edit_json(members, "package.json", consent__dossier=False)
        resum(members)

    assert "here, although it is said not to be" in broken(
        verify.check(rezip(sealed, tmp_path / "x.zip", change))
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("consent__form", "f" * 16, "form code differs"),
        ("consent__figures", ["plaque"], "figures agreed to differs"),
        ("consent__signed_by", "patient", "role of the signer differs"),
        ("consent__withdrawn", True, "withdrawal differs"),
        ("clean", "0" * 64, "copies it was given for differs"),
    ],
)
def test_a_sheet_that_contradicts_the_attestation(
    sealed: Path, tmp_path: Path, field: str, value: Any, words: str
) -> None:
    def change(members: dict[str, bytes]) -> None:
        edit_json(members, "package.json", **{field: value})
        resum(members)

    assert words in broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))


@pytest.mark.parametrize(
    "name", ["package.json", "editor-only/consent-attestation.json", "meca.zip", MANIFEST]
)
@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"files": 3}', b"{}"]
)
def test_parts_that_are_not_what_they_should_be(
    sealed: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[name] = content

    assert broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))


def remeca(members: dict[str, bytes], change: Any) -> None:
    with zipfile.ZipFile(io.BytesIO(members["meca.zip"])) as z:
        held = {n: z.read(n) for n in z.namelist()}
    change(held, members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, content in held.items():
            z.writestr(name, content)
    members["meca.zip"] = out.getvalue()
    described = {
        "audience": "reviewer",
        "bytes": len(out.getvalue()),
        "sha256": hashlib.sha256(out.getvalue()).hexdigest(),
    }
    said = json.loads(members["package.json"])
    said["files"]["meca.zip"] = described
    members["package.json"] = json.dumps(said).encode()
    resum(members)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda held, _: held.update({"content/consent.pdf": b"x"}), "not on MECA's list: 1"),
        (
            lambda held, outer: held.update(
                {"content/title-page.docx": outer["editor-only/title-page.docx"]}
            ),
            "names the authors",
        ),
        (
            lambda held, _: held.update({"article.xml": b"<other/>"}),
            "differ from the files beside it: article.xml",
        ),
        (lambda held, _: held.update({"../x.xml": b""}), "leads outside"),
    ],
)
def test_meca_in_the_hands_of_a_careful_forger(sealed: Path, tmp_path: Path, change: Any, words: str) -> None:
    said = broken(verify.check(rezip(sealed, tmp_path / "x.zip", lambda members: remeca(members, change))))
    assert words in said
    assert "hash its list" not in said  # the forger did bring the hashes up to date


# --- PDFs --------------------------------------------------------------------------------------------


def pdf_with(what: str) -> bytes:
    import pikepdf

    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 720, "page")
    canvas.showPage()
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        if what == "attachment":
            pdf.attachments["signed.pdf"] = b"%PDF-1.4 the signed form"
        elif what == "open action":
            pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        elif what == "nested":
            action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
            pdf.pages[0].AA = pikepdf.Dictionary(
                O=pikepdf.Dictionary(S=pikepdf.Name.Named, Next=pikepdf.Array([action]))
            )
        elif what == "loose":
            pdf.make_indirect(pdf.make_stream(b"hidden", Type=pikepdf.Name.EmbeddedFile))
            pdf.Root.Unused = pdf.make_stream(b"hidden", Type=pikepdf.Name.EmbeddedFile)
        saved = io.BytesIO()
        pdf.save(saved, encryption=pikepdf.Encryption(owner="x", user="y") if what == "locked" else False)
    return saved.getvalue()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("attachment", "a file attached"),
        ("open action", "JavaScript"),
        ("nested", "a program to start"),
        ("loose", "a file attached"),
        ("locked", "cannot be opened"),
    ],
)
def test_a_pdf_that_carries_more_than_pages(sealed: Path, tmp_path: Path, what: str, words: str) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["for-review/care-checklist.pdf"] = pdf_with(what)

    assert f"for-review/care-checklist.pdf: {words}" in broken(
        verify.check(rezip(sealed, tmp_path / "x.zip", change))
    )


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF", b"\x00" * 1000])
def test_a_pdf_that_is_not_one(sealed: Path, tmp_path: Path, content: bytes) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["for-review/manuscript.pdf"] = content

    assert "for-review/manuscript.pdf" in broken(verify.check(rezip(sealed, tmp_path / "x.zip", change)))


# --- zips made to hurt -------------------------------------------------------------------------------


def written(
    path: Path, *entries: tuple[zipfile.ZipInfo | str, bytes], kind: int = zipfile.ZIP_STORED
) -> Path:
    with zipfile.ZipFile(path, "w", kind) as z:
        for name, content in entries:
            z.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up.txt", "for-review/../../up", "C:\\x", "a\\..\\b", "x\x01y", "con|x"]
)
def test_names_that_lead_outside(tmp_path: Path, name: str) -> None:
    assert "leads outside" in broken(verify.check(written(tmp_path / "x.zip", (zipfile.ZipInfo(name), b"x"))))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("package.json")
    info.external_attr = (kind | 0o777) << 16
    assert "a link, folder or device" in broken(
        verify.check(written(tmp_path / "x.zip", (info, b"/etc/passwd")))
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["package.json", "PACKAGE.JSON"])
def test_two_files_of_one_name(tmp_path: Path, second: str) -> None:
    said = broken(verify.check(written(tmp_path / "x.zip", ("package.json", b"{}"), (second, b"[]"))))
    assert "same name" in said


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = written(tmp_path / "x.zip", ("package.json", bytes(50_000_000)), kind=zipfile.ZIP_DEFLATED)
    assert "grows without bounds" in broken(verify.check(bomb))


def test_a_zip_that_claims_gigabytes(sealed: Path, tmp_path: Path) -> None:
    whole = bytearray(written(tmp_path / "x.zip", ("package.json", b"{}")).read_bytes())
    at = whole.index(b"PK\x01\x02")
    whole[at + 20 : at + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
    (tmp_path / "x.zip").write_bytes(whole)
    assert "larger than 2 GB" in broken(verify.check(tmp_path / "x.zip"))


def test_an_encrypted_member(tmp_path: Path) -> None:
    whole = bytearray(written(tmp_path / "x.zip", ("package.json", b"{}")).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + offset] |= 1
    (tmp_path / "x.zip").write_bytes(whole)
    assert "encrypted" in broken(verify.check(tmp_path / "x.zip"))


def test_two_members_in_the_same_bytes(tmp_path: Path) -> None:
    """The trick of zip bombs without large ratios: many directory entries point to one piece of data."""
    whole = bytearray(written(tmp_path / "x.zip", ("a.json", b"{}"), ("b.json", b"{}")).read_bytes())
    second = whole.rindex(b"PK\x01\x02")
    whole[second + 42 : second + 46] = struct.pack("<I", 0)
    (tmp_path / "x.zip").write_bytes(whole)
    assert "overlap" in broken(verify.check(tmp_path / "x.zip"))


def test_bytes_hidden_before_and_after(sealed: Path, tmp_path: Path) -> None:
    claim = "Nothing is hidden between or after its files"
    with_comment = tmp_path / "c.zip"
    with_comment.write_bytes(sealed.read_bytes())
    with zipfile.ZipFile(with_comment, "a") as z:
        z.comment = b"Meera Testwala"
    in_front = tmp_path / "f.zip"
    in_front.write_bytes(b"MZ hidden" + sealed.read_bytes())
    for path in (with_comment, in_front):
        verdict = verify.check(path)
        assert verdict.altered or states(verdict)[claim] is State.UNKNOWN
        assert "Meera" not in verify.to_text(verdict)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + bytes(100)])
def test_not_a_zip(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert broken(verify.check(tmp_path / "x.zip"))


def test_a_zip_of_something_else_is_not_an_altered_package(tmp_path: Path) -> None:
    for path in (written(tmp_path / "a.zip"), written(tmp_path / "b.zip", ("notes.txt", b"hello"))):
        with pytest.raises(InputError, match="this is not a casereport package"):
            verify.check(path)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_a_package_cut_off_says_nothing_about_a_zip_within_it(
    sealed: Path, tmp_path: Path, kept: float
) -> None:
    whole = sealed.read_bytes()
    (tmp_path / "x.zip").write_bytes(whole[: int(len(whole) * kept)])
    verdict = verify.check(tmp_path / "x.zip")
    assert [c.words for c in verdict.altered] == ["it is damaged or not a zip"]
    assert len(verdict.claims) == 2


def test_a_package_cut_off_right_after_meca(sealed: Path, tmp_path: Path) -> None:
    """meca.zip lies in it as it is, so its directory is the last one in what is left."""
    whole, meca = sealed.read_bytes(), members(sealed)["meca.zip"]
    end = whole.index(meca) + len(meca)
    (tmp_path / "x.zip").write_bytes(whole[:end])
    with zipfile.ZipFile(tmp_path / "x.zip") as z:
        assert "manifest.xml" in z.namelist()
    verdict = verify.check(tmp_path / "x.zip")
    assert [c.words for c in verdict.altered] == ["it is damaged or not a zip"]
    assert len(verdict.claims) == 2


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_unpacked_in_pieces(sealed: Path, tmp_path: Path, method: int) -> None:
    """The declared size is a lie, so ratio and total look harmless."""
    path = written(tmp_path / "x.zip", ("package.json", bytes(1 << 24)), kind=method)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"PK\x01\x02")
    whole[at + 24 : at + 28] = struct.pack("<I", 4000)
    path.write_bytes(whole)
    assert "can grow without bounds" in broken(verify.check(path))
    with pytest.raises(pieces.Unreadable, match="can grow without bounds"):
        list(unpack.pieces(path, "x.zip"))

    def change(held: dict[str, bytes], _outer: dict[str, bytes]) -> None:
        held["article.xml"] = b""

    def inside(outer: dict[str, bytes]) -> None:
        remeca(outer, change)
        outer["meca.zip"] = bytes(whole)

    assert "can grow without bounds" in broken(verify.check(rezip(sealed, tmp_path / "y.zip", inside)))


@pytest.mark.parametrize("said", [-1, 1, 1000])
@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_declared_size_is_never_believed(tmp_path: Path, said: int, kind: int) -> None:
    content = b"0123456789" * 500
    path = written(tmp_path / "x.zip", ("package.json", content), kind=kind)
    with zipfile.ZipFile(path) as z:
        info = z.getinfo("package.json")
        assert container.whole(z, info, 5000) == content
        info.file_size += said
        with pytest.raises(container.UNREADABLE):
            container.whole(z, info, 10_000)
        with pytest.raises(container.BadMember, match=r"^package\.json$"):
            container.Zip(z, ("package.json",)).sha256("package.json")


def test_memory_that_runs_out_is_a_verdict(
    sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: Any) -> str:
        raise MemoryError

    monkeypatch.setattr(verify.claims, "stated", greedy)
    assert "it is damaged" in broken(verify.check(sealed))
    monkeypatch.undo()
    monkeypatch.setattr(verify.pdfs, "carried", greedy)
    assert "cannot be opened safely" in broken(verify.check(sealed))


def test_a_library_that_is_not_installed_is_not_an_altered_package(
    sealed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    with pytest.raises(ToolError, match="not installed") as stop:
        verify.check(sealed)
    assert stop.value.exit is Exit.TOOL


def entry(whole: bytes, name: str) -> int:
    """Where the central directory entry of a member begins."""
    return whole.rindex(name.encode()) - 46


def larger(whole: bytearray, name: str, more: int) -> None:
    """A directory entry that claims `more` bytes than the member holds; zipfile reads it all the same."""
    at = entry(whole, name) + 24
    (size,) = struct.unpack_from("<I", whole, at)
    struct.pack_into("<I", whole, at, size + more)


HIDDEN = "Nothing is hidden between or after its files"


@pytest.mark.parametrize("where", ["before", "after"])
def test_hidden_bytes_that_a_directory_entry_accounts_for(sealed: Path, tmp_path: Path, where: str) -> None:
    """The sum of sizes fits, so only walking over the bytes finds them."""
    whole, secret = bytearray(sealed.read_bytes()), b"Meera Testwala " * 3400
    larger(whole, MANIFEST, len(secret))
    (tmp_path / "x.zip").write_bytes(secret + whole if where == "before" else whole + secret)
    verdict = verify.check(tmp_path / "x.zip")
    assert states(verdict).get(HIDDEN, State.ALTERED) is State.ALTERED
    assert "Meera" not in broken(verdict)


def moved(whole: bytes, at: int, secret: bytes) -> bytes:
    """`secret` put in at `at` with every later offset brought up to date, as a careful forger would."""
    out = bytearray(whole[:at] + secret + whole[at:])
    (directory,) = struct.unpack_from("<I", out, len(out) - 6)
    struct.pack_into("<I", out, len(out) - 6, directory + len(secret))
    spot = directory + len(secret)
    while out[spot : spot + 4] == b"PK\x01\x02":
        (offset,) = struct.unpack_from("<I", out, spot + 42)
        struct.pack_into("<I", out, spot + 42, offset + len(secret) * (offset >= at))
        spot += 46 + sum(struct.unpack_from("<3H", out, spot + 28))
    return bytes(out)


@pytest.mark.parametrize("gap", ["front", "members", "directory"])
@pytest.mark.parametrize("again", [False, True])
def test_hidden_bytes_with_every_offset_brought_up_to_date(
    sealed: Path, tmp_path: Path, gap: str, again: bool
) -> None:
    path = rezip(sealed, tmp_path / "again.zip", lambda _: None) if again else sealed
    with zipfile.ZipFile(path) as z:
        at = {"front": 0, "members": z.infolist()[3].header_offset, "directory": z.start_dir}[gap]
    whole = moved(path.read_bytes(), at, b"Meera Testwala " * 99)
    (tmp_path / "x.zip").write_bytes(whole)
    assert members(tmp_path / "x.zip") == members(sealed)  # readers notice nothing
    verdict = verify.check(tmp_path / "x.zip")
    assert [c.claim for c in verdict.altered] == [HIDDEN]
    assert "1485 bytes stand" in broken(verdict)


@pytest.mark.parametrize("field", ["extra", "comment"])
def test_bytes_in_the_fields_of_a_header(sealed: Path, tmp_path: Path, field: str) -> None:
    with zipfile.ZipFile(sealed) as z, zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        for info in z.infolist():
            content = z.read(info)
            setattr(info, field, b"\xfe\xca\x05\x00Meera")
            out.writestr(info, content)
    verdict = verify.check(tmp_path / "x.zip")
    assert [c.claim for c in verdict.altered] == [HIDDEN]


def test_a_member_that_cannot_be_read_is_named_if_it_is_one_of_ours(sealed: Path, tmp_path: Path) -> None:
    whole = bytearray(sealed.read_bytes())
    whole[whole.index(b'"schema"')] ^= 1  # in the first JSON of the package
    name = next(n for n, c in members(sealed).items() if b'"schema"' in c)
    (tmp_path / "x.zip").write_bytes(whole)
    assert f"{name} cannot be read" in broken(verify.check(tmp_path / "x.zip"))


def test_a_strange_member_that_cannot_be_read_is_not_named(sealed: Path, tmp_path: Path) -> None:
    def change(held: dict[str, bytes]) -> None:
        held["Meera Testwala.txt"] = b"the signed form, in plain words"
        resum(held)

    path = rezip(sealed, tmp_path / "x.zip", change)
    whole = bytearray(path.read_bytes())
    at = entry(whole, "Meera Testwala.txt")
    whole[at + 16] ^= 1  # its checksum
    path.write_bytes(whole)
    said = broken(verify.check(path))
    assert "a file that it needs cannot be read" in said
    assert "Meera" not in said


@given(st.binary(max_size=200), st.integers(0, 10**6))
@example(b"\x00\x04", 335122)  # a length in the directory: the names after it are eaten up
@settings(max_examples=15, deadline=None)
def test_damage_gives_a_verdict_and_never_a_traceback(
    sealed: Path, tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    whole = bytearray(sealed.read_bytes())
    tail = len(whole) - 4000  # the directory and the small files before it
    start = tail + at % 4000
    whole[start : start + len(junk)] = junk
    path = tmp_path_factory.mktemp("junk") / "x.zip"
    path.write_bytes(whole)
    verify.to_text(verify.check(path))


def test_no_file_and_a_link(sealed: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        verify.check(tmp_path / "none.zip")
    (tmp_path / "link.zip").symlink_to(sealed)
    with pytest.raises(InputError):
        verify.check(tmp_path / "link.zip")


def test_another_sum_beside_it(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(sealed.read_bytes())
    (tmp_path / "x.zip.sha256").write_text("0" * 64 + "  x.zip\n")
    assert "the sums differ" in broken(verify.check(tmp_path / "x.zip"))


# --- with private.yaml -------------------------------------------------------------------------------


def test_with_the_private_list_it_hunts_as_well(sealed: Path, tmp_path: Path) -> None:
    private = tmp_path / "private.yaml"
    private.write_text("name: Meera Testwala\nnumbers:\n  hospital: [UH-0099812]\n")
    verdict = verify.check(sealed, private)
    assert not verdict.altered
    assert any("known identifiers" in c.claim for c in verdict.claims)

    def change(members: dict[str, bytes]) -> None:
        members["for-review/manuscript.html"] = b"<p>TESTWALA, Meera</p>"

    leaking = verify.check(rezip(sealed, tmp_path / "x.zip", change), private)
    assert verify.exit_code(leaking) is Exit.PRIVACY
    said = broken(leaking)
    assert "name in" in said
    assert "Testwala" not in said


def forge(members: dict[str, bytes], name: str, old: str, new: str) -> None:
    """Change a file and every hash of it, as a forger would who knows how a package is made."""
    assert old.encode() in members[name]
    was, members[name] = members[name], members[name].replace(old.encode(), new.encode())
    redescribe(members, {name: was})


def redescribe(members: dict[str, bytes], changed: dict[str, bytes]) -> None:
    for name, was in changed.items():
        sums = [hashlib.sha256(content).hexdigest().encode() for content in (was, members[name])]
        for page in {"index.html", "for-review/index.html", "package.json"} - {name}:
            members[page] = members[page].replace(*sums)
    said = json.loads(members["package.json"])
    for name, row in said["files"].items():
        row |= {"sha256": hashlib.sha256(members[name]).hexdigest(), "bytes": len(members[name])}
    members["package.json"] = json.dumps(said).encode()
    resum(members)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("index.html", "<main", "<p>Dr A. Example</p><main", "says first"),
        ("index.html", '<p class="alarm">', '<p class="alarm" hidden>', "says first"),
        ("index.html", "<dd>the treating dermatologist</dd>", "<dd>a notary</dd>", "facts of the consent"),
        ("for-review/index.html", "</main>", "by Anindita R. Bhattacharya</main>", "details of authors"),
        ("for-review/manuscript.html", "body", "body, Bhattacharya AR", "details of authors"),
        ("for-review/manuscript.xml", "<article/>", "<article>Riverbend Institute</article>", "details of"),
        ("for-review/manuscript.docx", "body", "Anindita Rose Bhattacharya", "details of authors"),
    ],
)
def test_a_forger_who_rewrites_every_hash(
    sealed: Path, tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    def change(inside: dict[str, bytes]) -> None:
        if name.endswith(".docx"):
            was, inside[name] = inside[name], docx(new)
            redescribe(inside, {name: was})
        else:
            forge(inside, name, old, new)

    assert said in broken(verify.check(rezip(sealed, tmp_path / "forged.zip", change)))


def test_a_count_over_its_limit_is_said_so(sealed: Path) -> None:
    assert b"<b>17</b><span>, over the limit of 15 *</span>" in members(sealed)["index.html"]


def test_rules_are_told_in_the_words_of_the_page(sealed: Path, tmp_path: Path) -> None:
    change = partial(edit_json, name="package.json", policy=[{"verdict": "later"}] * 16)
    stated = verify.check(rezip(sealed, tmp_path / "rules.zip", change)).stated
    assert stated["policy"] == "16 rules: 16 checked on the way"


def test_what_is_only_compared_says_so(sealed: Path) -> None:
    told = {c.claim: c.words for c in verify.check(sealed).claims}
    for name in ("Every file has the hash its list of hashes gives", again.SIGNED, again.TOP, EDITORS):
        assert "whoever rewrites all of them" in told[name]


def test_another_signed_form(sealed: Path, tmp_path: Path) -> None:
    def change(inside: dict[str, bytes]) -> None:
        name = "editor-only/consent-dossier.pdf"
        was, inside[name] = inside[name], inside[name] + b"\n"
        said = json.loads(inside["package.json"])["consent"]["dossier_sha256"]
        redescribe(inside, {name: was})
        edit_json(inside, "package.json", consent__dossier_sha256=said)
        resum(inside)

    assert again.SIGNED in broken(verify.check(rezip(sealed, tmp_path / "other.zip", change)))
