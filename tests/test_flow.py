"""The whole journey as a user takes it: one command in, one package out, and what holds all the way."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.verify import unpack
from tests.conftest import ROOT, casereport, edit, some
from tests.test_stops import source, tree

STEPS = [
    *("intake", "check", "policy", "deidentify", "verify", "consent", "identify"),
    *("review", "render", "pack"),
]
IDENTIFIERS = [
    "Testwala",
    "Meera",
    "मीरा",
    "Nowherepur",
    "City Test Hospital",
    "0099812",
    "98000",
    "2025-03-14",
]


@pytest.fixture
def mine(signed_case, tmp_path) -> Path:
    """A copy of the signed case that a test may change."""
    folder = tmp_path / signed_case.name
    shutil.copytree(signed_case, folder)
    return folder


def test_one_line_per_step_and_the_package_on_stdout(built):
    ran, out = built
    lines = [row.split()[0].rstrip(".") for row in ran.err.splitlines() if row and not row.startswith(" ")]
    assert lines == [*STEPS, "next:"]
    assert Path(ran.out.strip()).is_file()
    assert Path(ran.out.strip()).parent == out / "5-pack-aujmsr"


def test_the_editor_can_verify_it_with_nothing_else(built, tmp_path):
    package = Path(built[0].out.strip())
    shutil.copy(package, tmp_path / "from-the-mail.zip")
    ran = casereport("verify", tmp_path / "from-the-mail.zip", cwd=tmp_path, real=True)
    assert ran.code == 0, ran.everything
    assert "cannot" in ran.out  # it says plainly what it cannot prove
    assert "--accept-all" in ran.out  # and that nobody looked


def test_sha256sum_agrees(built, tmp_path):
    with zipfile.ZipFile(built[0].out.strip()) as z:
        z.extractall(tmp_path)
    ran = subprocess.run(
        ["sha256sum", "-c", "--strict", "manifest-sha256.txt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    listed = len((tmp_path / "manifest-sha256.txt").read_text().splitlines())
    assert listed == sum(p.is_file() for p in tmp_path.rglob("*")) - 1


def test_a_changed_byte_is_noticed(built, tmp_path):
    with zipfile.ZipFile(built[0].out.strip()) as z, zipfile.ZipFile(tmp_path / "x.zip", "w") as changed:
        for info in z.infolist():
            data = z.read(info)
            if info.filename == "for-review/manuscript.xml":
                data = data.replace(b"ring", b"rung", 1)
            changed.writestr(info, data)
    ran = casereport("verify", tmp_path / "x.zip")
    assert ran.code != 0
    assert "for-review/manuscript.xml" in ran.everything


def test_nothing_of_the_patient_is_in_the_package_or_on_the_screen(built):
    ran, _ = built
    everything = "\n".join(p.text for p in unpack.pieces(Path(ran.out.strip()), "package"))
    assert "granuloma annulare" in everything.lower()  # the search does read Word, PDF and HTML
    for identifier in IDENTIFIERS:
        assert identifier not in everything, identifier
        assert identifier not in ran.everything, identifier


def test_consent_is_only_where_the_editor_sees_it(built):
    with zipfile.ZipFile(built[0].out.strip()) as z:
        dossiers = [name for name in z.namelist() if "dossier" in name]
        assert dossiers == ["editor-only/consent-dossier.pdf"]
        said = json.loads(z.read("package.json"))
    assert "ACCEPTED UNSEEN" in json.dumps(said)


def test_same_bytes_and_an_untouched_case_whatever_the_day_place_and_name_of_the_machine(
    signed_case, built, tmp_path
):
    """L5: another time zone, locale, umask, folder and hash seed: one package, an untouched case."""
    elsewhere = tmp_path / "other place" / signed_case.name
    shutil.copytree(signed_case, elsewhere)
    before = source(elsewhere)
    env = {
        **os.environ,
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "SOURCE_DATE_EPOCH": "1",
    }
    command = f'umask 077; exec "{sys.executable}" -m pipeline submit "$1" --accept-all -q --out "$2"'
    ran = subprocess.run(
        ["sh", "-c", command, "sh", str(elsewhere), str(tmp_path / "b")],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    first, second = tree(built[1]), tree(tmp_path / "b" / signed_case.name)
    assert [name for name in first if first[name] != second.get(name)] == []
    assert source(elsewhere) == before


def test_nothing_changed_nothing_done(signed_case, results):
    ran = casereport("submit", signed_case, "--accept-all", "--out", results)
    assert ran.code == 0
    assert ran.err.count("unchanged") == 6


def test_results_changed_by_hand_are_made_again(mine, results):
    gold = tree(results)
    panel = next(results.glob("*/1-deidentify/figures/*.png"))
    panel.write_bytes(b"another picture")
    assert casereport("submit", mine, "--accept-all", "-q", "--out", results).code == 0
    assert tree(results) == gold


def test_a_failed_run_leaves_the_last_good_package(mine, results):
    out = results
    package = next(out.glob("*/5-pack-aujmsr/*.zip"))
    before = package.read_bytes()
    whole = (mine / "images" / "ring.png").read_bytes()
    (mine / "images" / "ring.png").write_bytes(whole[:200] + whole[-12:])
    ran = casereport("submit", mine, "--accept-all", "-q", "--out", out)
    assert ran.code == 5
    assert "images/ring.png" in ran.err
    assert package.read_bytes() == before


def test_a_name_typed_anywhere_in_the_text_is_replaced_or_stops_the_run(mine, tmp_path):
    edit(mine, "The plaque was flat at six weeks and", "MEERA  TESTWALA'S plaque was flat at six weeks and")
    edit(
        mine, "There was an annular plaque", "Testwala^Meera (UH 0099812, ९८००० ००००१) had an annular plaque"
    )
    ran = casereport("deidentify", mine, "--out", tmp_path / "b", "--json", real=True)
    assert ran.code == 0, ran.everything
    made = (tmp_path / "b" / mine.name / "1-deidentify" / "record.json").read_text()
    for identifier in (*IDENTIFIERS, "MEERA", "९८०००"):
        assert identifier not in made
        assert identifier not in ran.everything


def test_two_runs_on_one_case_one_works_the_other_says_so(mine, tmp_path):
    """L7."""
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "submit",
        str(mine),
        "--accept-all",
        "-q",
        "--out",
        str(tmp_path / "b"),
    ]
    runs = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(run.communicate(timeout=240), run.returncode) for run in runs]
    codes = sorted(code for _, code in ended)
    assert codes[0] == 0
    assert set(codes) <= {0, 6}
    for (_, err), code in ended:
        if code == 6:
            assert "another run" in err


def test_another_journal_is_one_word(signed_case, built, results):
    ran = casereport("submit", signed_case, "--journal", "jmcr", "--accept-all", "--out", results)
    assert ran.code == 0, ran.err
    assert Path(ran.out.strip()).name == "submission-jmcr.zip"
    with zipfile.ZipFile(ran.out.strip()) as other, zipfile.ZipFile(built[0].out.strip()) as first:
        assert b"Asha" in other.read("for-review/manuscript.xml")  # jmcr does not blind
        assert b"Asha" not in first.read("for-review/manuscript.xml")


def test_a_cited_author_may_share_the_name_or_town_of_the_patient(mine, tmp_path):
    """The printed reference list is no leak; the same words in the narrative are."""
    edit(mine, "name: Meera Testwala", "name: Laura Thornsberry", "private.yaml")
    edit(mine, "places: [Nowherepur]", "places: [Nowherepur, Clinics]", "private.yaml")
    ran = casereport("submit", mine, "--accept-all", "-q", "--out", tmp_path / "b")
    assert ran.code == 0, ran.err
    with zipfile.ZipFile(next((tmp_path / "b").glob("*/5-pack-*/*.zip"))) as z:
        assert b"Thornsberry" in z.read("for-review/manuscript.xml")


@pytest.mark.parametrize("where", ["before", "after"])
def test_bytes_around_the_zip_are_noticed(built, tmp_path, where):
    data = Path(built[0].out.strip()).read_bytes()
    changed = b"#!/bin/sh\n" + data if where == "before" else data + b"something else"
    (tmp_path / "x.zip").write_bytes(changed)
    ran = casereport("verify", tmp_path / "x.zip")
    assert ran.code == 5, ran.everything
    assert "stand before or after" in ran.out


def test_a_program_put_into_the_page_is_noticed(built, tmp_path):
    """Even when the list of hashes was written again."""
    with zipfile.ZipFile(built[0].out.strip()) as z:
        members = {name: z.read(name) for name in z.namelist()}
    members["index.html"] = members["index.html"].replace(b"</body>", b"<script>alert(1)</script></body>")
    rows = [
        f"{hashlib.sha256(data).hexdigest()}  {n}"
        for n, data in members.items()
        if n != "manifest-sha256.txt"
    ]
    members["manifest-sha256.txt"] = ("\n".join(sorted(rows)) + "\n").encode()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as z:
        for name, data in members.items():
            z.writestr(name, data)
    ran = casereport("verify", tmp_path / "x.zip")
    assert ran.code == 5, ran.everything
    assert "a program was put into index.html" in ran.out
    assert "Nothing was altered" not in ran.out


def test_the_page_for_reviewers_names_no_author_and_is_hunted_through(built, signed_case, tmp_path):
    from pipeline import intake, verify
    from pipeline.core import journal
    from pipeline.core.errors import PrivacyError

    sealed, page = Path(built[0].out.strip()), "for-review/index.html"
    with zipfile.ZipFile(sealed) as z:
        members = {name: z.read(name) for name in z.namelist()}
    case = intake.read(signed_case)
    for author in case.record["authors"]:
        assert author["given"].encode() not in members[page]
    sealed_for = verify.guard(case, journal.load("aujmsr"))
    for planted, code in (
        ("{given} {family}".format(**case.record["authors"][0]), "LEAK010"),
        (case.private["name"], "LEAK002"),
    ):
        changed = members[page].replace(b"</main>", f"<p>{planted}</p></main>".encode())
        folder = tmp_path / code
        folder.mkdir()
        with zipfile.ZipFile(folder / sealed.name, "w") as z:
            z.writestr(page, changed)
        with pytest.raises(PrivacyError) as stop:
            sealed_for(folder)
        assert stop.value.code == code
        assert page in str(stop.value.where)


def test_two_cases_of_the_same_name_do_not_overwrite_each_other(mine, results, tmp_path):
    other = tmp_path / "elsewhere" / mine.name
    shutil.copytree(mine, other)
    edit(other, 'key: "0f', 'key: "1f', "private.yaml")
    ran = casereport("deidentify", other, "-q", "--out", results)
    assert ran.code == 6, ran.everything
    assert "another case" in ran.err
    assert casereport("deidentify", mine, "-q", "--out", results).code == 0


@pytest.mark.parametrize(
    "field",
    [
        "title = {Discharge summary of Meera Testwala: ",
        "note = {Meera Testwala, Nowherepur}, title = {",
        "howpublished = {City Test Hospital}, title = {",
    ],
)
def test_the_patient_in_a_reference_stops_the_run(mine, tmp_path, field):
    edit(mine, "title = {", field, "references.bib")
    ran = casereport("submit", mine, "--accept-all", "-q", "--out", tmp_path / "b")
    assert ran.code == 4, ran.everything
    assert "references.bib" in ran.err
    assert "Testwala" not in ran.everything
    assert not list((tmp_path / "b").glob("*/5-pack-*"))


def test_a_birthday_on_the_date_our_files_carry_is_no_false_alarm(mine, tmp_path):
    edit(mine, "birth_date: 1990-07-02", "birth_date: 1980-01-01", "private.yaml")
    edit(mine, "age_years: 34", "age_years: 45")
    ran = casereport("submit", mine, "--accept-all", "-q", "--out", tmp_path / "b")
    assert "LEAK" not in ran.err, ran.err


@pytest.mark.parametrize("wait", some([1.1, 0.8, 0.5], 3))
def test_killed_while_a_picture_is_being_read_the_case_is_not_locked(mine, tmp_path, wait):
    """Only the parent is killed; the child must not keep the lock (nor wait for ever to be heard)."""
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "submit",
        str(mine),
        "--accept-all",
        "-q",
        "--out",
        str(tmp_path / "b"),
    ]
    run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(wait)
    run.kill()
    run.wait()
    again = casereport("deidentify", mine, "-q", "--out", tmp_path / "b")
    assert again.code == 0, again.everything
