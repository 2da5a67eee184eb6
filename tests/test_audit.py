"""`casereport audit`: any file, in every slot of it; what cannot be opened is an error, not a pass."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import cli
from pipeline.verify import archives, texts, unpack
from pipeline.verify.pieces import Walk
from tests import audit_files
from tests.conftest import DATA, Ran, casereport

PRIVATE = DATA / "private.yaml"


def command(*args: object) -> Ran:
    """The command, in this process: its children are the same."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([*map(str, args), "-q"])
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One audit of a folder with all the files."""
    folder = tmp_path_factory.mktemp("audit") / "files"
    folder.mkdir()
    for name, content in (audit_files.HIDING | audit_files.CLOSED).items():
        (folder / name).write_bytes(content)
    return casereport("audit", folder, "--private", PRIVATE, "--json", "-q")


@pytest.mark.parametrize("name", sorted(audit_files.HIDING))
def test_the_patient_is_found_wherever_the_name_hides(audited: Ran, name: str):
    shown = f"files/{name}".partition("MeeraTestwala")[0]
    fields = {row["field"] for row in audited.json["hard"] if row["place"].startswith(shown)}
    assert fields & {"name", "aliases.0"}, [r for r in audited.json["unreadable"] if shown in r["place"]]


@pytest.mark.parametrize("name", sorted(audit_files.CLOSED))
def test_what_cannot_be_opened_is_said(audited: Ran, name: str):
    rows = [row for row in audited.json["unreadable"] if row["place"].startswith(f"files/{name}")]
    assert rows
    assert all(row["why"] for row in rows)


def test_the_rest_could_be_opened_and_no_value_is_shown(audited: Ran):
    closed = {row["place"].split(" ")[0] for row in audited.json["unreadable"]}
    assert closed == {f"files/{name}" for name in audit_files.CLOSED}
    assert audited.code == 4
    assert "testwala" not in audited.everything.casefold()


def test_clean_closed_and_found_have_their_exit_codes(tmp_path: Path):
    file = tmp_path / "talk.txt"
    for text, code in (("An annular plaque.", 0), ("then Meera came", 0), ("Meera Testwala", 4)):
        file.write_text(text)
        ran = command("audit", file, "--private", PRIVATE)
        assert ran.code == code, ran.everything
    assert "talk.txt, line 1" in ran.out
    file.write_bytes(audit_files.CLOSED["locked.pdf"])
    ran = command("audit", file, "--private", PRIVATE)
    assert ran.code == 5
    assert "LEAK006" in ran.out


def test_a_soft_find_is_said(tmp_path: Path):
    (tmp_path / "talk.txt").write_text("ring\nthen Meera came")
    ran = command("audit", tmp_path / "talk.txt", "--private", PRIVATE)
    assert "talk.txt, line 2: warning LEAK005" in ran.out


def test_a_number_with_one_other_digit_is_soft(tmp_path: Path):
    (tmp_path / "talk.txt").write_text("UH-0099813 was red, UH-0012345 was blue")
    ran = command("audit", tmp_path / "talk.txt", "--private", PRIVATE, "--json")
    assert [(row["field"], row["rule"]) for row in ran.json["soft"]] == [
        ("numbers.hospital.0", "one digit off")
    ]
    assert ran.code == 0


def test_without_a_list_it_says_what_it_cannot_do(tmp_path: Path):
    (tmp_path / "a.txt").write_text("x")
    ran = command("audit", tmp_path / "a.txt")
    assert ran.code == 2
    assert "--private" in ran.err
    (tmp_path / "private.yaml").write_text("name: ''\n")
    assert command("audit", tmp_path, "--private", tmp_path / "private.yaml").code == 2
    assert command("audit", tmp_path / "gone", "--private", PRIVATE).code == 2


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("name: Meera Testwala\nphone: '9876543210'\n", "'phone'; did you mean 'phones'"),
        ("name: Meera Testwala\nbirthdate: 1990-01-01\n", "'birthdate'; did you mean 'birth_date'"),
        ("name: Meera Testwala\nrelatives: [Anita Testwala]\n", "'relatives.0'"),
        ("name: Meera Testwala\nphones: {home: '9876543210'}\n", "'phones'"),
        ("name: Meera Testwala\nnumbers: '445566'\n", "'numbers'"),
        ("name: X\n", "long enough"),
    ],
)
def test_a_list_that_would_not_be_searched_for_in_whole_is_refused(tmp_path: Path, listed: str, said: str):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "private.yaml").write_text(listed)
    ran = command("audit", tmp_path / "a.txt", "--private", tmp_path / "private.yaml")
    assert ran.code == 2
    assert said in ran.err
    assert "9876543210" not in ran.everything
    assert "Anita" not in ran.everything


def test_an_empty_folder_is_no_pass(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    ran = command("audit", tmp_path / "empty", "--private", PRIVATE)
    assert ran.code == 2
    assert "nothing in it" in ran.err


def test_the_list_itself_is_no_find_and_links_are_not_followed(tmp_path: Path):
    shutil.copy(PRIVATE, tmp_path / "private.yaml")
    (tmp_path / "a.txt").write_text("ring")
    ran = command("audit", tmp_path, "--private", tmp_path / "private.yaml", "--json")
    assert ran.code == 0, ran.everything
    (tmp_path / "b.txt").symlink_to(PRIVATE)
    ran = command("audit", tmp_path, "--private", tmp_path / "private.yaml", "--json")
    assert ran.code == 5
    assert "link" in ran.json["unreadable"][0]["why"]


def test_nothing_is_changed(tmp_path: Path):
    file = tmp_path / "a.docx"
    file.write_bytes(audit_files.HIDING["paper.docx"])
    file.chmod(stat.S_IRUSR)
    before = file.stat()
    command("audit", file, "--private", PRIVATE)
    assert file.stat() == before or file.stat().st_mtime == before.st_mtime
    assert [p.name for p in tmp_path.iterdir()] == ["a.docx"]


CITING = """Rings were seen by Testwala and Meera [6].

## References

1. Testwala M, Meera T. Rings. J Test 2020;3:4-5.
2. Onewhile S, Meera Testwala. Rings. 2021. doi:10.1000/x
"""
CITING_XML = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", CITING.encode()),
        ("a.txt", CITING.partition("## References")[2].encode()),
        ("a.html", "".join(f"<p>{x}</p>" for x in CITING.replace("## ", "").splitlines()).encode()),
        (
            "a.docx",
            audit_files.archive(
                {"word/document.xml": "".join(map(CITING_XML.format, CITING.replace("## ", "").splitlines()))}
            ),
        ),
    ],
)
def test_cited_authors_are_to_be_looked_at(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    ran = command("audit", tmp_path / name, "--private", PRIVATE, "--json")
    assert ran.json["hard"] == []
    assert {"name", "aliases.0"} & {row["field"] for row in ran.json["soft"]}


@pytest.mark.parametrize(
    "after", ["\n## Patient\nMeera Testwala", "\nPatient: Meera Testwala", "\n3. phone 9800000001"]
)
def test_what_follows_a_reference_list_is_a_find(tmp_path: Path, after: str):
    (tmp_path / "a.md").write_text(CITING + after)
    assert command("audit", tmp_path / "a.md", "--private", PRIVATE, "--json").json["hard"]


def test_an_encrypted_member_is_closed_and_the_others_are_searched(tmp_path: Path):
    content = bytearray(audit_files.archive({"a.txt": "x" * 50, "b.txt": "Meera Testwala"}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(magic) + at] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    ran = command("audit", tmp_path / "a.zip", "--private", PRIVATE, "--json")
    assert ran.code == 4
    assert [row["why"] for row in ran.json["unreadable"]] == ["encrypted"]
    assert json.loads(ran.out)["hard"]


@given(st.binary(max_size=2000))
def test_any_bytes_can_be_looked_into(data: bytes):
    for magic in (
        b"",
        b"{\\rtf1 ",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x1f\x8b\x08",
        b"From: a\nTo: b\n\n",
    ):
        missed: list[str] = []
        walk = Walk(unpack.inside, missed=missed, thorough=True)
        assert all(isinstance(piece.text, str) for piece in walk.into(magic + data, "x", 0))


@given(
    st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="{}\\"), min_size=4, max_size=30
    )
)
def test_the_words_of_rtf_are_read_back(text: str):
    said = "".join(f"\\u{ord(c) if ord(c) < 32768 else ord(c) - 65536}?" for c in text if ord(c) < 65536)
    walk = Walk(unpack.inside, missed=[], thorough=True)
    pieces = list(texts.read(b"{\\rtf1 " + said.encode() + b"}", "x", walk, 0))
    assert any("".join(c for c in text if ord(c) < 65536) in piece.text for piece in pieces)


@given(st.dictionaries(st.sampled_from("abc"), st.binary(min_size=1, max_size=9000), min_size=1, max_size=3))
def test_streams_of_a_compound_file_are_joined_from_their_sectors(streams: dict[str, bytes]):
    read = {name.partition("/")[2]: data for name, data in archives._streams(audit_files.compound(streams))}
    assert {name: read[name].rstrip(b"\0") for name in streams} == {
        n: d.rstrip(b"\0") for n, d in streams.items()
    }


def test_a_zip_that_a_reader_would_not_open_is_closed(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as z:
        z.writestr("a.txt", "x" * 500)
    assert command("audit", tmp_path / "a.zip", "--private", PRIVATE).code == 5
