"""Bad input, one mistake at a time: the right code on the right line, a next step, never a traceback."""

from __future__ import annotations

import datetime as dt
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import check, intake
from pipeline.core import journal, yamltext
from pipeline.core.errors import InputError
from tests.conftest import draw_ring, edit, make_case

TOMORROW = (dt.date.today() + dt.timedelta(days=1)).isoformat()  # noqa: DTZ011

# (what is replaced, by what, code, and whether the finding sits on that very line)
RECORD_MISTAKES = [
    pytest.param(
        'title: "Granuloma annulare of the forearm: a case report"\n', "", "REC001", False, id="missing field"
    ),
    pytest.param("running_title: ", "runing_title: ", "REC002", True, id="misspelt field"),
    pytest.param("age_years: 34", "age_years: thirty", "REC003", True, id="wrong type"),
    pytest.param("sex: female", "sex: lady", "REC003", True, id="not in the list"),
    pytest.param("date: 2025-03-14\n  event", "date: 14/03/2025\n  event", "REC003", True, id="date style"),
    pytest.param("date: 2025-03-14\n  event", "date: 2025-02-30\n  event", "REC003", True, id="no such date"),
    pytest.param("Not contributory.", "", "REC004", False, id="empty field"),
    pytest.param("({fig:ring})", "({fig:rings})", "REC020", True, id="unknown figure"),
    pytest.param("{table:labs}", "{table:lab}", "REC020", True, id="unknown table"),
    pytest.param(" ({fig:ring})", "", "REC021", False, id="figure never mentioned"),
    pytest.param("affiliations: [skin]", "affiliations: [bone]", "REC024", True, id="unknown affiliation"),
    pytest.param("corresponding: yes", "corresponding: no", "REC025", False, id="nobody answers letters"),
    pytest.param("    email: asha@example.org\n", "", "REC026", False, id="no e-mail"),
    pytest.param("{date: 2025-06-14", f"{{date: {TOMORROW}", "REC030", True, id="future date"),
    pytest.param("{date: 2025-06-14", "{date: 2025-03-01", "REC031", True, id="outcome before onset"),
    pytest.param("age_years: 34", "age_years: 43", "REC032", True, id="age does not fit birth"),
    pytest.param("{date: 2025-01,", "{date: 1980-01,", "REC033", True, id="event before birth"),
    pytest.param(
        "date: 2025-03-14\n  event", "date: 2025-03-15\n  event", "REC036", True, id="day 0 not in timeline"
    ),
    pytest.param(
        "results: {2025-03-14: 12.9}", "results: {2024-03-14: 12.9}", "REC037", True, id="result too early"
    ),
    pytest.param(
        "    legend: Annular plaque of firm papules on the forearm.\n", "", "REC001", False, id="no legend"
    ),
    pytest.param("images/ring.png", "images/rings.png", "IMG001", True, id="picture not there"),
    pytest.param("- image: images/ring.png", "- image: references.bib", "IMG002", True, id="not a picture"),
    pytest.param("images/ring.png", "images/", "IMG005", True, id="folder without series"),
    pytest.param(
        "dermatosis [@piette2016]",
        "dermatosis [@pietta2016]",
        "REF001",
        True,
        id="citation without reference",
    ),
    pytest.param(
        "dermatosis [@piette2016]", "dermatosis [@piette2016, p. 3]", "REF008", True, id="odd citation"
    ),
    pytest.param("; @thornsberry2013", "", "REF002", False, id="reference never cited"),
    pytest.param("  mental_illness: no\n", "", "REC001", False, id="question unanswered"),
    pytest.param(
        "once daily, duration", "twice daily, durations", "REC002", True, id="unknown field in a list"
    ),
    pytest.param("primary: granuloma annulare", "primary: lichen planus", None, False, id="a term is enough"),
    pytest.param("A strength of this report is the histology;", "", "CARE002", False, id="no strength named"),
    pytest.param("changes: none\n", "", "REC001", False, id="changes not stated"),
    pytest.param("keywords: [case report, ", "keywords: [", "CARE002", False, id="keyword missing"),
    pytest.param(": a case report", "", "CARE002", True, id="title does not say case report"),
]


def findings_of(case: Path) -> list:
    return list(check.check(intake.read(case), journal.load("aujmsr")))


def test_a_complete_case_has_nothing_to_fix(case):
    report = check.check(intake.read(case), journal.load("aujmsr"))
    assert list(report.blocking) == []
    assert len(report.care) == 30
    assert sum(line.status == "reported" for line in report.care) == 29  # consent comes later


@pytest.mark.parametrize(("old", "new", "code", "on_that_line"), RECORD_MISTAKES)
def test_one_mistake_one_finding(case, old, new, code, on_that_line):
    before = {f.code for f in findings_of(case)}
    line = edit(case, old, new)
    found = [f for f in findings_of(case) if f.code not in before or f.code == code]
    if code is None:
        assert [f for f in found if f.severity == "error"] == []
        return
    mine = [f for f in found if f.code == code]
    assert mine, f"{code} not among {[str(f) for f in found]}"
    if on_that_line:
        assert line in {f.line for f in mine}, [str(f) for f in mine]
    for f in mine:
        assert f.why
        assert f.fix
        assert "{" not in f.message


def test_every_mistake_is_told_at_once(case):
    edit(case, "running_title: ", "runing_title: ")
    edit(case, "age_years: 34", "age_years: thirty")
    edit(case, "({fig:ring})", "({fig:rings})")
    edit(case, "[@piette2016; ", "[@nobody2020; ")
    codes = {f.code for f in findings_of(case)}
    assert {"REC001", "REC002", "REC003", "REC020", "REF001"} <= codes


def test_did_you_mean(case):
    edit(case, "running_title: ", "runing_title: ")
    assert any("did you mean 'running_title'" in f.message for f in findings_of(case))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: a: b\n", 1),
        ("title: 'x\n", None),
        ("a: 1\na: 2\n", 2),
        ("a: &x 1\nb: *x\n", 1),
        ("a: !!python/object 1\n", 1),
        ("a:\n\t- b\n", 2),
        ("- a\n- b\n", 1),
        ("a: " + "[" * 5000, None),
    ],
)
def test_bad_yaml_names_file_and_line_and_never_crashes(case, run, text, line):
    (case / "record.yaml").write_text(text)
    ran = run("check", case)
    assert ran.code == 5
    assert "record.yaml" + (f":{line}" if line else "") in ran.err
    assert "FILE010" in ran.err
    assert "Traceback" not in ran.everything


def test_empty_record_and_empty_case(case, run):
    (case / "record.yaml").write_text("")
    ran = run("check", case, "--json")
    assert ran.code == 1
    assert {"REC001"} <= {f["code"] for f in ran.json["findings"]}
    empty = case.parent / "empty"
    empty.mkdir()
    assert run("check", empty).code == 5


def test_missing_private_file_stops(case, run):
    (case / "private.yaml").unlink()
    ran = run("check", case, "--json")
    assert ran.code == 1
    assert "PRV001" in {f["code"] for f in ran.json["findings"]}


def test_private_without_key_offers_a_fresh_one(case):
    text = (case / "private.yaml").read_text().splitlines()
    (case / "private.yaml").write_text("\n".join(row for row in text if not row.startswith("key:")))
    offered = [f.fix.split("key: ")[1] for f in findings_of(case) if f.code == "PRV003"]
    assert len(offered) == 1
    assert len(offered[0]) == 64


def test_section_files_are_read_and_their_lines_known(case):
    text = (case / "record.yaml").read_text()
    start = text.index("text:\n")
    (case / "record.yaml").write_text(text[:start] + text[text.index("figures:\n") :])
    (case / "text").mkdir()
    import yaml

    for section, prose in yaml.safe_load(text)["text"].items():
        (case / "text" / f"{section}.md").write_text(prose)
    assert not [f for f in findings_of(case) if f.severity == "error"]
    (case / "text" / "discussion.md").write_text("A strength and a limitation.\n\nSee [@ghost2020].\n")
    found = next(f for f in findings_of(case) if f.code == "REF001")
    assert (found.path, found.line) == ("text/discussion.md", 3)
    (case / "text" / "disscusion.md").write_text("x")
    assert any("text/discussion.md" in f.fix for f in findings_of(case) if f.code == "REC011")


def test_unsafe_and_useless_files_are_named(case):
    secret = case.parent / "secret.txt"
    secret.write_text("x")
    (case / "images" / "link.png").symlink_to(secret)
    (case / "images" / "loop").symlink_to(case)
    os.mkfifo(case / "images" / "pipe.png")
    with socket.socket(socket.AF_UNIX) as s:
        here = Path.cwd()
        os.chdir(case / "images")
        try:
            s.bind("sock.png")
        finally:
            os.chdir(here)
    (case / "notes.docx").write_bytes(b"PK\x03\x04rest")
    (case / ".DS_Store").write_bytes(b"\0\0")
    (case / "images" / "readme.txt").write_text("not a picture")
    read = intake.read(case)
    by_path = {f.path: f for f in read.findings}
    for name in ("images/link.png", "images/loop", "images/pipe.png", "images/sock.png"):
        assert by_path[name].code == "FILE001", name
    for name in ("notes.docx", ".DS_Store", "images/readme.txt"):
        assert by_path[name].code == "FILE002", name
    on_disk = {p.relative_to(case).as_posix() for p in case.rglob("*") if not p.is_dir() or p.is_symlink()}
    assert {s.path for s in read.ledger} == on_disk, "every file is in the ledger (L6)"


def test_pictures_cut_short_or_huge_are_found_without_decoding(case):
    whole = (case / "images" / "ring.png").read_bytes()
    (case / "images" / "ring.png").write_bytes(whole[: len(whole) // 2])
    assert "FILE021" in {f.code for f in findings_of(case)}
    huge = bytearray(whole)
    huge[16:24] = (20_000).to_bytes(4, "big") + (5_000).to_bytes(4, "big")
    (case / "images" / "ring.png").write_bytes(bytes(huge))
    found = next(f for f in findings_of(case) if f.code == "FILE022")
    assert "100 megapixels" in found.message


def test_limits_block_only_when_the_journal_itself_said_so(case):
    read = intake.read(case)
    rules = {"words_max": {"value": 20, "source": "somewhere", "status": "secondary"}}
    hearsay = journal.Journal("x", Path(), "X", rules, {})
    sure = journal.Journal("x", Path(), "X", {"words_max": {**rules["words_max"], "status": "dated"}}, {})
    first = next(f for f in check.check(read, hearsay) if f.code == "JRN001")
    second = next(f for f in check.check(read, sure) if f.code == "JRN001")
    assert (first.severity, second.severity) == ("warning", "error")


def test_a_reason_makes_a_care_line_not_applicable(case):
    edit(case, '  perspective: |\n    "I was afraid to hug my children."\n', "")
    assert "CARE001" in {f.code for f in findings_of(case)}
    edit(case, "questions:", "not_applicable: {'12': The patient preferred not to comment.}\nquestions:")
    report = check.check(intake.read(case), journal.load("aujmsr"))
    assert next(line for line in report.care if line.id == "12").status == "not applicable"


def test_references_as_ris_nbib_and_csl_json(case):
    bib = case / "references.bib"
    keys = ("piette2016", "keimig2015", "thornsberry2013")
    bib.unlink()
    lists = {
        "references.ris": "".join(f"TY  - JOUR\nID  - {k}\nTI  - T\nER  - \n\n" for k in keys),
        "references.json": "[" + ",".join(f'{{"id": "{k}", "title": "T"}}' for k in keys) + "]",
    }
    for name, text in lists.items():
        (case / name).write_text(text)
        found = [f.code for f in findings_of(case) if f.code.startswith("REF")]
        assert set(found) <= {"REF009", "REF017"}, name
        (case / name).unlink()
    (case / "references.ris").write_text("TY  - JOUR\nTI  - no key\nER  - \n")
    assert "REF005" in {f.code for f in findings_of(case)}


def test_check_changes_nothing_and_quotes_nobody(case, run):
    edit(case, "age_years: 34", "age_years: Meera Testwala")
    edit(case, "sex: female", "sex: Testwala")
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in case.rglob("*") if p.is_file()}
    for arguments in (("check", case), ("check", case, "--json"), ("check", case, "--debug")):
        ran = run(*arguments)
        assert ran.code == 1
        assert "Testwala" not in ran.everything
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in case.rglob("*") if p.is_file()} == before


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_as_record_are_a_mapping_or_a_clear_refusal(content):
    try:
        found, places = yamltext.load(content, "record.yaml")
    except InputError as e:
        assert e.code == "FILE010"
    else:
        assert isinstance(found, dict)
        assert places[()] == ("record.yaml", 1)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_record_gives_findings_never_an_exception(data, tmp_path_factory):
    case = make_case(tmp_path_factory.mktemp("damaged") / "c")
    rows = (case / "record.yaml").read_text().splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(rows) - 1))
        rows[at] = data.draw(
            st.sampled_from(
                [
                    rows[at][: len(rows[at]) // 2],
                    "",
                    rows[at] + ":",
                    "  " + rows[at],
                    rows[at].split(":")[0] + ": []",
                ]
            )
        )
    (case / "record.yaml").write_text("\n".join(rows))
    try:
        findings_of(case)
    except InputError as e:
        assert e.code == "FILE010"


def test_drawn_picture_is_a_whole_png(tmp_path):
    draw_ring(tmp_path / "x.png")
    from pipeline.core import kinds

    assert kinds.look(tmp_path / "x.png") == kinds.Look("png", True, (320, 240))


@pytest.mark.parametrize("mark", ["\u00a0", "\u200d", "\u00ad", "\u2009"])
def test_typographic_spaces_and_joiners_are_text(case, mark):
    """A paste from Word holds no-break spaces; Devanagari needs joiners."""
    edit(case, "Granuloma annulare of the forearm: a", f"Granuloma annulare of the{mark}forearm: a")
    edit(case, "मीरा टेस्टवाला", f"मीरा{mark} टेस्टवाला", "private.yaml")
    assert not [f for f in findings_of(case) if f.severity == "error"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_other_encodings_are_read_or_named(case, run, encoding):
    text = (case / "record.yaml").read_text()
    (case / "record.yaml").write_bytes(text.replace("–", "-").encode(encoding))
    ran = run("check", case)
    if encoding in {"utf-8-sig", "latin-1"}:  # without its dash the file is plain ASCII
        assert ran.code == 0, ran.everything
    else:
        assert ran.code == 5
        assert "save the file as UTF-8" in ran.err
    (case / "record.yaml").write_text(text)
    (case / "private.yaml").write_bytes((case / "private.yaml").read_text().encode("utf-16"))
    assert {"FILE011"} == {f.code for f in findings_of(case) if f.severity == "error"}


def test_what_is_typed_in_private_is_never_repeated(case, run):
    edit(
        case, "  - {name: Ramesh Testwala, relation: husband}", "  - Ramesh Testwala: husband", "private.yaml"
    )
    ran = run("check", case)
    assert ran.code == 1
    assert "REC002" in ran.out
    assert "Testwala" not in ran.everything


def test_a_date_in_another_style_is_told_how_to_write_it(case):
    edit(case, "date: 2025-03-14\n  event", "date: 14/03/2025\n  event")
    assert any("year-month-day: 2026-03-14" in f.message for f in findings_of(case) if f.code == "REC003")
